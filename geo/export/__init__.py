"""Write layers and tables as files that other programs read: frames in, bytes out.

Each file says inside what it is (title, count, filters, sources, licence, date), and the same frame
gives the same bytes. Unknown stays null or empty. Where a format has a place for it, that is what
it uses: GeoJSON the foreign member ``about``, GeoPackage the description and metadata of the layer,
KML the description of the document. CSV has none: comment lines break most readers, and an archive
with a README beside it is not what opens on a double click, so CSV repeats one sentence in a last
column, ``about``. It survives sorting, filtering and pasting, and goes away with one column."""

from geo.export.about import About
from geo.export.files import save
from geo.export.formats import FORMATS, Format, get, parts, write
from geo.export.frames import DECIMALS
from geo.export.geojson import Serialized, bbox, features, to_json

__all__ = [
    "DECIMALS",
    "FORMATS",
    "About",
    "Format",
    "Serialized",
    "bbox",
    "features",
    "get",
    "parts",
    "save",
    "to_json",
    "write",
]
