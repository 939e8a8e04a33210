"""Read the cells of a file as values of a layer's fields: numbers as either side writes them, units
of area, words for codes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from geo.errors import Message
from geo.exchange.columns import AREA_UNITS, NAME, UNIT_OF, Column, field_of, is_area
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.known import Known
from geo.layers.validation import cell_fault
from geo.schema import Field, unfold
from geo.siting.companies import SECTOR_NAMES
from geo.text import decimal_mark, fold, is_grouped, number_of, one_line, short

WORDS = {
    "country": {
        "VN": "vn, vnm, vietnam, viet nam, việt nam, 越南",
        "CN": "cn, chn, china, trung quốc, 中国, 中國",
    },
    "kind": {
        "industrial_park": "kcn, khu công nghiệp, industrial park, 工业园区, 工业园, 工业区",
        "industrial_cluster": "ccn, cụm công nghiệp, industrial cluster, 工业小区",
        "economic_zone": "kkt, khu kinh tế, economic zone, 经济区, 经济开发区",
        "border_gate_economic_zone": "khu kinh tế cửa khẩu, border gate economic zone, 口岸经济区",
        "cross_border_zone": "cross border zone, khu hợp tác qua biên giới, 跨境经济合作区",
        "bonded_zone": "khu bảo thuế, khu ngoại quan, bonded zone, 综合保税区, 保税区",
        "hitech_zone": "khu công nghệ cao, hi-tech park, high-tech zone, 高新区",
    },
    "status": {
        "operating": "operational, in operation, đang hoạt động, hoạt động, 运营, 运营中, 已建成",
        "planned": "quy hoạch, planned, 规划, 规划中, 拟建",
        "under_construction": "đang xây dựng, xây dựng, đang triển khai, construction, 在建,"
        " 建设中",
        "calling_for_investment": "kêu gọi đầu tư, đang kêu gọi đầu tư, gọi vốn, thu hút đầu tư,"
        " calling for capital, open, 招商, 招商中, 招商引资",
        "proposed": "đề xuất, dự kiến, 拟建, 拟议",
        "in_study": "đang nghiên cứu, nghiên cứu, study, 研究中, 前期研究",
        "in_preparation": "chuẩn bị đầu tư, đang chuẩn bị, 筹备中, 前期",
        "agreed": "đã ký thỏa thuận, thỏa thuận, memorandum, mou, 已签约, 签约",
        "approved": "đã phê duyệt, chấp thuận chủ trương, đã chấp thuận chủ trương, 已批准, 批准,"
        " 已核准",
        "licensed": "đã cấp phép, cấp phép, đã cấp giấy chứng nhận, đã cấp gcnđkđt, 已发证, 已备案",
        "to_start": "sắp khởi công, chuẩn bị khởi công, 即将开工, 拟开工",
    },
}
"""What departments write for codes. Source: common usage, from memory."""
_TRUE = ("true", "yes", "y", "x", "1", "co", "是", "有")
_FALSE = ("false", "no", "n", "0", "khong", "否", "无")
_AMOUNT = re.compile(r"([+-]?[\d.,]*\d)\s*(\D*(?:(?<=m)2)?)")
_PLAIN = re.compile(r"[+-]?[\d.,]*\d")
MOST = 1e300
"""No number of a table is as large."""
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
EMPTY = ("", "-", "–", "—", "n/a", "na", "null", "none", "?", "không có", "无", "暂无")


@dataclass(frozen=True)
class Cells:
    """A column with its cells below the header, and the rows' numbers in the file."""

    column: Column
    values: Sequence[Any]
    rows: Sequence[int]

    @property
    def key(self) -> str:
        """Its header, by which questions name it."""
        return self.column.header


def texts(
    cells: Cells, formulas: set[int], known: Known, doubts: Doubts
) -> list[tuple[str, str | None]]:
    """Read a column as text of the schema: for each row the field, and the value or None.

    Parameters
    ----------
    formulas
        Rows, from 0, whose cell is a formula.
    """
    name = cells.column.field
    if name == NAME:
        return [_named(one_line(value)) for value in cells.values]
    field = field_of(name, known.layer)
    assert field is not None
    refuse(cells, formulas, doubts)
    if field.type in ("number", "integer"):
        read = _numbers(cells, field, formulas, known, doubts)
    else:
        texts_of: dict[Any, str | None] = {}
        for value in cells.values:
            if (value, type(value)) not in texts_of:
                texts_of[value, type(value)] = _text(value, field, known)
        read = [
            None if row in formulas else texts_of[value, type(value)]
            for row, value in enumerate(cells.values)
        ]
    seen: dict[str | None, str | None] = {None: None}
    kept: list[str | None] = []
    for row, text in enumerate(read):
        if text not in seen:
            seen[text] = _fault(str(text), field, known)
        if fault := seen[text]:
            doubts.fault(cells.rows[row], cells.key, fault)
        kept.append(None if fault else text)
    return [(name, text) for text in kept]


