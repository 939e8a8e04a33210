"""The worked example: Quang Ninh corrects positions and hours from workbooks in VN-2000 and
releases; Guangxi subscribes, disputes an area and releases; both servers show both statements.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from geo import crs, layers
from geo.atlas import Atlas

ROOT = Path(__file__).parents[2]
QUANG_NINH, GUANGXI = "Quang Ninh DOIT", "Guangxi Department of Commerce"
VN2000_QUANG_NINH = 5899
MOVED_M = {"dong-mai-ip": (120, -80), "hai-yen-ip": (300, 45), "texhong-hai-ha-ip": (-210, 150)}
"""How far the survey puts three parks east and north of where they are known."""
GATE, HOURS = "mong-cai-bac-luan-2", "Mo-Fr 07:00-19:00"
PATIENCE_S = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Side:
    """A department: its folder, its name, the port of its server."""

    home: Path
    party: str
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": str(ROOT),
            "ZONEATLAS_HOME": str(self.home),
            "ZONEATLAS_PARTY": self.party,
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "webapp.cli.main", *arguments],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            cwd=self.home.parent,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def serving(self) -> Iterator[None]:
        with (self.home.parent / f"{self.home.name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "webapp.cli.main", "serve", "--port", str(self.port)],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            until = time.monotonic() + PATIENCE_S
            while True:
                with suppress(OSError):
                    self.get("/exchange/releases.json")
                    break
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.3)
            yield
        finally:
            process.terminate()
            process.wait(30)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=300) as answer:
            return str(answer.read().decode())

    @property
    def key(self) -> str:
        return self.run("key").strip()


def workbook(path: Path, head: list[str], rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (head, *rows):
        sheet.append(row)
    book.save(path)
    return path


def in_vn2000(lon: float, lat: float) -> tuple[float, float]:
    east, north = crs.transform(np.array([[lon, lat]]), source=4326, target=VN2000_QUANG_NINH)[0]
    return float(east), float(north)


def surveyed() -> dict[str, tuple[float, float]]:
    """Return east and north of the three parks as the survey has them."""
    parks = layers.read(layers.bundled(), "parks")
    places = {}
    for park, (east, north) in MOVED_M.items():
        point = parks.geometry[park]
        x, y = in_vn2000(point.x, point.y)
        places[park] = (round(x + east, 2), round(y + north, 2))
    return places


@dataclass(frozen=True)
class Story:
    """What was seen while the two sides worked."""

    first: Side
    second: Side
    offline: str
    sheets: dict[str, str]
    gates: dict[str, str]
    listed: dict[str, str]
    answers: dict[str, str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Let both sides work once, each with a folder and a server of its own."""
    folder = tmp_path_factory.mktemp("two-sides")
    first, second = Side(folder / "qn", QUANG_NINH), Side(folder / "gx", GUANGXI)
    parks = layers.read(layers.bundled(), "parks")
    gates = layers.read(layers.bundled(), "gates")
    # In a sheet of VN-2000, X is the northing.
    positions = workbook(
        folder / "positions.xlsx",
        ["Tên khu công nghiệp", "Tỉnh", "X (m)", "Y (m)"],
        [
            [parks.name_vi[park], "Quảng Ninh", north, east]
            for park, (east, north) in surveyed().items()
        ],
    )
    east, north = in_vn2000(gates.geometry[GATE].x, gates.geometry[GATE].y)
    hours = workbook(
        folder / "gate.xlsx",
        ["Tên", "Tỉnh", "X (m)", "Y (m)", "Giờ mở cửa"],
        [[gates.name_vi[GATE], "Quảng Ninh", round(north, 2), round(east, 2), HOURS]],
    )
    terms = ["--kind", "survey", "--as-of", "2026-11", "--accuracy", "5"]
    answers = {"asked": first.run("bring", str(positions), code=1)}
    answer = ["--answer", "coordinates=EPSG:5899-swapped"]
    answers["looked"] = first.run("bring", str(positions), *answer, *terms)
    first.run("key")
    first.run("bring", str(positions), *answer, *terms, "--keep", "stated")
    first.run("bring", str(hours), "--layer", "gates", *answer, *terms, "--keep", "stated")
    answers["release"] = first.run("release", "Three positions, hours of Bac Luan II")
    add = ["feed", "add", "quang-ninh", first.url, "--party", QUANG_NINH, "--key", first.key]
    second.run(*add)
    offline = second.run("feed", "take", code=1)
    area = folder / "area.csv"
    area.write_text(
        f"name,lon,lat,area_ha\n{parks.name_en['dong-mai-ip']},106.8412,21.0061,171.5\n",
        encoding="utf-8",
    )
    with first.serving():
        answers["taken"] = second.run("feed", "take")
        second.run("bring", str(area), "--as-of", "2026-11", "--kind", "survey", "--keep", "stated")
        second.run("key")
        second.run("release", "The area of Dong Mai")
        with second.serving():
            answers["again"] = second.run("feed", "take")
            first.run("feed", "add", "guangxi", second.url, "--party", GUANGXI, "--key", second.key)
            first.run("feed", "take", "guangxi")
            first.run("release", "What Guangxi states")
            until = time.monotonic() + PATIENCE_S
            while GUANGXI not in first.get("/sites/dong-mai-ip"):  # looks every other second
                assert time.monotonic() < until
                time.sleep(1)
            sides = {"first": first, "second": second}
            return Story(
                first,
                second,
                offline,
                {name: side.get("/sites/dong-mai-ip") for name, side in sides.items()},
                {name: side.get(f"/sites/{GATE}") for name, side in sides.items()},
                {name: side.get("/exchange/releases.json") for name, side in sides.items()},
                answers,
            )


