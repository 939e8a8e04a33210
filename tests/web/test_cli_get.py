"""The commands ``roads get`` and ``roads default``, with a stand-in for the server of extracts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import test_cli_roads as border
from click.testing import CliRunner, Result
from file_server import Stand, serving

from geo import layers
from geo.errors import NotFoundError
from geo.roads import default_network, extracts, fetching, storage
from webapp.cli.main import main

HEADS = (
    "id,name_en,name_vi,name_zh,url,md5_url,sha256,licence,attribution,west,south,east,north,notes,"
    "source,source_kind,as_of"
)
BOX = "107,21,109,22"
FAR = {7: (107.5, 10.0), 8: (107.6, 10.0), 10: (108.02, 21.5), 11: (108.02, 21.6)}
Run = Callable[..., Result]


def osm(ways: dict[int, list[int]]) -> bytes:
    """Write some ways with their points, as an extract that keeps ways whole across its border."""
    nodes = border.NODES | FAR
    used = sorted({ref for refs in ways.values() for ref in refs})
    text = "".join(
        f'<node id="{i}" version="1" lon="{nodes[i][0]}" lat="{nodes[i][1]}"/>' for i in used
    )
    for number, refs in ways.items():
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        text += f'<way id="{number}" version="1">{inside}<tag k="highway" v="road"/></way>'
    return f'<osm version="0.6">{text}</osm>'.encode()


WEST = osm({**border.WAYS, 9: [7, 8]})
EAST = osm({1: [1, 2], 2: [3, 4], 6: [2, 10], 7: [4, 11]})


@pytest.fixture
def server() -> Iterator[Stand]:
    """A server of two extracts that share the roads across the border."""
    with serving(Stand(files={"/west-latest.osm": WEST, "/east-latest.osm": EAST})) as stand:
        yield stand


@pytest.fixture
def package(tmp_path: Path, server: Stand) -> Path:
    """A data package of two countries that names both extracts."""
    folder = tmp_path / "data"
    (folder / "basemap").mkdir(parents=True)
    rows = [
        f"{side},{side.title()},,,{server.url}/{side}-latest.osm,{server.url}/{side}-latest.osm.md5,,"
        f"ODbL-1.0,© OpenStreetMap contributors,{BOX},,Test,code,2026"
        for side in ("west", "east")
    ]
    for name, text in (
        ("extracts.csv", "\n".join([HEADS, *rows]) + "\n"),
        ("speeds.csv", border.SPEEDS),
        ("crossings.csv", border.CROSSINGS),
        ("gates.csv", border.GATES),
        ("parks.csv", border.PARKS),
        ("ports.csv", border.PORTS),
        ("airports.csv", border.AIRPORTS),
        ("cities.csv", border.CITIES),
        ("datapackage.json", '{"name": "border", "title": "Border", "resources": []}'),
        ("basemap/countries.geojson", border.COUNTRIES),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    return tmp_path / "home"


@pytest.fixture
def run(package: Path, home: Path) -> Run:
    """Run the main program on the package."""
    assert not home.exists()
    return lambda *rest, lang="en": CliRunner().invoke(
        main, ["--data", str(package), "--lang", lang, "roads", *map(str, rest)]
    )


def listed(run: Run) -> list[str]:
    """Return the first words of the list of networks."""
    return [re.split(r"  +", line)[0] for line in run("list").stdout.splitlines()[1:]]


def test_get_makes_the_extracts_the_default_network(run: Run, server: Stand, home: Path) -> None:
    """One command brings the extracts, joins them over the border, cuts them to the region, closes
    the border, prepares them and makes them the network one drives on.
    """
    done = run("get")
    assert done.exit_code == 0, done.output
    kept = storage.load(home / "networks" / "openstreetmap")
    assert kept.manifest.title == "OpenStreetMap: West, East"
    assert kept.manifest.licence == "ODbL-1.0, © OpenStreetMap contributors"
    assert kept.manifest.gates == ("bridge",)
    assert tuple(kept.hierarchies) == kept.profiles
    assert kept.node_lonlat[:, 1].min() > 21
    assert "1 way outside the region is left out." in done.stdout
    assert "The gate bridge has a road" in done.stdout
    assert "The default network is openstreetmap now." in done.stdout
    assert default_network.of(home) == "openstreetmap"
    assert server.paths() == [
        "/west-latest.osm.md5",
        "/west-latest.osm",
        "/east-latest.osm.md5",
        "/east-latest.osm",
    ]
    files = [home / "extracts" / name for name in ("west.osm", "east.osm")]
    whole = run("import", *files, "--name", "whole")
    assert whole.exit_code == 0, whole.output
    other = storage.load(home / "networks" / "whole")
    assert kept.length_m.sum() < other.length_m.sum()
    assert kept.segment_count == other.segment_count - 1
    assert storage.names(home / "networks") == ["openstreetmap", "whole"]


def test_the_bytes_are_told(run: Run, server: Stand) -> None:
    """Without a terminal each file is told of in lines, and a pause with its reason."""
    server.busy = [(503, "7")]
    lines = run("get").stderr.splitlines()
    assert lines[0] == (
        "The server does not serve (503 Service Unavailable); asking again in 10 s …"
    )
    assert lines[1] == "West: 0.0 of 0.0 MB"
    assert "Reading the extracts …" in lines


def test_again_nothing_is_downloaded(run: Run, server: Stand, home: Path) -> None:
    """What is here and unchanged is read again, not downloaded again; what has changed is."""
    run("get")
    server.asked.clear()
    done = run("get")
    assert done.exit_code == 0, done.output
    assert server.paths() == ["/west-latest.osm.md5", "/east-latest.osm.md5"]
    assert "West: unchanged, not downloaded again." in done.stderr
    assert "Replaced the network openstreetmap" in done.stdout
    server.files["/east-latest.osm"] = osm({1: [1, 2], 2: [3, 4]})
    run("get")
    assert server.paths()[-1] == "/east-latest.osm"
    assert storage.load(home / "networks" / "openstreetmap").manifest.gates == ("bridge",)


def test_stopped_in_the_middle_it_goes_on(
    run: Run, server: Stand, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped during the second file it leaves no network, and the next time asks for the rest
    only.
    """
    server.files["/east-latest.osm"] = big = EAST + b"<!-- " + b"x" * 90_000 + b" -->"
    with monkeypatch.context() as patch:

        def stop(here: int, total: int | None) -> None:
            if total == len(big) and here > 40_000:
                raise KeyboardInterrupt

        original = fetching.fetch
        patch.setattr(
            fetching,
            "fetch",
            lambda *values, **named: original(*values, **named | {"on_bytes": stop}),
        )
        assert run("get").exit_code == 1
    assert not (home / "networks").exists()
    assert default_network.of(home) == default_network.BUILT_IN
    server.asked.clear()
    assert run("get").exit_code == 0
    assert server.paths() == ["/west-latest.osm.md5", "/east-latest.osm.md5", "/east-latest.osm"]
    assert 0 < server.asked[-1].sent < len(big)


