"""The commands ``roads …``: download, import, prepare, list, remove."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import click
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result
from overpass import Stand, serving

from geo import layers
from geo.errors import AtlasError, UnavailableError
from geo.roads import cluster, osm_download, storage, surfaces
from geo.roads.contraction import Hierarchy
from geo.roads.network import Network
from webapp.cli.options import Context
from webapp.cli.roads import _name_of, _steps, roads

SPEEDS = "profile,road_class,speed_kph,source,source_kind,as_of\n" + "".join(
    f"{profile},{kind},30,Test,assumption,2026\n"
    for profile in ("car", "truck")
    for kind in ("road", "motorway", "access")
)
CROSSINGS = "profile,kind,needs,service_time_s,source,source_kind,as_of\ncar,international,passengers,600,Test,assumption,2026\n"  # noqa: E501
COUNTRIES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"country": code},
                "geometry": shapely.geometry.mapping(shapely.box(west, 21, west + 1, 22)),
            }
            for code, west in (("VN", 107), ("CN", 108))
        ],
    }
)
GATES = (
    "id,name_en,kind,mode,country,province_en,opposite_country,lon,lat,position_accuracy_m,cargo,passengers,timezone,source,source_kind,as_of\nbridge,Bridge,international,road,VN,Quang"
    " Ninh,CN,108,21.5,300,true,true,Asia/Ho_Chi_Minh,Test,page,2026\nlonely,Lonely,international,road,VN,Quang"  # noqa: E501
    " Ninh,CN,108,21.55,300,true,true,Asia/Ho_Chi_Minh,Test,page,2026\n"
)
PARKS = (
    "id,name_en,kind,country,province_en,lon,lat,position_accuracy_m,status,source,source_kind,as_of\nnear,Near,industrial_park,VN,Quang"
    " Ninh,107.985,21.51,100,operating,Test,memory,2026\nfar,Far,industrial_park,VN,Quang"
    " Ninh,107.2,21.5,100,operating,Test,memory,2026\n"
)
PORTS = (
    "id,name_en,kind,country,province_en,lon,lat,position_accuracy_m,status,source,source_kind,as_of\nquay,Quay,seaport,VN,Quang"
    " Ninh,107.985,21.605,100,,Test,memory,2026\n"
)
AIRPORTS = (
    "id,name_en,kind,iata,country,province_en,status,lon,lat,position_accuracy_m,source,source_kind,as_of\nfield,Field,civil,FLD,VN,Quang"
    " Ninh,operating,107.2,21.5,100,Test,memory,2026\n"
)
CITIES = (
    "id,name_en,kind,country,province_en,lon,lat,position_accuracy_m,source,source_kind,as_of\n"
    "town,Town,border_town,CN,Guangxi,108.009,21.501,100,Test,memory,2026\n"
)
NODES = {
    1: (107.99, 21.5),
    2: (108.01, 21.5),
    3: (107.99, 21.6),
    4: (108.01, 21.6),
    5: (107.98, 21.5),
    6: (107.98, 21.6),
}
WAYS = {1: [1, 2], 2: [3, 4], 3: [1, 3], 4: [1, 5], 5: [3, 6]}
OSM = (
    '<osm version="0.6">'
    + "".join(f'<node id="{i}" version="1" lon="{x}" lat="{y}"/>' for i, (x, y) in NODES.items())
    + "".join(
        f'<way id="{i}" version="1">{"".join(f"<nd ref={ref!r}/>" for ref in map(str, refs))}<tag'
        ' k="highway" v="road"/></way>'
        for i, refs in WAYS.items()
    )
    + "</osm>"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home folder."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def border_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data package of two countries with two gates, of which one has no road."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "basemap").mkdir()
    for name, text in (
        ("speeds.csv", SPEEDS),
        ("crossings.csv", CROSSINGS),
        ("gates.csv", GATES),
        ("parks.csv", PARKS),
        ("ports.csv", PORTS),
        ("airports.csv", AIRPORTS),
        ("cities.csv", CITIES),
        ("datapackage.json", '{"name": "border", "title": "Border", "resources": []}'),
        ("basemap/countries.geojson", COUNTRIES),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(border_data: Path, home: Path) -> object:
    """Run a command as the main program does: an error is one sentence on stderr and exit
    code 1.
    """

    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def main(rest: tuple[str, ...]) -> None:
        try:
            roads.main(
                list(rest),
                prog_name="roads",
                standalone_mode=False,
                obj=Context(border_data, str(border_data)),
            )
        except AtlasError as error:
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(1) from None

    assert not home.exists()
    return lambda *rest: CliRunner().invoke(main, [str(argument) for argument in rest])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of two roads across the border and one between them."""
    path = tmp_path / "two.osm"
    path.write_text(OSM, encoding="utf-8")
    return path


