"""Find the places that a text may mean: by any of their names, in any language, with or without the
word for what they are.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from geo.chinese import simplified
from geo.text import decomposed

if TYPE_CHECKING:
    import geopandas as gpd

KINDS: Mapping[str, tuple[str, ...]] = {
    "parks": (
        "khu công nghiệp",
        "KCN",
        "khu kinh tế",
        "KKT",
        "industrial park",
        "industrial zone",
        "industrial estate",
        "IP",
        "economic zone",
        "工业园区",
        "工业园",
        "工业区",
        "产业园区",
        "产业园",
        "经济区",
    ),
    "gates": (
        "cửa khẩu quốc tế",
        "cửa khẩu",
        "lối mở",
        "international border gate",
        "border gate",
        "border crossing",
        "gate",
        "crossing",
        "国际口岸",
        "口岸",
        "通道",
    ),
    "ports": ("cảng cạn", "cảng", "bến cảng", "dry port", "port", "港口", "港"),
    "airports": (
        "cảng hàng không quốc tế",
        "cảng hàng không",
        "sân bay quốc tế",
        "sân bay",
        "international airport",
        "airport",
        "国际机场",
        "机场",
    ),
    "cities": ("thành phố", "TP", "thị xã", "thị trấn", "city", "town", "市", "县"),
}
"""What places of a layer are called before or after their own name."""
LEAST_LETTERS = 2
"""A text with fewer letters names nothing."""
ALIKE = 0.75
"""How alike a name must be to be proposed for one that is not known; 1 is the same."""
MOST_ALIKE = 3
"""So many are proposed."""
KEPT = 2000
"""Texts for which the answer is kept."""
_BRACKETS = re.compile(r"\(([^()]*)\)")


def folded(text: str) -> str:
    """Return what is compared of a name: no marks, no case, đ as d, full-width signs as usual ones,
    other signs as blanks.

    Traditional characters become simplified ones.
    """
    characters = simplified()
    kept = (
        characters.get(char, char) if char.isalnum() or char == "+" else " "
        for char in decomposed(text)
        if not unicodedata.combining(char)
    )
    return " ".join("".join(kept).split())


_KINDS = [
    (layer, folded(word))
    for layer, words in KINDS.items()
    for word in sorted(words, key=len, reverse=True)
]
_KIND_WORDS = {word for _layer, word in _KINDS}


def without_kind(name: str) -> list[tuple[str, str]]:
    """Return what is left of a folded name without a word for a kind at its beginning or end, each
    behind the layer of that kind.
    """
    rests = []
    for layer, word in _KINDS:
        space = " " if word.isascii() else ""
        for rest in (name.removeprefix(f"{word}{space}"), name.removesuffix(f"{space}{word}")):
            if rest.strip() not in ("", name):
                rests.append((layer, rest.strip()))
    return rests


def _close(name: str) -> str:
    """Return a folded name without its blanks, since “Haiphong” is “Hai Phong”."""
    return name.replace(" ", "")


@dataclass(frozen=True)
class _Named:
    """A place with its names: folded as a whole, and without blanks its own, those of its other
    side, and all without their kind.
    """

    layer: str
    every: frozenset[str]
    own: frozenset[str]
    opposite: frozenset[str]
    bare: frozenset[str]


class PlaceNames:
    """The names of all places of a data package.

    Parameters
    ----------
    frames
        Layers of places by id, with ``name_en``, ``name_vi``, ``name_zh`` and, for gates, the same
        with ``opposite_`` before it: what the gate is called on the other side of the border.

    Attributes
    ----------
    find
        Called with a text; returns the ids of the places that it may mean, as :meth:`_find` says.
    similar
        Called with a text that means none; returns the ids of places with a name much like it.
    """

    def __init__(self, frames: Mapping[str, gpd.GeoDataFrame]) -> None:
        self.places: dict[str, _Named] = {}
        for layer, frame in frames.items():
            columns = [
                name for name in frame.columns if re.fullmatch("(?:opposite_)?name_[a-z]+", name)
            ]
            for key, *names in frame[columns].itertuples(name=None):
                own, opposite = (
                    {
                        text
                        for column, text in zip(columns, names, strict=True)
                        if pd.notna(text) and column.startswith("opposite") == other
                    }
                    for other in (False, True)
                )
                every = set(map(folded, own | opposite))
                plain = {
                    folded(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", text)))
                    for text in own | opposite
                } - {""}
                bare = plain | {
                    rest for text in plain for of, rest in without_kind(text) if of == layer
                }
                self.places[str(key)] = _Named(
                    layer,
                    frozenset(every | bare),
                    frozenset(_close(folded(text)) for text in own),
                    frozenset(_close(folded(text)) for text in opposite),
                    frozenset(map(_close, bare)),
                )

        self._similar = {
            name: key for key, place in self.places.items() for name in (*place.every, folded(key))
        }
        self.find = lru_cache(KEPT)(self._find)
        self.similar = lru_cache(KEPT)(self._alike)

    def _find(self, text: str) -> tuple[str, ...]:
        """Find the places that a text may mean: ids; one where it means that place only.

        An id or a whole name counts before a name of the other side of a gate, that before a name
        behind the word for its kind (“KCN Hải Yên”), that before a part of a name; of parts, whole
        words count before any others."""
        if text in self.places:
            return (text,)
        name = folded(text)
        if sum(char.isalpha() for char in name) < LEAST_LETTERS or name in _KIND_WORDS:
            return ()
        return next(filter(None, self._stages(name)), ())

    def _stages(self, name: str) -> Iterator[tuple[str, ...]]:
        yield self._called(name, "own")
        yield self._called(name, "opposite")
        for layer, rest in without_kind(name):
            yield self._called(rest, "bare", layer)
        for layer, rest in without_kind(name):
            yield self._holding(_whole_words(rest), layer)
        yield self._holding(_whole_words(name))
        yield self._holding(re.compile(re.escape(name)))

    def _called(self, name: str, part: str, layer: str = "") -> tuple[str, ...]:
        """Find the places that are called so in this part of their names, blanks or not."""
        close = _close(name)
        return tuple(
            key
            for key, place in self.places.items()
            if layer in ("", place.layer) and close in getattr(place, part)
        )

    def _holding(self, part: re.Pattern[str], layer: str = "") -> tuple[str, ...]:
        """Find the places with a part in a name, those first of whose name it is the most."""
        lengths = {
            key: min(map(len, holding))
            for key, place in self.places.items()
            if layer in ("", place.layer)
            and (holding := [text for text in place.every if part.search(text)])
        }
        return tuple(sorted(lengths, key=lambda key: lengths[key]))

    def _alike(self, text: str) -> tuple[str, ...]:
        """Find places with an id or a name much like a text that names none; the most alike
        first.
        """
        close = difflib.get_close_matches(folded(text), self._similar, 2 * MOST_ALIKE, ALIKE)
        return tuple(dict.fromkeys(self._similar[name] for name in close))[:MOST_ALIKE]


def _whole_words(text: str) -> re.Pattern[str]:
    """Build a pattern that finds a folded text as whole words; a Chinese end of it, which has no
    blank beside it, anywhere.
    """
    before, after = (
        edge if end.isascii() else ""
        for edge, end in (("(?<![a-z0-9])", text[0]), ("(?![a-z0-9])", text[-1]))
    )
    return re.compile(before + re.escape(text) + after)
