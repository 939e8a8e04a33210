"""The empty map of a page, and the settings of the script that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import url_for
from markupsafe import Markup

from geo import maps
from webapp import labels
from webapp.i18n import gettext as _
from webapp.store import Store


@dataclass(frozen=True)
class MapFrame:
    """The empty map of a page, and the settings of its script as JSON."""

    frame: maps.Frame
    config: Markup

    @property
    def html(self) -> Markup:
        """The element that the map is drawn into."""
        return Markup(self.frame.html)


def frame_of(opened: Store) -> maps.Frame:
    """Return the empty map that shows the region."""
    lon, lat, zoom = opened.view()
    frame: maps.Frame = opened.keep("map frame", partial(maps.frame, lon=lon, lat=lat, zoom=zoom))
    return frame


def basemap_url(opened: Store) -> str:
    """Return the address of the basemap; empty where the data package has none."""
    there = (opened.data / "basemap" / "basemap.pmtiles").is_file()
    return url_for("pages.basemap") if there else ""


def tiles_url() -> str:
    """Return what the addresses of the tiles of all layers begin with."""
    return url_for("api.map_layer", layer_id="x").removesuffix("x.json")


def map_frame(opened: Store, basemap: str, /, **more: object) -> MapFrame:
    """Return an empty map for a page; `more` are further settings of its script."""
    controls = {"zoom-in": _("Zoom in"), "zoom-out": _("Zoom out")}
    config = {"urls": {"basemap": basemap}, "controls": controls, **labels.script_names()}
    return MapFrame(frame_of(opened), Markup(maps.script_json(config | more)))
