"""Roads are read and asked without the large libraries that this needs no more."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix, random_array
from scipy.sparse.csgraph import connected_components

from geo import layers
from geo.roads import access, class_speeds, compiled, osm_file, strong
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]
Crossing = Callable[[int, int], tuple[float, float]]
STREET = """<osm version="0.6">
<node id="1" lat="21.0" lon="107.0"/><node id="2" lat="21.0" lon="107.01"/>
<node id="3" lat="21.01" lon="107.01"/><node id="4" lat="21.02" lon="107.0"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
<way id="2"><nd ref="1"/><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way>
</osm>"""


@pytest.fixture
def street(tmp_path: Path) -> Path:
    path = tmp_path / "street.osm"
    path.write_text(STREET, encoding="utf-8")
    return path


def test_a_file_becomes_a_table_without_large_libraries(street: Path) -> None:
    """A fresh process reads a file, prepares it and tabulates, and has loaded no frames."""
    asked = (
        "import sys; import numpy as np; from geo.roads import access, osm_download;"
        f" net = osm_download.read({str(street)!r}).prepared();"
        " at = np.array([[107.0, 21.0], [107.01, 21.01]]);"
        " print(access.seconds(net, at, at)[0, 1] > 0,"
        " sorted({'pandas', 'geopandas', 'scipy.sparse', 'osmnx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["True", "[]\n"]


def test_seconds_are_those_of_the_table(grid: Network, points: Points, crossing: Crossing) -> None:
    """Layers and bare positions give the numbers of the long table."""
    rows = points({"a": crossing(0, 0), "b": crossing(3, 1)})
    columns = points({"c": crossing(5, 5), "d": crossing(0, 2), "e": (0.0, 0.0)})
    table = access.travel_times(grid, rows, columns)["travel_time_s"].to_numpy().reshape(2, 3)
    bare = (np.array(layer.get_coordinates()) for layer in (rows, columns))
    np.testing.assert_array_equal(access.seconds(grid, rows, columns), table)
    np.testing.assert_array_equal(access.seconds(grid, *bare), table)
    assert np.isnan(table[:, 2]).all()


@pytest.mark.parametrize("seed", range(40))
def test_strong_components_are_those_of_scipy(seed: int) -> None:
    """Two vertices are in one component exactly where SciPy says so, and have its number."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    graph = csr_matrix(random_array((n, n), density=rng.uniform(0, 0.1), random_state=seed))
    _, label = connected_components(graph, connection="strong")
    assert strong.components(graph.indptr, graph.indices).tolist() == label.tolist()


def test_speeds_of_columns_are_those_of_the_frame(street: Path) -> None:
    """The bundled table gives the same network as a frame, as columns, and where none is named."""
    frame = layers.read_table(layers.bundled(), "speeds")
    assert class_speeds.rows_of(frame) == class_speeds.rows_of(class_speeds.bundled())
    versions = {
        osm_file.read(street, speeds=speeds).version for speeds in (frame, class_speeds.bundled())
    }
    assert len(versions) == 1


def test_the_nearer_row_of_speeds_counts() -> None:
    """A row for country and terrain counts before one for the country, that before one for the
    terrain, in whatever order they stand.
    """
    rows = [
        ("car", "primary", 10.0, "VN", "hills"),
        ("car", "primary", 20.0, "VN", None),
        ("car", "primary", 30.0, None, "hills"),
        ("car", "primary", 40.0, None, None),
    ]
    where = {"country": ["VN", "VN", "CN", "", "VN"], "terrain": ["hills", "flat", "hills", "", ""]}
    for speeds in (rows, rows[::-1]):
        own = class_speeds.own_kph(
            where,
            {"car": {"primary": 40.0}},
            [class_speeds.Speed(*row) for row in speeds],
            np.zeros(5, np.int64),
            ("primary",),
        )
        assert own["car"].tolist() == [10, 20, 30, 40, 20]
    nowhere = class_speeds.own_kph(
        {"country": None, "terrain": None},
        {"car": {"primary": 40.0}},
        [class_speeds.Speed(*row) for row in rows],
        np.zeros(1, np.int64),
        ("primary",),
    )
    assert nowhere["car"].tolist() == [40]


def test_columns_are_the_values_of_the_frame() -> None:
    """A column has None where the frame has a missing value; all else is equal."""
    for name in ("speeds", "gate_hours", "crossings"):
        frame = layers.read_table(layers.bundled(), name)
        columns = layers.read_columns(layers.bundled(), name)
        assert list(columns) == list(frame)
        for field, values in columns.items():
            missing = [value is None for value in values]
            assert missing == frame[field].isna().tolist()
            known = [value for value in values if value is not None]
            assert known == frame[field][pd.notna(frame[field])].tolist()


@pytest.mark.parametrize("on", [True, False])
def test_loading_numba_leaves_the_collector_as_it_was(on: bool) -> None:
    """Garbage is collected afterwards exactly if it was before."""
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        importlib.reload(compiled)
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("asked", ["--version", "--help", "roads --help"])
def test_the_command_line_says_what_it_is_without_frames(asked: str) -> None:
    """Neither version nor help loads a library of which the answer needs nothing."""
    code = (
        "import atexit, sys; from webapp.cli.main import main;"
        " large = {'pandas', 'geopandas', 'scipy', 'numba', 'osmium', 'flask'};"
        " atexit.register(lambda: print(sorted(large & set(sys.modules)), file=sys.stderr));"
        f" main({asked.split()!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "zoneatlas" in done.stdout.lower() or "usage" in done.stdout.lower()
