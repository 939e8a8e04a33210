"""Amounts as people write them in a column of a sheet: decimals, units, ranges, bounds, and words
for no limit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from geo.siting.companies import NUMBERS, UNITS, Formula, is_unlimited
from geo.siting.measures import limits
from geo.siting.sheet_faults import Fault
from geo.text import decimal_mark, is_grouped, number_of, one_line, short

Part = tuple[str, str]
"""A number as it is written, and its unit, empty where none is written."""

_NUMBER = r"[+-]?[\d.,]*\d"
_PART = rf"(?P<before{{0}}>[^\d.,+-]*)(?P<number{{0}}>{_NUMBER})\s*(?P<unit{{0}}>\D*?(?:(?<=m)2)?)"
_SINGLE = re.compile(_PART.format(1), re.DOTALL)
_DASH = r"\s*(?:-|–|—|~|至|到|đến|to)\s*"
_RANGE = re.compile(_PART.format(1) + _DASH + _PART.format(2), re.DOTALL | re.IGNORECASE)
_TERMS = re.compile(r"(\d+)\s*([^\d\s.,+-]+)\s*(\d+)\s*([^\d\s.,+-]+)")
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_BOUNDS = {
    "at_most": (
        (
            *(
                "≤",
                "<=",
                "<",
                "至多",
                "最多",
                "不超过",
                "小于",
                "tối đa",
                "không quá",
                "dưới",
                "trong vòng",
            ),
            *(
                "at most",
                "up to",
                "no more than",
                "less than",
                "under",
                "below",
                "within",
                "maximum",
                "max",
            ),
        ),
        ("以内", "之内", "以下", "内", "trở xuống", "or less"),
    ),
    "at_least": (
        (
            *(
                "≥",
                ">=",
                ">",
                "至少",
                "最少",
                "不少于",
                "不低于",
                "大于",
                "tối thiểu",
                "ít nhất",
                "trên",
                "từ",
            ),
            *("at least", "no less than", "more than", "from", "over", "above", "minimum"),
        ),
        ("以上", "起", "trở lên", "or more", "+"),
    ),
}
"""Words before and behind an amount that make it a bound."""
_ABOUT = ("约", "大约", "khoảng", "about", "approx.", "approx", "ca.", "~", "≈")


@dataclass(frozen=True)
class Written:
    """A cell that was understood: ``ends``, one or, of a range, two, each a sum of parts; ``bound``
    if it is stated as one.
    """

    ends: tuple[tuple[Part, ...], ...]
    bound: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts of both ends."""
        return tuple(chain(*self.ends))


def read_column(
    name: str,
    column: str,
    header_unit: str,
    language: str,
    cells: Sequence[tuple[int, Any]],
    notes: list[Fault],
) -> tuple[list[float | None], list[Fault]]:
    """Read a column of amounts, which has one sign for decimals and a unit in its header, in every
    cell, or nowhere.

    Parameters
    ----------
    name
        One of ``NUMBERS``.
    header_unit
        As the header states it; empty where it states none.
    language
        Of the header: ``en``, ``vi`` or ``zh``. It decides whether 50.000 and 50,000 are thousands
        where no cell of the column does.
    cells
        Row and value of each.
    notes
        What is worth telling is added here.

    Returns
    -------
    tuple
        A value for each cell in the unit of the column's name, None where it is empty, sets no
        limit or has a fault; and the faults.
    """
    limit, most = NUMBERS[name]
    units, kind = UNITS[name], limits()[limit].kind
    shown = {row: short(one_line(cell)) for row, cell in cells}
    written, faults = _written(name, column, cells, shown, notes)
    values = {row: float(cell) for row, cell in cells if _is_number(cell)}
    decimal, odd = _decimals(written, language, column, shown, notes)
    faults += odd
    wrong = {fault.row for fault in faults}
    named = sorted({unit for amount in written.values() for _, unit in amount.parts if unit})
    own = header_unit if header_unit in units else ""
    for row, amount in written.items():
        if row in wrong:
            continue
        if (
            not header_unit
            and any(not unit for _, unit in amount.parts)
            and any(units[unit] != 1 for unit in named)
        ):
            faults.append(
                Fault("unit", row, column, {"text": shown[row], "units": ", ".join(named)})
            )
            continue
        if not all(not text or is_grouped(text, decimal) for text, _ in amount.parts):
            faults.append(_not_a_number(name, row, column, shown[row]))
            continue
        sums = [
            sum(
                (number_of(text, decimal) if text else values[row]) * units[unit or own]
                for text, unit in parts
            )
            for parts in amount.ends
        ]
        value = values[row] = round(max(sums) if kind == "at_most" else min(sums), 6)
        if not 0 <= value <= most:
            named_most = {"most": f"{most:g}", "unit": name.rsplit("_", 1)[-1]}
            faults.append(Fault("range", row, column, {"text": shown[row]} | named_most))
    return [values.get(row) for row, _ in cells], faults


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _written(
    name: str,
    column: str,
    cells: Sequence[tuple[int, Any]],
    shown: Mapping[int, str],
    notes: list[Fault],
) -> tuple[dict[int, Written], list[Fault]]:
    """Read the parts of each amount of a column, by row; and the faults."""
    kind = limits()[NUMBERS[name][0]].kind
    least = kind != "at_most"
    faults: list[Fault] = []
    written: dict[int, Written] = {}
    for row, cell in cells:
        text = {"text": shown[row]}
        if _is_number(cell):
            written[row] = Written(((("", ""),),))
        elif isinstance(cell, Formula) or one_line(cell).startswith("="):
            faults.append(Fault("formula", row, column))
        elif not is_unlimited(cell):
            amount = parse(one_line(cell), UNITS[name])
            if amount is None:
                faults.append(_not_a_number(name, row, column, shown[row]))
            elif amount.bound not in ("", kind):
                faults.append(Fault("a_maximum" if least else "a_minimum", row, column, text))
            else:
                written[row] = amount
                if len(amount.ends) > 1:
                    notes.append(Fault("range_low" if least else "range_high", row, column, text))
    return written, faults


