"""The places that a trip may name: what they are called in the language of the request, and which one somebody means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from geo.search import fold
from webapp import labels
from webapp.languages import LANGUAGES, current
from webapp.store import Store

LAYERS = ("parks", "gates", "ports", "airports", "cities")


def named(opened: Store) -> dict[str, str]:
    """Name every place of the package in the language of the request, by id; who shares a name has the id behind it."""

    def make() -> dict[str, str]:
        texts = {str(key): str(text) for layer in LAYERS for key, text in labels.names(opened.frame(layer)).items()}
        times = Counter(map(_folded, texts.values()))
        return {key: text if times[_folded(text)] == 1 else f"{text} ({key})" for key, text in texts.items()}

    return opened.keep(("trip names", current().code), make)


def positions(opened: Store) -> dict[str, tuple[float, float]]:
    """Give longitude and latitude of every place of the package, by id."""
    frames = [opened.frame(layer) for layer in LAYERS]
    return {str(key): (point.x, point.y) for frame in frames for key, point in frame.geometry.items()}


def spoken(opened: Store) -> dict[str, str]:
    """Give the id for every name that means one place only, as it is compared; the language of the request goes first."""

    def make() -> dict[str, str]:
        known: dict[str, set[str]] = {}
        for layer in LAYERS:
            frame = opened.frame(layer)
            for code in LANGUAGES:
                for key, text in frame[f"name_{code}"].dropna().items() if f"name_{code}" in frame else ():
                    known.setdefault(_folded(str(text)), set()).add(str(key))
        return {text: next(iter(keys)) for text, keys in known.items() if len(keys) == 1 and text}

    own = {_folded(text): key for key, text in named(opened).items()}
    return opened.keep("trip spoken", make) | own | {key: key for key in named(opened)}


def meant(text: str, known: dict[str, str]) -> str:
    """Give what somebody names, separated by commas, as ids.

    Parameters
    ----------
    known
        As :func:`spoken` gives it.

    Returns
    -------
    str
        ``lon,lat`` stays, and so does what names no place or several, of which the reader of trips then says so.
    """
    out: list[str] = []
    parts = [part.strip() for part in text.split(",")]
    while parts:
        for taken in range(len(parts), 0, -1):  # names hold commas themselves
            one = ", ".join(parts[:taken])
            found = known.get(_folded(one))
            if found or taken == 1:
                break
        out.append(found or (_within(one, known) or one))
        parts = parts[taken:]
    return ",".join(filter(None, out))


def _within(text: str, known: dict[str, str]) -> str | None:
    """Give the only place with this text in its name."""
    folded = _folded(text)
    if sum(char.isalpha() for char in folded) < 2:
        return None
    found = {key for name, key in known.items() if folded in name}
    return found.pop() if len(found) == 1 else None


def _folded(text: str) -> str:
    return ", ".join(fold(part) for part in text.split(","))


def listed(keys: Iterable[str], every: dict[str, str]) -> str:
    """Write places as the form shows them, so that :func:`meant` finds them again."""
    return ", ".join(every.get(one, one) for one in keys)
