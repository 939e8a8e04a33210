"""Where the values of sites side by side come from, down to the row that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from geo.layers.provenance import Source
from geo.schema import LAYERS
from webapp.explore import provenance
from webapp.explore.provenance import Origin
from webapp.labels import is_known
from webapp.store import Store


def of_field(opened: Store, site: str, name: str) -> tuple[Origin, ...]:
    """Return the sources of a value of a park: those that are named for it, or those of its row."""
    stated = provenance.origins(opened, LAYERS["parks"], site, name)
    return stated or of_row(opened.layer("parks").loc[site].to_dict())


def of_row(row: Mapping[Any, Any]) -> tuple[Origin, ...]:
    """Return the sources of a row of any table."""
    texts = {name: row.get(name) for name in ("source_kind", "source", "as_of")}
    kind, source, date = (str(text) if is_known(text) else "" for text in texts.values())
    return (Origin.of(Source(kind, source, date), "", ""),) if kind or source else ()


def computed(network: str) -> tuple[Origin, ...]:
    """Return the source of what is computed along the roads of a network."""
    return (Origin("", "", ((_("computed along roads: %(network)s", network=network), ""),), ""),)
