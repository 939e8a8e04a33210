"""A short list to take along: one file that asks nothing of anybody, whose facts are those of the
pages and of the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, SITES, Page

from geo import layers
from geo.atlas import Atlas
from geo.layers import unfold
from webapp.siting.shortlist_files import MOST, NEAR_S

pytest_plugins = ("web",)

PICKED = ("hai-yen-ip", "viet-hung-ip", "dong-mai-ip")


def file_of(client: FlaskClient, picked: tuple[str, ...], lang: str = "en") -> str:
    answer = client.get(f"/shortlist.html?pick={','.join(picked)}&lang={lang}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.text


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_a_file_loads_nothing_and_runs_nothing(client: FlaskClient, lang: str) -> None:
    """Styles stand inside, there is neither script nor picture, and its policy allows none."""
    page = Page(file_of(client, PICKED, lang))
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "input"}
    assert "url(" not in page.source
    assert "@import" not in page.source
    (policy,) = (
        attributes["content"]
        for name, attributes in page.elements
        if name == "meta" and "http-equiv" in attributes
    )
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not re.search(r" on\w+=", page.source)


def test_the_sites_stand_in_the_order_of_the_list(client: FlaskClient) -> None:
    """Those that are gone are named, and none stands twice."""
    page = Page(file_of(client, (*PICKED, "gone", PICKED[0])))
    articles = [attributes["id"] for name, attributes in page.elements if name == "article"]
    assert articles == list(PICKED)
    assert "<code>gone</code>: no longer in the atlas" in page.source


def test_whom_to_ask_stands_with_its_date(client: FlaskClient) -> None:
    """The board of the zones and the investment promotion of the province, as the table has them,
    each with the date of its source, or that it has none.
    """
    contacts = layers.read(layers.bundled(), "contacts")
    bodies = contacts[
        (contacts["province_en"] == "Quang Ninh")
        & contacts["kind"].isin(["zone_board", "investment_promotion"])
        & contacts["park"].isna()
        & contacts["gates"].isna()
    ]
    text = Page(file_of(client, ("hai-yen-ip",))).text
    assert len(bodies) > 1
    for body in bodies.itertuples():
        assert body.name_en in text
        if isinstance(body.web, str):
            assert body.web in file_of(client, ("hai-yen-ip",))


def test_plants_are_of_its_sectors_and_within_the_hour(client: FlaskClient) -> None:
    """Recounted from the tables: every plant that is listed shares a sector and is near; and no
    site without sectors has any.
    """
    atlas = Atlas.open(client.application.config["DATA"], client.application.config["HOME"])
    parks, plants = atlas.layer("parks"), atlas.layer("plants")
    listed = 0
    for site in (*PICKED, "dong-nam-a-ip", "deep-c-hp2-ip"):
        if site not in parks.index:
            continue
        sectors = set(unfold(parks.at[site, "sectors"]))
        text = Page(file_of(client, (site,))).text
        for plant in plants[plants["park"].isin(parks.index)].itertuples():
            here = f"{plant.name_en} · {plant.product} ·" in text
            time = atlas.access(site, "parks") if here else None
            if time is not None:
                listed += 1
                assert sectors & set(unfold(plant.sectors))
                seconds = time.set_index("to_id").at[plant.park, "travel_time_s"]
                assert seconds <= NEAR_S
    assert listed


def test_a_release_is_named_and_nothing_is_said_to_have_changed(client: FlaskClient) -> None:
    """The data hold one release, so its number and day stand there, and no change."""
    text = Page(file_of(client, PICKED)).text
    assert "release 0.1.0" in text
    assert "changed" not in text.lower()


def test_a_file_holds_so_many_sites_and_names_how_many_are_left_out(client: FlaskClient) -> None:
    """A list of all sites becomes a file of the first of them."""
    everything = tuple(layers.read(layers.bundled(), "parks").index[: MOST + 5])
    assert SITES > MOST + 5
    page = Page(file_of(client, everything))
    articles = [attributes["id"] for name, attributes in page.elements if name == "article"]
    assert articles == list(everything[:MOST])
    assert "5 more sites are left out" in page.text


@pytest.mark.parametrize("end", ["html", "pdf"])
@pytest.mark.parametrize(
    ("query", "status"), [("", 400), ("pick=gone", 400), ("pick=hai-yen-ip&closed=nowhere", 400)]
)
def test_a_list_of_nothing_is_refused(
    client: FlaskClient, end: str, query: str, status: int
) -> None:
    """Without a site that there is, and past a gate that there is not, nothing is made."""
    answer = client.get(f"/shortlist.{end}?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.get_json()["description"]


def test_attacks_in_the_data_stay_text(besieged: Flask, hostile: Path) -> None:
    """Names, developers and notes of a hostile package are escaped."""
    site = layers.read(hostile, "parks").index[0]
    text = besieged.test_client().get(f"/shortlist.html?pick={site}").text
    assert HOSTILE not in text
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in text
    assert "49<img" not in text
