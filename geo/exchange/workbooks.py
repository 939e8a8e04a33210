"""Open a workbook, also one whose styles are not as the standard has them: other programs are less
strict, and of the styles only the formats of dates matter here."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree import ElementTree

from geo.exchange import columns

_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_EMPTY = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    "</styleSheet>"
)
_STYLES, _TEXTS = "xl/styles.xml", "xl/sharedStrings.xml"


def opened(data: bytes, parts: dict[str, bytes]) -> Any:
    """Open a workbook to be read once; what openpyxl raises where it is damaged."""
    import openpyxl

    try:
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    except (KeyError, TypeError, ValueError):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in ({_TEXTS: b"<sst/>"} | parts).items():
                archive.writestr(name, _plain(content) if name == _STYLES else content)
        return openpyxl.load_workbook(packed, read_only=True, keep_links=False)


def _plain(styles: bytes) -> bytes:
    """Keep the formats of numbers."""
    old, new = ElementTree.fromstring(styles), ElementTree.fromstring(_EMPTY)
    formats = old.find(f"{_SPACE}numFmts")
    if formats is not None:
        new.insert(0, formats)
    cells = ElementTree.SubElement(new, f"{_SPACE}cellXfs")
    for cell in old.iterfind(f"{_SPACE}cellXfs/{_SPACE}xf"):
        ElementTree.SubElement(cells, f"{_SPACE}xf", numFmtId=cell.get("numFmtId", "0"))
    return ElementTree.tostring(new)


def likely(book: Any) -> list[str]:
    """Return the sheets that name fields, those with most of them first; all where none does."""
    named = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a sheet says of its size is often wrong
        if sheet.sheet_state == "visible":
            head = sheet.iter_rows(max_row=columns.MAX_TITLES, values_only=True)
            named[sheet.title] = max(map(columns.named_cells, head), default=0)
    sheets = sorted(named, key=lambda title: -named[title])
    return [title for title in sheets if named[title]] or sheets
