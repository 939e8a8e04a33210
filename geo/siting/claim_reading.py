"""Quantities and names of places in the text of a brochure: patterns of three languages, and what
they find."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from geo.layers import names
from geo.roads.accuracy import LENGTH_SHARE, TIME_SHARE
from geo.siting import claim_words as words
from geo.siting.sites import Assumption
from geo.text import decomposed

if TYPE_CHECKING:
    import geopandas as gpd


ASSUMPTIONS = {
    one.id: one
    for one in (
        Assumption(
            "about_share", 0.10, "share", "“About 30 km” may be off by so much more. Not measured."
        ),
        Assumption(
            "length_share",
            2 * LENGTH_SHARE,
            "share",
            "A length by road is close to another within twice the deviation that was measured.",
        ),
        Assumption(
            "time_share",
            2 * TIME_SHARE,
            "share",
            "A time by road is close to another within twice the deviation that was measured.",
        ),
    )
}
"""How close is close."""


LONGEST_TEXT, LONGEST_GAP, MOST_CLAIMS = 20_000, 500, 200
"""Characters of a text, and between a quantity and its place; what stands farther away is not
beside it.
"""


@dataclass(frozen=True)
class Claim:
    """One claim and what is to be said of it. Metres for a ``distance``, seconds for a ``time``;
    NaN is unknown.

    Attributes
    ----------
    start, end, text
        Where the quantity stands in the text, and as it stands there.
    place, candidates
        The id of the place it is held against, and of all that the name may mean: the one kindest
        to the claim was taken.
    low, high
        What is claimed; apart for “30 to 40 km”, from 0 for “within”, to inf for “more than”.
    rounding
        What may be off because of how it is written: half of the last digit, and more for “about”.
    straight_m, accuracy_m
        The geodesic distance, and the stated errors of both positions together.
    road_m, road_s
        Along the fastest way; inf where the roads that are known do not lead there.
    fastest_s
        The straight line, less `accuracy_m`, at the highest speed.
    over_straight, over_road
        The claim less the straight line (`fastest_s` for a time) and less the road: negative where
        too small, 0 where inside.
    """

    start: int
    end: int
    text: str
    measure: str
    low: float
    high: float
    rounding: float
    bound: str
    place: str = ""
    candidates: tuple[str, ...] = ()
    straight_m: float = math.nan
    accuracy_m: float = math.nan
    road_m: float = math.nan
    road_s: float = math.nan
    fastest_s: float = math.nan
    over_straight: float = math.nan
    over_road: float = math.nan
    verdict: str = ""


@dataclass(frozen=True)
class Mention:
    start: int
    end: int
    candidates: tuple[str, ...]
    other: bool


def fold(text: str) -> tuple[str, list[int]]:
    """Take case, diacritics and widths away; beside it, for each character, where it stood in the
    text.
    """
    out: list[str] = []
    at: list[int] = []
    for i, char in enumerate(text):
        kept = [each for each in decomposed(char) if not unicodedata.combining(each)]
        out += kept
        at += [i] * len(kept)
    return "".join(out), at


def quantities(folded: str) -> list[Claim]:
    out, position = [], 0
    while found := words.QUANTITY.search(folded, position):
        position = end = found.end()
        start, before = found.start(), folded[max(0, found.start() - 25) : found.start()]
        measure, low = "s", next((one for i, one in enumerate(words.SPELT) if found[f"s{i}"]), 0.0)
        high = digit = low
        if not low:
            measure, unit = next(one for i, one in enumerate(words.UNITS) if found[f"u{i}"])
            (low, digit), (high, _) = (
                _number(found[name] or found["first"], unit) for name in ("first", "second")
            )
            more = words.MINUTES.match(folded, end) if (measure, unit) == ("s", 3600) else None
            if more:
                position = end = more.end()
                low, high, digit = (
                    low + 60 * int(more["m"] or more["n"]),
                    high + 60 * int(more["m"] or more["n"]),
                    60.0,
                )
        if (
            low > high
            or words.SIZE_AFTER.match(folded, end)
            or (measure == "m" and words.SIZE_BEFORE.search(before))
        ):
            continue
        bound = next(
            (name for name, pattern in words.BOUND_BEFORE.items() if pattern.search(before)), ""
        )
        bound = "at_most" if words.INSIDE.match(folded, end) else bound
        rounding = digit / 2 + (ASSUMPTIONS["about_share"].value * high if bound == "about" else 0)
        low, high = 0 if bound == "at_most" else low, math.inf if bound == "at_least" else high
        out.append(
            Claim(
                start, end, "", "distance" if measure == "m" else "time", low, high, rounding, bound
            )
        )
    return out


def _number(text: str, unit: float) -> tuple[float, float]:
    """Return a number in metres or seconds, and what its last digit stands for.

    One separator before three digits marks thousands, except in 0.350 and, as a point, before km
    and hours: 1.250 km."""
    marks = re.sub(r"\d", "", text)
    grouped = re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", text) and len(set(marks)) == 1
    if grouped and (len(marks) > 1 or marks == "," or unit < 1000):
        return float(re.sub("[.,]", "", text)) * unit, unit
    whole, _, decimals = text.replace(",", ".").rpartition(".") if marks else (text, "", "")
    return float(f"{whole.replace('.', '')}.{decimals or 0}") * unit, unit / 10 ** len(decimals)


def _keys(name: str) -> Iterator[tuple[str, int]]:
    """Return what a place may be called by: its name, that without common words, and what stands in
    brackets; with a rank.
    """
    plain = " ".join(fold(name)[0].split())
    base = re.sub(r"\s*\([^)]*\)\s*", " ", plain).strip()
    yield base, 0 if base == plain else 1
    yield " ".join(words.COMMON.sub(" ", base).split()), 1
    for inside in re.findall(r"\(([^)]*)\)", plain):
        yield " ".join(words.COMMON.sub(" ", inside).split()), 2


def mentions(folded: str, places: gpd.GeoDataFrame) -> list[Mention]:
    """Find the names of places, the longest first where they overlap."""
    called: dict[str, dict[str, int]] = {}
    for key, row in zip(
        places.index,
        cast("list[dict[str, Any]]", places.drop(columns=places.geometry.name).to_dict("records")),
        strict=True,
    ):
        for name in (*names(row), *row.get("aliases", ())):
            for called_by, rank in _keys(name):
                if (
                    len(re.findall(r"[a-z]", called_by)) >= 3
                    or len(re.findall(r"[^\W\d_a-z]", called_by)) >= 2
                ):
                    held = called.setdefault(called_by, {})
                    held[key] = min(rank, held.get(key, rank))
    first_of: dict[str, str] = {}
    for one in sorted(called, key=len, reverse=True):  # Ha Noi and Hanoi are one name
        first = first_of.setdefault(re.sub(r"[\s-]", "", one), one)
        called[first] = called[one] | called[first]
    pattern = "|".join(
        rf"{'(?<![a-z0-9])' * one[0].isascii()}"
        rf"{words.GAP.join(map(re.escape, re.split(r'[ -]+', one)))}"
        rf"{'(?![a-z0-9])' * one[-1].isascii()}"
        for one in sorted(called, key=len, reverse=True)
    ).replace(words.GAP, r"[\s-]{0,5}")
    layer = places["layer"].to_dict() if "layer" in places else {}
    out: list[Mention] = []
    for found in re.finditer(pattern or "(?!)", folded):
        start, end = found.span()
        before = folded[max(0, start - 40) : start]
        meant = next(
            (one for one, kind in words.KIND_AFTER.items() if kind.match(folded, end)), None
        )
        other = meant is None and bool(words.OTHER_AFTER.match(folded, end))
        meant = meant or next(
            (one for one, kind in words.KIND_BEFORE.items() if kind.search(before)), None
        )
        other |= meant is None and bool(words.OTHER_BEFORE.search(before))
        candidates = _candidates(first_of[re.sub(r"[\s-]", "", found[0])], called, layer, meant)
        joined = bool(out) and bool(re.fullmatch(r"\s*[-–—]\s*", folded[out[-1].end : start]))
        if joined and (other := other or out[-1].other):  # Ha Long - Hai Phong expressway
            out[-1] = replace(out[-1], candidates=(), other=True)
        out.append(Mention(start, end, () if other else candidates, other))
    return out


def _candidates(
    name: str,
    called: dict[str, dict[str, int]],
    layer: dict[Any, str],
    meant: tuple[str, ...] | None,
) -> tuple[str, ...]:
    held = called[name]
    if meant is None or not layer:
        return tuple(key for key, rank in held.items() if rank == min(held.values()))
    fitting = {key: None for key in held if layer[key] in meant}
    if not fitting:  # “Nanning airport” is that of Nanning Wuxu
        longer = name + " " if name[-1].isascii() else name
        fitting = {
            key: None
            for one, keys in called.items()
            if one.startswith(longer)
            for key in keys
            if layer[key] in meant
        }
    return tuple(fitting)


def pair(
    text: str, folded: str, at: list[int], quantities: list[Claim], mentions: list[Mention]
) -> list[Mention | None]:
    """Find the place of each quantity: the next one after “from”, else the one on that side on
    which its clause begins.
    """
    masked = list(folded)
    for claim in quantities:
        masked[claim.start : claim.end] = ["\0", *"\x01" * (claim.end - claim.start - 1)]
    hidden = "".join(masked)
    ends = [0, *(one.end() for one in words.END.finditer(hidden)), len(folded)]
    cuts = sorted({*ends, *(one.end() for one in words.PIECE.finditer(hidden))})

    def near(claim: Claim, ahead: bool, marks: list[int]) -> Mention | None:
        first, last = (
            max(one for one in marks if one <= claim.start),
            min(one for one in marks if one > claim.start),
        )
        those = [
            one
            for one in mentions
            if first <= one.start < last
            and (one.start >= claim.end if ahead else one.end <= claim.start)
        ]
        place = (those[0] if ahead else those[-1]) if those else None
        gap = (
            () if place is None else (claim.end, place.start) if ahead else (place.end, claim.start)
        )
        return (
            place
            if gap and gap[1] - gap[0] <= LONGEST_GAP and _is_clear(text, hidden, at, *gap, ahead)
            else None
        )

    out = []
    for claim in quantities:
        first = max(one for one in cuts if one <= claim.start)
        begins = min((one.start for one in mentions if one.start >= first), default=len(folded))
        leads = begins > min(one.start for one in quantities if one.start >= first)
        tries = [(True, ends)] if words.PLACE_NEXT.match(hidden, claim.end) else []
        tries += [(leads, cuts), (not leads, cuts), (False, ends)]
        out.append(
            next((place for ahead, marks in tries if (place := near(claim, ahead, marks))), None)
        )
    return out


def _is_clear(text: str, hidden: str, at: list[int], start: int, end: int, ahead: bool) -> bool:
    """Return whether nothing else is named between a quantity and a place: by a word with a
    capital, or as “the airport” alone."""
    parts = words.CUT.split(hidden[start:end])
    if any(words.KINDS.search(part) for part in (parts[:-1] if ahead else parts[1:])):
        return False
    rest = words.KNOWN.sub(lambda one: "\0" * len(one[0]), hidden[start:end])
    return not any(char > "\1" and text[at[start + i]].isupper() for i, char in enumerate(rest))
