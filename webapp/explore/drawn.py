"""What the map draws, lists and searches, as data for its script."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import maps, search
from geo.schema import LAYERS, unfold
from geo.siting import classes
from webapp import labels
from webapp.catalogues import province_names
from webapp.explore import provenance, site_sheet
from webapp.store import Store

EVERY = slice(None)
"""All rows."""
NAMES = ("id", "name_en", "name_vi", "name_zh")
OPPOSITE = ("opposite_name_en", "opposite_name_vi", "opposite_name_zh")
PLACE = (*NAMES, "kind", "status", "position_accuracy_m")
DRAWN = {
    "parks": (
        *(*PLACE, "country", "province_en", "province_former_en"),
        *("sectors", "area_ha", "rent_term_low_usd_m2", "rent_term_high_usd_m2", "rent_year"),
    ),
    "gates": (*NAMES, *OPPOSITE, "kind", "mode", "cargo", "position_accuracy_m"),
    "ports": PLACE,
    "airports": PLACE,
    "cities": (*NAMES, "kind"),
    "corridors": (*NAMES, "ref", "kind", "status", "position_accuracy_m"),
}
"""Columns that the map draws or lists, by layer."""
FOUND_BY = ("commune", "commune_local", "district", "district_vi", "district_zh", "developer")
"""Columns of a park that say what it was found by where its names do not: they come with the index,
after the map.
"""
FEWEST = {"province": 1, "developer": 2}
"""Parks that a group of them has at least; those of a developer of one are found by its name."""
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
    """Collect what the browser draws or lists of a layer; parks come with their quickest gate,
    container port and airport, their free land, and what they ask for it.

    Parameters
    ----------
    rows
        Positions in the layer, in the order in which they are listed.
    more
        Further columns of these rows.
    """
    whole = rows is EVERY
    frame = store.layer(layer_id).iloc[rows]
    columns: dict[str, list[Any]] = {}
    if layer_id == "parks":
        columns = labels.land_columns(frame, lambda key: provenance.land_kinds(store, key))
        areas = store.provenance.marks("parks", "area_ha")
        columns["area_kind"] = [areas.get(key) or None for key in frame.index]
        nearest = site_sheet.headline(store, "truck", None if whole else frame)
        for target, short in (("gates", "gate"), ("ports", "port"), ("airports", "airport")):
            best = nearest[target]
            columns[short] = [best[key][0] if key in best else None for key in frame.index]
            columns[f"{short}_s"] = [
                round(best[key][1]) if key in best else None for key in frame.index
            ]
        classed = classes.table(store.sites().loc[frame.index])
        columns |= {str(name): cells.tolist() for name, cells in classed.items()}
    extra = pd.DataFrame(columns | more, index=frame.index, dtype=object)
    return maps.payload(frame, DRAWN[layer_id], extra=extra)


def searched(store: Store) -> dict[str, Any]:
    """Collect what ``search.js`` searches: the index of all places, the provinces and developers of
    parks, and the characters it takes for others; and what a park is ``found_by``.
    """
    index, named = store.index(), groups(store)
    parks = store.layer("parks")
    columns = {name: found_by(parks, name) for name in FOUND_BY}
    return {
        "traditional": index.letters(),
        "rows": [_row(key, entry) for key, entry in index.entries.items()],
        "groups": [
            {**group, "row": _row(key, named.index.entries[key])}
            for key, group in named.groups.items()
        ],
        "found_by": {
            str(key): {name: text for name, text in zip(columns, texts, strict=True) if text}
            for key, *texts in zip(parks.index, *columns.values(), strict=True)
        },
    }


def found_by(parks: pd.DataFrame, name: str) -> list[str | None]:
    """Return a column of :data:`FOUND_BY`, with None for what is unknown."""
    if name not in parks:
        return [None] * len(parks)
    return [text if labels.is_known(text) else None for text in parks[name]]


def _row(key: str, entry: search.Entry) -> list[Any]:
    return [key, entry.layer, *entry.texts]


@dataclass(frozen=True)
class Groups:
    """What parks have in common and are found by: each with its ``kind``, its ``name`` and how many
    parks it has (``count``), by a key of its own; the index by which it is searched.
    """

    groups: dict[str, dict[str, Any]]
    index: search.Index


def groups(store: Store) -> Groups:
    """Collect the provinces and developers of the parks, the largest first."""

    def make() -> Groups:
        parks, kinds = store.layer("parks"), (("province", "province_en"), ("developer",) * 2)
        grouped: dict[str, dict[str, Any]] = {}
        entries: dict[str, search.Entry] = {}
        for kind, column in kinds:
            cells = parks[column].dropna() if column in parks else ()
            names = Counter(part for cell in cells for part in unfold(cell))
            for name, count in names.most_common():
                if count < FEWEST[kind]:
                    continue
                called = province_names(name) if kind == "province" else (name,)
                texts = tuple(dict.fromkeys(filter(None, map(search.fold, called))))
                key = f"{kind}:{name}"
                grouped[key] = {"kind": kind, "name": name, "count": count}
                entries[key] = search.Entry(kind, (texts, (), ()))
        return Groups(grouped, search.Index(entries))

    return store.keep("groups of parks", make)
