"""Where roads of two countries meet, by the country that the source of each road states.

Roads run along a border on the bank of a river, nearer to it than any outline is right. A source
that counts each road to a country knows better on which side it lies."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.roads.countries import Countries
from geo.roads.network import Network

if TYPE_CHECKING:
    import pandas as pd

JOINED = ("road_class", "name", "country")
"""What a joint takes over from a road that it joins."""


def parted(network: Network, countries: Countries) -> tuple[Network, NDArray[np.int64]]:
    """Part the roads of each country from those of every other, and lay a joint between them.

    Returns
    -------
    network
        Each node where roads of several countries meet stands once for each, in the same place;
        between two of them runs a segment without length, open where one may drive from a road of
        the one country on to one of the other. Those come last; other segments keep their numbers.
    place
        (n,) country of each node: that of its roads, or if they state none where it lies by the
        outlines, -1 where none is near.
    """
    if network.home is None:
        return network, countries.near(network.node_lonlat)
    numbers = {code: number for number, code in enumerate(countries.codes)}
    home = np.array([numbers.get(code, -1) for code in network.home.tolist()], np.int64)
    ends = _ends(network, home)
    known = ends[ends["home"] >= 0]
    sides = known.groupby(["node", "home"]).agg(
        segment=("segment", "min"), leaves=("leaves", "any"), arrives=("arrives", "any")
    )
    sides = sides.reset_index()
    again = sides["node"].duplicated().to_numpy()
    own_node = sides["node"].to_numpy(np.int64, copy=True)
    own_node[again] = network.node_count + np.arange(again.sum())
    sides["own"] = own_node
    lonlat = np.concatenate([network.node_lonlat, network.node_lonlat[sides["node"][again]]])
    place = np.full(len(lonlat), -1)
    place[sides["own"]] = sides["home"]
    unknown = np.setdiff1d(ends["node"], known["node"])
    place[unknown] = countries.near(lonlat[unknown])
    own = sides.set_index(["node", "home"])["own"]
    tail, head = (_own(own, nodes, home) for nodes in (network.tail, network.head))
    split = replace(network, node_lonlat=lonlat, tail=tail, head=head, home=None)
    return _joined(split, sides[sides["node"].duplicated(keep=False)]), place


def _ends(network: Network, home: NDArray[np.int64]) -> pd.DataFrame:
    """Return both ends of each segment: the node, the country of the segment, and whether one may
    leave the node or arrive there on it.
    """
    import pandas as pd

    segment = np.arange(network.segment_count)
    ways = (
        (network.tail, network.forward, network.backward),
        (
            network.head,
            network.backward,
            network.forward,
        ),
    )
    return pd.concat(
        pd.DataFrame(
            {"node": node, "home": home, "segment": segment, "leaves": away, "arrives": to}
        )
        for node, away, to in ways
    )


def _own(own: pd.Series, nodes: NDArray[np.int32], home: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the node that each segment of a country has of its own in place of these."""
    import pandas as pd

    there = own.reindex(pd.MultiIndex.from_arrays([nodes, home])).to_numpy(float)
    return np.where(np.isnan(there), nodes, there).astype(np.int32)


def _joined(network: Network, sides: pd.DataFrame) -> Network:
    """Add the joints between the sides of each node."""
    pairs = [
        (here, there)
        for _, group in sides.groupby("node")
        for here, there in combinations(group.itertuples(), 2)
    ]
    if not pairs:
        return network
    count = len(pairs)
    tail = np.array([here.own for here, _ in pairs], np.int32)
    like = np.array([here.segment for here, _ in pairs])
    arrays: dict[str, Any] = {
        "tail": tail,
        "head": np.array([there.own for _, there in pairs], np.int32),
        "forward": np.array([here.arrives and there.leaves for here, there in pairs]),
        "backward": np.array([there.arrives and here.leaves for here, there in pairs]),
        "length_m": np.zeros(count),
        "gate": np.full(count, -1, np.int32),
        "accessible": np.zeros(count, bool),
        "assumed": np.zeros(count, bool),
        "shape_lonlat": np.repeat(network.node_lonlat[tail], 2, axis=0),
        "shape_start": network.shape_start[-1] + 2 * np.arange(1, count + 1),
    }
    arrays |= {name: getattr(network, name)[like] for name in JOINED}
    grown: dict[str, Any] = {
        name: np.concatenate([getattr(network, name), array]) for name, array in arrays.items()
    }
    time_s = {
        profile: np.concatenate([seconds, np.zeros(count)])
        for profile, seconds in network.time_s.items()
    }
    return replace(network, time_s=time_s, **grown)
