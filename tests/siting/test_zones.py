"""Zones and the parks inside, and who may lease where: read from the table as a person reads it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from web import copy_package, read, rewrite

from geo import layers, package_check
from geo.siting import land

pytest_plugins = ("web",)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, str]]:
    """The parks as a spreadsheet holds them."""
    with (layers.bundled() / "parks.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def links(client: FlaskClient, site_id: str, heading: str) -> list[str]:
    """Return the ids that the section of a sheet links to."""
    source = client.get(f"/sites/{site_id}?part=sheet&lang=en").get_data(as_text=True)
    if f"<h2>{heading}" not in source:
        return []
    part = source.split(f"<h2>{heading}", 1)[1].split("</section>", 1)[0]
    return [piece.split('"', 1)[0] for piece in part.split('data-site="')[1:]]


def test_the_parks_that_a_local_names_lie_in_their_zone(rows: dict[str, dict[str, str]]) -> None:
    """Dam Nha Mac is Quang Yen, DEEP C is Dinh Vu – Cat Hai, Nam Dinh Vu is free trade zone too."""
    within = {key: row["part_of"].split(";") for key, row in rows.items()}
    assert within["bac-tien-phong-ip"] == ["quang-yen-ez"]
    assert within["deep-c-hp1-ip"] == ["dinh-vu-cat-hai-ez"]
    assert set(within["nam-dinh-vu-ip"]) == {"dinh-vu-cat-hai-ez", "hai-phong-ftz-2"}
    assert within["hai-phong-ftz-1"] == ["south-hai-phong-ez"]
    assert within["viet-hung-ip"] == within["thang-long-ip"] == [""]


def test_every_zone_lists_what_names_it(
    client: FlaskClient, rows: dict[str, dict[str, str]]
) -> None:
    """The sheet of a park names its zones, the sheet of a zone every park that names it, both with
    links; a zone of which nothing is known says so.
    """
    wanted: dict[str, list[str]] = {}
    for key, row in rows.items():
        for zone in filter(None, row["part_of"].split(";")):
            wanted.setdefault(zone, []).append(key)
    assert len(wanted) > 15
    for zone, keys in list(wanted.items())[:6]:
        assert links(client, zone, "Sites inside") == keys
        assert zone in links(client, keys[0], "Part of")
        assert str(len(keys)) in read(client, f"/sites/{zone}/factsheet", lang="en").text
    empty = next(
        key
        for key, row in rows.items()
        if row["kind"] == "border_gate_economic_zone" and key not in wanted
    )
    assert "No sites known inside" in read(client, f"/sites/{empty}", lang="en").text
    assert links(client, "viet-hung-ip", "Sites inside") == []
    assert "Sites inside" not in read(client, "/sites/mong-cai-bac-luan-2", lang="en").text


def test_a_park_that_holds_another_is_a_zone(rows: dict[str, dict[str, str]]) -> None:
    """The whole plan of Hai Ha, of which Texhong is the first phase, is not one plot to lease; a
    bonded zone inside a free trade zone is.
    """
    parks = layers.read(layers.bundled(), "parks")
    roles = dict(zip(parks.index, land.roles(parks), strict=True))
    assert rows["hai-ha-seaport-ip"]["kind"] == "industrial_park"
    assert roles["hai-ha-seaport-ip"] == roles["hai-phong-ftz-1"] == "zone"
    assert roles["texhong-hai-ha-ip"] == roles["pingxiang-cbz"] == roles["viet-hung-ip"] == "site"


def test_who_may_lease_is_known_or_unknown() -> None:
    """VinFast's works are its own, Texhong's park is open, of most nothing is known; without the
    columns nothing is either.
    """
    parks = layers.read(layers.bundled(), "parks")
    tenants = dict(zip(parks.index, land.tenants(parks), strict=True))
    assert (tenants["vinfast-cat-hai"], tenants["texhong-hai-ha-ip"]) == ("captive", "open")
    assert tenants["viet-hung-ip"] is None
    bare = parks[["kind"]]
    assert set(land.tenants(bare)) == {None}
    assert land.parts(bare) == {}
    assert land.roles(bare).count("zone") == parks["kind"].isin(land.ZONES).sum()


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"dong-mai-ip": "atlantis"}, "dong-mai-ip: part_of: “atlantis” is not in parks"),
        ({"dong-mai-ip": "dong-mai-ip"}, "dong-mai-ip: part_of: it lies in itself"),
        ({"quang-yen-ez": "dong-mai-ip"}, "quang-yen-ez: part_of: it lies in itself"),
    ],
)
def test_the_check_names_a_zone_that_cannot_be(
    tmp_path: Path, cells: dict[str, str], fault: str
) -> None:
    """A zone that is not there, a park in itself, and two in each other."""
    copy = copy_package(tmp_path / "data", "basemap")
    rewrite(
        copy / "parks.csv",
        lambda rows: [row | {"part_of": cells.get(row["id"], row["part_of"])} for row in rows],
    )
    faults: list[Any] = package_check.check_tables(copy)["parks"]
    assert fault in list(map(str, faults))
