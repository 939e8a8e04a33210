"""The command line: what each command prints and writes, and that an error is one sentence, exit 1,
and nothing written.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from click.testing import CliRunner, Result
from web import rewrite

from geo import __version__, export, layers
from geo.atlas import Atlas
from geo.schema import LAYERS, TABLES
from webapp.catalogues import LANGUAGES, province_names
from webapp.cli.main import main
from webapp.cli.options import Context

pytest_plugins = ("web",)

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("table", "csv", "json", "geojson")
TABLE_COMMANDS = (
    ("layers",),
    ("nearest", "gates", "--from", "van-don-ez", "-k", "3"),
    ("nearest", "cities", "--from", "107.1,20.95"),
    ("access", "--from", "van-don-ez", "--to", "gates,ports"),
    ("access", "--from", "107.1,20.95", "--to", "airports", "--nearest", "2", "--profile", "car"),
    ("route", "van-don-ez", "108.35,21.75"),
)
WRONG = (
    (("nearest", "castles", "--from", "van-don-ez"), "no layer “castles”"),
    (("nearest", "corridors", "--from", "van-don-ez"), "no points"),
    (("nearest", "gates", "--from", "nowhere"), "no site “nowhere”"),
    (("nearest", "gates", "--from", "107"), "no site “107”"),
    (("nearest", "gates", "--from", "107,95"), "latitude"),
    (("nearest", "gates", "--from", "nan,21"), "not a number"),
    (("nearest", "gates", "--from", "1,2,3"), "not lon,lat"),
    (("access", "--from", "108,20.4"), "No road of this network"),
    (("access", "--from", "van-don-ez", "--to", "corridors"), "no places"),
    (("access", "--from", "van-don-ez", "--to", "gates,castles"), "no layer “castles”"),
    (("access", "--from", "van-don-ez", "--profile", "bicycle"), "there are car, truck"),
    (("access", "--from", "van-don-ez", "--network", "nowhere"), "there are main-roads"),
    (("access", "--from", "van-don-ez", "--network", "../.."), "no road network"),
    (("route", "van-don-ez", "108,20.4"), "No road of this network"),
    (("route", "van-don-ez", "nowhere"), "no site “nowhere”"),
)
WRONG_EXPORTS = (
    (("export", "castles"), "no layer “castles”"),
    (("export", "parks", "--format", "mif"), "there are geojson, gpkg, csv, kml, xlsx, shp, fgb"),
    (("export", "parks", "--format", "dxf"), "EPSG:3405 (VN-2000 / UTM zone 48N)"),
    (("export", "parks", "--format", "kml", "--epsg", "5899"), "only WGS 84"),
    (("export", "parks", "--format", "csv", "--epsg", "999999"), "999999"),
    (("export", "policies", "--format", "kml"), "table without positions"),
    (("export", "parks", "--filter", "kind"), "name=value"),
    (("export", "parks", "--filter", "kind=castle"), "castle"),
    (("export", "parks", "--filter", "colour=red"), "colour"),
    (("export", "gates", "--filter", "sector=logistics"), "cannot be filtered"),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """The package that comes with Zone Atlas, which the commands of this module share."""
    return Atlas(layers.bundled(), tmp_path_factory.mktemp("home"), province_names)


@pytest.fixture(autouse=True)
def _home(opened: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Context.atlas.func
    shared = property(lambda self: opened if self.data == opened.data else own(self))
    monkeypatch.setattr(Context, "atlas", shared)
    monkeypatch.setenv("ZONEATLAS_HOME", str(opened.home))
    monkeypatch.delenv("ZONEATLAS_DATA", raising=False)


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command; an exception that is not caught fails the test."""
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def refused(*arguments: str) -> str:
    """Run a command that must fail; give its sentence."""
    result = run(*arguments, code=1)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("zoneatlas: ")
    assert "Traceback" not in result.output
    return lines[0]


