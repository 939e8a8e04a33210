"""A data package with one thing wrong with its roads, or what they lead to, says which in one
sentence; what can be answered without it still is.

A package without roads and one without outlines are in ``test_main_roads.py``, extracts that are
cut short in ``test_osm_build.py``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geo import Atlas, layers, package_check
from geo.errors import InputError, NotFoundError
from geo.roads import access, importing, surfaces
from geo.roads.drive import Drive
from geo.roads.network import Network
from webapp.cli import roads_report


@pytest.fixture
def folder(toy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy, tmp_path / "package"))


def write(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("share", "message"),
    [
        (0.5, "line 6: has 11 cells, the header 14"),
        (0.98, "roads.csv is not a CSV table: “unexpected end of data”"),
    ],
)
def test_a_table_of_roads_that_is_cut_is_refused(
    folder: Path, tmp_path: Path, share: float, message: str
) -> None:
    """Half the roads are not taken for all of them, neither by the check nor when one drives."""
    whole = (folder / "roads.csv").read_bytes()
    (folder / "roads.csv").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=message):
        Atlas.open(folder, tmp_path / "home").network()
    (fault,) = package_check.check_tables(folder)["roads"]
    assert message in fault


def test_an_opening_on_30_february_is_refused(folder: Path, tmp_path: Path) -> None:
    """The road and the day are named, by the check and when one drives."""
    write(folder / "roads.csv", "under_construction,,", "under_construction,2027-02-30,")
    (fault,) = package_check.check_tables(folder)["roads"]
    assert fault == "line 7 (r6): opening: “2027-02-30” is not in the calendar"
    with pytest.raises(InputError, match="2027-02-30"):
        Atlas.open(folder, tmp_path / "home").network()


def test_without_a_gate_nobody_crosses(folder: Path, tmp_path: Path) -> None:
    """The network says that the road over the border is cut; inland one drives as ever."""
    gates = folder / "gates.csv"
    gates.write_text(gates.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert not any(package_check.check(folder).values())
    atlas = Atlas.open(folder, tmp_path / "home")
    note = "No gate has a road; 1 other road across a border is cut."
    assert note in atlas.network().manifest.notes
    (abroad,) = atlas.access("west-park", "cities")["travel_time_s"]
    assert np.isnan(abroad)
    (inland,) = atlas.access("west-park", "ports", Drive("car"))["travel_time_s"]
    assert inland == pytest.approx(300, rel=0.01)
    with pytest.raises(NotFoundError, match="do not lead from the start to the destination"):
        access.route(atlas.network(), atlas.where("west-park"), atlas.layer("cities"))


def test_roads_of_another_place_serve_nobody(
    roads: Callable[..., Network], toy: Path, tmp_path: Path
) -> None:
    """The import says that no park lies there, and a way that no road lies at its start."""
    atlas = Atlas.open(toy, tmp_path)
    outlines = layers.read_countries(toy)
    assert outlines is not None
    basis = importing.Basis(
        speeds=atlas.table("speeds"),
        crossings=atlas.table("crossings"),
        gates=atlas.layer("gates"),
        parks=atlas.layer("parks"),
        countries=outlines,
        places=atlas.targets(),
    )
    oslo = roads([(10.7, 59.9), (10.8, 59.9), (10.8, 60)], [(0, 1, 300), (1, 2, 600)])
    kept_in = atlas.networks.folder / "oslo"
    done = importing.keep(
        oslo, kept_in, basis, wanted=False, run=surfaces.on_this_machine, on_step=lambda _: None
    )
    sentences = roads_report.kept(done, "oslo", kept_in, basis)
    assert "No park of the data lies in its area." in sentences
    assert "No road crosses a border." in sentences
    drive = Drive("car", network="oslo")
    ways = atlas.access("west-park", "ports", drive)
    assert ways["travel_time_s"].isna().all()
    assert ways["distance_m"].notna().all()
    with pytest.raises(NotFoundError, match="lies within 5 km of the start"):
        access.route(atlas.roads(drive), atlas.where("west-park"), atlas.layer("ports"))


def test_people_outside_their_country_are_a_fault(folder: Path) -> None:
    """The check names the area and the country in which it lies."""
    write(folder / "population.csv", "2,Halfway,AA,100.1", "2,Halfway,AA,100.25")
    report = {name: faults for name, faults in package_check.check(folder).items() if faults}
    assert set(report) == {"population"}
    assert "2: position: 100.25, 0 lies in BB, not within 2.0 km of AA" in report["population"]


def test_a_container_port_without_a_road_is_not_reached(folder: Path, tmp_path: Path) -> None:
    """It is not a fault, the park has no port that is known, and a way there says why."""
    write(folder / "ports.csv", "100.05,0,", "100.05,3,")
    assert not any(package_check.check(folder).values())
    atlas = Atlas.open(folder, tmp_path / "home")
    (way,) = atlas.access("west-park", "ports").itertuples()
    assert np.isnan([way.travel_time_s, way.to_snap_m]).all()
    assert way.distance_m == pytest.approx(331_800, abs=100)
    assert atlas.sites()[["port_truck_s", "port_truck"]].isna().all(axis=None)
    with pytest.raises(NotFoundError, match="lies within 5 km of the destination"):
        access.route(atlas.network(), atlas.where("west-park"), atlas.layer("ports"))