def test_some_extracts_without_the_default(run: Run, home: Path) -> None:
    """Extracts are chosen by their ids, under a name of one's own, and need not become the
    default.
    """
    done = run("get", "west", "--name", "mine", "--no-default", "--no-surfaces")
    assert done.exit_code == 0, done.output
    assert storage.load(home / "networks" / "mine").manifest.title == "OpenStreetMap: West"
    assert "default" not in done.stdout
    assert listed(run)[-1] == "mine"


def refuse(result: Result, *sentences: str) -> None:
    """Check that a command ended with one sentence."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    for sentence in sentences:
        assert sentence in result.stderr.splitlines()[-1]


def test_what_cannot_be_got_is_told(run: Run, server: Stand, home: Path, package: Path) -> None:
    """Unknown extracts, a name that is taken, a checksum that is wrong, no internet, and a package
    without extracts: one sentence each, and the network of before stays.
    """
    refuse(run("get", "north", "south"), "“north”, “south”", "west, east")
    refuse(run("get", "--name", default_network.BUILT_IN), "is taken")
    assert not server.asked
    assert not home.exists()
    assert run("get", "--no-surfaces").exit_code == 0
    server.files["/west-latest.osm.md5"] = b"0" * 32
    refuse(run("get"), "does not have its checksum")
    server.files = {}
    refuse(run("get"), "404 Not Found")
    server.stop()
    refuse(run("get"), "cannot be reached", "zoneatlas roads import")
    (package / "extracts.csv").unlink()
    refuse(run("get"), "names no extracts")
    assert listed(run)[-1] == "openstreetmap (default)"


def test_a_file_that_is_not_an_extract(run: Run, server: Stand, home: Path) -> None:
    """What has its checksum and is not a map is told of by its name, and nothing is kept."""
    server.files["/east-latest.osm"] = b"<html>sorry</html>"
    refuse(run("get"), "east.osm is damaged, cut short or no OpenStreetMap file")
    assert not (home / "networks").exists()


def test_default_is_shown_chosen_and_falls_back(run: Run) -> None:
    """The default network is shown, chosen, marked in the list, and the built-in one again once it
    is removed.
    """
    built_in = default_network.BUILT_IN
    assert run("default").stdout == f"{built_in}\n"
    refuse(run("default", "openstreetmap"), "There is no road network “openstreetmap”.")
    refuse(run("default", "../x"), "cannot be the name")
    run("get", "--no-surfaces")
    assert run("default").stdout == "openstreetmap\n"
    assert listed(run)[-1] == "openstreetmap (default)"
    assert f"The default network is {built_in} now." in run("default", built_in).stdout
    assert run("default").stdout == f"{built_in}\n"
    assert run("default", "openstreetmap").exit_code == 0
    done = run("remove", "openstreetmap")
    assert f"The default network is {built_in} again." in done.stdout
    run("get", "--no-surfaces", "--no-default")
    assert run("default").stdout == f"{built_in}\n"


def test_commands_drive_on_the_default_network(run: Run, package: Path) -> None:
    """Where no network is named a command takes the default one: a way that only the extracts
    have.
    """
    run("get", "--no-surfaces")
    ask = ["--data", str(package), "access", "--from", "near", "--to", "gates", "--profile", "car"]
    done = CliRunner().invoke(main, [*ask, "--format", "csv"])
    assert done.exit_code == 0, done.output
    row = next(line for line in done.stdout.splitlines() if "bridge" in line)
    named = CliRunner().invoke(main, [*ask, "--format", "csv", "--network", "openstreetmap"])
    assert row in named.stdout
    assert default_network.name() == default_network.BUILT_IN, "the command leaves nothing behind"


@pytest.mark.parametrize(
    "text", ["", "nowhere", "../networks/openstreetmap", "Openstreetmap", "\x00", "openstreetmap/x"]
)
def test_a_default_that_is_not_there(text: str, run: Run, home: Path) -> None:
    """A damaged choice, or one of a network that is gone, means the built-in network."""
    run("get", "--no-surfaces")
    (home / default_network.FILE).write_text(text, encoding="utf-8")
    assert default_network.of(home) == default_network.BUILT_IN
    (home / default_network.FILE).write_bytes(b"\xff\xfe")
    assert default_network.of(home) == default_network.BUILT_IN
    shutil.rmtree(home / "networks")
    default_network.choose(home, "openstreetmap")
    assert default_network.of(home) == default_network.BUILT_IN


@pytest.mark.parametrize("lang", ["vi", "zh"])
def test_it_speaks_the_language(run: Run, lang: str) -> None:
    """What the command says of the download and of the default is in the language of the option."""
    done = run("get", lang=lang)
    assert done.exit_code == 0, done.output
    assert "The default network" not in done.stdout
    assert "openstreetmap" in done.stdout
    assert "Reading the extracts" not in done.stderr
    assert "unchanged" not in run("get", lang=lang).stderr


def test_the_extracts_of_the_package() -> None:
    """The package names Viet Nam and the two provinces of China at its border, each with a checksum
    beside it, cut to the region of the package.
    """
    folder = layers.bundled()
    chosen = extracts.choose(layers.read_table(folder, "extracts"))
    assert [extract.title for extract in chosen] == ["Viet Nam", "Guangxi", "Yunnan"]
    assert {extract.box for extract in chosen} == {tuple(layers.describe(folder)["bbox"])}
    for extract in chosen:
        assert extract.source.md5_url == f"{extract.source.url}.md5"
        assert extract.file_name == f"{extract.id}.osm.pbf"
        assert "OpenStreetMap" in extract.attribution
    with pytest.raises(NotFoundError):
        extracts.choose(layers.read_table(folder, "extracts"), ["osm-laos"])
    assert np.ptp([extract.box for extract in chosen], axis=0).tolist() == [0, 0, 0, 0]


def test_a_box_upside_down_is_a_fault() -> None:
    """The check of a package names the extract whose edges are exchanged."""
    table = layers.read_table(layers.bundled(), "extracts")
    assert extracts.faults(table) == []
    turned = table.assign(west=table["east"], east=table["west"])
    assert [fault.split(":")[0] for fault in extracts.faults(turned)] == table["id"].tolist()
