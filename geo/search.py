"""Find features by what they are called: how texts are compared, what a search hits, and in which
order.

The map's script ``search.js`` follows the same rules on the same index, so that the map also
searches without a server; a test holds the two to each other."""

from __future__ import annotations

import functools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from types import MappingProxyType
from typing import Any

import pandas as pd

from geo.chinese import simplified
from geo.schema import Layer, unfold

NAME = 0
"""Where a text stands that calls the feature. After it come the provinces in which the feature
lies, then all else about it.
"""
OTHERS = (
    "district",
    "district_vi",
    "district_zh",
    "commune",
    "commune_local",
    "developer",
    "ref",
    "iata",
    "icao",
    "legal_basis",
    "summary",
    "summary_vi",
    "summary_zh",
)
"""Columns that are searched besides names and provinces; the identifier is too."""
SHORT = {
    "khu cong nghiep": "kcn",
    "cum cong nghiep": "ccn",
    "khu kinh te": "kkt",
    "cua khau": "ck",
    "industrial park": "ip",
    "economic zone": "ez",
}
"""What people write instead of parts of a name, folded. Source: common usage, from memory."""
LEAST = 4
"""Letters from which on a word that is begun is also looked for over blanks: Haip finds Hai Phong.
"""
MOST_CUT = 10
"""Words of a query that is still looked for as two phrases."""
_UNSEARCHED = ("source", "as_of", "unit", "output_unit")
_APOSTROPHES = re.compile("['’ʼ`´]")
_HAN = re.compile("([\u3400-\u9fff\U00020000-\U0003ffff])")

Texts = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
Rank = tuple[int, int]
"""The lower, the better: first by where the text stands, then by how well it fits."""


def fold(text: str) -> str:
    """Reduce a text to what search compares: words without marks, case and punctuation, each
    Chinese character a word of its own.

    Traditional characters become simplified ones, đ becomes d, full-width forms become plain ones.
    """
    small = unicodedata.normalize("NFKC", text).lower()
    return " ".join(small.translate(_FOLDED).split())


def fold_lines(texts: Iterable[str]) -> str:
    """Fold many texts at once, each as one line."""
    joined = "\n".join(text.replace("\n", " ") for text in texts)
    small = unicodedata.normalize("NFKC", joined).lower().translate(_FOLDED)
    while "  " in small:
        small = small.replace("  ", " ")
    return small.replace(" \n", "\n").replace("\n ", "\n").strip(" ")


