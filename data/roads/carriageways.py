"""Mend roads that can be driven one way only because a part of them is missing in the source.

:func:`mend` opens a carriageway both ways where its other one is missing, and adds *openings*:
short links from one carriageway to the other beside it, where turning takes kilometres because
the small roads at which one turns are not among the main roads. Nothing is opened on a motorway
but the place where one of its carriageways begins or ends without a road to go on."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

GRID = 100_000
METRE = 111_320.0 / GRID
"""Metres to a step of the grid, northward."""
BESIDE_M = 80.0
"""How far apart two carriageways of one road are at most."""
ALONE_M = 150.0
"""A carriageway is alone where no other one is this near: frontage roads of an expressway, one on
either side of it, are a pair.
"""
AGAINST = math.cos(math.radians(145))
TURN_M = 3000.0
"""Where turning round takes longer than this, an opening is assumed."""
SPACING_M = 1500.0
"""Openings that are assumed are at least this far apart."""
SAMPLE_M = 50.0
BOTH_WAYS = "one-way in OpenStreetMap, open both ways: its other carriageway is missing"
OPENING = "assumed opening between two carriageways"
UNDERPASSES = ((105.9262, 21.2116), (105.9568, 21.2032), (105.9905, 21.1968))
"""Places where a link stands for the service roads and underpasses of QL.18, which are not among
the main roads: at Yen Phong it runs as an expressway between parks that lie on either side of it.
"""
RANK = {"secondary": 1, "primary": 2, "trunk": 3, "motorway": 4}

Ways = list[tuple[dict[str, str], list[int]]]
Place = tuple[int, int]
Step = tuple[int, int]
"""A way and the number of its point from which the step leads to the next."""


class Spot(NamedTuple):
    """A place on a step: its distance from a point that was asked for, the step, the share of it,
    and the place on the grid.
    """

    off_m: float
    step: Step
    share: float
    place: Place


class Roads:
    """The roads of one source, as steps and the points where they meet."""

    def __init__(self, ways: Ways, places: dict[int, Place], source: str) -> None:
        self.ways, self.places = ways, places
        self.mine = [i for i, (tags, _) in enumerate(ways) if tags["source"] == source]
        middle = np.mean([y for _, y in places.values()])
        self.flat = np.array([METRE * math.cos(math.radians(middle / GRID)), METRE])
        self.at: dict[int, list[Step]] = defaultdict(list)
        for i, (tags, nodes) in enumerate(ways):
            if tags.get("highway") != "construction":
                for j in range(len(nodes) - 1):
                    self.at[nodes[j]].append((i, j))
                    self.at[nodes[j + 1]].append((i, j))
        self.steps = [
            (i, j)
            for i in self.mine
            if self.one_way(i) and ways[i][0].get("highway") in RANK
            for j in range(len(ways[i][1]) - 1)
        ]
        ends = np.array([[self.xy(n) for n in self.ends(step)] for step in self.steps])
        ends = ends.reshape(-1, 2, 2)
        self.tree = shapely.STRtree(shapely.linestrings(ends))
        self.leg = ends[:, 1] - ends[:, 0]
        self.leg /= np.maximum(np.hypot(*self.leg.T), 1e-9)[:, None]
        self.number = {step: k for k, step in enumerate(self.steps)}

    def one_way(self, way: int) -> bool:
        return self.ways[way][0].get("oneway") == "yes"

    def kind(self, step: Step) -> str:
        """Return the class of the road of a step, “ferry” for a ferry."""
        return self.ways[step[0]][0].get("highway", "ferry")

    def ends(self, step: Step) -> tuple[int, int]:
        nodes = self.ways[step[0]][1]
        return nodes[step[1]], nodes[step[1] + 1]

    def xy(self, node: int) -> NDArray[np.float64]:
        """Return a point in metres."""
        return np.array(self.places[node]) * self.flat

    def length_m(self, step: Step) -> float:
        tail, head = self.ends(step)
        return float(np.hypot(*(self.xy(head) - self.xy(tail))))

    def chains(self) -> list[list[Step]]:
        """Return the one-way roads from one junction to the next."""
        ahead = defaultdict(list)
        for step in self.steps:
            ahead[self.ends(step)[0]].append(step)
        inner = {node for node, steps in self.at.items() if len(steps) == 2}
        before = Counter(self.ends(step)[1] for step in self.steps)
        found = []
        for step in self.steps:
            tail = self.ends(step)[0]
            if tail in inner and before[tail]:
                continue
            chain = [step]
            while (head := self.ends(chain[-1])[1]) in inner and ahead[head]:
                chain.append(ahead[head][0])
            found.append(chain)
        return found

    def beside(
        self, xy: NDArray[np.float64], step: Step, within_m: float = BESIDE_M
    ) -> Spot | None:
        """Return the nearest place on the other carriageway of a road of the same class."""
        point = shapely.Point(xy)
        mine = self.number[step]
        best = None
        for k in self.tree.query(point, predicate="dwithin", distance=within_m):
            if self.leg[k] @ self.leg[mine] > AGAINST:
                continue
            if self.kind(self.steps[k]) != self.kind(step):
                continue
            tail = self.xy(self.ends(self.steps[k])[0])
            length = self.length_m(self.steps[k])
            along = min(max(float((xy - tail) @ self.leg[k]), 0.0), length)
            there = tail + along * self.leg[k]
            off = float(np.hypot(*(there - xy)))
            if best is None or off < best.off_m:
                x, y = (there / self.flat).round().astype(int).tolist()
                best = Spot(off, self.steps[k], along / max(length, 1e-9), (x, y))
        return best

    def pair(self, candidate: tuple[Step, float]) -> tuple[Spot, Spot] | None:
        """Return a place on a step, at a share of it, with the one on the other carriageway."""
        step, share = candidate
        tail, head = map(self.xy, self.ends(step))
        xy = tail + share * (head - tail)
        there = self.beside(xy, step)
        if there is None or there.off_m < 1:
            return None
        x, y = (xy / self.flat).round().astype(int).tolist()
        return Spot(0.0, step, share, (x, y)), there

    def level(self, pair: tuple[Spot, Spot]) -> bool:
        """Return whether neither of two places is on a bridge or in a tunnel."""
        tags = (self.ways[spot.step[0]][0] for spot in pair)
        return not any("bridge" in tag or "tunnel" in tag for tag in tags)

    def on_carriageway(self, lonlat: tuple[float, float]) -> tuple[Step, float] | None:
        """Return the step nearest to a place, and the share of it; None where none is near."""
        point = shapely.Point(np.array(lonlat) * GRID * self.flat)
        near = self.tree.query_nearest(point, max_distance=BESIDE_M, all_matches=False)
        if not near.size:
            return None
        line = self.tree.geometries[near[0]]
        return self.steps[near[0]], float(line.project(point, normalized=True))

    def alone(self, chain: list[Step]) -> bool:
        """Return whether four fifths of a chain have no other carriageway beside them."""
        lonely = total = 0
        for step in chain:
            tail, length = self.xy(self.ends(step)[0]), self.length_m(step)
            count = max(1, int(length / SAMPLE_M))
            for k in range(count):
                at = tail + (k + 0.5) * length / count * self.leg[self.number[step]]
                lonely += (self.beside(at, step, ALONE_M) is None) * length / count
                total += length / count
        return lonely >= 0.8 * total

    def at_grade(self, node: int) -> bool:
        """Return whether a road other than a link meets the carriageway here: no expressway."""
        kinds = [self.kind(step) for step in self.at[node]]
        return sum(not kind.endswith("_link") for kind in kinds) > 2 and not any(
            kind.startswith("motorway") for kind in kinds
        )

    def breaks_off(self, step: Step, *, at_end: bool) -> bool:
        """Return whether no road of the class of a one-way step goes on from it or leads to it; for
        a motorway, no main road of any class.
        """
        node, kind = self.ends(step)[at_end], self.kind(step)
        least = 1 if kind == "motorway" else RANK[kind]
        for other in self.at[node]:
            if other == step:
                continue
            tail, head = self.ends(other)
            way_on = not self.one_way(other[0]) or node == (tail if at_end else head)
            rank = RANK.get(self.kind(other).removesuffix("_link"), 0)
            if way_on and rank >= least:
                return False
        return True

    def graph(self) -> tuple[csr_matrix, dict[int, int]]:
        """Return the lengths of the steps between points, and the row of each point."""
        row: dict[int, int] = {}
        arcs: dict[tuple[int, int], float] = {}
        for i in self.mine:
            tags, nodes = self.ways[i]
            if tags.get("highway") == "construction":
                continue
            for tail, head in pairwise(nodes):
                a, b = row.setdefault(tail, len(row)), row.setdefault(head, len(row))
                length = float(np.hypot(*(self.xy(head) - self.xy(tail)))) + 0.01
                arcs[a, b] = min(length, arcs.get((a, b), length))
                if not self.one_way(i):
                    arcs[b, a] = min(length, arcs.get((b, a), length))
        at = np.array(list(arcs))
        return csr_matrix((list(arcs.values()), at.T), shape=(len(row), len(row))), row


def farther(
    graph: csr_matrix, pairs: list[tuple[int, int]], limits_m: Iterable[float]
) -> Iterator[bool]:
    """Yield for each pair of rows of a graph whether the way is longer than its limit."""
    for (start, goal), limit in zip(pairs, limits_m, strict=True):
        yield not np.isfinite(dijkstra(graph, indices=start, limit=limit)[goal])


def mend(ways: Ways, places: dict[int, Place], source: str, opening: str) -> tuple[float, int]:
    """Mend the ways of a source in place; openings bear the other source.

    Returns
    -------
    The kilometres that were opened both ways, and the number of openings.
    """
    roads = Roads(ways, places, source)
    if not roads.steps:
        return 0.0, 0
    opened_m = open_both_ways(roads)
    roads = Roads(ways, places, source)
    return opened_m / 1000, add_openings(roads, opening) if roads.steps else 0


def open_both_ways(roads: Roads) -> float:
    """Open the chains whose other carriageway is missing and from whose end the way back is long;
    returns their length.
    """
    chains = [chain for chain in roads.chains() if roads.alone(chain)]
    lengths = [sum(map(roads.length_m, chain)) for chain in chains]
    graph, row = roads.graph()
    ends = [(row[roads.ends(c[-1])[1]], row[roads.ends(c[0])[0]]) for c in chains]
    broken = list(farther(graph, ends, (3 * length + TURN_M for length in lengths)))
    both = {step for chain, far in zip(chains, broken, strict=True) if far for step in chain}
    for i in sorted({way for way, _ in both}):
        tags, nodes = roads.ways[i]
        runs: list[tuple[bool, list[int]]] = []
        for j, (tail, head) in enumerate(pairwise(nodes)):
            opens = (i, j) in both
            if runs and runs[-1][0] == opens:
                runs[-1][1].append(head)
            else:
                runs.append((opens, [tail, head]))
        note = "; ".join(filter(None, (tags.get("note"), BOTH_WAYS)))
        parts = [(tags | {"oneway": "no", "note": note} if opens else tags, n) for opens, n in runs]
        roads.ways[i] = parts[0]
        roads.ways += parts[1:]
    return sum(length for length, far in zip(lengths, broken, strict=True) if far)


def candidates(roads: Roads) -> Iterator[tuple[Step, float]]:
    """Yield places for openings, as steps and shares of them: where a carriageway breaks off, where
    a road meets it at grade, and each kilometre between two such junctions.
    """
    for chain in roads.chains():
        first, last = chain[0], chain[-1]
        if roads.breaks_off(first, at_end=False):
            yield first, 0.0
        if roads.breaks_off(last, at_end=True):
            yield last, 1.0
        if roads.kind(first) == "motorway":
            continue
        grade = roads.at_grade(roads.ends(first)[0]), roads.at_grade(roads.ends(last)[1])
        if grade[1]:
            yield last, 1.0
        if all(grade):
            yield from along(roads, chain)


def along(roads: Roads, chain: list[Step]) -> Iterator[tuple[Step, float]]:
    """Yield places on a chain about a kilometre apart."""
    lengths = np.array([roads.length_m(step) for step in chain])
    ends = lengths.cumsum()
    count = int(ends[-1] / 1000)
    for k in range(count):
        at = (k + 0.5) * ends[-1] / count
        i = int(np.searchsorted(ends, at))
        yield chain[i], float(1 - (ends[i] - at) / lengths[i])


def add_openings(roads: Roads, source: str) -> int:
    """Add openings where turning takes long, and the underpasses; returns their number."""
    pairs = [pair for pair in map(roads.pair, candidates(roads)) if pair and roads.level(pair)]
    graph, row = roads.graph()
    chosen: list[tuple[Spot, Spot]] = []
    for here, there in pairs:
        xy = np.array(here.place) * roads.flat
        if any(np.hypot(*(xy - np.array(a.place) * roads.flat)) < SPACING_M for a, _ in chosen):
            continue
        ways = (here, there), (there, here)
        if any(turning_m(roads, graph, row, *way) > TURN_M for way in ways):
            chosen.append((here, there))
    places = map(roads.on_carriageway, UNDERPASSES)
    chosen += [pair for place in places if place and (pair := roads.pair(place))]
    put = Inserted(roads)
    for here, there in chosen:
        tags = roads.ways[here.step[0]][0]
        link = {"highway": f"{tags['highway']}_link", "source": source, "note": OPENING}
        if "terrain" in tags:
            link["terrain"] = tags["terrain"]
        roads.ways.append((link, [put.node(here), put.node(there)]))
    put.finish()
    return len(chosen)


def turning_m(roads: Roads, graph: csr_matrix, row: dict[int, int], a: Spot, b: Spot) -> float:
    """Return the length of the way from one place to another, infinite if it is longer than
    ``TURN_M``.
    """
    start, goal = roads.ends(a.step)[1], roads.ends(b.step)[0]
    before = (1 - a.share) * roads.length_m(a.step) + b.share * roads.length_m(b.step)
    if before > TURN_M:
        return math.inf
    way = dijkstra(graph, indices=row[start], limit=TURN_M)[row[goal]]
    return float(before + way)


class Inserted:
    """Points that are put on steps, or those at their ends where they are near."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        self.taken = set(roads.places.values())
        self.on: dict[Step, list[tuple[float, int]]] = defaultdict(list)

    def node(self, spot: Spot) -> int:
        """Return the point at a place; where none is within 15 m, it is a new one."""
        roads, length = self.roads, self.roads.length_m(spot.step)
        ends = roads.ends(spot.step)
        for share, node in ((0.0, ends[0]), (1.0, ends[1]), *self.on[spot.step]):
            if abs(spot.share - share) * length < 15:
                return node
        x, y = spot.place
        while (x, y) in self.taken:
            x += 1
        self.taken.add((x, y))
        node = -len(roads.places)
        roads.places[node] = x, y
        self.on[spot.step].append((spot.share, node))
        return node

    def finish(self) -> None:
        """Put the points into their ways."""
        for way in {way for way, _ in self.on}:
            tags, nodes = self.roads.ways[way]
            longer = []
            for j, node in enumerate(nodes):
                longer += [node, *(new for _, new in sorted(self.on.get((way, j), [])))]
            self.roads.ways[way] = tags, longer