def rows_of(text: str, format_: str) -> list[dict[str, Any]]:
    """Read the rows that a command has printed."""
    if format_ == "csv":
        return [
            {key: value for key, value in row.items() if key not in ("about", "lon", "lat", "wkt")}
            for row in csv.DictReader(io.StringIO(text))
        ]
    if format_ == "json":
        return json.loads(text)
    return [feature["properties"] for feature in json.loads(text)["features"]]


def plain(row: dict[str, Any]) -> dict[str, str]:
    """Bring a row of any format to text, numbers to seven figures and six decimals."""

    def text(value: Any) -> str:
        if value is None or value == "":
            return ""
        try:
            return (
                str(value).lower() if isinstance(value, bool) else f"{round(float(value), 6):.7g}"
            )
        except (TypeError, ValueError):
            return ";".join(value) if isinstance(value, list) else str(value)

    return {key: text(value) for key, value in row.items()}


# What is printed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", TABLE_COMMANDS, ids=" ".join)
def test_the_formats_agree(command: tuple[str, ...]) -> None:
    """CSV, JSON and GeoJSON parse, and hold the same rows in the same order; the table has as many
    lines.
    """
    outputs = {format_: run(*command, "--format", format_).stdout for format_ in FORMATS}
    rows = {
        format_: [plain(row) for row in rows_of(outputs[format_], format_)]
        for format_ in FORMATS[1:]
    }
    assert rows["json"]
    assert rows["csv"] == rows["json"]
    assert rows["geojson"] == rows["json"]
    assert len(outputs["table"].splitlines()) == len(rows["json"]) + 1


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_holds_what_the_screen_shows(tmp_path: Path, format_: str) -> None:
    """With -o the same goes into a file, and nothing else is left in the folder."""
    command = ("access", "--from", "van-don-ez", "--to", "gates", "--format", format_)
    path = tmp_path / "out"
    result = run(*command, "-o", str(path))
    assert result.stdout == ""
    assert path.read_bytes().decode("utf-8-sig").splitlines() == run(*command).stdout.splitlines()
    assert list(tmp_path.iterdir()) == [path]


def test_access_of_every_park(tmp_path: Path) -> None:
    """Without --from the table has a row for every park and every destination."""
    path = tmp_path / "access.csv"
    run("access", "--to", "gates,airports", "--format", "csv", "-o", str(path))
    table = pd.read_csv(path)
    frames = {name: layers.read(layers.bundled(), name) for name in ("parks", "gates", "airports")}
    assert len(table) == len(frames["parks"]) * (len(frames["gates"]) + len(frames["airports"]))
    assert not table.duplicated(["from_id", "to_id"]).any()
    assert table["travel_time_s"].isna().any()
    assert (table["travel_time_s"].dropna() >= 0).all()


def test_nearest_is_sorted_and_counted() -> None:
    """As many as asked for, nearest first, counted from 1."""
    rows = json.loads(
        run("nearest", "ports", "--from", "van-don-ez", "-k", "7", "--format", "json").stdout
    )
    assert [row["rank"] for row in rows] == list(range(1, 8))
    distances = [row["distance_m"] for row in rows]
    assert distances == sorted(distances)


def test_layers_are_listed() -> None:
    """Each layer stands in the list with its rows and licence."""
    rows = json.loads(run("layers", "--format", "json").stdout)
    held = [name for name in LAYERS if (layers.bundled() / f"{name}.csv").is_file()]
    assert [row["layer"] for row in rows] == held
    assert all(row["rows"] > 0 and row["licence"] for row in rows)


def test_help_and_version() -> None:
    """Every command explains itself in a sentence; the version is the package's."""
    assert __version__ in run("--version").stdout
    for command in ("", *main.commands):
        text = run(*filter(None, [command]), "--help").stdout
        assert re.search(r"Usage: ", text)
        assert len(text.split("\n\n")) >= 2


