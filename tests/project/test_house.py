"""The plan of the house, read from the source: who may import whom, which library lives where."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    (
        "geo.angles",
        "geo.chinese",
        "geo.errors",
        "geo.schema",
        "geo.confined",
        "geo.text",
        "geo.kept",
        "geo.digest",
        "geo.preparation",
    ),
    ("geo.crs", "geo.search", "geo.facets"),
    ("geo.proximity", "geo.export", "geo.maps", "geo.tiles"),
    ("geo.layers",),
    ("geo.hours", "geo.package"),
    ("geo.roads",),
    ("geo.siting", "geo.visits"),
    ("geo.package_check", "geo.package_roads", "geo.atlas"),
    ("geo.exchange",),
    (
        "webapp.addresses",
        "webapp.catalogues",
        "webapp.compress",
        "webapp.dispatcher",
        "webapp.settings",
    ),
    (
        "webapp.i18n",
        "webapp.codes",
        "webapp.readers",
        "webapp.record_words",
        "webapp.road_words",
        "webapp.turnstile",
    ),
    (
        "webapp.args",
        "webapp.field_words",
        "webapp.labels",
        "webapp.languages",
        "webapp.store",
        "webapp.handover",
        "webapp.jobs",
    ),
    (
        "webapp.charts",
        "webapp.errors",
        "webapp.kept_pages",
        "webapp.lookup",
        "webapp.map_frame",
        "webapp.scripts",
        "webapp.styles",
        "webapp.service",
        "webapp.server",
        "webapp.workers",
    ),
    ("webapp.team",),
    ("webapp.explore", "webapp.ogc"),
    ("webapp.siting", "webapp.trips"),
    ("webapp.exchange", "webapp.served"),
    ("webapp.app",),
    ("webapp.cli",),
)
"""The floor plan: a module or a package to a room, from the ground up.

