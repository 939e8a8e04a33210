"""What turn restrictions cost, on real extracts, and whether the ways are those that OSRM chooses.

Run: python bench/turns.py [--osrm FOLDER]
The peer: pip install osrm-bindings (from Python 3.12 on), or with --osrm the folder ``osrm`` of its
unpacked wheel, of which only the programs are used."""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np

from geo import layers
from geo.roads import access, contraction, osm_file, routing, turning_back, turns
from geo.roads.joining import Sides
from geo.roads.network import Network

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "osm"
EXTRACTS = ("hanoi.osm.pbf", "malta.osm.pbf", "monaco.osm.pbf")
POINTS = 200
RUNS, TABLE_RUNS = 7, 151
MOST = 1.25
"""What a table may take of its time without restrictions."""
BUSY = 0.05
"""Share of the junctions at which a turn is banned on the extract that is made harder."""
SIDE, BLOCK = 8, 0.01
"""Streets each way of the made town, and degrees from one to the next."""
PLACES = 60
OVER = 0.4
"""Share of the restrictions of the made town that lead over a block."""
SPEEDS = layers.read_table(layers.bundled(), "speeds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--osrm", type=Path, help="folder of the package osrm")
    parser.add_argument("--extracts", type=Path, default=SHARED, help="folder of the extracts")
    arguments = parser.parse_args()
    contraction.warm_up()
    print(
        f"median of {RUNS} preparations and {TABLE_RUNS} tables of {POINTS} x {POINTS} in one"
        " process, with and without bans in turns, after one that does not count\n"
    )
    worst = 0.0
    for name in EXTRACTS:
        path = arguments.extracts / name
        if not path.is_file():
            print(f"{name} is not in {path.parent}: left out\n")
            continue
        start = time.perf_counter()
        network = osm_file.read(path, speeds=SPEEDS)
        print(f"{name}: read in {time.perf_counter() - start:.2f} s")
        for note in network.manifest.notes:
            if "turn restriction" in str(note):
                print(f"   {note}")
        worst = max(worst, costs(network))
        worst = max(worst, costs(banned_more(network), f"   with bans at {BUSY:.0%} of junctions"))
        print()
    print(f"largest ratio {worst:.2f}: at most {MOST:g} was asked")
    agree = [chosen(arguments.osrm, one_way=one_way) for one_way in (True, False)]
    if worst > MOST or not all(agree):
        sys.exit("not reached")


# What they cost -----------------------------------------------------------------------------------


def costs(network: Network, title: str = "   as it is") -> float:
    """Print what preparing and a table take with and without bans; return the ratio of the
    tables.
    """
    free = replace(network, bans={})
    both = [free.prepared(), network.prepared()]
    prepare_s = medians([partial(prepare, net) for net in both], RUNS)
    points = on_roads(network)
    joined = [Sides.of(net, points, "car") for net in both]
    table_s = medians(
        [
            partial(routing.times, net, "car", sides, sides)
            for net, sides in zip(both, joined, strict=True)
        ],
        TABLE_RUNS,
    )
    ratio = table_s[1] / table_s[0]
    copies = network.turns("car").count - network.node_count
    print(
        f"{title}: {network.node_count:,} junctions, {len(network.banned('car')):,} banned turns,"
        f" {copies:,} copies of junctions"
    )
    for what, seconds in (("prepare", prepare_s), ("table", table_s)):
        print(
            f"      {what:8} {seconds[1] * 1e3:8.2f} ms, without bans {seconds[0] * 1e3:8.2f} ms:"
            f" {seconds[1] / seconds[0]:.2f}"
        )
    return ratio


def prepare(network: Network) -> Network:
    return replace(network, hierarchies={}).prepared()


def medians(jobs: list[Callable[[], object]], runs: int) -> list[float]:
    """Return how long each job takes, in turns with the others, so that other work hits all."""
    seconds: list[list[float]] = [[] for _ in jobs]
    for run in range(runs + 1):
        for job, times in zip(jobs, seconds, strict=True):
            start = time.perf_counter()
            job()
            if run:
                times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


