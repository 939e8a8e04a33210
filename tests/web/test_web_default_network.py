"""The default network of a home folder in the app: what is asked for without a network, and links
that keep the one that is asked for.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from geo.roads import default_network, storage
from geo.roads.default_network import BUILT_IN
from geo.roads.drive import Drive
from geo.roads.network import Network
from webapp import args, create_app
from webapp.trips.address import TRIP, Lines

SITE = "/sites/dong-mai-ip"


@pytest.fixture(scope="module")
def home(real_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose default network is the built-in one at twice the speed."""
    folder = tmp_path_factory.mktemp("home")
    times = {profile: time / 2 for profile, time in real_network.time_s.items()}
    quick = replace(real_network, time_s=times, hierarchies={})
    storage.save(quick.prepared(), folder / "networks" / "quick")
    default_network.choose(folder, "quick")
    return folder


@pytest.fixture(scope="module")
def visitor(home: Path) -> FlaskClient:
    """Somebody who visits an app on that folder."""
    return create_app({"HOME": home}).test_client()


def links(visitor: FlaskClient, path: str) -> list[str]:
    """Return the links of a page that name a vehicle, and so how one drives."""
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text[:300]
    shown = re.findall(r'href="([^"]+)"', answer.text)
    return [unescape(link) for link in shown if "profile=" in link]


def seconds(visitor: FlaskClient, query: str) -> list[float]:
    """Return the times from a park to everything."""
    answer = visitor.get(f"/api/times?site=dong-mai-ip{query}").get_json()
    return [time for time in answer["travel_time_s"].values() if time is not None]


def test_what_names_no_network_is_driven_on_the_default_one(visitor: FlaskClient) -> None:
    """Without a network the answers are those of the default one, and with the name of the built-in
    one its own.
    """
    usual, named, other = (
        seconds(visitor, query) for query in ("", "&network=quick", f"&network={BUILT_IN}")
    )
    assert usual == named
    assert sum(usual) < 0.8 * sum(other)
    assert default_network.name() == BUILT_IN, "a request leaves nothing behind"


def test_links_keep_the_network_that_was_chosen(visitor: FlaskClient) -> None:
    """On a sheet of the built-in network every link to another answer says so, except the one to
    the default network; on one of the default network only the one to the built-in network does.
    """
    for query, without in ((f"&network={BUILT_IN}", True), ("", False)):
        shown = links(visitor, f"{SITE}?part=sheet{query}")
        others = [
            link
            for link in shown
            if (f"network={BUILT_IN}" not in link) == without and "/planned" not in link
        ]
        assert len(others) == 1
        assert others[0].startswith(SITE)


def test_years_to_come_are_those_of_the_built_in_network(visitor: FlaskClient) -> None:
    """A year without a network means the only network that has years; its page takes no network,
    and its links lead on with it.
    """
    assert visitor.get("/planned").status_code == 200
    assert visitor.get("/planned?year=2035").status_code == 200
    shown = links(visitor, f"{SITE}?part=sheet&year=2035")
    planned = [link.split("#")[0] for link in shown if link.startswith("/planned")]
    assert planned
    for link in planned:
        assert visitor.get(link).status_code == 200
    assert [link for link in shown if "year=2035" in link and f"network={BUILT_IN}" in link]


def test_a_trip_keeps_its_network(visitor: FlaskClient, home: Path) -> None:
    """The address of a trip names its network unless it is the default one."""
    default_network.assume(home)
    try:
        assert Lines().network == "quick"
        assert "network" not in dict(Lines().query())
        read = args.parse(MultiDict({"network": BUILT_IN}), TRIP)
        assert dict(Lines.of_query(read).query())["network"] == BUILT_IN
        assert "network" not in Drive().query()
        assert Drive(network=BUILT_IN).query()["network"] == BUILT_IN
    finally:
        default_network.assume(None)
    assert Lines().network == BUILT_IN
    assert "network" not in Drive().query()
    assert visitor.get("/trip?stop=dong-mai-ip").status_code == 200


def test_a_default_network_that_goes_away(visitor: FlaskClient, home: Path) -> None:
    """Once it is removed while the app serves, the built-in network is the default again."""
    before = seconds(visitor, "")
    gone = home / "networks" / "gone"
    shutil.move(home / "networks" / "quick", gone)
    try:
        assert seconds(visitor, "") == seconds(visitor, f"&network={BUILT_IN}") != before
    finally:
        shutil.move(gone, home / "networks" / "quick")
    assert seconds(visitor, "") == before