class _Folded(dict[int, str]):
    """What each small letter becomes, by its code point; found out when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFD", chr(code).replace("đ", "d"))
        plain = _HAN.sub(r" \1 ", _APOSTROPHES.sub("", plain))
        folded = "".join(map(_simplest, plain))
        self[code] = folded
        return folded


def _simplest(char: str) -> str:
    """Return what a character is compared as: nothing for a mark, a blank for punctuation."""
    kind = unicodedata.category(char)[0]
    return "" if kind == "M" else simplified().get(char, char) if kind in "LN" else " "


_FOLDED = _Folded({ord("\n"): "\n"})


@dataclass(frozen=True)
class Entry:
    """A feature as search sees it: its layer and its folded texts by where they stand."""

    layer: str
    texts: Texts


@dataclass(frozen=True)
class Index:
    """The features of layers that are searched together, by id, in the order of the layers."""

    entries: Mapping[str, Entry]

    @classmethod
    def build(
        cls,
        frames: Iterable[tuple[Layer, Any]],
        aliases: pd.DataFrame,
        province_names: Callable[[str], Iterable[str]] = lambda name: (name,),
        tenants: Mapping[str, Iterable[str]] = MappingProxyType({}),
    ) -> Index:
        """Collect the texts of layers: of a table without positions all that is written in words.

        Parameters
        ----------
        frames
            Layers with their frames, as :func:`geo.layers.read` gives them.
        aliases
            Further names: ``place`` and ``name``, as in the table ``aliases``; of places that are
            not there they are left out.
        province_names
            All names of a province, of which the layers hold only the English one, and all words
            for a code of a table without positions.
        tenants
            Companies by the place where they are, which is found by them too.
        """
        also: dict[str, list[str]] = {}
        for place, name in zip(aliases["place"], aliases["name"], strict=True):
            also.setdefault(str(place), []).append(str(name))
        entries = {}
        for layer, frame in frames:
            named = [name for name in frame.columns if "name_" in name or name.startswith("title_")]
            coded = [] if layer.geometry else [name for name in ("kind", "status") if name in frame]
            searched = (*OTHERS, *(_written(layer, named) if layer.geometry is None else ()))
            for key, row in zip(frame.index, frame.to_dict("records"), strict=True):
                provinces = [
                    row[name]
                    for name in ("province_en", "province_former_en")
                    if isinstance(row.get(name), str)
                ]
                others = [part for name in searched for part in unfold(row.get(name))]
                codes = [row[name] for name in coded if isinstance(row[name], str)]
                others += tenants.get(str(key), ())
                others += [word for code in codes for word in (code, *province_names(code))]
                names = [
                    text
                    for text in (*map(row.get, named), *also.get(str(key), ()))
                    if isinstance(text, str)
                ]
                called = [text for province in provinces for text in province_names(province)]
                texts = (
                    [form for name in names for form in _forms(fold(name))],
                    map(fold, called),
                    map(fold, (*others, str(key))),
                )
                entries[str(key)] = Entry(layer.id, tuple(map(_distinct, texts)))  # type: ignore[arg-type]
        return cls(entries)

    def find(self, query: str) -> dict[str, Rank]:
        """Find the features that a query means.

        Those that hold it as a phrase are found, written together or apart (Haiphong, Ha Noi), the
        last word begun at least; only where there are none, those that hold it as two phrases, such
        as a name and a province; then those that hold all of its words; and then those that hold
        its words within others.

        Returns
        -------
        dict
            The rank of each feature by its id, the best first; those of one rank in the order of
            the index. All of them without any rank where the query holds nothing to search for.
        """
        wanted = fold(query)
        if not wanted:
            return dict.fromkeys(self.entries, (NAME, 0))
        likely = [(key, self.entries[key]) for key in self._holding(wanted.split())]
        for level in _LEVELS if likely else ():
            rank = level(wanted)
            ranks = {key: fit for key, entry in likely if (fit := rank(entry.texts)) is not None}
            if ranks:
                return dict(sorted(ranks.items(), key=lambda pair: pair[1]))
        return {}

    def _holding(self, words: list[str]) -> Iterator[str]:
        """Find the features that hold each word somewhere, blanks ignored: no others are hits."""
        lines, starts, keys = self._lines
        longest = max(words, key=len)
        at = lines.find(longest)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            start, end = starts[number : number + 2]
            if all(lines.find(word, start, end) >= 0 for word in words):
                yield keys[number]
            at = lines.find(longest, end)

    @functools.cached_property
    def _lines(self) -> tuple[str, list[int], list[str]]:
        """The texts of all features without blanks, a line for each; where the lines begin, and
        where the last one ends; the features.
        """
        lines = [
            "\t".join(chain.from_iterable(entry.texts)).replace(" ", "") + "\n"
            for entry in self.entries.values()
        ]
        return "".join(lines), [0, *accumulate(map(len, lines))], list(self.entries)

    def letters(self) -> dict[str, str]:
        """Return the part of :func:`simplified` that leads to characters of this index."""
        used = {
            char
            for entry in self.entries.values()
            for texts in entry.texts
            for text in texts
            for char in text
        }
        return {old: new for old, new in simplified().items() if new in used}


def _written(layer: Layer, named: list[str]) -> list[str]:
    """List the fields of a table that hold words of their own: no names, codes or addresses."""
    return [
        field.name
        for field in layer.fields
        if field.type == "string"
        and not (field.allowed or field.pattern or field.refers)
        and field.name not in (*named, *OTHERS, *_UNSEARCHED)
        and not field.name.startswith("province_")
    ]


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _forms(text: str) -> tuple[str, str]:
    """Return a folded name as it is and with what people write instead of parts of it."""
    short = text
    for long, brief in SHORT.items():
        if long in short:
            short = re.sub(rf"\b{long}\b", brief, short)
    return text, short


# What counts as a hit, from the strictest ---------------------------------------------------------


def _best(texts: Texts, fit: Callable[[str], int | None]) -> Rank | None:
    for where, group in enumerate(texts):
        fits = [level for text in group if (level := fit(text)) is not None]
        if fits:
            return where, min(fits)
    return None


def _phrase(wanted: str) -> Callable[[Texts], Rank | None]:
    """Rank a text that is the phrase, begins with it, begins with it but for the rest of its last
    word, holds it, holds it with its last word begun, or so when blanks are ignored.
    """
    letters = wanted.replace(" ", "")
    begun = re.compile("(?:^| )" + " ?".join(letters))
    whole = re.compile(begun.pattern + "(?= |$)")

    def fit(text: str) -> int | None:
        if letters not in text.replace(" ", ""):  # sooner than the pattern
            return None
        hit = whole.search(text)
        if hit and not hit.start():
            return 1 if hit.end() < len(text) else 0
        begins = len(letters) >= LEAST and begun.search(text)
        if text.startswith(wanted) or (begins and not begins.start()):
            return 2
        if hit:
            return 3
        return 4 if f" {wanted}" in f" {text}" else 5 if begins else None

    return lambda texts: _best(texts, fit)


def _two(wanted: str) -> Callable[[Texts], Rank | None]:
    """Rank a feature that holds the query as two phrases, such as its name and its province, by the
    farther one of them.
    """
    words = wanted.split()
    cuts = range(1, len(words)) if len(words) <= MOST_CUT else ()
    pairs = [(_phrase(" ".join(words[:cut])), _phrase(" ".join(words[cut:]))) for cut in cuts]

    def rank(texts: Texts) -> Rank | None:
        farther = [
            max(name[0], rest[0])
            for first, last in pairs
            if (name := first(texts)) and (rest := last(texts))
        ]
        return (min(farther), 6) if farther else None

    return rank


def _all(wanted: str, before: str) -> Callable[[Texts], Rank | None]:
    """Rank a feature that holds every word, by how far from its name the last of them is found."""
    words = [before + word for word in wanted.split()]

    def rank(texts: Texts) -> Rank | None:
        text = ""
        for where, group in enumerate(texts):
            text += "".join(f" {name}" for name in group)
            if all(word in text for word in words):
                whole = all(f"{word} " in f"{text} " for word in words)
                return where, 7 if whole else 8
        return None

    return rank


_LEVELS: tuple[Callable[[str], Callable[[Texts], Rank | None]], ...] = (
    _phrase,
    _two,
    lambda wanted: _all(wanted, " "),
    lambda wanted: _all(wanted, ""),
)