def refuse(cells: Cells, formulas: set[int], doubts: Doubts) -> None:
    """Note each cell of a column that is a formula."""
    for row in sorted(formulas):
        doubts.fault(
            cells.rows[row],
            cells.key,
            Message("holds a formula, which is never computed; write its value"),
        )


def _fault(text: str, field: Field, known: Known) -> str | None:
    """Find what is wrong with a text of a field; None where nothing is."""
    if field.name == "province_en" and text not in known.provinces.values():
        return Message("the province “%(text)s” is not known here", {"text": short(text)})
    return cell_fault(text, field)


def _named(text: str) -> tuple[str, str | None]:
    """Find in which language a name is written."""
    if text.casefold() in EMPTY:
        return "name_en", None
    if re.search("[\u3400-\u9fff]", text):
        return "name_zh", text
    return ("name_en" if text.isascii() else "name_vi"), text


def _text(value: Any, field: Field, known: Known) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    text = unicodedata.normalize("NFC", one_line(value))
    if text.casefold() in EMPTY:
        return None
    if field.type == "boolean":
        plain = fold(text)
        return "true" if plain in _TRUE else "false" if plain in _FALSE else text
    if field.name.startswith("province"):
        return known.province(text) or text
    if field.type == "list":
        parts = unfold(text.replace("；", ";").replace("、", ";"))
        if field.allowed and "," in text:
            parts = tuple(part for whole in parts for part in _split(whole, field))
        return ";".join(_coded(part, field) for part in parts) or None
    return _coded(text, field)


def _split(text: str, field: Field) -> list[str]:
    """Part words at their commas, unless the whole is the name of a code."""
    whole = fold(text) in _codes(field)
    return [text] if whole else [part for part in map(str.strip, text.split(",")) if part]


def _coded(text: str, field: Field) -> str:
    """Return the code that a word stands for, else the word."""
    return _codes(field).get(fold(text), text)


@cache
def _codes(field: Field) -> dict[str, str]:
    """Return the codes of a field by what may stand for them, folded."""
    codes = {fold(code): code for code in field.allowed}
    named = SECTOR_NAMES if field.name == "sectors" else WORDS.get(field.name, {})
    for code, words in named.items():
        if code in field.allowed or not field.allowed:
            codes |= {fold(word): code for word in (code.replace("_", " "), *words.split(", "))}
    return codes


# Numbers ------------------------------------------------------------------------------------------


def _numbers(
    cells: Cells, field: Field, formulas: set[int], known: Known, doubts: Doubts
) -> list[str | None]:
    """Read a column of numbers, in the unit of the field."""
    kinds = [None if row in formulas else _kind(cell) for row, cell in enumerate(cells.values)]
    amounts = {kind: amount_of(kind[0]) for kind in dict.fromkeys(kinds) if kind}
    written = [text for text, _ in filter(None, amounts.values())]
    mark = decimal_of(cells, field, written, known, doubts)
    area = is_area(field.name, known.layer)
    read = {
        kind: _value(kind[0], amount, mark, field, area=area) for kind, amount in amounts.items()
    }
    values: list[str | None] = []
    bare: list[int] = []
    for row, kind in enumerate(kinds):
        value = read[kind] if kind else None
        if kind and isinstance(value, float):
            sentence = Message("“%(text)s” is not a number", {"text": short(one_line(kind[0]))})
            doubts.fault(cells.rows[row], cells.key, sentence)
            value = None
        if kind and value and not (amounts[kind] or ("", ""))[1]:
            bare.append(row)
        values.append(None if isinstance(value, float) else value)
    return _in_hectares(cells, field, values, bare, known, doubts) if area else values


def _kind(cell: Any) -> tuple[Any, type] | None:
    """Return what tells a cell from others: 1 is not True."""
    return None if cell is None else (cell, type(cell))


def _value(
    cell: Any, amount: tuple[str, str] | None, mark: str, field: Field, *, area: bool
) -> str | float | None:
    """Read a number in the unit of its field, as text; NaN for what is none, None for an empty cell
    and while the sign before decimals is an open question.
    """
    value = number_in(cell, amount, mark)
    if value is None:
        return None
    unit = amount[1] if amount else ""
    known = unit in UNIT_OF if area else unit in ("%", field.unit.lower())
    if (unit and not known) or not math.isfinite(value):
        return math.nan
    return f"{value * AREA_UNITS[UNIT_OF[unit]] if area and unit else value:.10g}"


