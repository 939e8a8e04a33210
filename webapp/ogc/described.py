"""What the OGC API says of a collection: where its features, tiles and schemas are."""

from __future__ import annotations

from geo import export
from geo.schema import Layer
from webapp.i18n import N_
from webapp.ogc import negotiation, schemas, tiles
from webapp.ogc.answers import Link, link
from webapp.ogc.negotiation import GEOJSON, HTML, JSON, SCHEMA_JSON
from webapp.ogc.systems import CRS84
from webapp.readers import Schema
from webapp.store import store

REL = "http://www.opengis.net/def/rel/ogc/1.0"
SCHEMAS = {
    "queryables": (schemas.queryables, N_("What to select by")),
    "sortables": (schemas.sortables, N_("What to sort by")),
    "schema": (schemas.returnables, N_("What a feature holds")),
}
"""The schemas of a collection, by the end of their address."""


def collection(layer: Layer) -> Schema:
    """Return a collection as it stands in the list of them."""
    path = f"/collections/{layer.id}"
    about = store().about(layer.id)
    box = export.bbox(store().layer(layer.id))
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        **({"attribution": about.attribution} if about.attribution else {}),
        **({"extent": {"spatial": {"bbox": [box], "crs": CRS84}}} if box else {}),
        "itemType": "feature",
        **({"crs": ["#/crs"], "storageCrs": CRS84} if layer.geometry else {"crs": [CRS84]}),
        "links": [
            link(path, "self", JSON, layer.title, f="json"),
            link(f"{path}/items", "items", GEOJSON, f"{layer.title} as GeoJSON", f="json"),
            link(f"{path}/items", "items", HTML, f"{layer.title} as a page", f="html"),
            *(
                link(f"{path}/items", "items", way.media_type, f"{layer.title} as {way.title}", f=f)
                for f, way in negotiation.FEATURES.items()
                if f not in negotiation.PAGES
            ),
            *(
                link(f"{path}/{name}", f"{REL}/{name}", SCHEMA_JSON, heading, f="json")
                for name, (_make, heading) in SCHEMAS.items()
            ),
            *(
                [link(f"{path}/tiles", tiles.TILESETS, JSON, f"{layer.title} as tiles", f="json")]
                if layer.geometry
                else []
            ),
            *_licences(layer),
        ],
    }


def _licences(layer: Layer) -> list[Link]:
    return [
        {
            "href": licence["path"],
            "rel": "license",
            "title": licence.get("title") or licence.get("name") or licence["path"],
        }
        for licence in store().resource(layer.id).get("licenses", ())
        if str(licence.get("path", "")).startswith(("https://", "http://"))
    ]
