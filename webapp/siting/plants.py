"""Plants that a tenant may supply, and how far the sites are from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.kept import Kept
from geo.roads.drive import Drive
from geo.siting import sites
from webapp import labels
from webapp.store import Store

ROLES = ("anchor", "buyer")
"""Plants that buy parts."""
USUAL_MIN = 120
"""Minutes that a form proposes. Source: a Zone Atlas assumption: two deliveries of a shift."""
KEPT_TIMES = 64


@dataclass(frozen=True)
class Plant:
    """A plant of which it is known in which site it stands."""

    id: str
    name: str
    site: str


def plants(opened: Store) -> dict[str, Plant]:
    """Return the plants that can be supplied, by id; none where the package has no such table."""

    def make() -> dict[str, Plant]:
        if "plants" not in {layer.id for layer in opened.held()}:
            return {}
        rows, known = opened.layer("plants"), set(opened.layer("parks").index)
        return {
            str(key): Plant(str(key), str(name), str(site))
            for key, name, kind, site in zip(
                rows.index, rows["name_en"], rows["kind"], rows["park"], strict=True
            )
            if kind in ROLES and site in known
        }

    return opened.keep("plants supplied", make)


def name(opened: Store, plant: Plant) -> str:
    """Name a plant, and the site it stands in."""
    return f"{plant.name} – {labels.name(opened.layer('parks').loc[plant.site])}"


def times(opened: Store, drive: Drive, plant: Plant) -> NDArray[np.float64]:
    """Return the seconds from each site to a plant; the last few are kept."""

    def make() -> NDArray[np.float64]:
        parks = opened.layer("parks")
        return sites.times_to(opened.roads(drive), parks, plant.site, profile=drive.profile)

    kept: Kept = opened.keep("times to plants", lambda: Kept(KEPT_TIMES))
    return kept.get((plant.site, drive, opened.networks.version(drive.network)), make)
