"""A data package that changes under a running server: seen whole, old or new; a fault in it harms
no answer and shows no path.
"""

from __future__ import annotations

import gc
import json
import shutil
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read, rewrite

from geo.roads import storage
from geo.roads.network import Network
from geo.schema import LAYERS, OPTIONAL, TABLES
from webapp import create_app, served
from webapp.explore import pages
from webapp.store import store

pytest_plugins = ("web",)

PAGES = (
    "/",
    "/table",
    "/data",
    "/sites/west-park",
    "/sites/bridge",
    "/rank",
    "/compare?pick=west-park&pick=east-park",
    "/trip",
    "/planned",
)
DATA = (
    "/api/map/parks.json",
    "/api/times?site=west-park",
    "/ogc/collections/parks/items?f=json",
    "/download/parks.csv",
)


@pytest.fixture
def folder(toy: Path, tmp_path: Path) -> Path:
    """A copy of the toy package, to change."""
    copy = Path(shutil.copytree(toy, tmp_path / "somewhere" / "secret"))
    package = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"].append({"name": "parks", "path": "parks.csv"})
    (copy / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return copy


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the files before each request, and take them at once."""
    monkeypatch.setattr(served, "LOOK_S", 0.0)
    monkeypatch.setattr(served, "SETTLED_S", 0.0)


@pytest.fixture
def app(make_app: Callable[..., Flask], folder: Path, at_once: None) -> Flask:  # noqa: ARG001
    return make_app(folder)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def cells(folder: Path, table: str, key: str, **values: str) -> None:
    """Change cells of one row."""
    rewrite(
        folder / f"{table}.csv",
        lambda rows: [row | values if row["id"] == key else row for row in rows],
    )


def test_a_corrected_park_is_seen_without_a_restart(client: FlaskClient, folder: Path) -> None:
    """A new name is on every page and in every file at once, and what is kept by its ETag is sent
    anew.
    """
    before = {path: client.get(path) for path in (*PAGES, *DATA)}
    assert {path: answer.status_code for path, answer in before.items()} == dict.fromkeys(
        before, 200
    )
    tagged = {
        path: answer.headers["ETag"] for path, answer in before.items() if "ETag" in answer.headers
    }
    assert set(tagged) >= {
        "/api/map/parks.json",
        "/ogc/collections/parks/items?f=json",
        "/download/parks.csv",
    }
    assert all(
        client.get(path, headers={"If-None-Match": tag}).status_code == 304
        for path, tag in tagged.items()
    )
    cells(folder, "parks", "west-park", name_en="Corrected Park")
    for path in ("/table", "/sites/west-park", "/compare?pick=west-park&pick=east-park", *DATA):
        text = client.get(path).text
        assert "West Park" not in text, path
        assert "Corrected Park" in text or path.startswith("/api/times"), path
    for path, tag in tagged.items():
        answer = client.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.headers["ETag"] != tag) == (200, True), path


def test_times_follow_the_roads_of_the_new_version(client: FlaskClient, folder: Path) -> None:
    """What was computed from the old version is forgotten: slower trucks take longer at once, on
    sheets as in tables.
    """
    ask = "/api/times?site=west-park&profile=truck"
    before, sheet = client.get(ask).get_json()["travel_time_s"], client.get("/sites/west-park").text
    rewrite(
        folder / "speeds.csv",
        lambda rows: [row | {"speed_kph": str(float(row["speed_kph"]) / 2)} for row in rows],
    )
    after = client.get(ask).get_json()["travel_time_s"]
    assert after["bridge"] == pytest.approx(2 * before["bridge"])
    assert client.get("/sites/west-park").text != sheet


def test_a_request_sees_one_version_from_beginning_to_end(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    """Whoever has begun with the old version ends with it, though others get the new one
    meanwhile.
    """
    with app.test_request_context("/table"):
        app.preprocess_request()
        old = store()
        cells(folder, "parks", "west-park", name_en="Corrected Park")
        with ThreadPoolExecutor(1) as another:
            assert "Corrected Park" in another.submit(lambda: client.get("/table").text).result()
        assert store() is old
        assert store().layer("parks")["name_en"]["west-park"] == "West Park"
        assert store().networks.planned(2040).manifest.title
    assert app.extensions["zoneatlas"] is not old


def test_files_that_change_one_after_the_other_are_never_mixed(
    make_app: Callable[..., Flask], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While versions are copied in file by file, each of them without a fault, every answer is of
    one version, and the last arrives.
    """
    monkeypatch.setattr(served, "LOOK_S", 0.02)
    monkeypatch.setattr(served, "SETTLED_S", 0.5)

    def write(version: int) -> None:
        for table, key, column in (
            ("parks", "west-park", "name_en"),
            ("policies", "tax-holiday", "title_en"),
            ("gates", "bridge", "name_en"),
        ):
            cells(folder, table, key, **{column: f"Version {version}."})
            time.sleep(0.05)

    write(0)
    app = make_app(folder)
    assert "Version 0." in app.test_client().get("/sites/west-park").text
    seen: set[tuple[int, ...]] = set()
    done = threading.Event()

    def visit() -> None:
        client = app.test_client()
        while not done.is_set():
            page = client.get("/sites/west-park").text
            seen.add(tuple(version for version in range(5) if f"Version {version}." in page))
            time.sleep(0.001)  # a loop that never waits leaves others a turn in two hundred

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for version in range(1, 5):
        write(version)
        time.sleep(1.2)
    deadline = time.monotonic() + 20
    while (4,) not in seen and time.monotonic() < deadline:
        time.sleep(0.1)
    done.set()
    for visitor in visitors:
        visitor.join()
    assert all(len(versions) == 1 for versions in seen), seen
    assert {(0,), (4,)} <= seen


SPOILED: dict[str, tuple[str, Callable[[bytes], bytes] | None]] = {
    **{
        f"no {name}.csv": (f"{name}.csv", None)
        for name in (*LAYERS, *TABLES)
        if name not in OPTIONAL and not (name in LAYERS and LAYERS[name].optional)
    },
    **{
        f"junk in {name}.csv": (f"{name}.csv", lambda _: b"\xff{")
        for name in ("parks", "policies", "population", "gate_hours", "aliases")
    },
    "half of the gates": ("gates.csv", lambda whole: whole[: len(whole) // 2 - 3]),
    "no description": ("datapackage.json", None),
    **{
        f"junk in {name}": (name, lambda _: b"\xff{")
        for name in (
            "datapackage.json",
            "profiles.json",
            "trips/a.yaml",
            "basemap/countries.geojson",
        )
    },
}
"""File of a data package, and what it holds once it is spoiled; None for no file."""


def test_a_fault_in_a_new_version_leaves_the_old_one_and_is_told(
    app: Flask, client: FlaskClient, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each file in turn is spoiled: the answers stay as they were, the log names the fault, the
    data page says so, no path is shown.
    """
    asked = ("/table", "/data", "/sites/bridge", "/rank", *DATA)
    before = {path: client.get(path).status_code for path in asked}
    assert set(before.values()) == {200}
    old = app.extensions["zoneatlas"]
    for what, (name, spoil) in SPOILED.items():
        path, aside = folder / name, folder.parent / "aside"
        path.parent.mkdir(exist_ok=True)
        whole = path.rename(aside).read_bytes() if path.is_file() else None
        caplog.clear()
        if spoil:
            path.write_bytes(spoil(whole or b""))
        texts = {
            path: (answer.status_code, answer.text)
            for path in asked
            for answer in [client.get(path)]
        }
        assert {path: status for path, (status, _) in texts.items()} == before, what
        assert app.extensions["zoneatlas"] is old
        assert "The previous version is shown" in texts["/data"][1], what
        assert not [path for path, (_, text) in texts.items() if "secret" in text], what
        assert sum("not served as it is now" in record.message for record in caplog.records) == 1, (
            what
        )
        assert path.stem in caplog.text, what
        path.unlink(missing_ok=True)
        if whole is not None:
            aside.rename(path)
        assert "The previous version is shown" not in client.get("/data").text, what


def test_a_package_that_cannot_be_read_at_the_start_is_503_until_it_is_mended(
    client: FlaskClient, folder: Path
) -> None:
    """Every address says in a sentence, without a path, that the server is at fault; then the
    package is mended and it answers.
    """
    whole = (folder / "policies.csv").read_bytes()
    (folder / "policies.csv").write_bytes(b"\xff{")
    for path in (*PAGES, *DATA):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "The data of this server cannot be read." in answer.text, path
        assert "secret" not in answer.text
        assert str(folder) not in answer.text
    assert client.get("/ogc/collections/parks/items?f=json").get_json()["code"] == "Unavailable"
    with client.get("/static/app.css") as answer:
        assert answer.status_code == 200
    (folder / "policies.csv").write_bytes(whole)
    assert {path: client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_a_damaged_network_is_a_line_on_the_data_page(
    real_network: Network, tmp_path: Path
) -> None:
    """What cannot be opened is named where networks are listed; asked for, it is 503 without a
    path; the others are not harmed.
    """
    home = tmp_path / "secret"
    for name in ("bad", "good"):
        storage.save(real_network.prepared(), home / "networks" / name)
    path = home / "networks" / "bad" / "tail.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    client = create_app({"HOME": home}).test_client()
    page = read(client, "/data")
    assert "The road network “bad” is damaged" in page.text
    assert page.headings.count(real_network.manifest.title) == 2
    for ask in (
        "/sites/dong-mai-ip?network=bad",
        "/api/times?network=bad&site=dong-mai-ip",
        "/access?network=bad&lon=106.68&lat=20.86",
    ):
        answer = client.get(ask)
        assert answer.status_code == 503, ask
        assert "secret" not in answer.text
    assert client.get("/api/times?site=dong-mai-ip&network=good").status_code == 200


def test_what_an_import_writes_or_left_over_is_not_offered(
    real_network: Network, tmp_path: Path
) -> None:
    """Neither sheets nor trips name the hidden folder of an import, the data page stands, and
    asking for it is “not found”.
    """
    storage.save(real_network.prepared(), tmp_path / "networks" / "hanoi")
    shutil.copytree(tmp_path / "networks" / "hanoi", tmp_path / "networks" / ".hanoi.05f4o314")
    (tmp_path / "networks" / ".hanoi.05f4o315").mkdir()
    client = create_app({"HOME": tmp_path}).test_client()
    for path in ("/sites/dong-mai-ip", "/trip", "/data"):
        text = client.get(path).text
        assert "05f4o31" not in text, path
        assert "hanoi" in text or path == "/data"
    assert client.get("/api/times?site=dong-mai-ip&network=.hanoi.05f4o314").status_code in (
        400,
        404,
    )


def test_left_over_folders_are_swept_when_the_app_starts(tmp_path: Path) -> None:
    """A folder that a killed import left long ago is gone once the app is made."""
    import os

    left = tmp_path / "networks" / ".hanoi.05f4o314"
    left.mkdir(parents=True)
    os.utime(left, (1e9, 1e9))
    create_app({"HOME": tmp_path})
    assert not left.exists()


def test_a_basemap_that_cannot_be_read_is_503_without_a_path(
    client: FlaskClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails is the server's fault, and nobody's business where the file lies."""
    (folder / "basemap" / "basemap.pmtiles").write_bytes(b"PMTiles")

    def fail(path: Path, **_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(pages, "send_file", fail)
    answer = client.get("/basemap.pmtiles")
    assert answer.status_code == 503
    assert "secret" not in Page(answer.text).text
    assert "The basemap of this server cannot be read." in answer.text


def test_the_old_package_leaves_the_memory(app: Flask, client: FlaskClient, folder: Path) -> None:
    """What took its place is all that is held, also where a server froze what it had prepared."""
    assert client.get("/sites/west-park").status_code == 200
    old = weakref.ref(app.extensions["zoneatlas"])
    gc.collect()
    gc.freeze()
    try:
        cells(folder, "parks", "west-park", name_en="Corrected Park")
        assert "Corrected Park" in client.get("/sites/west-park").text
        gc.collect()
        assert old() is None
    finally:
        gc.unfreeze()
