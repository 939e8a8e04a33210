"""Networks and layers small enough to count in the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import Atlas
from geo.roads import main_roads
from geo.roads.network import Manifest, Network

pytest_plugins = ("web",)

DATA = Path(__file__).parent / "data"
FIRST = ("browser", "web")
"""Rooms whose files take longest."""
STEP_M = 1000.0
STEP_S = 60.0

Segment = tuple[int, int, float]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms whose files take longest, so that no worker waits for one at the end."""

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(DATA.parent).parts[0]
        return FIRST.index(room) if room in FIRST else len(FIRST)

    items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def _networks_are_kept() -> None:
    """Keep every network that is built: tests open many packages in turn, a server one or two."""
    main_roads._BUILT.size = None


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of test files: good ones, ``invalid/`` with one fault each, ``toy/`` with a whole
    data package.
    """
    return DATA


@pytest.fixture(scope="session")
def toy() -> Path:
    """A data package of two countries, AA in the west and BB in the east.

    ``west-road`` (22 km in 20 minutes) leads to the gate ``bridge``, which takes half an hour;
    ``east-road`` (11 km in 10 minutes) leads on. A truck drives at half the speed,
    needs an hour at the gate and may not use ``pass``; ``ferry`` serves neither."""
    return DATA / "toy"


@pytest.fixture(scope="session")
def toy_network(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Atlas.open(toy, tmp_path_factory.mktemp("home")).network()


@pytest.fixture(scope="session")
def real_network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The main roads of the data that come with Zone Atlas."""
    return Atlas.open(home=tmp_path_factory.mktemp("home")).network()


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that holds those roads and their surfaces, for programs that the tests start;
    nothing else is written there.
    """
    atlas = Atlas.open(home=tmp_path_factory.mktemp("built"))
    atlas.networks.main_roads.prepare(atlas.targets())
    return atlas.home


def points(where: dict[str, tuple[float, float]], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Make a point layer from longitude and latitude by id."""
    lonlat = np.array(list(where.values()), float).reshape(-1, 2)
    index = pd.Index(list(where), dtype="str", name="id")
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*lonlat.T), index=index, crs=4326)


@pytest.fixture(scope="session", name="points")
def points_() -> Callable[..., gpd.GeoDataFrame]:
    return points


def roads(
    nodes: Sequence[tuple[float, float]],
    segments: Sequence[Segment],
    *,
    one_way: Sequence[int] = (),
    gate_of: dict[int, str] | None = None,
    country_of: Sequence[str] | None = None,
    truck_s: Sequence[float] | None = None,
    access_speed_kph: float = 36,
    access_detour: float = 1,
    snap_limit_m: float = 5000,
) -> Network:
    """Make a network of straight segments, given as tail, head and seconds; a kilometre takes a
    minute.
    """
    tail, head = (np.array([segment[end] for segment in segments], np.int32) for end in (0, 1))
    time = np.array([segment[2] for segment in segments], float)
    lonlat = np.array(nodes, float).reshape(-1, 2)
    gates = tuple(dict.fromkeys((gate_of or {}).values()))
    gate = [
        gates.index(gate_of[i]) if gate_of and i in gate_of else -1 for i in range(len(segments))
    ]
    countries = tuple(sorted(set(country_of or ()) - {""}))
    both = np.ones(len(segments), bool)
    backward = both.copy()
    backward[list(one_way)] = False
    return Network(
        manifest=Manifest(
            title="Test roads",
            source="made up",
            licence="CC0-1.0",
            as_of=None,
            access_speed_kph={"car": access_speed_kph, "truck": access_speed_kph},
            access_detour=access_detour,
            snap_limit_m=snap_limit_m,
            road_classes=("street",),
            names=tuple(f"Street {i}" for i in range(len(segments))),
            gates=gates,
            countries=countries,
        ),
        node_lonlat=lonlat,
        tail=tail,
        head=head,
        forward=both,
        backward=backward,
        length_m=time * STEP_M / STEP_S,
        road_class=np.zeros(len(segments), np.int16),
        name=np.arange(len(segments), dtype=np.int32),
        gate=np.array(gate, np.int32).reshape(-1),
        country=np.array(
            [
                countries.index(country) if country else -1
                for country in country_of or [""] * len(segments)
            ],
            np.int16,
        ),
        accessible=np.ones(len(segments), bool),
        assumed=np.zeros(len(segments), bool),
        shape_start=np.arange(0, 2 * len(segments) + 1, 2, dtype=np.int64),
        shape_lonlat=np.column_stack([lonlat[tail], lonlat[head]]).reshape(-1, 2),
        time_s={
            "car": time,
            "truck": np.array(truck_s, float) if truck_s is not None else 2 * time,
        },
    )


@pytest.fixture(scope="session", name="roads")
def roads_() -> Callable[..., Network]:
    return roads


@pytest.fixture(scope="session")
def border() -> Network:
    """Two streets 1.1 km apart in AA (south) and BB (north), joined by a gate at their west
    ends.
    """
    nodes = [(107, 21), (107.05, 21), (107, 21.01), (107.05, 21.01)]
    return roads(
        nodes,
        [(0, 1, 300), (2, 3, 300), (0, 2, 60)],
        gate_of={2: "gate"},
        country_of=["AA", "BB", ""],
    )


SIDE = 13
WEST, SOUTH, CELL = 107.0, 21.0, 0.01


def crossing(column: int, row: int) -> tuple[float, float]:
    """Return the place of a crossing of the grid, (0, 0) in its south-west corner."""
    return WEST + CELL * column, SOUTH + CELL * row


@pytest.fixture(scope="session", name="crossing")
def crossing_() -> Callable[[int, int], tuple[float, float]]:
    return crossing


@pytest.fixture(scope="session")
def grid() -> Network:
    """Thirteen streets each way, 1 km and one minute from crossing to crossing (a truck takes
    two).
    """
    nodes = [crossing(column, row) for row in range(SIDE) for column in range(SIDE)]
    east = [(i, i + 1, STEP_S) for i in range(SIDE * SIDE) if i % SIDE < SIDE - 1]
    north = [(i, i + SIDE, STEP_S) for i in range(SIDE * (SIDE - 1))]
    return roads(nodes, east + north)
