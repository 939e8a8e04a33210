"""Files of every kind are read whole, and files that mean harm are refused with a sentence."""

from __future__ import annotations

import io
import json
import random
import socket
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.exchange import doctor, formats, reading, sniffing
from geo.exchange.known import Known

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def frame() -> gpd.GeoDataFrame:
    parks = layers.read(layers.bundled(), "parks").iloc[::12]
    table = parks[["name_vi", "area_ha", "geometry"]].reset_index(drop=True)
    return table.rename(columns={"name_vi": "name"})


def written(frame: gpd.GeoDataFrame, path: Path, driver: str, **options: str) -> Path:
    frame.to_file(path, driver=driver, engine="pyogrio", **options)
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def shapefile(frame: gpd.GeoDataFrame, folder: Path, cpg: str | None = "UTF-8") -> Path:
    """Write a zipped Shapefile in a folder of the archive, with whatever `.cpg`."""
    frame.to_file(folder / "khu.shp", engine="pyogrio", encoding="UTF-8")
    parts = {f"map/{path.name}": path.read_bytes() for path in folder.glob("khu.*")}
    parts["map/khu.cpg"] = (cpg or "").encode()
    if cpg is None:
        del parts["map/khu.cpg"]
    return zipped(folder / "khu.zip", parts)