def test_the_system_is_a_question_with_the_right_answer_first(story: Story) -> None:
    """VN-2000 of Quang Ninh with X as the northing is proposed first, and nothing is written."""
    proposals = re.findall(r"^ +(EPSG:\S+)", story.answers["asked"], re.M)
    assert proposals[0] == "EPSG:5899-swapped"
    assert "Nothing was changed." in story.answers["asked"]


def test_what_would_change_is_said_before_it_does(story: Story) -> None:
    """Each park is named with its new position while nothing has changed."""
    for park in MOVED_M:
        assert f"parks/{park}/position" in story.answers["looked"]
    assert "Nothing was changed." in story.answers["looked"]


def test_the_released_layers_hold_what_was_surveyed(story: Story) -> None:
    """Read the releases of both sides as an atlas: positions to a decimetre, and the hours."""
    for side in (story.first, story.second):
        folder = max((side.home / "releases").iterdir())
        atlas = Atlas.open(folder, side.home)
        parks, gates = atlas.layer("parks"), atlas.layer("gates")
        for park, wanted in surveyed().items():
            east, north = in_vn2000(parks.geometry[park].x, parks.geometry[park].y)
            assert np.hypot(east - wanted[0], north - wanted[1]) < 0.1
            assert parks.position_accuracy_m[park] == 5
        assert gates.opening_hours[GATE] == HOURS
        assert parks.area_ha["dong-mai-ip"] == 171.5


def test_a_side_that_is_offline_changes_nothing(story: Story) -> None:
    """A feed that cannot be reached is said to be so, and all of it comes afterwards."""
    assert "cannot be reached" in story.offline
    assert "0 known ones" in story.answers["taken"]


def test_a_release_is_taken_once(story: Story) -> None:
    """The same release again brings nothing."""
    assert "was taken before" in story.answers["again"]


def test_both_maps_show_both_statements(story: Story) -> None:
    """On both servers the sheet names both parties, and where the package puts the park."""
    known = "The Zone Atlas developers"
    for sheet in story.sheets.values():
        for party in (QUANG_NINH, GUANGXI, known):
            assert party in sheet
        assert re.search(r'<li\s+data-lon="106\.84', sheet)  # where the package puts it
    for sheet in story.gates.values():
        assert QUANG_NINH in sheet


def test_releases_are_listed_and_signed(story: Story) -> None:
    """The list for subscribers has each release of a side, all signed."""
    counts = {name: len(json.loads(text)["releases"]) for name, text in story.listed.items()}
    assert counts == {"first": 2, "second": 1}
    for text in story.listed.values():
        assert all(entry["signed"] for entry in json.loads(text)["releases"])
