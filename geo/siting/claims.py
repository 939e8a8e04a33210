"""What a brochure claims, such as “30 km from Mong Cai gate”, held against the straight line and
the road.

Codes and numbers come out; sentences are made of them elsewhere. Where a text can be read in
several ways, the reading counts that is kindest to it: what is called impossible is impossible in
every reading."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from geo.errors import InputError, Message
from geo.layers import names
from geo.roads import access
from geo.roads.network import Network
from geo.siting.sites import ASSUMPTIONS as OF_SITES
from geo.siting.sites import Assumption
from geo.text import decomposed

if TYPE_CHECKING:
    import geopandas as gpd

VERDICTS: dict[str, str] = {
    "road": "fits the way by road, and not the straight line",
    "straight_or_road": "fits both, which lie too close together to be told apart",
    "straight_line": "is the straight line, not the way by road",
    "between": "longer than the straight line, shorter than the road that is known",
    "faster_than_road": (
        "sooner than by the road that is known, slower than the straight line at top speed"
    ),
    "longer": "longer than the way by road",
    "road_unknown": "not below the straight line; the site or the place is joined to no road",
    "no_way": "not below the straight line; the roads that are known do not lead there",
    "unsure": "below the straight line, but how exact the two positions are is not known",
    "impossible": (
        "shorter than the straight line, or faster than it at top speed, beyond all accuracies"
    ),
    "other_thing": "not judged: the name stands for something else, such as a bay or an expressway",
    "no_place": "not judged: no place that is known stands beside it",
}
"""Every verdict and what it means, the kindest first. Times are never ``straight_line``,
``straight_or_road`` or ``between``.
"""

ASSUMPTIONS = {
    one.id: one
    for one in (
        Assumption(
            "about_share", 0.10, "share", "“About 30 km” may be off by so much more. Not measured."
        ),
        Assumption(
            "length_share",
            0.10,
            "share",
            "A length by road is close to another within this share. Not measured.",
        ),
        Assumption(
            "time_share",
            0.20,
            "share",
            "A time by road is close to another within this share: speeds are assumed. Not"
            " measured.",
        ),
        OF_SITES["coarse_share"],
    )
}
"""How close is close. On a coarse network the last is added to the share of lengths and of times.
"""
LONGEST_TEXT, LONGEST_GAP, MOST_CLAIMS = 20_000, 500, 200
"""Characters of a text, and between a quantity and its place; what stands farther away is not
beside it.
"""

# Words, folded: without case and diacritics, đ as d; each a pattern, separated by commas
# -------------------------------------

UNITS: dict[tuple[str, float], str] = {
    ("m", 1000): "km, kms, kilometres?, kilometers?, ki ?lo ?-?met, cay so, 公里, 千米",
    ("m", 1): "m, metres?, meters?, met, 米",
    ("s", 60): "mins?, minutes?, phut, 分钟",
    ("s", 3600): "h, hrs?, hours?, gio, tieng, 个?小时, 个?钟头",
}
"""Units, by what they measure and how much of it they are."""
SPELT = {
    1800.0: "half an hour, nua gio, nua tieng, 半个?小时",
    3600.0: "an hour, one hour, mot gio, mot tieng, 一个?小时",
}
KIND_WORDS: dict[tuple[str, ...], str] = {
    ("gates",): (
        "(?:border )?(?:gate|crossing|checkpoint)s?, border, cua khau, loi mo, bien gioi, 口岸,"
        " 通道, 边境"
    ),
    ("airports",): "airport, san bay, cang hang khong, 机场",
    (
        "ports",
    ): "(?:sea ?|dry )?ports?, harbou?r, (?:ben )?cang(?: bien| can)?, 海港, 港口, 码头, 港",
    ("ports", "gates"): "(?:railway |train )?station, (?:nha )?ga, 火车站, 站",
    ("cities",): "city, town, downtown, thanh pho, tp, thi xa, thi tran, trung tam, 市区, 市, 县城",
}
"""Words beside a name that say what kind of place is meant, by layer."""
OTHER_AFTER = (
    "bay, bridge, river, island, province, district, (?:express|high)way, industrial, park,"
    " economic, [省湾岛], 大?桥, 高速, 工业, 经济"
)
OTHER_BEFORE = (
    "cau, song, vinh, dao, tinh, huyen, cao toc, quoc lo, nut giao, khu cong nghiep, kcn, khu"
    " kinh te"
)
"""Words by which a name stands for something that is in no layer of places."""
FILLERS = (
    "international, main, cent(?:re|er), of, the, at, in, quoc te, quoc gia, duong bo, o, tai,"
    " road, cargo, general, tong hop, 国际, 市"
)
GENERIC = (
    "international, main, general, quoc te, tong hop, container, rail(?:way)?, yard, freight, cargo"
    " lane, icd, berths?, 国际, 铁路, 港区"
)
"""Words without which a place is called by its name too, beside those of ``KIND_WORDS``."""
BEFORE = {
    "at_most": (
        "within, under, less than, below, up to, at most, duoi, chua den, khong qua, toi da, trong"
        " vong, 不到, 不足, 少于"
    ),
    "at_least": "over, more than, at least, above, hon, tren, it nhat, toi thieu, 超过, 至少",
    "about": (
        r"about, approx(?:imately|\.)?, around, roughly, nearly, almost, khoang, gan, chung, 大约,"
        r" 大概, 约, 近, [~≈]"
    ),
}
"""Words before a number, and what they make of it."""
INSIDE = "以内, 之内, 内, or less, tro xuong, tro lai"
"""Words after a quantity that make it the most it may be."""
TO_WORDS = "from, to, of, den, toi, tu, 离, 距, 到, 至"
"""Words after a quantity by which its place comes next."""
SIZES_AFTER = "wide, long, deep, high, tall, rong, dai, sau, cao(?! toc), [宽长深], 高(?!速)"
SIZES_BEFORE = "(?<!cai )rong, dai, width, length, depth, [宽长深高]"
"""Words by which a quantity is a size and no way."""


def _any(words: str) -> str:
    """Make one pattern of words; Latin ones stand alone, Chinese ones anywhere."""
    each = words.split(", ")
    return (
        "(?:"
        + "|".join(
            rf"(?<![a-z0-9])(?:{one})(?![a-z0-9])" if re.search("[a-z]", one) else f"(?:{one})"
            for one in each
        )
        + ")"
    )


_GAP = r"\s{0,5}"
_NUMBER = r"\d{1,3}(?:[.,]\d{3}){1,2}(?:[.,]\d{1,3})?|\d{1,7}(?:[.,]\d{1,3})?"
_UNIT, _SPELT = (
    "|".join(
        f"(?P<{letter}{i}>{words.replace(', ', '|')})" for i, words in enumerate(table.values())
    )
    for letter, table in (("u", UNITS), ("s", SPELT))
)
_QUANTITY = re.compile(
    rf"(?<![a-z0-9+])(?<![0-9][.,])(?P<first>{_NUMBER})(?:{_GAP}(?:[-–—~]|to|den|至|到){_GAP}(?P<second>{_NUMBER}))?{_GAP}-?{_GAP}(?:{_UNIT})"
    rf"(?:(?<=[a-z])(?![a-z0-9])|(?<![a-z])|(?<=h)(?=\d\d(?![a-z0-9])))"
    rf"(?!{_GAP}/{_GAP}(?:h|s|gio|小时)(?![a-z]))(?!{_GAP}(?:(?:per|an|moi|mot)(?![a-z])|每))"
    rf"|(?<![a-z0-9])(?:{_SPELT})(?![a-z])"
)
_MINUTES = re.compile(
    rf"{_GAP}(?:and|va)?{_GAP}(?P<m>\d\d?){_GAP}(?:mins?|minutes?|phut|分钟?|p)(?![a-z0-9])|(?P<n>\d\d)(?![a-z0-9])"
)
_BEFORE = {bound: re.compile(_any(words) + r"[\s:]*$") for bound, words in BEFORE.items()}
_INSIDE = re.compile(_GAP + _any(INSIDE))
_SIZE_AFTER, _SIZE_BEFORE = (
    re.compile(rf"{_GAP}-?{_any(SIZES_AFTER)}"),
    re.compile(_any(SIZES_BEFORE) + r"[\s:]*$"),
)
_TO = re.compile(  # further quantities, up to three words, then the word: (45 min) by car from
    rf"(?:(?:{_GAP}[,/(])?(?:{_GAP}(?:and|or|va|hoac)(?![a-z]))?{_GAP}\0\x01*(?:{_GAP}\))?){{0,5}}(?:{_GAP}\))?{_GAP}"
    rf"(?:(?!(?:and|or|va)\s)[a-z]{{1,12}}[\s-]{{1,5}}|车程|路程){{0,3}}{_any(TO_WORDS)}"
)
_END = re.compile(r"[;!?。|•]|(?<!tp)(?<!tx)(?<!approx)\.(?=\s|$)")
_CUT = re.compile(r"[\0\x01,、\n]+|\b(?:and|or|va|hoac)\b|和")
_PIECE = re.compile(r",(?!\d)|、|\n")
_FILL = rf"(?:{_any(FILLERS)}[\s.:-]*)*"
_KIND_AFTER = {
    layer: re.compile(rf"[\s-]*{_FILL}{_any(words)}") for layer, words in KIND_WORDS.items()
}
_KIND_BEFORE = {
    layer: re.compile(rf"{_any(words)}[\s.:-]*{_FILL}$") for layer, words in KIND_WORDS.items()
}
_OTHER_AFTER, _OTHER_BEFORE = (
    re.compile(r"[\s-]*" + _any(OTHER_AFTER)),
    re.compile(_any(OTHER_BEFORE) + r"[\s.:-]*$"),
)
_GENERIC = re.compile(_any(", ".join([*KIND_WORDS.values(), GENERIC]).replace(", 市,", ",")))
_KINDS = re.compile(_any(", ".join(KIND_WORDS.values())))
_KNOWN = re.compile(_any(", ".join([*KIND_WORDS.values(), FILLERS, TO_WORDS, *BEFORE.values()])))


# What comes out -----------------------------------------------------------------------------------


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
class Checked:
    """The quantities of a text in its order. ``code`` says why none is judged: ``empty``,
    ``no_number``, ``no_place``; else None.
    """

    claims: tuple[Claim, ...]
    code: str | None

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)


class TooMuch(InputError):
    """A text that is too long, or that holds too many quantities."""


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    candidates: tuple[str, ...]
    other: bool


def check(
    text: str,
    origin: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    network: Network,
    profile: str = "car",
    *,
    speeds: Any = None,
) -> Checked:
    """Read the claims of a text about one site, and hold each against the straight line and the
    road.

    Kilometres, metres, minutes and hours are read, in English, Vietnamese and Chinese, with or
    without diacritics; numbers in digits. A place is known by any of its names; words such as
    “gate”, “cảng” or 机场 beside it choose among namesakes.

    Parameters
    ----------
    origin
        Layer of one row. Its ``position_accuracy_m`` counts; without that column the point is taken
        as exact.
    places
        Points by id: names, ``aliases`` (tuples), ``layer``, ``country``, ``opposite_country``,
        ``position_accuracy_m``; all optional.
    speeds
        The table ``speeds`` (DataFrame), whose highest speed of any vehicle is the top speed; None
        takes that of the network's roads.

    Raises
    ------
    InputError
        Not one origin, an id that stands twice; ``TooMuch`` where the text is too long.
    """
    if len(origin) != 1 or not places.index.is_unique:
        raise InputError(
            Message("Claims are checked for one site, against places each of which has its own id.")
        )
    folded, at = fold(text[:LONGEST_TEXT])
    quantities = _quantities(folded)
    if len(text) > LONGEST_TEXT or len(quantities) > MOST_CLAIMS:
        raise TooMuch(
            f"The text has more than {LONGEST_TEXT} characters, or {MOST_CLAIMS} distances and"
            " times; bring only some."
        )
    if not quantities:
        return Checked((), "no_number" if folded.strip() else "empty")
    mentions = _mentions(folded, places.drop(index=origin.index[0], errors="ignore"))
    paired = _pair(text, folded, at, quantities, mentions)
    ids = list(dict.fromkeys(key for place in paired if place for key in place.candidates))
    ways = (
        access.travel_times(network, origin, places.loc[ids], profile=profile).set_index("to_id")
        if ids
        else pd.DataFrame()
    )
    top_kph = top_speed_kph(network, speeds)
    claims = []
    for claim, place in zip(quantities, paired, strict=True):
        start, end = at[claim.start], at[claim.end - 1] + 1
        claim = replace(claim, start=start, end=end, text=text[start:end])
        if place is None or not place.candidates:
            claims.append(
                replace(claim, verdict="other_thing" if place and place.other else "no_place")
            )
            continue
        claim = replace(claim, candidates=place.candidates)
        read = [
            _judged(claim, key, ways.loc[key], origin, places, network, profile, top_kph)
            for key in place.candidates
        ]
        claims.append(
            min(read, key=lambda one: (list(VERDICTS).index(one.verdict), abs(one.over_road)))
        )
    return Checked(tuple(claims), None if ids else "no_place")


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


# Reading ------------------------------------------------------------------------------------------


def _quantities(folded: str) -> list[Claim]:
    out, position = [], 0
    while found := _QUANTITY.search(folded, position):
        position = end = found.end()
        start, before = found.start(), folded[max(0, found.start() - 25) : found.start()]
        measure, low = "s", next((one for i, one in enumerate(SPELT) if found[f"s{i}"]), 0.0)
        high = digit = low
        if not low:
            measure, unit = next(one for i, one in enumerate(UNITS) if found[f"u{i}"])
            (low, digit), (high, _) = (
                _number(found[name] or found["first"], unit) for name in ("first", "second")
            )
            more = _MINUTES.match(folded, end) if (measure, unit) == ("s", 3600) else None
            if more:
                position = end = more.end()
                low, high, digit = (
                    low + 60 * int(more["m"] or more["n"]),
                    high + 60 * int(more["m"] or more["n"]),
                    60.0,
                )
        if (
            low > high
            or _SIZE_AFTER.match(folded, end)
            or (measure == "m" and _SIZE_BEFORE.search(before))
        ):
            continue
        bound = next((name for name, pattern in _BEFORE.items() if pattern.search(before)), "")
        bound = "at_most" if _INSIDE.match(folded, end) else bound
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
    yield " ".join(_GENERIC.sub(" ", base).split()), 1
    for inside in re.findall(r"\(([^)]*)\)", plain):
        yield " ".join(_GENERIC.sub(" ", inside).split()), 2


def _mentions(folded: str, places: gpd.GeoDataFrame) -> list[_Mention]:
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
    words: dict[str, str] = {}
    for one in sorted(called, key=len, reverse=True):  # Ha Noi and Hanoi are one name
        first = words.setdefault(re.sub(r"[\s-]", "", one), one)
        called[first] = called[one] | called[first]
    pattern = "|".join(
        rf"{'(?<![a-z0-9])' * one[0].isascii()}"
        rf"{_GAP.join(map(re.escape, re.split(r'[ -]+', one)))}"
        rf"{'(?![a-z0-9])' * one[-1].isascii()}"
        for one in sorted(called, key=len, reverse=True)
    ).replace(_GAP, r"[\s-]{0,5}")
    layer = places["layer"].to_dict() if "layer" in places else {}
    out: list[_Mention] = []
    for found in re.finditer(pattern or "(?!)", folded):
        start, end = found.span()
        before = folded[max(0, start - 40) : start]
        meant = next((one for one, kind in _KIND_AFTER.items() if kind.match(folded, end)), None)
        other = meant is None and bool(_OTHER_AFTER.match(folded, end))
        meant = meant or next(
            (one for one, kind in _KIND_BEFORE.items() if kind.search(before)), None
        )
        other |= meant is None and bool(_OTHER_BEFORE.search(before))
        candidates = _candidates(words[re.sub(r"[\s-]", "", found[0])], called, layer, meant)
        joined = bool(out) and bool(re.fullmatch(r"\s*[-–—]\s*", folded[out[-1].end : start]))
        if joined and (other := other or out[-1].other):  # Ha Long - Hai Phong expressway
            out[-1] = replace(out[-1], candidates=(), other=True)
        out.append(_Mention(start, end, () if other else candidates, other))
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


def _pair(
    text: str, folded: str, at: list[int], quantities: list[Claim], mentions: list[_Mention]
) -> list[_Mention | None]:
    """Find the place of each quantity: the next one after “from”, else the one on that side on
    which its clause begins.
    """
    masked = list(folded)
    for claim in quantities:
        masked[claim.start : claim.end] = ["\0", *"\x01" * (claim.end - claim.start - 1)]
    hidden = "".join(masked)
    ends = [0, *(one.end() for one in _END.finditer(hidden)), len(folded)]
    cuts = sorted({*ends, *(one.end() for one in _PIECE.finditer(hidden))})

    def near(claim: Claim, ahead: bool, marks: list[int]) -> _Mention | None:
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
        tries = [(True, ends)] if _TO.match(hidden, claim.end) else []
        tries += [(leads, cuts), (not leads, cuts), (False, ends)]
        out.append(
            next((place for ahead, marks in tries if (place := near(claim, ahead, marks))), None)
        )
    return out


def _is_clear(text: str, hidden: str, at: list[int], start: int, end: int, ahead: bool) -> bool:
    """Return whether nothing else is named between a quantity and a place: by a word with a
    capital, or as “the airport” alone."""
    parts = _CUT.split(hidden[start:end])
    if any(_KINDS.search(part) for part in (parts[:-1] if ahead else parts[1:])):
        return False
    rest = _KNOWN.sub(lambda one: "\0" * len(one[0]), hidden[start:end])
    return not any(char > "\1" and text[at[start + i]].isupper() for i, char in enumerate(rest))


# Judging ------------------------------------------------------------------------------------------


def top_speed_kph(network: Network, speeds: pd.DataFrame | None = None) -> float:
    """Return the highest speed of the table, whatever the vehicle; without a table that of the
    network's roads.
    """
    if speeds is not None:
        return float(speeds["speed_kph"].max())
    time = np.array([network.time_s[profile] for profile in network.profiles]).min(axis=0)
    road = (network.gate < 0) & np.isfinite(time) & (time > 0)
    return float((network.length_m[road] / time[road]).max() * 3.6) if road.any() else math.nan


def _judged(
    claim: Claim,
    key: str,
    way: Any,
    origin: Any,
    places: Any,
    network: Network,
    profile: str,
    top_kph: float,
) -> Claim:
    """Hold a claim against one place."""
    here = float(origin["position_accuracy_m"].iloc[0]) if "position_accuracy_m" in origin else 0.0
    there = (
        float(places.at[key, "position_accuracy_m"])
        if "position_accuracy_m" in places
        else math.nan
    )
    joined = np.isfinite(way["from_snap_m"]) and np.isfinite(way["to_snap_m"])
    road_m, road_s = (
        float(one) if np.isfinite(one) or not joined else math.inf
        for one in (way["length_m"], way["travel_time_s"])
    )
    straight_m, accuracy_m = float(way["distance_m"]), here + there
    slack_m = 0.0 if math.isnan(accuracy_m) else accuracy_m
    fastest_s = max(straight_m - slack_m, 0) / (top_kph / 3.6)
    manifest, coarse = (
        network.manifest,
        ASSUMPTIONS["coarse_share"].value if network.manifest.coarse else 0.0,
    )
    low, high = claim.low - claim.rounding, claim.high + claim.rounding
    if claim.measure == "distance":
        least, road, below = straight_m, road_m, high + slack_m < straight_m
        slack = slack_m + (ASSUMPTIONS["length_share"].value + coarse) * road_m
        straight = low - slack_m <= straight_m <= high + slack_m
    else:
        least, road, below, straight = fastest_s, road_s, high < fastest_s, False
        slack = slack_m * manifest.access_detour / (manifest.access_speed_kph[profile] / 3.6)
        slack += (ASSUMPTIONS["time_share"].value + coarse) * road_s
    if below:
        verdict = "unsure" if math.isnan(accuracy_m) else "impossible"
    elif not math.isfinite(road) or math.isnan(straight_m):
        verdict = (
            "straight_line"
            if straight and not claim.bound.startswith("at_")
            else "no_way"
            if math.isinf(road)
            else "road_unknown"
        )
    elif low - slack <= road <= high + slack:
        verdict = "straight_or_road" if straight and not claim.bound.startswith("at_") else "road"
    elif straight and claim.bound != "at_least":
        verdict = "straight_line"
    elif road > high:
        verdict = "between" if claim.measure == "distance" else "faster_than_road"
    else:
        verdict = "longer"
    told: dict[str, Any] = {
        "straight_m": straight_m,
        "accuracy_m": accuracy_m,
        "road_m": road_m,
        "road_s": road_s,
        "fastest_s": fastest_s,
    }
    return replace(
        claim,
        place=key,
        verdict=verdict,
        over_straight=_over(claim, least),
        over_road=_over(claim, road),
        **told,
    )


def _over(claim: Claim, other: float) -> float:
    return (
        math.nan
        if math.isnan(other)
        else (
            claim.low - other
            if other < claim.low
            else claim.high - other
            if other > claim.high
            else 0.0
        )
    )
