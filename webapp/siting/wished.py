"""The table of sites with what a wish adds: the times to a plant, and to own places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.kept import Kept
from geo.siting import sites
from geo.siting.measures import OWN, PLANT
from geo.siting.own_places import OwnPlace
from webapp.i18n import current
from webapp.siting import plants
from webapp.siting.places import Places
from webapp.siting.wish import Wish
from webapp.store import Store

KEPT_TIMES = KEPT_PLACES = 64


def table(opened: Store, wish: Wish) -> pd.DataFrame:
    """Return the table of sites, with the time to the plant that is supplied, and to the farthest
    of own places.
    """
    whole, profile = opened.sites(wish.drive), wish.drive.profile
    added: dict[str, NDArray[np.float64]] = {}
    if wish.supplies:
        plant = plants.plants(opened)[wish.supplies]
        added[PLANT.column.format(profile=profile)] = plants.times(opened, wish.drive, plant)
    if wish.own:
        added[OWN.column.format(profile=profile)] = farthest_s(opened, wish)
    return whole.assign(**added) if added else whole


def places_of(opened: Store, wish: Wish) -> Places:
    """Place the own places of a wish; the last few are kept, because a page asks often."""
    if not wish.own:
        return Places()
    version = opened.networks.version(wish.drive.network)
    kept: Kept = opened.keep("own places", lambda: Kept(KEPT_PLACES))
    return kept.get(
        (wish.own, wish.drive, version, current().code),
        lambda: Places.of(opened, wish.own, wish.drive),
    )


def settled(opened: Store, wish: Wish) -> Wish:
    """Return the wish without what it asks of own places if no way to any of them is known."""
    if not wish.own or places_of(opened, wish).joined.any():
        return wish
    limits = {name: limit for name, limit in wish.limits.items() if name != OWN.limit}
    weights = {name: weight for name, weight in wish.weights.items() if name != OWN.id}
    return replace(wish, limits=limits, weights=weights)


def by_place(opened: Store, wish: Wish) -> tuple[tuple[str, pd.Series], ...]:
    """Name the own places to which ways are known, with the seconds between each and every site."""
    if not wish.own:
        return ()
    places = places_of(opened, wish)
    names = [spot.name for spot in places.spots if spot.standing.is_joined]
    time_s, index = times(opened, wish, places), opened.layer("parks").index
    return tuple((name, pd.Series(time_s[:, at], index)) for at, name in enumerate(names))


def farthest_s(opened: Store, wish: Wish) -> NDArray[np.float64]:
    """Return the seconds between each site and the farthest of own places; NaN where one of them is
    not known, unless another cannot be reached at all.
    """
    time_s = times(opened, wish, places_of(opened, wish))
    if not time_s.shape[1]:
        return np.full(len(time_s), np.nan)
    never = np.isinf(time_s).any(axis=1)
    return np.where(never, np.inf, time_s.max(axis=1))


def times(opened: Store, wish: Wish, places: Places) -> NDArray[np.float64]:
    """Return the seconds (n, m) between the sites and those own places that are joined to roads, 0
    from a site to itself; the last few are kept.
    """
    drive, spots = wish.drive, [spot for spot in places.spots if spot.standing.is_joined]
    own: tuple[OwnPlace, ...] = tuple(spot.own for spot in spots)

    def make() -> NDArray[np.float64]:
        parks = opened.layer("parks")
        frame = places.frame[places.joined]
        inward = places.comes_in[places.joined]
        roads, joined = opened.roads(drive), opened.park_sides(drive)
        time_s = sites.times_to_places(roads, joined, frame, inward, profile=drive.profile)
        for column, place in enumerate(own):
            if isinstance(place.where, str) and place.where in parks.index:
                time_s[parks.index.get_loc(place.where), column] = 0.0
        return time_s

    kept: Kept = opened.keep("times to own places", lambda: Kept(KEPT_TIMES))
    return kept.get((own, drive, opened.networks.version(drive.network)), make)