def parse(text: str, units: Mapping[str, float]) -> Written | None:
    """Read one cell, like `50-100 ha`, `≤1小时`, `1 giờ 30 phút` or `$80`; None where it is not an
    amount in one of these units.
    """
    text = _SPACES.sub("", unicodedata.normalize("NFKC", text)).strip()
    bound, text = _bound(text)
    if terms := _TERMS.fullmatch(text):
        parts = tuple((terms[number], unit_of(terms[number + 1])) for number in (1, 3))
        sizes = [units.get(unit) for _, unit in parts]
        if (
            sizes[0] and sizes[1] and sizes[0] > sizes[1]
        ):  # hours and minutes; “5 m2 3 ha” is not a sum
            return Written((parts,), bound)
    if (
        ends := _RANGE.fullmatch(text)
    ) and bound != "at_most":  # “from 5 to 10 ha” begins like a bound
        low, high = (unit_of(ends[f"before{end}"]) + unit_of(ends[f"unit{end}"]) for end in (1, 2))
        if low in units and high in units:
            return Written((((ends["number1"], low or high),), ((ends["number2"], high or low),)))
    single = _SINGLE.fullmatch(text)
    unit = unit_of(single["before1"]) + unit_of(single["unit1"]) if single else ""
    if not single or unit not in units:
        return None
    return Written((((single["number1"], unit),),), bound)


def unit_of(text: str) -> str:
    """Reduce a unit to what is compared: no case, blanks, full stops or brackets, full-width signs
    as usual ones.
    """
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").strip(".()[]")


def known_units(name: str) -> list[str]:
    """List the units of a column, each once, to name them."""
    sizes: dict[float, str] = {}
    for unit, size in UNITS[name].items():
        if unit:
            sizes.setdefault(size, unit)
    return list(sizes.values())


def _bound(text: str) -> tuple[str, str]:
    """Take away words that only say about how much, and those that make a bound; return the bound
    and the rest.
    """
    bound, low = "", text.casefold()
    for word in _ABOUT:
        if low.startswith(word):
            text = text[len(word) :].strip()
            low = text.casefold()
    for kind, (before, behind) in _BOUNDS.items():
        for word in before:
            if low.startswith(word):
                return kind, text[len(word) :].lstrip(" :.")
        for word in behind:
            if low.endswith(word):
                return kind, text[: -len(word)].rstrip()
    return bound, text


def _not_a_number(name: str, row: int, column: str, text: str) -> Fault:
    return Fault("number", row, column, {"text": text, "known": known_units(name)})


# Decimals -----------------------------------------------------------------------------------------


def _decimals(
    written: Mapping[int, Written],
    language: str,
    column: str,
    shown: Mapping[int, str],
    notes: list[Fault],
) -> tuple[str, list[Fault]]:
    """Find the sign before decimals in a column, and the cells that contradict it or leave it
    open.
    """
    texts = [(row, text) for row, amount in written.items() for text, _ in amount.parts if text]
    marks = [(row, mark) for row, text in texts if (mark := decimal_mark(text)) in (".", ",")]
    usual = max(".,", key=[mark for _, mark in marks].count)
    other = next((row for row, mark in marks if mark == usual), 0)
    faults: dict[int, Fault] = {}
    thousands = {"vi": ".", "zh": ","}.get(language, "")
    for row, text in texts:
        mark = decimal_mark(text)
        if mark in (".", ",") and mark != usual:
            values = {"text": shown[row], "mark": mark, "other": shown[other], "at": other}
            faults.setdefault(row, Fault("decimals", row, column, values))
        elif mark == "?" and not marks:
            plain = text.replace(",", "").replace(".", "")
            if thousands and thousands in text:
                if not any(note.code == "thousands" and note.column == column for note in notes):
                    notes.append(
                        Fault("thousands", row, column, {"text": shown[row], "value": plain})
                    )
            else:
                faults.setdefault(
                    row,
                    Fault(
                        "ambiguous",
                        row,
                        column,
                        {"text": shown[row], "a": plain, "b": text.replace(",", ".") + "0"},
                    ),
                )
    if not marks and thousands and any(decimal_mark(text) == "?" for _, text in texts):
        usual = "," if thousands == "." else "."
    return usual, list(faults.values())
