"""The network of a data package's roads: built once, kept by its content, honest without roads."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from geo import Atlas
from geo.errors import NotFoundError, PreparingError
from geo.kept import Kept
from geo.roads import access, main_roads, storage
from geo.roads.drive import Drive


@pytest.fixture
def folder(toy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy, tmp_path / "package"))


def kept(home: Path) -> list[Path]:
    return sorted((home / "main-roads").glob(f"*/{storage.MANIFEST}"))


def test_what_is_kept_is_what_was_built(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second atlas reads what the first one wrote, and answers the same."""
    monkeypatch.setattr(main_roads, "_BUILT", Kept(main_roads.KEPT_BUILT))
    first = Atlas.open(folder, tmp_path / "home")
    times = access.time_matrix(first.network(), first.layer("parks"), first.targets())
    (manifest,) = kept(tmp_path / "home")
    again = storage.load(manifest.parent)
    assert again.version == first.network().version
    assert times.equals(access.time_matrix(again, first.layer("parks"), first.targets()))


@pytest.mark.parametrize("name", main_roads.MADE_OF)
def test_a_changed_file_makes_another_network(folder: Path, tmp_path: Path, name: str) -> None:
    """Whatever file of those it is made of changes, the old network is not taken for the new."""
    before = Atlas.open(folder, tmp_path).networks.main_roads.folder
    (folder / name).write_text((folder / name).read_text() + "\n")
    assert Atlas.open(folder, tmp_path).networks.main_roads.folder != before


def test_only_the_last_networks_are_kept(folder: Path, tmp_path: Path) -> None:
    """A package that is edited again and again does not fill the disk."""
    text = (folder / "speeds.csv").read_text()
    for speed in range(30, 32 + main_roads.KEPT_BUILT):
        (folder / "speeds.csv").write_text(text.replace("car,road,30", f"car,road,{speed}"))
        Atlas.open(folder, tmp_path / "home").network()
    assert len(kept(tmp_path / "home")) == main_roads.KEPT_BUILT


def test_a_damaged_network_is_built_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is cut short stops nobody; nor does a home that cannot be written."""
    monkeypatch.setattr(main_roads, "_BUILT", Kept(main_roads.KEPT_BUILT))
    home = tmp_path / "home"
    version = Atlas.open(folder, home).network().version
    (manifest,) = kept(home)
    (manifest.parent / "tail.npy").write_bytes(b"cut")
    monkeypatch.setattr(main_roads, "_BUILT", Kept(main_roads.KEPT_BUILT))
    assert Atlas.open(folder, home).network().version == version
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(main_roads, "_BUILT", Kept(main_roads.KEPT_BUILT))
    unkept = Atlas.open(folder, tmp_path / "file")
    times = access.time_matrix(unkept.network(), unkept.layer("parks"), unkept.targets())
    kept_ = Atlas.open(folder, home).network()
    assert times.equals(access.time_matrix(kept_, unkept.layer("parks"), unkept.targets()))


def test_without_roads_nothing_is_reached_and_lines_remain(folder: Path, tmp_path: Path) -> None:
    """The network says that it holds no roads; distances as the crow flies are what they were, in
    a year to come as well.
    """
    (folder / main_roads.road_table.FILE).unlink()
    atlas = Atlas.open(folder, tmp_path)
    assert main_roads.NO_ROADS in atlas.network().manifest.notes
    for drive in (Drive(), Drive("car"), Drive(year=2030)):
        ways = atlas.access("west-park", "cities", drive)
        assert ways["travel_time_s"].isna().all()
        assert ways["distance_m"].iloc[0] == pytest.approx(33_396, abs=5)
    assert atlas.nearest("cities", "west-park")["to_id"].tolist() == ["east-town"]
    sites = atlas.sites()
    times = sites.filter(regex="_truck_s$")
    assert times.shape[1] > 2
    assert not np.isfinite(times.to_numpy(float)).any()


def test_without_outlines_the_roads_are_refused(folder: Path, tmp_path: Path) -> None:
    """Roads that cross a border nobody knows would lead anywhere."""
    (folder / "basemap" / "countries.geojson").unlink()
    with pytest.raises(NotFoundError, match="to close the border"):
        Atlas.open(folder, tmp_path).network()


def test_others_are_told_how_far_it_is(folder: Path, tmp_path: Path) -> None:
    """While one thread prepares, another is told a share that grows and stays below 100; the one
    that prepares gets its network; afterwards everybody does.
    """
    atlas = Atlas.open(folder, tmp_path)
    seen: list[str] = []

    def ask() -> None:
        try:
            atlas.network()
            seen.append("open")
        except PreparingError as error:
            seen.append(str(error))

    def elsewhere() -> None:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    with atlas.networks.preparing() as begin:
        for _step in range(20):
            elsewhere()
            begin("step")
        assert atlas.network().segment_count
        elsewhere()
    elsewhere()
    shares = [int(text.split(": ")[1].split()[0]) for text in seen[:-1]]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] < 100
    assert seen[-1] == "open"