def number_in(cell: Any, amount: tuple[str, str] | None, mark: str) -> float | None:
    """Read the number of a cell, whatever its unit; NaN for what is none, None for an empty cell
    and while the sign before decimals is an open question.

    Parameters
    ----------
    amount
        What :func:`amount_of` returns of the cell.
    mark
        The sign before decimals in its column, as :func:`decimal_of` finds it.
    """
    value = math.nan
    if amount is not None:
        own = decimal_mark(amount[0])
        if own == "?" and not mark:
            return None
        sign = own if own in (".", ",") else mark
        value = number_of(amount[0], sign) if is_grouped(amount[0], sign) else math.nan
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        value = float(cell) if abs(cell) < MOST else math.nan
    elif one_line(cell).casefold() in EMPTY:
        return None
    return value if math.isfinite(value) else math.nan


def amount_of(cell: Any) -> tuple[str, str] | None:
    """Part a text into a number as it is written and its unit; None where it is none."""
    if not isinstance(cell, str):
        return None
    if cell.isascii() and _PLAIN.fullmatch(cell):
        return cell, ""
    text = unicodedata.normalize("NFKC", cell).strip()
    match = _AMOUNT.fullmatch(_SPACES.sub("", text))
    return (match[1], match[2].strip().lower()) if match else None


def decimal_of(
    cells: Cells, field: Field, written: Sequence[str], known: Known, doubts: Doubts
) -> str:
    """Find the sign before decimals in a column; empty while that is an open question."""
    marks = {mark for text in written if (mark := decimal_mark(text)) in (".", ",")}
    unclear = [text for text in written if decimal_mark(text) == "?"]
    if not unclear or len(marks) == 1:
        return marks.pop() if marks else "."
    if field.type == "integer":
        return "," if "." in unclear[0] else "."
    usual = _usual(field, known)
    proposals = sorted(
        (abs(math.log(max(number_of(unclear[0], mark), 1e-9) / usual)), mark) for mark in ".,"
    )
    answer = doubts.ask(
        f"decimals:{cells.key}",
        Message(
            "Which sign stands before decimals in the column “%(column)s”, as in “%(text)s”?",
            {"column": cells.key, "text": unclear[0]},
        ),
        [
            Proposal(
                "point" if mark == "." else "comma",
                Message(
                    "“%(text)s” is %(value)s",
                    {"text": unclear[0], "value": f"{number_of(unclear[0], mark):g}"},
                ),
            )
            for _, mark in proposals
        ],
    )
    return {"point": ".", "comma": ","}.get(answer or "", "")


def _usual(field: Field, known: Known) -> float:
    """Return the usual size of a number of the layer, 100 where nothing is known."""
    if field.name not in known.frame:
        return 100.0
    values = known.frame[field.name].to_numpy(float, na_value=np.nan)
    return float(np.nanmedian(values)) if np.isfinite(values).any() else 100.0


def _in_hectares(
    cells: Cells,
    field: Field,
    values: list[str | None],
    bare: Sequence[int],
    known: Known,
    doubts: Doubts,
) -> list[str | None]:
    """Take areas without a unit of their own to hectares, by the unit of the header; where it
    states none, that is a question.
    """
    unit = cells.column.unit
    if not bare or unit == "ha":
        return values
    without = set(bare)
    if unit not in AREA_UNITS:
        middle = float(np.median([float(values[row] or 0) for row in bare])) or 1.0
        usual = _usual(field, known)
        sizes = sorted(
            AREA_UNITS, key=lambda unit: abs(math.log(middle * AREA_UNITS[unit] / usual))
        )
        answer = doubts.ask(
            f"unit:{cells.key}",
            Message("In which unit is the column “%(column)s”?", {"column": cells.key}),
            [
                Proposal(
                    size,
                    Message(
                        "%(value)s are %(hectares)s ha",
                        {
                            "value": f"{middle:g} {size}",
                            "hectares": f"{middle * AREA_UNITS[size]:.6g}",
                        },
                    ),
                )
                for size in sizes
            ],
        )
        if answer is None:
            return [None if row in without else value for row, value in enumerate(values)]
        unit = answer
    return [
        f"{float(value) * AREA_UNITS[unit]:.10g}" if value and row in without else value
        for row, value in enumerate(values)
    ]


def merged(pairs: Sequence[Sequence[tuple[str, str | None]]], count: int) -> list[dict[str, Any]]:
    """Make rows of columns; the first value of a field stays."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for column in pairs:
        for row, (name, value) in zip(rows, column, strict=True):
            if row.get(name) is None:
                row[name] = value
    return rows


def answers_of(texts: Mapping[str, Any]) -> dict[str, str]:
    """Return answers as text."""
    return {str(key): str(value) for key, value in texts.items()}
