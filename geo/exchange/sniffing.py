"""What kind of file a stranger brings, by its content; the files of an archive within bounds."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile

from geo.errors import InputError, Message
from geo.exchange import placemarks
from geo.text import short

MAX_BYTES = 64 * 1024**2
MAX_UNPACKED_BYTES = 256 * 1024**2
MAX_PARTS = 500
"""Files in an archive."""
_PACKED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_DRAWING = re.compile(rb"\s*(?:999[ \t]*\r?\n[^\n]*\n\s*)*0\s*\n\s*SECTION\b")
"""How a drawing begins: remarks, then a section."""
_REMARKS = re.compile(rb"<!--.*?-->|<[?!][^>]*>", re.DOTALL)
_DEFINITIONS = re.compile(rb"<!DOCTYPE|<!ENTITY")


def kind_of(data: bytes) -> str:
    """Find what a file is: ``zip``, ``GeoPackage``, ``DXF``, ``GeoJSON``, ``KML``, ``GPX`` or
    ``text``.

    Raises
    ------
    InputError
        It is none of these, such as a map that only points to other files.
    """
    if not data.strip():
        raise InputError(Message("The file is empty."))
    if data.startswith(b"PK\x03\x04"):
        return "zip"
    if data.startswith(b"SQLite format 3\0"):
        return "GeoPackage"
    if data.startswith(b"AutoCAD Binary DXF") or _DRAWING.match(data):
        return "DXF"
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"{"):
        return "GeoJSON"
    if head.startswith(b"<"):
        return _xml_kind(data)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and re.search(rb"[\x01-\x08\x0e-\x1f]", data[:65536]):
        raise InputError(UNKNOWN)
    return "text"


UNKNOWN = Message(
    "This file is of no kind that is read here: CSV, XLSX, GeoJSON, GeoPackage, Shapefile (zip),"
    " KML, KMZ, GPX or DXF."
)


def _xml_kind(data: bytes) -> str:
    if _DEFINITIONS.search(data):
        raise InputError(
            Message("The file defines entities of its own, which no map needs; it was not read.")
        )
    root = re.search(rb"<(?:\w+:)?([A-Za-z]\w*)[\s>/]", _REMARKS.sub(b"", data[:65536]))
    if root and root[1].lower() == b"gpx":
        return "GPX"
    if root and placemarks.is_root(root[1], data):
        return "KML"
    raise InputError(UNKNOWN)


def unpacked(data: bytes) -> dict[str, bytes]:
    """Unpack an archive in memory.

    Raises
    ------
    InputError
        It is damaged, locked, larger than what is allowed, holds another archive, or names files
        outside itself.
    """
    parts: dict[str, bytes] = {}
    left = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_PARTS:
                raise InputError(
                    Message("The archive holds more than %(most)s files.", {"most": MAX_PARTS})
                )
            for member in members:
                _check_name(member.filename)
                if member.filename in parts:  # programs differ in which of them they read
                    raise InputError(
                        Message(
                            "The archive holds two files “%(name)s”.",
                            {"name": short(member.filename)},
                        )
                    )
                if member.flag_bits & 1:
                    raise InputError(Message("The archive is locked with a password."))
                with archive.open(member) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise InputError(
                        Message(
                            "The archive unpacks to more than %(most)s MB.",
                            {"most": MAX_UNPACKED_BYTES // 1024**2},
                        )
                    )
                parts[member.filename] = content
    except InputError:
        raise
    except Exception:  # zipfile raises whatever a damaged archive leads it to
        raise InputError(BROKEN) from None
    return parts


BROKEN = Message("The file is damaged, or it is not what its beginning says; it was not read.")


def _check_name(name: str) -> None:
    plain = name.replace("\\", "/")
    climbs = posixpath.normpath(plain).startswith("..") or plain.startswith("/") or ":" in plain
    if climbs:
        raise InputError(
            Message("The archive names a file outside itself: “%(name)s”.", {"name": short(name)})
        )


def refuse_nested(parts: dict[str, bytes]) -> None:
    """Refuse an archive in an archive."""
    for name, content in parts.items():
        if content.startswith(_PACKED):
            raise InputError(
                Message(
                    "The archive holds another archive, “%(name)s”; bring that one by itself.",
                    {"name": short(name)},
                )
            )


def refuse_definitions(parts: dict[str, bytes]) -> None:
    """Refuse entities of its own in the documents of a workbook."""
    for name, content in parts.items():
        if name.endswith((".xml", ".rels", ".kml")) and _DEFINITIONS.search(content):
            raise InputError(
                Message(
                    "The file defines entities of its own, which no map needs; it was not read."
                )
            )