def workbook(frame: gpd.GeoDataFrame, path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Tên", "Diện tích (ha)", "Kinh độ", "Vĩ độ"])
    for name, area, point in zip(frame["name"], frame["area_ha"], frame.geometry, strict=True):
        sheet.append([name, None if pd.isna(area) else area, point.x, point.y])
    book.save(path)
    return path


def csv_file(frame: gpd.GeoDataFrame, path: Path, separator: str, decimal: str) -> Path:
    table = pd.DataFrame(
        {
            "Tên": frame["name"],
            "Diện tích (ha)": frame["area_ha"],
            "Kinh độ": frame.geometry.x,
            "Vĩ độ": frame.geometry.y,
        }
    )
    table.to_csv(path, sep=separator, decimal=decimal, index=False)
    return path


def kmz(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    path = written(frame, folder / "doc.kml", "LIBKML")
    return zipped(folder / "a.kmz", {"doc.kml": path.read_bytes(), "files/icon.png": b"\x89PNG"})


MAKERS: dict[str, Callable[[gpd.GeoDataFrame, Path], Path]] = {
    "CSV": lambda frame, folder: csv_file(frame, folder / "a.csv", ",", "."),
    "CSV semicolon": lambda frame, folder: csv_file(frame, folder / "a.csv", ";", ","),
    "CSV tab": lambda frame, folder: csv_file(frame, folder / "a.txt", "\t", "."),
    "XLSX": lambda frame, folder: workbook(frame, folder / "a.xlsx"),
    "GeoJSON": lambda frame, folder: written(frame, folder / "a.geojson", "GeoJSON"),
    "GeoPackage": lambda frame, folder: written(frame, folder / "a.gpkg", "GPKG"),
    "Shapefile": shapefile,
    "Shapefile, no cpg": lambda frame, folder: shapefile(frame, folder, None),
    "Shapefile, wrong cpg": lambda frame, folder: shapefile(frame, folder, "ISO-8859-1"),
    "KML": lambda frame, folder: written(frame, folder / "a.kml", "LIBKML"),
    "KML plain": lambda frame, folder: written(frame, folder / "a.kml", "KML"),
    "KMZ": kmz,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_each_kind_of_file_is_read_whole(
    kind: str, frame: gpd.GeoDataFrame, known: Known, tmp_path: Path
) -> None:
    """Names, areas and places come back from each kind of file, by whatever name it is called."""
    path = MAKERS[kind](frame, tmp_path)
    path = path.rename(tmp_path / "file.dat")
    exam = doctor.examine(path, known)
    assert exam.is_clear, (exam.questions, exam.faults)
    assert exam.kind == kind.split()[0].rstrip(",")
    names = [row.get("name_vi") or row.get("name_en") for row in exam.rows]
    assert names == list(frame["name"])
    areas = [float(row.get("area_ha", "nan")) for row in exam.rows]
    pd.testing.assert_series_equal(
        pd.Series(areas), frame["area_ha"].astype(float), check_names=False
    )
    apart = shapely.distance(exam.sure.geometry.to_numpy(), frame.geometry.to_numpy())
    assert apart.max() < 1e-7


def test_files_without_names_for_their_layers_are_read(
    frame: gpd.GeoDataFrame, known: Known, tmp_path: Path
) -> None:
    """GeoJSON and KML as people write them by hand, with no name for the whole, are read."""
    (tmp_path / "a.geojson").write_text(frame.to_json(drop_id=True), encoding="utf-8")
    marks = "".join(
        f"<Placemark><name>{name}</name><ExtendedData><Data name='Area (ha)'><value>12.5</value>"
        f"</Data></ExtendedData><Point><coordinates>{point.x},{point.y},0</coordinates></Point>"
        "</Placemark>"
        for name, point in zip(frame["name"], frame.geometry, strict=True)
    )
    text = f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{marks}</Document></kml>"
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    for name in ("a.geojson", "a.kml"):
        exam = doctor.examine(tmp_path / name, known)
        assert exam.is_clear, (exam.questions, exam.faults)
        assert [row.get("name_vi") or row["name_en"] for row in exam.rows] == list(frame["name"])
        assert len(exam.sure) == len(frame)
    assert {row["area_ha"] for row in exam.rows} == {"12.5"}


def test_gpx_and_dxf_are_read(frame: gpd.GeoDataFrame, known: Known, tmp_path: Path) -> None:
    """Waypoints and points of a drawing with what is written at them come back; lines do not."""
    names = list(frame["name"])
    way = written(frame[["name", "geometry"]], tmp_path / "a.gpx", "GPX")
    exam = doctor.examine(way, known)
    assert exam.is_clear
    assert [row.get("name_vi") or row["name_en"] for row in exam.rows] == names
    drawing = ezdxf.new("R2010")
    space = drawing.modelspace()
    for name, point in zip(names, frame.geometry, strict=True):
        space.add_point((point.x, point.y, 12.5))
        space.add_text(name, dxfattribs={"insert": (point.x, point.y, 12.5)})
    space.add_line((106, 21), (107, 22))
    drawing.saveas(tmp_path / "a.dxf")
    exam = doctor.examine(tmp_path / "a.dxf", known)
    assert exam.kind == "DXF"
    assert [row.get("name_vi") or row["name_en"] for row in exam.rows] == names
    assert len(exam.sure) == len(frame)


def test_a_workbook_is_never_computed(known: Known, tmp_path: Path) -> None:
    """A formula is text: as a number it is a fault, and its kept value is not taken."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "area (ha)", "lon", "lat"])
    sheet.append(["A", "=1+1", 106.9, 20.9])
    sheet.append(["B", 5, 106.95, 20.95])
    book.save(tmp_path / "a.xlsx")
    exam = doctor.examine(tmp_path / "a.xlsx", known)
    assert [(fault.row, fault.column) for fault in exam.faults] == [(2, "area (ha)")]
    assert "formula" in exam.faults[0].text
    assert "area_ha" not in exam.rows[0]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("kind", ["CSV", "CSV semicolon", "CSV tab", "XLSX"])
def test_damaged_sheets_are_read_or_refused(
    kind: str, frame: gpd.GeoDataFrame, known: Known, tmp_path: Path
) -> None:
    """A sheet with bytes changed, lost or doubled is examined or refused with a sentence."""
    data = MAKERS[kind](frame, tmp_path).read_bytes()
    path = tmp_path / "file.dat"
    rng = random.Random(kind)
    sentences = []
    for _ in range(12):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        path.write_bytes(damaged)
        try:
            exam = doctor.examine(path, known)
        except InputError as error:
            sentences.append(str(error))
        else:
            assert len(exam.sure) <= len(exam.rows)
    assert all(sentence.endswith(".") for sentence in sentences)


# Files that mean harm -----------------------------------------------------------------------------

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/http://127.0.0.1:{port}/a'
    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)
LINK = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
    "<href>http://127.0.0.1:{port}/a.kml</href></Link></NetworkLink></Document></kml>"
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;">]><kml><Document><name>&c;</name></Document></kml>'
)


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


def bomb() -> bytes:
    """Pack more zeros than are allowed into less than a megabyte."""
    packed = io.BytesIO()
    most = sniffing.MAX_UNPACKED_BYTES // 1024**2 + 8
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
        target.open("a.shp", "w") as file,
    ):
        for _ in range(most):
            file.write(bytes(1024**2))
    return packed.getvalue()


def lying_bomb() -> bytes:
    """Pack such a file that says of itself that it is small."""
    data = bytearray(bomb())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def locked() -> bytes:
    data = bytearray(archive({"a.shp": b"x" * 50}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "nothing": lambda _: b"",
    "blanks": lambda _: b" \n" * 500,
    "rubbish": lambda _: bytes(range(256)) * 500,
    "an image": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a bomb": lambda _: bomb(),
    "a lying bomb": lambda _: lying_bomb(),
    "a climbing path": lambda _: archive({"../../etc/a.shp": b"x"}),
    "an absolute path": lambda _: archive({"/etc/a.shp": b"x"}),
    "a drive": lambda _: archive({"C:\\a.shp": b"x"}),
    "an archive in an archive": lambda _: archive({"a.shp": b"x", "b.zip": archive({"c": b"x"})}),
    "many files": lambda _: archive({f"{n}.shp": b"" for n in range(600)}),
    "a lock": lambda _: locked(),
    "a broken archive": lambda _: archive({"a.shp": b"x" * 5000})[:200],
    "a shapefile of rubbish": lambda _: archive({"a.shp": b"x" * 500, "a.dbf": b"y" * 500}),
    "laughs": lambda _: LAUGHS.encode(),
    "laughs in an archive": lambda _: archive({"doc.kml": LAUGHS.encode()}),
    "laughs in a workbook": lambda _: archive(
        {"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "[Content_Types].xml": b"<a/>"}
    ),
    "a workbook of rubbish": lambda _: archive({"xl/workbook.xml": b"<workbook/>"}),
    "a map of an address": lambda port: VRT.format(port=port).encode(),
    "a link": lambda port: LINK.format(port=port).encode(),
    "an address": lambda port: f"/vsicurl/http://127.0.0.1:{port}/a.geojson\n".encode(),
    "a deep document": lambda _: b'{"type":' + b"[" * 200_000,
    "a broken document": lambda _: b'{"type": "FeatureCollection", "features": [{"type": "Fea',
    "many columns": lambda _: b",".join(b"name" for _ in range(1_000_000)) + b"\nA,1,2\n",
    "many rows": lambda _: b"name,lon,lat\n" + b"A,107,21\n" * (formats.MAX_ROWS + 5),
    "a database of rubbish": lambda _: b"SQLite format 3\0" + bytes(4096),
    "a drawing of rubbish": lambda _: b"0\nSECTION\n2\nENTITIES\n" + b"\xff" * 1000,
    "a page": lambda _: b"<!DOCTYPE html><html><body>kml</body></html>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_harmful_files_are_refused(name: str, tmp_path: Path) -> None:
    """Each is refused with one sentence, within bounds, and without a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        path = tmp_path / "file.kml"
        path.write_bytes(HOSTILE[name](server.getsockname()[1]))
        with pytest.raises(InputError) as refused:
            reading.read_apart(path)
        assert str(refused.value).count("\n") == 0
        assert str(refused.value).endswith(".")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(NotFoundError, match=r"nothing\.csv"):
        reading.read_apart(tmp_path / "nothing.csv")


def test_another_planet_is_refused(known: Known, tmp_path: Path) -> None:
    """A map of Mars is refused."""
    moon = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:IAU:2015:49900"}},
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "A"},
                "geometry": {"type": "Point", "coordinates": [106.9, 20.9]},
            }
        ],
    }
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(moon))
    with pytest.raises(InputError, match="Earth"):
        doctor.examine(path, known)


def test_the_reader_can_do_nothing_else() -> None:
    """The process that reads opens few kinds of maps, no address, no socket, and writes no file."""
    code = (
        "import pyogrio, pyogrio.raw, socket, sys\n"
        "from geo import confined\n"
        "from geo.exchange import formats, reading\n"
        "assert set(pyogrio.list_drivers()) <= set(formats.DRIVERS)\n"
        "reading._without_network()\n"
        "confined.confine(reading.MEMORY_BYTES, 60)\n"
        "for deed in (lambda: open('a', 'w'), lambda: socket.create_connection(('127.0.0.1', 9)),\n"
        "             lambda: pyogrio.raw.read('/vsicurl/http://127.0.0.1:9/a.geojson')):\n"
        "    try:\n"
        "        deed()\n"
        "    except Exception:\n"
        "        continue\n"
        "    sys.exit(1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONDONTWRITEBYTECODE": "1", **reading._settings()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_slow_file_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ends with a sentence when it takes too long."""
    monkeypatch.setattr(reading, "TIMEOUT_S", 0.01)
    path = tmp_path / "a.csv"
    path.write_text("name,lon,lat\nA,107,21\n")
    with pytest.raises(InputError, match="stopped"):
        reading.read_apart(path)