# Files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer_id", [name for name in LAYERS if name != "claims"])
def test_an_exported_layer_comes_back_equal(tmp_path: Path, layer_id: str) -> None:
    """What export writes, check reads as the same number of rows without a fault; twice it is the
    same bytes.
    """
    path = tmp_path / f"{layer_id}.geojson"
    run("export", layer_id, "-o", str(path))
    first = path.read_bytes()
    run("export", layer_id, "-o", str(path))
    assert path.read_bytes() == first
    text = run("check", str(path), "--layer", layer_id).stdout
    assert f"{len(layers.read(layers.bundled(), layer_id))} rows, no fault" in text


def test_an_export_is_filtered_and_projected(tmp_path: Path) -> None:
    """Filters narrow it, --epsg sets its system, and the file says so."""
    path = tmp_path / "parks.gpkg"
    run(
        "export",
        "parks",
        "--format",
        "gpkg",
        "-o",
        str(path),
        "--epsg",
        "5899",
        "--filter",
        "country=VN",
        "--filter",
        "q=quang ninh",
    )
    parks = layers.read(layers.bundled(), "parks")
    wanted = parks[(parks["country"] == "VN") & (parks["province_en"] == "Quang Ninh")]
    assert pyogrio.read_info(path)["crs"] == "EPSG:5899"
    assert set(pyogrio.read_dataframe(path)["id"]) >= set(wanted.index)
    assert "country = VN" in pyogrio.read_info(path)["layer_metadata"]["filters"]


@pytest.mark.parametrize("format_", export.FORMATS.values(), ids=lambda format_: format_.id)
def test_an_export_takes_every_format(tmp_path: Path, format_: export.Format) -> None:
    """The file is what the library writes."""
    path = tmp_path / f"gates.{format_.extension}"
    epsg = 5899 if format_.any_crs else 4326
    run("export", "gates", "--format", format_.id, "-o", str(path), "--epsg", str(epsg))
    atlas = Atlas.open()
    frame, about = atlas.layer("gates"), atlas.about("gates")
    assert path.read_bytes() == export.write(frame, format_.id, about, epsg=epsg)


