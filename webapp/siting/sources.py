"""Where the values of sites side by side come from, down to the row that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from geo.layers.provenance import Source
from geo.schema import LAYERS
from webapp.explore import provenance
from webapp.explore.provenance import Origin
from webapp.i18n import gettext as _
from webapp.labels import is_known
from webapp.store import Store


def of_field(opened: Store, site: str, name: str) -> tuple[Origin, ...]:
    """Return the sources of a value of a park: those that are named for it, or those of its row."""
    stated = provenance.origins(opened, LAYERS["parks"], site, name)
    return stated or of_row(opened.layer("parks").loc[site].to_dict())


def of_land(opened: Store, site: str, *names: str) -> tuple[Origin, ...]:
    """Return the sources of the free land of a park: those of the numbers that it is counted from,
    as far as they are known.
    """
    park: Any = opened.layer("parks").loc[site]
    known = [name for name in names if is_known(park.get(name))]
    return tuple(dict.fromkeys(chain(*(of_field(opened, site, name) for name in known))))


def of_row(row: Mapping[Any, Any]) -> tuple[Origin, ...]:
    """Return the sources of a row of any table."""
    texts = {name: row.get(name) for name in ("source_kind", "source", "as_of")}
    kind, source, date = (str(text) if is_known(text) else "" for text in texts.values())
    return (Origin.of(Source(kind, source, date), "", ""),) if kind or source else ()


def computed(network: str) -> tuple[Origin, ...]:
    """Return the source of what is computed along the roads of a network."""
    return (Origin("", "", ((_("computed along roads: %(network)s", network=network), ""),), ""),)