def on_roads(network: Network) -> gpd.GeoDataFrame:
    """Return points on the roads to which points are joined."""
    dice = np.random.default_rng(0)
    drawn = dice.choice(np.flatnonzero(network.usable("car")), POINTS)
    lonlat = np.array([network.shape(i)[:2].mean(axis=0) for i in drawn])
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*lonlat.T), crs=4326)


def banned_more(network: Network) -> Network:
    """Return the network with a random banned turn at a share of its junctions besides."""
    dice = np.random.default_rng(0)
    ends = np.arange(2 * network.segment_count)
    node = np.where(ends % 2 == 0, network.tail[ends // 2], network.head[ends // 2])
    ends = dice.permutation(ends)
    ends = ends[np.argsort(node[ends], kind="stable")]
    node = node[ends]
    degree = np.bincount(node, minlength=network.node_count)
    first = (np.cumsum(degree) - degree)[degree > 2]
    first = first[dice.random(len(first)) < BUSY]
    pairs = np.column_stack([ends[first], ends[first + 1]]).tolist()
    bans = turns.table([*turns.sequences(network.banned("car")), *pairs])
    streets = (network.tail, network.head), (network.forward, network.backward)
    return replace(network, bans={"car": turning_back.held(bans, *streets)})


# What OSRM chooses --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """A town as OSM XML, and the middles of some blocks. With streets of one direction each nobody
    turns back.
    """

    text: str
    places: np.ndarray

    @classmethod
    def made(cls, *, one_way: bool) -> Town:
        dice = np.random.default_rng(1)
        places = {
            1 + x + SIDE * y: (1 + BLOCK * x, BLOCK * y) for y in range(SIDE) for x in range(SIDE)
        }
        blocks = []
        for line in range(SIDE):
            row = [1 + x + SIDE * line for x in range(SIDE)]
            column = [1 + line + SIDE * y for y in range(SIDE)]
            for nodes in (row, column):
                # the outer streets lead round the town
                turned = line % 2 == 0 if nodes is column else line % 2 == 1
                nodes = nodes[::-1] if turned else nodes
                blocks += list(pairwise(nodes))
        signs = signs_of(blocks, dice)
        lines = [
            f'<node id="{key}" version="1" lon="{x:.7f}" lat="{y:.7f}"/>'
            for key, (x, y) in places.items()
        ]
        lines += [
            f'<way id="{i}" version="1"><nd ref="{a}"/><nd ref="{b}"/><tag k="highway"'
            f' v="residential"/><tag k="oneway" v="{"yes" if one_way else "no"}"/>'
            f'<tag k="maxspeed" v="30"/></way>'
            for i, (a, b) in enumerate(blocks, 1)
        ]
        text = f'<?xml version="1.0"?><osm version="0.6">{"".join(lines + signs)}</osm>'
        drawn = dice.choice(len(blocks), PLACES, replace=False)
        middle = [np.add(places[blocks[i][0]], places[blocks[i][1]]) / 2 for i in drawn]
        return cls(text, np.array(middle))


def signs_of(blocks: list[tuple[int, int]], dice: np.random.Generator) -> list[str]:
    """Write restrictions of every kind at half of the crossings; some lead over the next block, and
    some are for lorries, or spare cars, or hold at some hours, and change nothing for a car.
    """
    signs: list[str] = []
    for i, (_, via) in enumerate(blocks, 1):
        after = [j for j, (begin, _) in enumerate(blocks, 1) if begin == via]
        if len(after) < 2 or dice.random() > 0.5:
            continue
        rule = str(dice.choice(["no_left_turn", "no_right_turn", "only_straight_on"]))
        tags = dice.choice(
            [
                f'<tag k="restriction" v="{rule}"/>',
                f'<tag k="restriction" v="{rule}"/>',
                f'<tag k="restriction" v="{rule}"/>',
                f'<tag k="restriction:motorcar" v="{rule}"/>',
                f'<tag k="restriction:hgv" v="{rule}"/>',
                f'<tag k="restriction" v="{rule}"/><tag k="except" v="motorcar"/>',
                f'<tag k="restriction:conditional" v="{rule} @ (07:00-09:00)"/>',
            ]
        )
        members = [("way", i, "from"), ("node", via, "via"), ("way", dice.choice(after), "to")]
        over = int(members[-1][1])
        beyond = [j for j, (begin, _) in enumerate(blocks, 1) if begin == blocks[over - 1][1]]
        if len(beyond) > 1 and dice.random() < OVER:
            members[1:] = [("way", over, "via"), ("way", dice.choice(beyond), "to")]
        inside = "".join(
            f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        )
        signs.append(
            f'<relation id="{len(signs) + 1}" version="1">{inside}'
            f'<tag k="type" v="restriction"/>{tags}</relation>'
        )
    return signs


def chosen(folder: Path | None, *, one_way: bool) -> bool:
    """Print how many ways of a made town are as long as those that OSRM chooses; return whether
    all are.
    """
    town = Town.made(one_way=one_way)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "town.osm"
        path.write_text(town.text, encoding="utf-8")
        network = osm_file.read(path, speeds=SPEEDS)
        places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*town.places.T), crs=4326)
        sides = Sides.of(network, places, "car")
        there = np.flatnonzero(sides.snap.distance_m < 1)
        ours, free = (
            lengths(net, places.iloc[there])
            for net in (network, replace(network, bans={"car": network.banned("car")[:0]}))
        )
        print(f"\na made town of {'one-way' if one_way else 'two-way'} streets:")
        for note in network.manifest.notes:
            print(f"   {note}")
        pairs = len(there) * (len(there) - 1)
        changed = int((abs(ours - free) > 10).sum())
        print(f"   {changed:,} of {pairs:,} ways would be others without the bans")
        home = folder or osrm_home()
        if home is None:
            print("   OSRM is not installed: its choice is not compared")
            return True
        theirs = osrm_lengths(home, path, town.places[there])
    same = np.isclose(ours, theirs, rtol=0.01, atol=10)
    np.fill_diagonal(same, True)
    print(f"   {int(same.sum()) - len(there):,} of {pairs:,} ways are as long as OSRM's")
    return bool(same.all())


def lengths(network: Network, places: gpd.GeoDataFrame) -> np.ndarray:
    table = access.travel_times(network.prepared(), places, places, profile="car")
    return table["length_m"].to_numpy(float).reshape(len(places), len(places))


def osrm_home() -> Path | None:
    """Return the folder of the package osrm."""
    found = find_spec("osrm")
    return Path(found.origin).parent if found and found.origin else None


def osrm_lengths(home: Path, extract: Path, places: np.ndarray) -> np.ndarray:
    """Let OSRM read the extract with its own profile for cars, and return its table of lengths."""
    base = extract.with_name("town.osrm")
    profile = home / "share" / "profiles" / "car.lua"
    call(home / "bin" / "osrm-extract", "-p", profile, "-o", base, extract)
    call(home / "bin" / "osrm-contract", base)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            str(home / "bin" / "osrm-routed"),
            *("--ip", "127.0.0.1", "--port", str(port), "--max-table-size", "1000", str(base)),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        where = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in places.tolist())
        address = f"http://127.0.0.1:{port}/table/v1/driving/{where}?annotations=distance"
        answer = ask(address)
    finally:
        server.terminate()
        server.wait()
    return np.array(
        [[np.nan if cell is None else cell for cell in row] for row in answer["distances"]], float
    )


def ask(address: str) -> dict[str, list[list[float | None]]]:
    """Ask a server that may not have started yet."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                content: dict[str, list[list[float | None]]] = json.load(answer)
                return content
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.1)
    sys.exit("osrm-routed does not answer")


def call(*command: object) -> None:
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-2000:]}")


if __name__ == "__main__":
    main()