def test_the_map_in_one_file(tmp_path: Path) -> None:
    """The map is one file without an address to load from, the same bytes each time."""
    path = tmp_path / "atlas.html"
    assert "MB" in run("map", "-o", str(path)).stderr
    first = path.read_bytes()
    run("map", "-o", str(path))
    assert path.read_bytes() == first
    text = first.decode()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", text)
    assert "Mong Cai" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ("Bộ lọc", "Khu kinh tế Vân Đồn", "Cảng biển")),
        ("zh", ("筛选条件", "云屯经济区", "海港")),
    ],
)
def test_the_map_in_one_file_speaks_a_language(
    tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """Page, sheets and names are in the language that is asked for, whatever the language of the
    machine.
    """
    path = tmp_path / "atlas.html"
    run("map", "-o", str(path), "--lang", language)
    text = path.read_text(encoding="utf-8")
    assert f'<html lang="{LANGUAGES[language].tag}">' in text
    assert not [word for word in words if word not in text]
    assert next(
        param for param in main.commands["map"].params if param.name == "lang"
    ).type.choices == tuple(LANGUAGES)


# What goes wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "sentence"),
    WRONG,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_is_one_line(tmp_path: Path, command: tuple[str, ...], sentence: str) -> None:
    """A command that cannot be done says why in one line, exits with 1 and leaves no file."""
    assert sentence in refused(*command)
    assert sentence in refused(*command, "-o", str(tmp_path / "out"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "sentence"),
    WRONG_EXPORTS,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refused_export_leaves_the_old_file(
    tmp_path: Path, command: tuple[str, ...], sentence: str
) -> None:
    """An export that cannot be made says why, exits with 1, and leaves what stood there before."""
    path = tmp_path / "out"
    path.write_text("before")
    result = run(*command, "-o", str(path), code=1)
    assert sentence in result.stderr
    assert result.stderr.startswith("zoneatlas: ")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A folder that is not there is an error of one line, for every command that writes."""
    path = str(tmp_path / "nowhere" / "out")
    for command in (("layers",), ("export", "parks"), ("map",), ("access", "--from", "van-don-ez")):
        assert "cannot be written" in refused(*command, "-o", path)


# Another folder -----------------------------------------------------------------------------------


def test_another_region_is_another_folder(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two made-up countries work in every command, by --data and by ZONEATLAS_DATA alike; --data
    goes first.
    """
    commands = (
        ("layers", "--format", "json"),
        ("nearest", "gates", "--from", "west-park", "--format", "json"),
        ("access", "--from", "west-park", "--format", "json", "--profile", "car"),
        ("route", "west-park", "east-park", "--format", "json", "--profile", "car"),
        ("check",),
    )
    by_option = [run("--data", str(toy), *command).stdout for command in commands]
    monkeypatch.setenv("ZONEATLAS_DATA", str(toy))
    assert [run(*command).stdout for command in commands] == by_option
    assert [row["rows"] for row in json.loads(by_option[0]) if row["layer"] == "parks"] == [3]
    ways = {row["to_id"]: row for row in json.loads(by_option[2])}
    assert 20 * 60 <= ways["bridge"]["travel_time_s"] + 1 <= (20 + 30) * 60 + 2
    beyond_min = 20 + 30 + 10 + 1.4 + 22.1  # west road, gate, east road, slip road, motorway
    assert ways["north-airport"]["travel_time_s"] == pytest.approx(beyond_min * 60, rel=0.01)
    assert [step["gate"] for step in json.loads(by_option[3]) if step["gate"]] == ["bridge"]
    for layer_id in ("parks", "corridors"):
        run("export", layer_id, "-o", str(tmp_path / layer_id))
    run("map", "-o", str(tmp_path / "map.html"))
    assert "West Park" in (tmp_path / "map.html").read_text(encoding="utf-8")
    monkeypatch.setenv("ZONEATLAS_DATA", str(tmp_path / "nowhere"))
    assert run("--data", str(toy), *commands[0]).stdout == by_option[0]
    assert "no folder" in run(*commands[0], code=1).stderr


def test_without_outlines_no_way_leads_over_an_open_border(toy: Path, tmp_path: Path) -> None:
    """A point whose side of the border is not known has no way, nor has anything on roads whose
    border cannot be closed, and the sentence says what helps; with outlines the gate counts.
    """
    bare = tmp_path / "bare"
    shutil.copytree(toy, bare)
    shutil.rmtree(bare / "basemap")
    ask = ("route", "100.16,0.001", "east-park", "--profile", "car")
    for command in (
        ask,
        ("access", "--from", "100.16,0.001"),
        ("isochrones", "--from", "100.16,0.001"),
    ):
        text = refused("--data", str(bare), *command)
        assert "which side of a border" in text or "close the border" in text
        assert "basemap/countries.geojson" in text
    text = refused("--data", str(bare), "route", "west-park", "east-park")
    assert "there is no file basemap/countries.geojson to close the border" in text
    warning = run("--data", str(bare), "check").stderr
    assert "which side of a border" in warning
    assert "build.py" in warning
    assert (
        "bridge" in run("--data", str(bare), "nearest", "gates", "--from", "100.16,0.001").stdout
    ), "a straight line has no border"
    assert "gates: bridge" in run("--data", str(toy), *ask).stderr
    assert run("--data", str(toy), "check").stderr == ""
    single = tmp_path / "one"
    shutil.copytree(bare, single)
    for name in ("parks", "gates", "ports", "airports", "cities", "corridors", "roads"):
        rewrite(single / f"{name}.csv", lambda rows: [row | {"country": "AA"} for row in rows])
    assert "gates: none" in run("--data", str(single), *ask).stderr, (
        "a package of one country needs no outlines"
    )
    assert run("--data", str(single), "check").stderr == ""


def test_a_folder_that_is_no_package_is_one_line(tmp_path: Path) -> None:
    """A folder without datapackage.json is named, with what it lacks."""
    assert "has no datapackage.json" in refused("--data", str(tmp_path), "layers")
    assert "has no datapackage.json" in refused("--data", str(tmp_path), "check")


def test_check_finds_no_fault_in_the_bundled_data() -> None:
    """The data that comes with Zone Atlas passes its own check, layer by layer."""
    lines = run("check").stdout.splitlines()
    parts = (*LAYERS, *TABLES, "datapackage", "countries", "basemap", "profiles", "trips")
    assert lines == [f"{name}: no fault" for name in parts]


def test_check_names_every_fault(toy: Path, tmp_path: Path) -> None:
    """Faults of several layers stand in one report, each with its layer, row and field."""
    folder = tmp_path / "data"
    shutil.copytree(toy, folder)

    def spoil(**cells: str) -> Callable[[list[dict[str, str]]], list[dict[str, str]]]:
        return lambda rows: [rows[0] | cells, *rows[1:]]

    rewrite(folder / "parks.csv", spoil(lat="95", kind="castle", area_ha="abc", policies="nothing"))
    rewrite(folder / "gates.csv", spoil(cargo="perhaps", country="Aland"))
    rewrite(folder / "ports.csv", spoil(id="bridge"))
    rewrite(folder / "speeds.csv", spoil(speed_kph="0"))
    (folder / "cities.csv").unlink()
    result = run("--data", str(folder), "check", code=1)
    text = result.stderr
    for fault in (
        "parks: line 2 (west-park): lat: ",
        "kind: “castle”",
        "area_ha: “abc”",
        "gates: line 2 (bridge): cargo: “perhaps”",
        "country: “Aland”",
    ):
        assert fault in text
    assert "speeds: line 2" in text
    assert "cities" in text
    assert re.search(r"^parks: \d+ faults?$", result.stdout, re.M)
    assert "airports: no fault" in result.stdout


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[1] / "data" / "invalid").iterdir()),
    ids=lambda path: path.name,
)
def test_check_refuses_each_invalid_file(path: Path) -> None:
    """Each file with a fault is refused with exit 1 and a report that begins with a sentence."""
    layer_id = "corridors" if path.name.startswith("corridors") else "parks"
    result = run("check", str(path), "--layer", layer_id, code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("zoneatlas: ")
    assert "Traceback" not in result.stderr


def test_check_of_a_file_needs_its_layer(data: Path) -> None:
    """A file alone does not say what it holds."""
    assert "--layer" in refused("check", str(data / "parks.csv"))
    assert "no fault" in run("check", str(data / "parks.csv"), "--layer", "parks").stdout


# Served -------------------------------------------------------------------------------------------


def test_serve_answers_from_any_folder(toy: Path, tmp_path: Path) -> None:
    """The command serves from any folder and says where, at once what needs no roads; a port in use
    is one line and exit 1.
    """
    bare = Path(shutil.copytree(toy, tmp_path / "bare"))
    shutil.rmtree(bare / "basemap")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "webapp.cli.main",
        "--data",
        str(bare.resolve()),
        "serve",
        "--port",
        str(port),
    ]
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PATH": "",
        "PYTHONUNBUFFERED": "1",
        "ZONEATLAS_HOME": str(tmp_path / "home"),
    }
    started = time.monotonic()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd="/",
    ) as process:
        try:
            page = ""
            while not page and time.monotonic() < started + 90:
                try:
                    with urllib.request.urlopen(
                        f"http://127.0.0.1:{port}/download/parks.csv", timeout=5
                    ) as answer:
                        page = answer.read().decode()
                except OSError:
                    time.sleep(0.1)
            assert "West Park" in page
            second = subprocess.run(
                command, capture_output=True, text=True, env=environment, cwd="/", timeout=60
            )
            assert second.returncode == 1
            assert re.fullmatch(r"zoneatlas: 127\.0\.0\.1:\d+ cannot be used: .*\n", second.stderr)
        finally:
            process.terminate()
            text = process.communicate(timeout=10)[0]
    assert f"http://127.0.0.1:{port}" in text
    assert "Warning: There is no basemap/countries.geojson" in text


