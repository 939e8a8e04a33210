"""What the app serves, opened once and kept: an atlas, and the bytes made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, request

from geo import layers, tiles
from geo.atlas import Atlas
from geo.kept import Kept
from geo.siting import sites
from geo.tiles import PointTiles, ShapeTiles, Tile
from geo.visits import warming
from webapp import compress, record_words
from webapp.catalogues import province_names
from webapp.compress import Effort, Forms


@dataclass(frozen=True)
class Body:
    """Bytes that are sent as they are: made once, compressed once."""

    forms: Forms
    etag: str

    @classmethod
    def of(cls, data: bytes, effort: Effort = compress.KEPT) -> Body:
        return cls(Forms(data, effort), hashlib.sha256(data).hexdigest()[:20])

    def response(self, mimetype: str) -> Response:
        """Answer with these bytes: compressed as the client takes it, 304 where it has them
        already, 204 where there are none.
        """
        coding = compress.coding() if self.forms.data else None
        response = Response(self.forms.get(coding), mimetype=mimetype)
        if coding:
            response.headers["Content-Encoding"] = coding
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "no-cache"
        if not self.forms.data:
            response.status_code = 204
            return response
        response.set_etag(self.etag + compress.mark(coding))
        response.make_conditional(request)
        return response


KEPT_TILES = 1000
"""Tiles that are kept; a usual one has a kB or two, one of the densest 60."""
KEPT_PAGES = 100
"""Pages of the list of sites that are kept."""


class Store(Atlas):
    """The atlas that an app serves, at an address that its pages and files name."""

    def __init__(self, data: Path, home: Path, public_url: str) -> None:
        super().__init__(data, home, _names)
        self.public_url = public_url
        self.version = ""
        """What changes with the files of the package; the same in every process that serves it."""
        self.planning = warming.preparation()
        """How far the planner is: its code is compiled when ``serve`` runs for the first time."""
        self.pages, self._tiles = Kept(KEPT_PAGES), Kept(KEPT_TILES)

    def tiles(self, layer_id: str) -> PointTiles | ShapeTiles:
        """Return the index of a layer; parks are drawn by whether they have land, too."""
        if layer_id != "parks":
            return super().tiles(layer_id)

        def make() -> PointTiles | ShapeTiles:
            parks = self.layer("parks")
            land = self.keep("own columns", lambda: sites.own_columns(parks))
            drawn = parks.assign(availability=land["availability"])
            return tiles.index(layers.get("parks"), drawn)

        return self.keep(("tiles", "parks"), make)

    def tile(self, layer_id: str, tile: Tile, filters: Mapping[str, Any]) -> Body:
        """Return a tile of what is chosen of a layer; the last ones are kept.

        Parameters
        ----------
        filters
            As :meth:`geo.package.Package.chosen` takes them.
        """

        def make() -> Body:
            wanted = self.chosen(layer_id, filters)
            return Body.of(self.tiles(layer_id).encode(tile, wanted))

        key = layer_id, tile, repr(sorted(filters.items()))
        return self._tiles.get(key, make)


def _names(name: str) -> tuple[str, ...]:
    """Return all names of a province, or all words for a code of a record."""
    return (*province_names(name), *record_words.names(name))


def store() -> Store:
    """Return the store of the request, which is the same from its beginning to its end; outside of
    one, that of the app.
    """
    opened: Store = g.get("store") or current_app.extensions["zoneatlas"]
    return opened
