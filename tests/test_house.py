"""The plan of the house, read from the source: who may import whom, which library lives where, and what a file may weigh."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    (
        *("errors", "schema", "crs", "faults", "rows", "hierarchy", "snapping"),
        *("_hierarchy_build", "_hierarchy_query", "_overlay", "_raster", "_snapping"),
    ),
    ("layers", "region", "proximity", "network", "storage", "gates", "gatehours", "hours", "calendars", "money", "land"),
    (
        *("corridors", "osmtags", "osmroads", "osmfile", "osm", "borders"),
        *("overlay", "ways", "surfaces", "cluster", "access", "isochrones"),
        *("planned", "sites", "screening", "claims", "search"),
    ),
    ("criteria", "ranking", "robustness"),
    ("companies", "amounts", "sheets", "matching"),
    ("export", "maps"),
    tuple(
        f"visits.{name}"
        for name in ("itinerary", "moments", "plainyaml", "triptext", "openings", "_legs", "_trips", "_tourdays", "_tours", "_fits")
    ),
    tuple(f"visits.{name}" for name in ("placenames", "gazetteer", "tripreader", "tripfile", "notices")),
    tuple(f"visits.{name}" for name in ("timetables", "schedules", "tours", "tripways", "meals", "rehearsal", "trips")),
    tuple(f"visits.{name}" for name in ("edits", "fits", "appointments", "changes", "whynot")),
    tuple(f"visits.{name}" for name in ("steps", "takeaway")),
    ("package_check",),
)
"""Modules of ``geo`` from the ground up. Each may import from its own floor, without circles, and from those below."""

HOMES = {
    "osmnx": ("geo/osm.py",),
    "networkx": ("geo/osm.py",),
    "osmium": ("geo/osmfile.py",),
    "distributed": ("geo/cluster.py",),
    "folium": ("geo/maps.py",),
    "branca": ("geo/maps.py",),
    "click": ("webapp/cli*.py", "webapp/roads.py"),
    "waitress": ("webapp/server.py",),
    "flask": ("webapp/*.py",),
    "flask_babel": ("webapp/*.py",),
    "werkzeug": ("webapp/*.py",),
    "jinja2": ("geo/maps.py", "webapp/*.py"),
    "numba": ("geo/_*.py", "geo/visits/_*.py"),
    "opening_hours": ("geo/hours.py",),
    "holidays": ("geo/calendars.py",),
    "yaml": ("geo/visits/plainyaml.py",),
    "gpxpy": ("geo/visits/takeaway.py",),
    "icalendar": ("geo/visits/takeaway.py",),
    "openpyxl": ("geo/sheets.py", "geo/matching.py"),
}
"""Where each big library may be imported."""

MAX_LINES = 450
LONG = {"geo/schema.py"}
"""Tables of facts, which are read by looking up and not from end to end."""

CDN = re.compile(
    r"unpkg\.com|jsdelivr|cloudflare|googleapis|gstatic|bootstrapcdn|jquery\.com|rawgit|skypack|esm\.sh|fontawesome\.com/|polyfill\.io"
)
LOADS = re.compile(
    r"""(?:\bsrc|\bsrcset|\baction)\s*=\s*["']?https?://|<link[^>]+https?://|@import|url\(\s*["']?https?://|fetch\(\s*["'`]https?://"""
)


def sources() -> list[Path]:
    return sorted(path for package in ("geo", "geo/visits", "webapp") for path in (ROOT / package).glob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Give every module that a file imports, anywhere in it, with dots; ``from geo import crs`` is ``geo.crs``."""
    package = name_of(path).split("/")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(part for part in ((package if node.level else ""), node.module or "") if part)
            inside = module in ("geo", "geo.visits", "webapp")
            yield from (f"{module}.{alias.name}" if inside else module for alias in node.names)


def library() -> dict[str, Path]:
    """Give the modules of ``geo`` by name, with dots below it."""
    paths = [path for path in sources() if path.parts[len(ROOT.parts)] == "geo" and path.stem != "__init__"]
    return {".".join(path.relative_to(ROOT / "geo").with_suffix("").parts): path for path in paths}


def geo_modules(path: Path) -> set[str]:
    """Give the modules of ``geo`` that a file imports."""
    return {name.removeprefix("geo.") for name in imports(path)} & set(library())


def test_every_module_has_its_floor() -> None:
    """A new module of the library is placed in the plan, and one that has gone is taken out."""
    assert set(library()) == {name for floor in FLOORS for name in floor}


def test_imports_run_one_way() -> None:
    """No module of the library imports from a floor above its own, and no two import each other."""
    floor_of = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    graph = {name: geo_modules(path) - {name} for name, path in library().items()}
    upward = [f"{name} imports {other}" for name, others in graph.items() for other in others if floor_of[other] > floor_of[name]]
    assert not upward
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


def test_the_library_knows_no_web() -> None:
    """``geo`` imports neither the app nor anything of the web."""
    for path in library().values():
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {"webapp", "flask", "flask_babel", "werkzeug", "waitress", "click"}, name_of(path)


@pytest.mark.parametrize("library", HOMES)
def test_each_big_library_has_one_home(library: str) -> None:
    """A library is imported where its home is and nowhere else."""
    users = [name_of(path) for path in sources() if library in {name.split(".")[0] for name in imports(path)}]
    assert not [user for user in users if not any(fnmatch.fnmatch(user, home) for home in HOMES[library])]


def loaded_by(modules: str) -> set[str]:
    """Give everything that a fresh Python has loaded after importing these modules."""
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_library_loads_nothing_large() -> None:
    """``import geo`` is instant: neither pandas nor any other large library comes with it."""
    large = {"geopandas", "pandas", "numpy", "scipy", "shapely", "pyproj", "pyogrio", "osmnx", "networkx", "osmium", "folium", "flask"}
    assert not loaded_by("geo") & large


def test_working_with_layers_loads_neither_roads_nor_web() -> None:
    """Reading layers and roads that are there loads no OSMnx, Folium or Flask."""
    assert not loaded_by("geo.layers, geo.access, geo.corridors") & {"osmnx", "networkx", "osmium", "folium", "flask"}


def own_files(*suffixes: str) -> list[Path]:
    found = [path for package in ("geo", "webapp") for suffix in suffixes for path in (ROOT / package).rglob(f"*{suffix}")]
    return sorted(path for path in found if not {"vendor", "__pycache__", "_data"} & set(path.parts))


def test_files_stay_short() -> None:
    """A file with more than some 450 lines has two ideas."""
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in own_files(".py", ".js", ".css", ".html")}
    assert not {name: count for name, count in lines.items() if count > MAX_LINES and name not in LONG}


def test_no_page_loads_from_elsewhere() -> None:
    """No template, style or script of ours names a content delivery network or loads anything from another host."""
    for path in own_files(".js", ".css", ".html", ".svg"):
        text = path.read_text(encoding="utf-8")
        assert not CDN.search(text), name_of(path)
        assert not LOADS.search(text), name_of(path)


def test_every_test_says_what_must_hold() -> None:
    """Each test has a docstring of one sentence."""
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"