def test_serve_refuses_a_package_with_faults(tmp_path: Path) -> None:
    """What is wrong with the data is said before anybody visits, and nothing is served."""
    data = tmp_path / "data"
    shutil.copytree(layers.bundled(), data)
    text = (data / "gates.csv").read_text(encoding="utf-8").replace(",21.5372,", ",95,", 1)
    (data / "gates.csv").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["--data", str(data), "serve", "--port", "8999"])
    assert done.exit_code == 1
    assert "gates: line 2 (mong-cai-bac-luan-1): lat: 95 is above 90" in done.output


@pytest.mark.parametrize(
    ("arguments", "locale", "wanted"),
    [
        ((), "vi_VN.UTF-8", "Không có lớp “nosuch”"),
        ((), "C.UTF-8", "There is no layer “nosuch”"),
        (("--lang", "zh"), "vi_VN.UTF-8", "没有图层“nosuch”"),
        (("--lang", "en"), "zh_CN", "There is no layer “nosuch”"),
    ],
)
def test_what_went_wrong_is_said_in_the_language_of_the_user(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], locale: str, wanted: str
) -> None:
    """The option counts before the environment, and both before English."""
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    result = run(*arguments, "export", "nosuch", "-o", "none.csv", code=1)
    assert wanted in result.stderr


