"""The places that somebody may name: what they are called in the language of the request, and
which one is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from geo.atlas import Atlas
from geo.visits.place_names import folded
from webapp import labels
from webapp.i18n import current, province

LAYERS = ("parks", "gates", "ports", "airports", "cities")


def named(opened: Atlas) -> dict[str, str]:
    """Name every place of the package in the language of the request, by id; who shares a name has
    the id behind it.
    """

    def make() -> dict[str, str]:
        texts = {
            str(key): str(text)
            for layer in LAYERS
            for key, text in labels.names(opened.layer(layer)).items()
        }
        times = Counter(map(_folded, texts.values()))
        return {
            key: text if times[_folded(text)] == 1 else f"{text} ({key})"
            for key, text in texts.items()
        }

    return opened.keep(("trip names", current().code), make)


def positions(opened: Atlas) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude of every place of the package, by id."""
    frames = [opened.layer(layer) for layer in LAYERS]
    return {
        str(key): (float(lon), float(lat))
        for frame in frames
        for key, lon, lat in zip(frame.index, frame.geometry.x, frame.geometry.y, strict=True)
    }


def finder(opened: Atlas) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the places that a text may mean, as ids: a name that the form shows goes
    before all others.
    """
    shown = opened.keep(
        ("trip shown", current().code),
        lambda: {_folded(text): key for key, text in named(opened).items()},
    )
    names = opened.places.names
    return lambda text: (
        (shown[_folded(text)],)
        if _folded(text) in shown
        else names.find(text)
        if "," not in text
        else ()
    )


def meant(text: str, find: Callable[[str], tuple[str, ...]]) -> str:
    """Return the places that a text names, separated by commas, as ids.

    Parameters
    ----------
    find
        As :func:`finder` returns it.

    Returns
    -------
    str
        ``lon,lat`` stays, and so does what names no place or several, for which the page offers
        choices.
    """
    ids: list[str] = []
    parts = [part.strip() for part in text.split(",")]
    while parts:
        for taken in range(len(parts), 0, -1):  # names hold commas themselves
            name = ", ".join(parts[:taken])
            places = find(name)
            if len(places) == 1 or taken == 1:
                break
        ids.append(places[0] if len(places) == 1 else name)
        parts = parts[taken:]
    return ",".join(filter(None, ids))


def choices(opened: Atlas, text: str) -> tuple[str, ...]:
    """Find the places that a text may mean, or else those with a name much like it, as ids."""
    return finder(opened)(text) or opened.places.names.similar(text)


def described(opened: Atlas, key: str) -> str:
    """Describe a place so that it can be told from others of its name: name, kind, province."""
    row = opened.layer(opened.places.layer_of[key]).loc[key]
    about = [
        labels.label(row["kind"]),
        province(row["province_en"]) if labels.is_known(row["province_en"]) else "",
    ]
    return f"{named(opened)[key]} ({', '.join(filter(None, about))})"


def _folded(text: str) -> str:
    return ", ".join(folded(part) for part in text.split(","))


def listed(keys: Iterable[str], every: dict[str, str]) -> str:
    """Write places as the form shows them, so that :func:`meant` finds them again."""
    return ", ".join(every.get(key, key) for key in keys)