def assert_refused(result: Result, sentence: str) -> None:
    assert result.exit_code == 1, result.output
    assert sentence in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.output


def test_import_keeps_a_closed_network(run, file: Path, home: Path, border_data: Path) -> None:
    """An import keeps the network with its border closed, and tells which gates have a road, and
    which roads are cut.
    """
    result = run("import", file, "--name", "two")
    assert result.exit_code == 0, result.output
    kept = storage.load(home / "networks" / "two")
    assert kept.manifest.gates == ("bridge",)
    assert tuple(kept.hierarchies) == kept.profiles
    places = Context(border_data, str(border_data)).atlas.targets()
    assert list(surfaces.load(kept, places, home / "networks" / "two")) == ["car", "truck"]
    assert "3 of 5 places are joined to its roads; their surfaces take 0.0 MB." in result.stdout
    assert kept.forward.tolist().count(False) == 1
    assert "Kept the network two" in result.stdout
    assert "The gate bridge has a road, 0.0 km from it; it is closed to the truck." in result.stdout
    assert (
        "The road across the border at 108.0000,21.6000 is cut: the nearest gate, lonely, is 5.5 km"
        " away." in result.stdout
    )
    assert "The gate lonely has no road in this network." in result.stdout
    assert "1 gate has a road; 1 other road across a border is cut." in result.stdout
    assert (
        "Parks in its area that are joined to a road by car: 1 of 1, the farthest over 0.5 km."
        in result.stdout
    )
    assert result.stderr.splitlines()[:2] == [
        "Reading the files …",
        "Reading the roads of two.osm …",
    ]
    assert "Replaced the network two" in run("import", file, "--name", "two").stdout


def test_import_tells_what_is_suspicious(run, tmp_path: Path) -> None:
    """After the others come suspicious rows with their reason, as many as of any other kind, and
    the number of the rest.
    """
    lat = [round(21.5 + i / 1000, 3) for i in range(12)]
    nodes = "".join(
        f'<node id="{10 * i + side}" version="1" lon="{107 + 0.99 + side / 50}" lat="{y}"/>'
        for i, y in enumerate(lat)
        for side in (0, 1)
    )
    ways = "".join(
        f'<way id="{i}" version="1"><nd ref="{10 * i}"/><nd ref="{10 * i + 1}"/><tag k="highway"'
        ' v="road"/></way>'
        for i in range(len(lat))
    )
    path = tmp_path / "many.osm"
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    result = run("import", path, "--name", "many")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-2:] == [
        (
            "  Suspicious at 108.0000,21.5100: a road of class road is cut, because the gate bridge"
            " has a nearer one."
        ),
        "  And 1 more.",
    ]
    assert len([line for line in lines if "Suspicious" in line]) == 10