WITHOUT_FLASK = (
    *TABLE_COMMANDS,
    ("isochrones", "--from", "van-don-ez", "--minutes", "30"),
    ("check",),
    ("export", "ports", "-o", "ports.geojson", "--filter", "country=VN"),
    ("roads", "list"),
    ("roads", "check"),
    ("trip", "examples"),
    ("trip", "check", "2-mong-cai-dongxing"),
    ("trip", "plan", "2-mong-cai-dongxing", "--lang", "vi"),
    ("trip", "export", "2-mong-cai-dongxing", "--format", "gpx", "-o", "plan.gpx"),
)


@pytest.fixture(scope="module")
def loaded_flask(
    tmp_path_factory: pytest.TempPathFactory, built_home: Path
) -> dict[tuple[str, ...], bool]:
    """Whether Flask is loaded once each of these commands has run, one after the other in one
    fresh process.
    """
    folder = tmp_path_factory.mktemp("without")
    code = (
        "import sys\n"
        "from webapp.cli.main import main\n"
        f"for command in {WITHOUT_FLASK!r}:\n"
        "    main([*command], standalone_mode=False)\n"
        "    print(bool({'flask', 'flask_babel'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"ZONEATLAS_HOME": str(built_home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = re.findall(r"^(True|False)$", done.stderr, re.MULTILINE)
    return dict(zip(WITHOUT_FLASK, (answer == "True" for answer in answers), strict=True))


@pytest.mark.parametrize("command", WITHOUT_FLASK, ids=" ".join)
def test_only_what_serves_or_draws_a_page_loads_flask(
    command: tuple[str, ...], loaded_flask: dict[tuple[str, ...], bool]
) -> None:
    """Every other command answers from the library; the first that fails here loads it."""
    assert not loaded_flask[command]


def test_a_look_up_starts_without_heavy_libraries() -> None:
    """The nearest gates to a site load nothing that compiles, draws or reads big files; most of the
    time of such a command is that of its imports.
    """
    code = (
        "import sys\nfrom webapp.cli.main import main\n"
        "try:\n    main(['nearest', 'gates', '--from', 'van-don-ez'])\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "hoanh-mo" in done.stdout
    roots = {name.split(".")[0] for name in done.stderr.split()}
    assert "geopandas" in roots
    heavy = {"flask", "folium", "matplotlib", "numba", "osmnx", "pyogrio", "rasterio", "sklearn"}
    assert not roots & heavy
