"""Amounts of money as departments write them: in the units of a project's capital."""

from __future__ import annotations

import unicodedata

from geo.errors import Message
from geo.exchange.columns import parts_of
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.known import Known
from geo.exchange.values import Cells, amount_of, decimal_of, number_in, refuse
from geo.text import one_line, short

AMOUNT, UNIT = "capital", "capital_unit"
"""The fields of an amount and of its unit."""
_WORDS = {
    "billion_vnd": {
        1.0: "tỷ đồng, tỉ đồng, tỷ, tỉ, tỷ vnđ, tỷ vnd, billion vnd, bn vnd, 十亿越南盾, 十亿越盾",
        1_000.0: "nghìn tỷ đồng, ngàn tỷ đồng, trillion vnd, 万亿越南盾, 万亿越盾",
        1e-3: "triệu đồng, triệu vnđ, triệu vnd, million vnd, 百万越南盾, 百万越盾",
    },
    "million_usd": {
        1.0: "triệu usd, triệu đô la mỹ, triệu đô, million usd, usd million, usd m, mn usd,"
        " million us$, 百万美元",
        1_000.0: "tỷ usd, tỉ usd, billion usd, usd billion, bn usd, 十亿美元",
        100.0: "亿美元",
        0.01: "万美元",
        1e-6: "usd, us$, $, đô la mỹ, 美元",
    },
    "million_cny": {
        1.0: "million cny, million rmb, million yuan, cny million, triệu nhân dân tệ, triệu ndt,"
        " 百万元, 百万元人民币",
        100.0: "亿元, 亿, 亿元人民币, 亿人民币",
        0.01: "万元, 万元人民币, 万人民币",
    },
}
"""What each unit is called, by how many of ours it is. Source: common usage, from memory."""
UNITS = {
    word: (unit, factor)
    for unit, factors in _WORDS.items()
    for factor, words in factors.items()
    for word in words.split(", ")
}
USUAL = {
    "billion_vnd": Message("billion VND"),
    "million_usd": Message("million USD"),
    "million_cny": Message("million CNY"),
}
Read = list[tuple[str, str | None]]


def read(cells: Cells, formulas: set[int], known: Known, doubts: Doubts) -> tuple[Read, Read]:
    """Read a column of amounts: for each row the amount, and its unit.

    Parameters
    ----------
    formulas
        Rows, from 0, whose cell is a formula.
    """
    refuse(cells, formulas, doubts)
    amounts = [
        None if row in formulas else amount_of(cell) for row, cell in enumerate(cells.values)
    ]
    texts = [text for text, _ in filter(None, amounts)]
    mark = decimal_of(cells, known.layer.field(AMOUNT), texts, known, doubts)
    numbers: list[float | None] = []
    for row, (cell, amount) in enumerate(zip(cells.values, amounts, strict=True)):
        empty = cell is None or row in formulas
        number = None if empty else number_in(cell, amount, mark)
        if number != number:
            sentence = Message("“%(text)s” is not a number", {"text": short(one_line(cell))})
            doubts.fault(cells.rows[row], cells.key, sentence)
            number = None
        numbers.append(number)
    units = [_unit(amount[1]) if amount and amount[1] else None for amount in amounts]
    bare = {row for row, amount in enumerate(amounts) if not (amount and amount[1])}
    if any(numbers[row] is not None for row in bare):
        first = next(number for row in sorted(bare) if (number := numbers[row]) is not None)
        whole = _unit(parts_of(cells.column.header)[1]) or _asked(cells, first, doubts)
        for row in bare:
            units[row] = whole
    values: Read = []
    kinds: Read = []
    for row, (number, unit) in enumerate(zip(numbers, units, strict=True)):
        if number is not None and unit is None and row not in bare:
            text = short(one_line(cells.values[row]))
            sentence = Message("the unit of “%(text)s” is not known", {"text": text})
            doubts.fault(cells.rows[row], cells.key, sentence)
        if number is None or unit is None:
            values.append((AMOUNT, None))
            kinds.append((UNIT, None))
        else:
            values.append((AMOUNT, f"{number * unit[1]:.10g}"))
            kinds.append((UNIT, unit[0]))
    return values, kinds


def _unit(text: str) -> tuple[str, float] | None:
    """Return the unit that a text names, and how many of ours it is."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    return UNITS.get(plain) or UNITS.get(plain.replace(" ", ""))


def _asked(cells: Cells, first: float, doubts: Doubts) -> tuple[str, float] | None:
    """Ask in which unit a column is that states none; `first` is a number of it."""
    answer = doubts.ask(
        f"unit:{cells.key}",
        Message("In which unit is the column “%(column)s”?", {"column": cells.key}),
        [
            Proposal(unit, Message("%(value)s %(unit)s", {"value": f"{first:g}", "unit": called}))
            for unit, called in USUAL.items()
        ],
    )
    return (answer, 1.0) if answer in USUAL else None