Each may import what is on its own floor, without circles, and on those below; the rooms of one
floor that are packages do not import each other. """

DOORS = ("geo", "webapp")
"""Packages that load what their names stand for when it is first used."""

HOMES = {
    "osmnx": ("geo/roads/osm_download.py", "geo/roads/osm_graph.py"),
    "opencc": ("geo/chinese.py",),
    "networkx": ("geo/roads/osm_graph.py",),
    "osmium": ("geo/roads/osm_file.py",),
    "distributed": ("geo/roads/cluster.py",),
    "folium": ("geo/maps.py",),
    "branca": ("geo/maps.py",),
    "click": ("webapp/cli*.py", "webapp/cli/roads.py"),
    "waitress": ("webapp/server.py",),
    "argon2": ("webapp/team/passwords.py",),
    "authlib": ("webapp/team/elsewhere.py",),
    "flask": ("webapp/*.py",),
    "flask_babel": ("webapp/*.py",),
    "werkzeug": ("webapp/*.py",),
    "jinja2": ("geo/maps.py", "webapp/*.py"),
    "cql2": ("webapp/ogc/cql/reading.py",),
    "numba": ("geo/roads/compiled.py",),
    "opening_hours": ("geo/hours/osm_hours.py",),
    "holidays": ("geo/hours/calendars.py",),
    "yaml": ("geo/visits/safe_yaml.py",),
    "gpxpy": ("geo/visits/plan_files.py",),
    "icalendar": ("geo/visits/plan_files.py",),
    "ezdxf": ("geo/export/dxf.py",),
    "arro3": ("geo/export/geoparquet.py",),
    "openpyxl": (
        "geo/exchange/workbooks.py",
        "geo/exchange/reading.py",
        "geo/export/xlsx.py",
        "geo/siting/company_sheet.py",
        "geo/siting/sheet_process.py",
        "geo/siting/workbook.py",
    ),
}
"""Where each big library may be imported."""

CDN = re.compile(
    r"unpkg\.com|jsdelivr|cloudflare|googleapis|gstatic|bootstrapcdn|jquery\.com|rawgit|skypack|esm\.sh|fontawesome\.com/|polyfill\.io"
)
LOADS = re.compile(
    r"""(?:\bsrc|\bsrcset|\baction)\s*=\s*["']?https?://|<link[^>]+https?://|@import|url\(\s*["']?https?://|fetch\(\s*["'`]https?://
    """
)


def sources() -> list[Path]:
    paths = [path for package in ("geo", "webapp") for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in paths if "_data" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return every module that a file imports, anywhere in it, with dots; ``from geo import crs``
    is ``geo.crs``.
    """
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)}: imports stand from the root"
            module = node.module or ""
            names = {f"{module}.{alias.name}" for alias in node.names}
            inside = names & modules_of_the_house().keys()
            modules += sorted(inside) + ([module] if inside != names else [])
    return tuple(modules)


@cache
def modules_of_the_house() -> dict[str, Path]:
    """Return the modules of ``geo`` and ``webapp`` by their name with dots."""
    return {dotted(path): path for path in sources()}


def room_of(module: str) -> str:
    """Return the room in the plan that a module is in."""
    rooms = {room for floor in ROOMS for room in floor}
    parts = module.split(".")
    name = ".".join(parts[:2])
    return name if name in rooms else parts[0]


def arrows() -> dict[str, set[str]]:
    """Return what each module of the house imports of it."""
    house = modules_of_the_house()
    graph: dict[str, set[str]] = {
        name: set() if name in DOORS else {other for other in imports(path) if other in house}
        for name, path in house.items()
    }
    for name in graph:
        graph[name].discard(name)
    return graph


def test_every_module_has_its_room() -> None:
    """A new module is in a room of the plan, and a room that has gone is taken out."""
    used = {room_of(name) for name in modules_of_the_house()} - {*DOORS}
    assert used == {room for floor in ROOMS for room in floor}
    assert {name for name in modules_of_the_house() if room_of(name) in DOORS} == {*DOORS}


def test_imports_run_one_way() -> None:
    """No module imports from a floor above its own, no room beside its own on its floor if both are
    packages, and no two import each other.
    """
    floor_of = {
        room: number for number, floor in enumerate(ROOMS) for room in floor
    } | dict.fromkeys(DOORS, -1)
    for name, others in arrows().items():
        for other in others:
            here, there = room_of(name), room_of(other)
            assert floor_of[there] <= floor_of[here], f"{name} imports {other}, which is above it"
            assert (
                here == there
                or floor_of[there] < floor_of[here]
                or not is_package(here)
                or not is_package(there)
            ), f"{name} imports {other}"
    assert list(TopologicalSorter(arrows()).static_order())


def is_package(room: str) -> bool:
    return (ROOT / room.replace(".", "/") / "__init__.py").is_file()


def test_the_library_knows_no_web() -> None:
    """``geo`` imports neither the app nor anything of the web."""
    for path in [path for path in sources() if name_of(path).startswith("geo/")]:
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {
            "webapp",
            "flask",
            "flask_babel",
            "werkzeug",
            "waitress",
            "click",
        }, name_of(path)


@pytest.mark.parametrize("library", HOMES)
def test_each_big_library_has_one_home(library: str) -> None:
    """A library is imported where its home is and nowhere else."""
    users = [
        name_of(path)
        for path in sources()
        if library in {name.split(".")[0] for name in imports(path)}
    ]
    assert not [
        user for user in users if not any(fnmatch.fnmatch(user, home) for home in HOMES[library])
    ]


def loaded_by(modules: str) -> set[str]:
    """Return everything that a fresh Python has loaded after importing these modules."""
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_key_keeps_one_thing() -> None:
    """What is kept under a key is computed alike wherever it is asked for. Only the desk differs:
    the command line waits for a plan as long as it takes.
    """
    makers: dict[str, set[str]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "keep"
                and len(node.args) == 2
                and isinstance(node.args[0], (ast.Constant, ast.Tuple))
            ):
                key, make = map(ast.unparse, node.args)
                place = "" if make.startswith("lambda") else f"{name_of(path)}:{node.lineno} "
                makers.setdefault(key, set()).add(f"{place}{make}")
    assert len(makers) > 40
    assert {key for key, ways in makers.items() if len(ways) > 1} == {"'desk'"}, makers


def test_importing_the_library_loads_nothing_large() -> None:
    """``import geo`` is instant: neither pandas nor any other large library comes with it."""
    large = {
        "geopandas",
        "pandas",
        "numpy",
        "scipy",
        "shapely",
        "pyproj",
        "pyogrio",
        "osmnx",
        "networkx",
        "osmium",
        "folium",
        "flask",
    }
    assert not loaded_by("geo") & large


def test_working_with_layers_loads_neither_roads_nor_web() -> None:
    """Reading layers and roads that are there loads no OSMnx, Folium or Flask."""
    assert not loaded_by("geo.layers, geo.roads.access, geo.roads.main_roads") & {
        "osmnx",
        "networkx",
        "osmium",
        "folium",
        "flask",
    }


def own_files(*suffixes: str) -> list[Path]:
    paths = [
        path
        for package in ("geo", "webapp")
        for suffix in suffixes
        for path in (ROOT / package).rglob(f"*{suffix}")
    ]
    return sorted(
        path for path in paths if not {"vendor", "__pycache__", "_data"} & set(path.parts)
    )


def test_no_page_loads_from_elsewhere() -> None:
    """No template, style or script of ours names a content delivery network or loads anything from
    another host.
    """
    for path in own_files(".js", ".css", ".html", ".svg"):
        text = path.read_text(encoding="utf-8")
        assert not CDN.search(text), name_of(path)
        assert not LOADS.search(text), name_of(path)


def test_every_test_says_what_must_hold() -> None:
    """Each test has a docstring of one sentence."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_no_browser_test_leaves_the_waiting_to_the_page() -> None:
    """The pages forbid the text that `page.wait_for_function` would evaluate in them: it works at
    the first look and fails at the second, on a slow machine only. `screen.wait_for` does not.
    """
    tests = (ROOT / "tests" / "browser").glob("*.py")
    assert not [path.name for path in tests if ".wait_for_function(" in path.read_text()]