def test_list_and_remove(run, file: Path, home: Path) -> None:
    """What was imported is listed in columns, a damaged one named apart, and gone after removal."""
    assert len(run("list").stdout.splitlines()) == 1
    run("import", file, "--name", "two")
    head, row = run("list").stdout.splitlines()
    assert head.split("  ")[0] == "name"
    assert row.split() == ["two", "two.osm", "6", "5", "unknown", "ready", "car,", "truck"]
    assert row.index("unknown") == head.index("source date")
    (home / "networks" / "two" / "tail.npy").write_bytes(b"damaged")
    result = run("list")
    assert "is damaged" in result.stderr
    assert "two.osm" not in result.stdout
    assert run("remove", "two").exit_code == 0
    assert list((home / "networks").iterdir()) == []
    assert_refused(run("remove", "two"), "There is no road network “two”.")


def ready(run: Any) -> str:
    """Return what the list says of the surfaces of the network two."""
    return run("list").stdout.splitlines()[-1].split()[5]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a network without its manifest, which tells when they were written."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != storage.MANIFEST
    }


def test_check_names_a_damaged_network_though_its_time_has_not_changed(
    run, file: Path, home: Path
) -> None:
    """The check passes what is whole; a flipped bit in the roads or in the surfaces is a fault, and
    names the file.
    """
    run("import", file, "--name", "two")
    run("import", file, "--name", "one", "--no-surfaces")
    assert run("check").stdout == "one: no fault\ntwo: no fault\n"
    for name in ("tail.npy", "surface.car.to.npy", storage.MANIFEST, surfaces.MANIFEST):
        path = home / "networks" / "two" / name
        whole, status = path.read_bytes(), path.stat()
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        result = run("check")
        assert result.exit_code == 1
        assert result.stdout == "one: no fault\ntwo: 1 fault\n"
        assert "damaged" in result.stderr
        assert name in result.stderr or not name.endswith(".npy")
        assert run("check", "one").exit_code == 0
        path.write_bytes(whole)
    assert run("check", "two").exit_code == 0
    assert_refused(run("check", "three"), "There is no road network “three”.")


def test_left_over_folders_are_swept_by_any_command(run, file: Path, home: Path) -> None:
    """What a killed import left an hour ago is gone after the next command, and was never
    listed.
    """
    run("import", file, "--name", "two")
    left = home / "networks" / ".two.05f4o314"
    shutil.copytree(home / "networks" / "two", left)
    assert [line.split()[0] for line in run("list").stdout.splitlines()] == ["name", "two"]
    assert left.is_dir()
    for path in (*left.iterdir(), left):
        os.utime(path, (1e9, 1e9))
    run("list")
    assert [path.name for path in (home / "networks").iterdir()] == ["two"]


def test_prepare(run, file: Path, home: Path, border_data: Path) -> None:
    """Surfaces that were left out, or made for other data, are made anew; nothing else of the
    network is written again.
    """
    folder, gates = home / "networks" / "two", border_data / "gates.csv"
    run("import", file, "--name", "two")
    whole = contents(folder)
    assert "places are joined" not in run("import", file, "--name", "two", "--no-surfaces").stdout
    assert ready(run) == "none"
    roads_written = {path.name: path.stat().st_ino for path in folder.iterdir()}
    result = run("prepare", "two")
    assert (
        result.stdout
        == "Prepared the network two. 3 of 5 places are joined to its roads; their surfaces take"
        " 0.0 MB.\n"
    )
    assert result.stderr.splitlines() == [
        "Opening the network …",
        "Making the surfaces by car …",
        "Making the surfaces by truck …",
    ]
    assert contents(folder) == whole
    assert {
        path.name: path.stat().st_ino for path in folder.iterdir()
    }.items() >= roads_written.items()
    gates.write_text(GATES.replace("21.55", "21.56"), encoding="utf-8")
    assert ready(run) == "old"
    assert run("prepare", "two").exit_code == 0
    assert ready(run) == "ready"
    gates.write_text(GATES, encoding="utf-8")
    assert ready(run) == "old"
    (folder / surfaces.MANIFEST).write_text("damaged")
    assert ready(run) == "old"
    assert [path.name for path in (home / "networks").iterdir()] == ["two"]
    assert_refused(run("prepare", "one"), "There is no road network “one”.")


