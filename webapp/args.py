"""Everything that is read from a query string: one table of parameters, one error that names every fault."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from geo.errors import InputError
from geo.schema import LAYERS

Reader = Callable[[list[str]], Any]
MAX_LENGTH = 200


def parse(given: MultiDict[str, str], allowed: Iterable[str]) -> dict[str, Any]:
    """Read a query string into values.

    Parameters
    ----------
    allowed
        Names of ``PARAMETERS`` that this page takes.

    Returns
    -------
    dict
        Only the parameters that were given and not empty.

    Raises
    ------
    InputError
        Names every unknown, doubled or malformed parameter.
    """
    allowed = tuple(allowed)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, raw in given.lists():
        if name not in allowed:
            known = ", ".join(allowed) if allowed else "none"
            faults.append(f"{_shown(name)}: is not known here; known are: {known}")
            continue
        texts = [text for text in raw if text != ""]
        if any(len(text) > MAX_LENGTH or "\x00" in text for text in texts):
            faults.append(f"{name}: is longer than {MAX_LENGTH} characters or holds a zero byte")
        elif texts:
            try:
                values[name] = PARAMETERS[name](texts)
            except ValueError as error:
                faults.append(f"{name}: {error}")
    if faults:
        raise InputError("The address has a fault:" if len(faults) == 1 else "The address has faults:", faults)
    return values


def number(text: str) -> float:
    """Read a finite ASCII number; `ValueError` with a sentence otherwise."""
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", text, re.ASCII):
        raise ValueError(f"“{_shown(text)}” is not a number")
    return float(text)


def lonlat(text: str) -> tuple[float, float]:
    """Read ``lon,lat``; `ValueError` with a sentence otherwise."""
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError(f"“{_shown(text)}” is not lon,lat")
    lon, lat = _within("longitude", 180)([parts[0].strip()]), _within("latitude", 90)([parts[1].strip()])
    return lon, lat


def _shown(text: str) -> str:
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"


def _once(texts: list[str]) -> str:
    if len(texts) != 1:
        raise ValueError("is given more than once")
    return texts[0]


def _within(what: str, limit: float) -> Reader:
    def read(texts: list[str]) -> float:
        value = number(_once(texts))
        if not math.isfinite(value) or abs(value) > limit:
            raise ValueError(f"{_shown(texts[0])} is no {what}: it lies between -{limit:g} and {limit:g}")
        return value

    return read


def _bbox(texts: list[str]) -> tuple[float, ...]:
    parts = _once(texts).split(",")
    if len(parts) != 4:
        raise ValueError("needs four numbers: west,south,east,north")
    west, east = (_within("longitude", 180)([parts[i].strip()]) for i in (0, 2))
    south, north = (_within("latitude", 90)([parts[i].strip()]) for i in (1, 3))
    if south > north:
        raise ValueError("south is greater than north")
    return west, south, east, north


def _choice(*allowed: str) -> Reader:
    def read(texts: list[str]) -> str:
        text = _once(texts)
        if text not in allowed:
            raise ValueError(f"“{_shown(text)}” is not one of {', '.join(allowed)}")
        return text

    return read


def _several(texts: list[str]) -> list[str]:
    return texts


def _several_of(allowed: Iterable[str]) -> Reader:
    allowed = tuple(dict.fromkeys(allowed))

    def read(texts: list[str]) -> list[str]:
        wrong = [text for text in texts if text not in allowed]
        if wrong:
            raise ValueError(f"“{_shown(wrong[0])}” is not one of {', '.join(allowed)}")
        return texts

    return read


def _slug(texts: list[str]) -> str:
    text = _once(texts)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError(f"“{_shown(text)}” has not the form of an identifier")
    return text


def _end(texts: list[str]) -> str | tuple[float, float]:
    text = _once(texts)
    return lonlat(text) if "," in text else _slug([text])


def _count(texts: list[str]) -> int:
    text = _once(texts)
    if not re.fullmatch(r"\d{1,7}", text, re.ASCII):
        raise ValueError(f"“{_shown(text)}” is no whole number from 0")
    return int(text)


def _layers(texts: list[str]) -> list[str]:
    shown = _several_of((*LAYERS, "roads", "railways"))(_once(texts).split(","))
    return [str(one) for one in shown]


def _point(texts: list[str]) -> tuple[float, float]:
    return lonlat(_once(texts))


def _minutes(texts: list[str]) -> list[int]:
    parts = _once(texts).split(",")
    if len(parts) > 6 or not all(re.fullmatch(r"[1-9]\d{0,2}", part, re.ASCII) for part in parts):
        raise ValueError(f"“{_shown(texts[0])}” is not one to six whole numbers of minutes from 1 to 999, separated by commas")
    return [int(part) for part in parts]


def _gates(texts: list[str]) -> tuple[str, ...]:
    return tuple(sorted({_slug([part]) for part in _once(texts).split(",")}))


def _epsg(texts: list[str]) -> int:
    text = _once(texts)
    if not re.fullmatch(r"\d{4,6}", text, re.ASCII):
        raise ValueError(f"“{_shown(text)}” is no EPSG code")
    return int(text)


def _allowed(name: str) -> list[str]:
    return [value for layer in LAYERS.values() if layer.has(name) for value in layer.field(name).allowed]


PARAMETERS: dict[str, Reader] = {
    "q": _once,
    "layer": _choice(*LAYERS),
    "country": _several,
    "province": _several,
    "kind": _several_of(_allowed("kind")),
    "sector": _several_of(_allowed("sectors")),
    "status": _several_of(_allowed("status")),
    "bbox": _bbox,
    "lon": _within("longitude", 180),
    "lat": _within("latitude", 90),
    "site": _slug,
    "from": _end,
    "to": _end,
    "profile": _choice("car", "truck"),
    "network": _slug,
    "closed": _gates,
    "part": _choice("sheet"),
    "minutes": _minutes,
    "area": _minutes,
    "direction": _choice("from", "to"),
    "at": _point,
    "layers": _layers,
    "offset": _count,
    "epsg": _epsg,
    "sort": _choice("name", "area", "gate", "port", "airport"),
}

DRIVE = ("profile", "network", "closed")
"""Parameters that say how one drives: see :class:`webapp.store.Drive`."""
FILTERS = ("q", "country", "province", "kind", "sector", "status", "bbox")
"""Parameters that narrow a layer."""


def filters(values: dict[str, Any]) -> dict[str, Any]:
    """Take the filters out of parsed values, by the column each of them narrows."""
    return {"province_en" if name == "province" else name: values[name] for name in FILTERS if name in values}
