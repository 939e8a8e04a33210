"""What the map draws, lists and searches, as data for its script."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import maps
from geo.schema import LAYERS
from webapp import labels
from webapp.explore import provenance, site_sheet
from webapp.store import Store

EVERY = slice(None)
"""All rows."""
NAMES = ("id", "name_en", "name_vi", "name_zh")
OPPOSITE = ("opposite_name_en", "opposite_name_vi", "opposite_name_zh")
PLACE = (*NAMES, "kind", "status", "position_accuracy_m")
DRAWN = {
    "parks": (
        *(*PLACE, "country", "province_en", "province_former_en", "district", "developer"),
        *("commune", "commune_local"),
        *("sectors", "area_ha"),
    ),
    "gates": (*NAMES, *OPPOSITE, "kind", "mode", "cargo", "position_accuracy_m"),
    "ports": PLACE,
    "airports": PLACE,
    "cities": (*NAMES, "kind"),
    "corridors": ("id", "name_en", "ref", "kind", "status", "position_accuracy_m"),
}
"""Columns that the map draws, lists or searches, by layer."""
TILES_FROM = 2000
"""From so many places on, a layer reaches the map as tiles, and the server answers the list of
sites.
"""


def large(store: Store) -> tuple[str, ...]:
    """Return the layers that the browser does not hold, because they or the index that it would
    search are too large.
    """
    places = [layer_id for layer_id in DRAWN if LAYERS[layer_id].place]
    many = [layer_id for layer_id in places if len(store.layer(layer_id)) >= TILES_FROM]
    return tuple(dict.fromkeys(["parks", *many])) if many else ()


def sites_address(store: Store) -> str:
    """Return where the map finds its sites: all of them, or a page of the list."""
    return "/api/sites.json" if "parks" in large(store) else "/api/map/parks.json"


def layer(
    store: Store, layer_id: str, rows: NDArray[np.int64] | slice = EVERY, **more: list[Any]
) -> dict[str, Any]:
    """Collect what the browser draws or lists of a layer; parks come with their quickest gate and
    port, and their free land.

    Parameters
    ----------
    rows
        Positions in the layer, in the order in which they are listed.
    more
        Further columns of these rows.
    """
    frame = store.layer(layer_id).iloc[rows]
    columns: dict[str, list[Any]] = {}
    if layer_id == "parks":
        columns = labels.land_columns(frame, lambda key: provenance.land_kinds(store, key))
        areas = store.provenance.marks("parks", "area_ha")
        columns["area_kind"] = [areas.get(key) or None for key in frame.index]
        nearest = site_sheet.headline(store, "truck", None if rows is EVERY else frame)
        for target, short in (("gates", "gate"), ("ports", "port")):
            best = nearest[target]
            columns[short] = [best[key][0] if key in best else None for key in frame.index]
            columns[f"{short}_s"] = [
                round(best[key][1]) if key in best else None for key in frame.index
            ]
    extra = pd.DataFrame(columns | more, index=frame.index, dtype=object)
    return maps.payload(frame, DRAWN[layer_id], extra=extra)


def searched(store: Store) -> dict[str, Any]:
    """Collect what ``search.js`` searches: the index of all places, and the characters it takes for
    others.
    """
    index = store.index()
    return {
        "traditional": index.letters(),
        "rows": [[key, entry.layer, *entry.texts] for key, entry in index.entries.items()],
    }