def test_prepare_where_files_cannot_be_linked(
    run, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without links the files are copied; the times of a network that was kept unprepared are
    prepared first.
    """
    run("import", file, "--name", "two")
    folder = home / "networks" / "two"
    whole = contents(folder)
    storage.save(replace(storage.load(folder), hierarchies={}), folder)
    assert len(contents(folder)) < len(whole)
    assert "Preparing fast answers by truck" in run("prepare", "two").stderr
    assert contents(folder) == whole
    with monkeypatch.context() as patch:
        patch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError("no links")))
        assert run("prepare", "two").exit_code == 0
    assert contents(folder) == whole


def test_large_surfaces_are_left_out(run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Surfaces that take much disk are made only when asked for, and the command says by which
    command.
    """
    monkeypatch.setattr("geo.roads.importing.SURFACES_MB", 0)
    result = run("import", file, "--name", "two")
    assert (
        "Its surfaces would take 0.0 MB and were left out; “zoneatlas roads prepare two” makes"
        " them." in result.stdout
    )
    assert ready(run) == "none"
    assert "3 of 5 places are joined" in run("import", file, "--name", "two", "--surfaces").stdout
    assert ready(run) == "ready"


@pytest.mark.parametrize("command", ["prepare", "import"])
def test_interrupted_leaves_the_old_network(
    run, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Stopped in the middle of the surfaces, the earlier network is still there, whole, and nothing
    else is.
    """
    run("import", file, "--name", "two")
    whole = contents(home / "networks" / "two")
    with monkeypatch.context() as patch:

        def interrupted(
            prepared: Hierarchy, jobs: list[surfaces.Job]
        ) -> Iterator[tuple[surfaces.Job, np.ndarray]]:
            yield jobs[0], jobs[0].run(prepared) + 1
            raise KeyboardInterrupt

        patch.setattr(surfaces, "on_this_machine", interrupted)
        assert (
            run(
                *(("prepare", "two") if command == "prepare" else ("import", file, "--name", "two"))
            ).exit_code
            == 1
        )
    assert contents(home / "networks" / "two") == whole
    assert [path.name for path in (home / "networks").iterdir()] == ["two"]


def test_scheduler(run, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The surfaces are made where the option says; a cluster that is not there is told before
    anything is read or replaced.
    """
    asked: list[str] = []

    def runner(address: str) -> surfaces.Runner:
        if "nowhere" in address:
            raise UnavailableError("There is no cluster.")

        def run(prepared: Hierarchy, jobs: list[surfaces.Job]) -> Any:
            asked.append(address)
            return surfaces.on_this_machine(prepared, jobs)

        return run

    monkeypatch.setattr(cluster, "runner", runner)
    refused = run("import", file, "--name", "two", "--scheduler", "nowhere")
    assert_refused(refused, "There is no cluster.")
    assert "Reading" not in refused.stderr
    assert not home.exists()
    for rest in (("import", file, "--name", "two"), ("prepare", "two")):
        assert run(*rest, "--scheduler", "here:1").exit_code == 0
        assert asked == ["here:1"] * 2
        asked.clear()
    assert_refused(run("prepare", "two", "--scheduler", "nowhere"), "There is no cluster.")
    assert ready(run) == "ready"


def test_list_begins_with_the_main_roads(toy: Path, home: Path) -> None:
    """The network of the data package stands first, as the default one; once it is prepared, its
    surfaces are ready.
    """

    def first() -> list[str]:
        listed = CliRunner().invoke(roads, ["list"], obj=Context(toy, str(toy)))
        assert listed.exit_code == 0, listed.output
        return re.split("  +", listed.stdout.splitlines()[1])

    row = first()
    assert row[0] == "main-roads (default)"
    assert row[-2:] == ["none", "car, truck"]
    for arguments in (["prepare"], ["prepare", "main-roads"]):
        done = CliRunner().invoke(roads, arguments, obj=Context(toy, str(toy)))
        assert done.stdout == "Prepared the network main-roads.\n"
        assert first()[-2] == "ready"
    assert not (home / "networks").exists()


def test_list_without_roads(run) -> None:
    """A data package without roads has no network of its own in the list, and is told why."""
    result = run("list")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.startswith("main-roads: This data package holds no roads")


def test_every_step_moves_the_bar(file: Path, tmp_path: Path) -> None:
    """As many steps are told as the bar expects, for files and for a graph, so that it ends
    full.
    """
    graph = tmp_path / "two.graphml"
    ox.save_graphml(ox.graph_from_xml(file), graph)
    for paths in ([file], [file, file], [graph]):
        steps: list[str] = []
        osm_download.read(*paths, speeds=pd.read_csv(StringIO(SPEEDS)), on_step=steps.append)
        assert len(steps) == _steps(paths)


def test_home_that_cannot_be_written(run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the home folder cannot be made a command says so in one line."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(file / "home"))
    assert_refused(run("import", file, "--name", "two"), "cannot be written")
    with serving(Stand()) as server:
        box = ("--bbox", 107.9, 21.4, 108.1, 21.7)
        assert_refused(run("download", *box, "--overpass-url", server.url), "cannot be written")


def test_point_18_a_read_only_home_is_noticed_before_the_work(
    run, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import, download and prepare say at once that the home folder cannot be written, and read or
    ask nothing before.
    """
    assert run("import", file, "--name", "two").exit_code == 0
    before = contents(home / "networks" / "two")

    def refuse(*_args: Any, **_options: Any) -> str:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    stand = Stand()
    with serving(stand) as server:
        box = ("--bbox", 107.9, 21.4, 108.1, 21.7)
        commands = [
            ("import", file, "--name", "two"),
            ("download", *box, "--overpass-url", server.url),
            ("prepare", "two"),
        ]
        for command in commands:
            result = run(*command)
            assert_refused(result, "cannot be written: Read-only file system")
            assert len(result.stderr.splitlines()) == 1, "not a step of the work"
    assert not stand.agents
    assert contents(home / "networks" / "two") == before


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        *(
            ("hanoi.osm", "hanoi"),
            ("Vietnam-Latest.OSM", "vietnam-latest"),
            ("Hà Nội (Đông Anh) 2025.osm", "ha-noi-dong-anh-2025"),
        ),
        *(
            ("y.2.osm", "y-2"),
            ("广西 guangxi.osm", "guangxi"),
            (unicodedata.normalize("NFD", "Hà Nội.osm"), "ha-noi"),
        ),
    ],
)
def test_point_18_a_network_is_called_like_its_file(
    run, file: Path, home: Path, file_name: str, name: str
) -> None:
    """Without a name the network takes that of the file, in letters that a name may have."""
    path = Path(shutil.copyfile(file, file.with_name(file_name)))
    result = run("import", path, "--no-surfaces")
    assert result.exit_code == 0, result.output
    assert f"Kept the network {name}" in result.stdout
    assert [path.name for path in (home / "networks").iterdir()] == [name]


@pytest.mark.parametrize(
    "file_name", ["main-roads.osm.pbf", "广西.osm", "---.osm", ".osm", "a.osm b.osm"]
)
def test_point_18_a_file_that_makes_no_name_is_refused(
    run, file: Path, home: Path, file_name: str
) -> None:
    """Where the file name makes no name, and where there are several, the sentence says what to
    give, before anything is read.
    """
    result = run("import", *(file.parent / part for part in file_name.split(" ")))
    assert_refused(result, "with --name")
    assert not home.exists()


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("hanoi.osm.pbf", "hanoi"),
        ("hanoi.osm.gz", "hanoi"),
        ("hanoi.osm.bz2", "hanoi"),
        ("hanoi.graphml", "hanoi"),
        ("a.b.pbf", "a-b"),
    ],
)
def test_point_18_endings_are_no_part_of_a_name(file_name: str, name: str) -> None:
    """What a file is packed with does not stand in the name of the network."""
    assert _name_of([Path(file_name)]) == name


def test_bar_on_a_terminal(
    file: Path, home: Path, border_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal one bar fills up, with the name of the step beside it, and nothing of it goes
    to stdout.
    """
    monkeypatch.setattr("click._termui_impl.isatty", lambda _: True)
    result = CliRunner().invoke(
        roads, ["import", str(file), "--name", "two"], obj=Context(border_data, str(border_data))
    )
    assert "0/9  Reading the files …" in result.stderr
    assert "[####################] 9/9  Making the surfaces by truck" in result.stderr
    assert "9/9" not in result.stdout
    assert home.exists()


def test_truncated_file_leaves_nothing(run, file: Path, home: Path) -> None:
    """A file cut short is refused in one line, and no folder is left behind, nor the network of
    that name touched.
    """
    cut = file.with_name("cut.osm")
    cut.write_bytes(file.read_bytes()[:-30])
    assert_refused(run("import", cut, "--name", "two"), "cut.osm is damaged, cut short")
    assert not home.exists()
    run("import", file, "--name", "two")
    assert_refused(run("import", cut, "--name", "two"), "cut.osm is damaged, cut short")
    assert [path.name for path in (home / "networks").iterdir()] == ["two"]
    assert storage.load(home / "networks" / "two").segment_count


@pytest.mark.parametrize("name", ["Two", "../two", "", "a b", "main-roads"])
def test_names(run, file: Path, home: Path, name: str) -> None:
    """A name that could leave the folder, or hides the network of the data, is refused before
    anything is read.
    """
    assert_refused(run("import", file, "--name", name), "name")
    assert_refused(run("remove", name), "name")
    assert not home.exists()


def test_download(run, home: Path) -> None:
    """A download is kept like an import, and its cache is cleared."""
    elements = [{"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in NODES.items()]
    elements += [
        {"type": "way", "id": i, "nodes": refs, "tags": {"highway": "road"}}
        for i, refs in WAYS.items()
    ]
    with serving(Stand(elements=elements)) as server:
        result = run(
            "download",
            "--bbox",
            107.9,
            21.4,
            108.1,
            21.7,
            "--name",
            "box",
            "--overpass-url",
            server.url,
        )
    assert result.exit_code == 0, result.output
    assert "The gate bridge has a road" in result.stdout
    assert storage.load(home / "networks" / "box").manifest.as_of == "2025-10-01"
    assert not (home / "cache" / "overpass").exists()


def test_download_without_internet(run, home: Path) -> None:
    """Without a server the command says so in one line and leaves nothing."""
    assert_refused(
        run(
            "download",
            "--bbox",
            107.9,
            21.4,
            108.1,
            21.7,
            "--overpass-url",
            "http://127.0.0.1:9/api",
        ),
        "cannot be reached",
    )
    assert_refused(run("download"), "either a box or a place")
    assert not home.exists()


def test_import_needs_a_file(home: Path) -> None:
    """The main roads of the package need no import."""
    result = CliRunner().invoke(roads, ["import", "--no-surfaces"])
    assert result.exit_code == 2
    assert "Missing argument" in result.stderr
    assert not home.exists()


def test_the_main_roads_serve_nearly_all_parks(real_network: Network) -> None:
    """The bundled roads serve nearly all parks, none of them from an expressway."""
    parks = layers.read(layers.bundled(), "parks")
    snap = real_network.snap(
        parks.geometry.get_coordinates().to_numpy(), "truck", country=parks["country"].to_numpy()
    )
    joined = snap.segment >= 0
    assert joined.mean() > 0.97
    road_class = real_network.road_class[snap.segment[joined]]
    classes = np.array(real_network.manifest.road_classes)[road_class]
    assert not [name for name in set(classes) if "motorway" in name or "link" in name]
