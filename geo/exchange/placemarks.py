"""Take the placemarks out of a KML document, however deep they stand in folders and whatever stands
beside them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from geo.errors import InputError, Message

_KML = "http://www.opengis.net/kml/2.2"
_GX = "http://www.google.com/kml/ext/2.2"
_ROOTS = ("Document", "Folder", "Placemark")
_CHANGES = ("Update", "NetworkLinkControl")
"""Elements with placemarks that are not there: they say what becomes of those of another file."""


def is_root(tag: bytes, data: bytes) -> bool:
    """Check whether a document that begins with an element is one of KML."""
    return tag == b"kml" or (tag.decode() in _ROOTS and b"Placemark" in data)


def alone(data: bytes) -> bytes:
    """Return a document of nothing but the placemarks of a document, and the types of their fields;
    as it is where a prefix in it has no meaning, which the reader of KML does not mind.

    Raises
    ------
    InputError
        There are none.
    """
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return data
    kept = list(_kept(root))
    if not any(_local(element) == "Placemark" for element in kept):
        raise InputError(Message("The file holds no rows."))
    document = ElementTree.Element(f"{{{_KML}}}kml")
    folder = ElementTree.SubElement(document, f"{{{_KML}}}Document")
    for element in kept:
        for part in element.iter():
            part.tag = _named(str(part.tag))
    folder.extend(sorted(kept, key=lambda element: _local(element) == "Placemark"))
    ElementTree.register_namespace("", _KML)
    ElementTree.register_namespace("gx", _GX)
    return ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)


def _kept(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if _local(element) in ("Placemark", "Schema"):
            yield element
        elif _local(element) not in _CHANGES:
            waiting += reversed(element)


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _named(tag: str) -> str:
    """Return a tag in the one name space of KML, whatever its version."""
    space, _, name = tag.rpartition("}")
    return f"{{{_KML}}}{name}" if not space or ("/kml/2." in space and "ext" not in space) else tag
