"""Read sheets of companies that strangers bring, with nothing but openpyxl and csv, and in a process of its own.

Formulas are never computed. Every fault is named by row and column, and a sheet with a fault gives no company at all.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geo.companies import (
    CHOICES,
    COLUMNS,
    HEADERS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TEXT,
    NUMBERS,
    UNITS,
    Company,
    Fault,
    SheetError,
    Words,
    fold,
)
from geo.errors import UnavailableError

MAX_BYTES = 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 20
MEMORY_BYTES = 1024**3
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"(?P<before>[^\d.,+-]*)(?P<number>[+-]?[\d.,]*\d)\s*(?P<unit>\D*?\d?)", re.DOTALL)
_SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")


CALLED = {fold(text): name for name in COLUMNS for text in (name, *HEADERS[name].split(", "))}
"""What a header may be, folded, and the column that it names."""


def read(source: bytes | str | os.PathLike[str], known: Words) -> tuple[list[Company], list[Fault]]:
    """Read a sheet of companies, XLSX or CSV by its content; also give what has to be told of it without being a fault.

    Raises
    ------
    SheetError
        The sheet has faults; every one is listed with its row and column.
    """
    if not isinstance(source, bytes) and Path(source).stat().st_size > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if len(data) > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    try:
        rows, faults, told = _xlsx_rows(data) if data[:4] == b"PK\x03\x04" else _csv_rows(data)
    except SheetError:
        raise
    except csv.Error:
        raise SheetError([Fault("broken")]) from None
    rows = [(number, cells) for number, cells in rows if any(_text(cell) for cell in cells)]
    if len(rows) < 2:
        raise SheetError([*faults, Fault("empty")])
    if len(rows) > MAX_ROWS + 1:
        faults.append(Fault("many", values={"n": len(rows) - 1, "most": MAX_ROWS}))
    (top, header), *rows = rows
    names, units, found = _header(top, header)
    faults += found
    out: list[dict[str, Any]] = [
        {"row": number} | dict.fromkeys(CHOICES, ()) | dict.fromkeys(NUMBERS) | {"notes": ""} for number, _ in rows
    ]
    for at, name in enumerate(names):
        values: list[Any] = []
        cells = [(number, row[at] if at < len(row) else None) for number, row in rows]
        letter = _letter(at)
        if name in NUMBERS:
            values, found = _numbers(name, letter, units[at], cells)
        elif name in CHOICES:
            values, found = _choices(name, letter, known, cells, told)
        elif name:
            values, found = _texts(name, letter, cells)
        else:
            found = [] if _text(header[at]) else [Fault("outside", n, letter, {"text": _short(c)}) for n, c in cells if _text(c)]
        faults += found
        for row, value in zip(out, values, strict=False):
            row[name] = value
    if faults:
        faults += [one for one in told if one.code == "decoded" and one.values["encoding"] != "UTF-8"]  # which may be the reason
        raise SheetError(sorted(faults, key=lambda one: (one.row, len(one.column), one.column)))
    companies = [Company(**row) for row in out]
    first: dict[str, int] = {}
    for one in companies:
        if first.setdefault(fold(one.company), one.row) != one.row:
            told.append(Fault("repeated", one.row, "", {"text": one.company, "other": first[fold(one.company)]}))
    return companies, told


Rows = list[tuple[int, list[Any]]]


def _csv_rows(data: bytes) -> tuple[Rows, list[Fault], list[Fault]]:
    text, encoding = _decode(data)
    rows: Rows = list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_head(text)[1], strict=True), 1))
    rows = [(number, [cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA else cell for cell in row]) for number, row in rows]
    width = next((len(row) for _, row in rows if any(map(_text, row))), 0)
    odd = [(number, len(row)) for number, row in rows if len(row) != width and any(map(_text, row))]
    faults = [Fault("cells", number, "", {"n": n, "of": width}) for number, n in odd]
    return rows, faults, [Fault("decoded", values={"encoding": encoding})]


def _decode(data: bytes) -> tuple[str, str]:
    """Give the text of a CSV file and its encoding: UTF-8, UTF-16 with its mark, or GB18030, as which Chinese Excel saves.

    Almost any bytes are GB18030 text of some kind, so it has to prove itself, by a known header in Chinese, or by a known header
    and no character beyond GB 2312: letters of another encoding, such as Windows-1258, would make rarer ones.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding, name in (("utf-16", "UTF-16"),) if marked else (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        if name != "GB18030" or _is_chinese(text):
            return text, name
    raise SheetError([Fault("kind" if b"\x00" in data and not marked else "encoding")])


def _is_chinese(text: str) -> bool:
    known = [cell for cell in _head(text)[0] if _named(cell)[0]]
    if any(not cell.isascii() for cell in known):
        return True
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return bool(known)


def _head(text: str) -> tuple[list[str], str]:
    """Give the cells of the first line that holds any, and the sign that parts them."""
    line = next((line for line in text.splitlines() if line.strip(" ;,\t")), "")
    cells = {one: next(csv.reader([line], delimiter=one)) for one in ";\t,"}
    delimiter = max(cells, key=lambda one: len(cells[one]))
    return cells[delimiter], delimiter


def _xlsx_rows(data: bytes) -> tuple[Rows, list[Fault], list[Fault]]:
    """Read the first sheet. What stands in the archive is looked at before openpyxl sees it: how much it is, and no definitions."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(one.file_size for one in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise SheetError([Fault("large", values={"n": MAX_UNPACKED_BYTES})])
            for one in archive.infolist():
                if one.filename.endswith((".xml", ".rels")) and re.search(rb"<!DOCTYPE|<!ENTITY|\x00", archive.read(one)):
                    raise SheetError([Fault("broken")])
        book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
        sheet = book.worksheets[0]
        faults = [Fault("merged", one.min_row, "", {"cells": one.coord}) for one in sheet.merged_cells.ranges]
        if sheet.max_row > 2 * MAX_ROWS:
            raise SheetError([*faults, Fault("long", values={"n": 2 * MAX_ROWS})])
        if sheet.max_column > MAX_COLUMNS:
            raise SheetError([*faults, Fault("wide", values={"column": _letter(MAX_COLUMNS - 1)})])
        rows: Rows = []
        for number, row in enumerate(sheet.iter_rows(), 1):
            rows.append((number, [_Formula(_formula(one.value)) if one.data_type == "f" else one.value for one in row]))
        return rows, faults, []
    except SheetError:
        raise
    except Exception:  # openpyxl raises whatever a damaged file leads it to
        raise SheetError([Fault("broken")]) from None


class _Formula(str):
    """The text of a formula."""


def _formula(value: Any) -> str:
    return str(getattr(value, "text", value) or "=")


def _text(cell: Any) -> str:
    """Give a cell as one clean line."""
    if cell is None:
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _short(cell: Any) -> str:
    text = _text(cell)
    return text if len(text) <= 40 else text[:39] + "…"


def _letter(at: int) -> str:
    return ("" if at < 26 else chr(64 + at // 26)) + chr(65 + at % 26)


def _unit(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").strip(".()[]")


def _named(header: str) -> tuple[str, str]:
    """Give the column that a header names, empty where none is known, and the unit in brackets behind it."""
    bare, unit = re.fullmatch(r"([^(\[]*)(?:[(\[](.*)[)\]])?.*", unicodedata.normalize("NFKC", header), re.DOTALL).groups()  # type: ignore[union-attr]
    return CALLED.get(fold(header)) or CALLED.get(fold(bare), ""), unit or ""


def _header(row: int, cells: Sequence[Any]) -> tuple[list[str], list[str], list[Fault]]:
    """Give for each column its name, empty where there is none, and the unit that its header states; and the faults."""
    names, units, faults = [""] * len(cells), [""] * len(cells), []
    for at, cell in enumerate(cells):
        text = _text(cell)
        if not text:
            continue
        name, unit = _named(text)
        if not name:
            close = difflib.get_close_matches(fold(_short(text)), CALLED, 1)
            code, more = ("header_close", {"close": CALLED[close[0]]}) if close else ("header", {"known": ", ".join(COLUMNS)})
            faults.append(Fault(code, row, _letter(at), {"text": _short(text)} | more))
        elif name in names:
            faults.append(Fault("twice", row, _letter(at), {"other": _letter(names.index(name))}))
        else:
            names[at] = name
            units[at] = _unit(unit) or ("named" if fold(text) == fold(name) else "")
            if name in NUMBERS and unit and units[at] not in UNITS[name]:
                faults.append(Fault("header_unit", row, _letter(at), {"unit": _short(unit), "known": _known(UNITS[name])}))
    if "company" not in names:
        faults.append(Fault("missing", row))
    return names, units, faults


def _known(table: Mapping[str, Any]) -> str:
    return ", ".join(one for one in table if one)


def _texts(name: str, column: str, cells: Iterable[tuple[int, Any]]) -> tuple[list[str], list[Fault]]:
    values = [(row, _text(cell)) for row, cell in cells]
    faults = [Fault("text", row, column, {"n": MAX_TEXT[name]}) for row, text in values if len(text) > MAX_TEXT[name]]
    if name == "company":
        faults += [Fault("name", row, column) for row, text in values if not text]
    return [text for _, text in values], faults


def _choices(
    name: str, column: str, words: Words, cells: Iterable[tuple[int, Any]], told: list[Fault]
) -> tuple[list[tuple[str, ...]], list[Fault]]:
    known, values, faults = words[name], [], []
    for row, cell in cells:
        text = _text(cell)
        parts = [text] if fold(text) in known else [part.strip() for part in re.split(r"[;,、/；，]", text) if part.strip()]
        if isinstance(cell, _Formula) or text.startswith("="):
            faults.append(Fault("formula", row, column))
            parts = []
        wrong = dict.fromkeys(part for part in parts if fold(part) not in known)
        codes = ", ".join(sorted(set(known.values())))
        faults += [Fault("word", row, column, {"text": _short(part), "known": codes}) for part in wrong]
        right = [part for part in parts if part not in wrong]
        values.append(tuple(dict.fromkeys(known[fold(part)] for part in right)))
        former = [part for part in right if name == "province" and fold(part) in words["former"]]
        told += [Fault("former", row, column, {"text": part, "now": known[fold(part)]}) for part in former]
    return values, faults


def _numbers(name: str, column: str, header: str, cells: Sequence[tuple[int, Any]]) -> tuple[list[float | None], list[Fault]]:
    """Read a column of numbers, which has one sign for decimals and a unit in its header, in every cell, or nowhere."""
    units, most, known = UNITS[name], NUMBERS[name][4], _known(UNITS[name])
    found: dict[int, tuple[str, str]] = {}
    values: dict[int, float] = {}
    faults: list[Fault] = []
    shown = {row: _short(cell) for row, cell in cells}
    for row, cell in cells:
        text = unicodedata.normalize("NFKC", _text(cell))
        parts = _NUMBER.fullmatch(_SPACES.sub("", text))
        if not text:
            continue
        if isinstance(cell, _Formula) or text.startswith("="):
            faults.append(Fault("formula", row, column))
        elif isinstance(cell, int | float) and not isinstance(cell, bool):
            values[row], found[row] = float(cell), ("", "")
        elif not parts or (unit := _unit(parts["before"]) + _unit(parts["unit"])) not in units:
            faults.append(Fault("number", row, column, {"text": shown[row], "known": known}))
        else:
            found[row] = parts["number"], unit
    marks = {row: mark for row, (text, _) in found.items() if text and (mark := _decimal(text)) not in ("", "?")}
    usual = max(".,", key=list(marks.values()).count)
    other = next((row for row, mark in marks.items() if mark == usual), 0)
    for row, (text, _) in found.items():
        mark = marks.get(row) or (_decimal(text) if text else "")
        if mark in (".", ",") and mark != usual:
            faults.append(Fault("decimals", row, column, {"text": shown[row], "mark": mark, "other": shown[other], "at": other}))
        elif mark == "?" and not marks:
            both = {"a": text.replace(",", "").replace(".", ""), "b": text.replace(",", ".") + "0"}
            faults.append(Fault("ambiguous", row, column, {"text": shown[row]} | both))
        elif mark == "!" or (text and not _grouped(text, usual)):
            faults.append(Fault("number", row, column, {"text": shown[row], "known": known}))
        elif text:
            values[row] = float(text.replace("," if usual == "." else ".", "").replace(",", "."))
    named = sorted({unit for _, unit in found.values() if unit})
    own = header if header in units else ""
    for row, (_, unit) in found.items():
        if not unit and not header and any(units[one] != 1 for one in named):
            faults.append(Fault("unit", row, column, {"text": shown[row], "units": ", ".join(named)}))
        elif row in values:
            value = values[row] = round(values[row] * units[unit or own], 6)
            if not 0 <= value <= most:
                faults.append(Fault("range", row, column, {"text": shown[row], "most": f"{most:g}", "unit": name.rsplit("_", 1)[-1]}))
    return [values.get(row) for row, _ in cells], faults


def _decimal(text: str) -> str:
    """Tell which sign stands before decimals: ``?`` where one cannot tell, ``!`` where it is no number, nothing where there is none.

    A sign that stands twice parts thousands, so the other one is for decimals.
    """
    digits = text.lstrip("+-")
    signs = [one for one in digits if one in ".,"]
    if len(set(signs)) == 2:
        return signs[-1] if signs.count(signs[-1]) == 1 else "!"
    if len(signs) > 1:
        return "." if signs[0] == "," else ","
    if not signs:
        return ""
    before, after = re.split("[.,]", digits)
    return "?" if len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0" else signs[0]


def _grouped(text: str, decimal: str) -> bool:
    """Say whether thousands, if they are parted, are parted by threes."""
    other = re.escape("," if decimal == "." else ".")
    return re.fullmatch(rf"[+-]?(\d*|\d{{1,3}}({other}\d{{3}})+)({re.escape(decimal)}\d+)?", text) is not None


# In a process of its own --------------------------------------------------------------------------------------------------


def read_apart(data: bytes, known: Words) -> tuple[list[Company], list[Fault]]:
    """Read as :func:`read` does, in a process that may neither write, connect nor start anything, with limits of time and memory.

    Raises
    ------
    SheetError
        As :func:`read`; also where the reader did not come to an end.
    UnavailableError
        No process can be started.
    """
    if len(data) > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    settings = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "OPENPYXL_LXML": "False"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "geo.sheets"],
            input=json.dumps(known).encode() + b"\n" + data,
            cwd=Path(__file__).resolve().parent.parent,
            env=kept | settings,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise SheetError([Fault("slow", values={"n": TIMEOUT_S})]) from None
    except OSError:
        raise UnavailableError("The reader of sheets could not be started; try again.") from None
    try:
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
        found, told = ([Fault(**one) for one in answer.get(name, ())] for name in ("found", "told"))
        companies = [Company.of(one) for one in answer.get("companies", ())]
        written = [str(one) for one in (*found, *told)]  # a sentence that cannot be written is not of ours
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        written, companies = [], []
    if not written and not companies:
        raise SheetError([Fault("broken")])
    if found:
        raise SheetError(found)
    return companies, told


ALLOWED = (
    *("array.", "import", "compile", "exec", "open", "object.", "code.", "marshal.", "sys._getframe", "builtins."),
    *("os.listdir", "os.scandir"),
)
"""Beginnings of the audit events that the reader may cause: it loads code and reads files, and files only to read them."""


def _confine() -> None:
    """Take from this process what a reader does not need; there is no way back."""
    try:
        import resource
    except ImportError:  # Windows has none
        pass
    else:
        for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, TIMEOUT_S), (resource.RLIMIT_FSIZE, 0)):
            resource.setrlimit(what, (most, most))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        written = event == "open" and (set(str(args[1] or "")) & set("wax+") or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if written or not event.startswith(ALLOWED):
            raise PermissionError(f"A reader of sheets does not do this: {event}")

    sys.addaudithook(refuse)


def main() -> None:
    """Read what may stand in the sheet, a line of JSON, and the sheet from the standard input; write JSON to the standard output."""
    import openpyxl  # noqa: F401  before the doors are shut

    _confine()
    known = json.loads(sys.stdin.buffer.readline())
    try:
        companies, told = read(sys.stdin.buffer.read(MAX_BYTES + 1), known)
        answer: dict[str, Any] = {"companies": [asdict(one) for one in companies], "told": [asdict(one) for one in told]}
    except SheetError as error:
        answer = {"found": [asdict(one) for one in error.found]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
