"""Own places in a ranking: as a limit, as a criterion, and as columns."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from flask.testing import FlaskClient
from web import Page

from geo.siting.own_places import MOST

SUPPLIER, PORT = "supplier~107.97,21.6~Parts", "port~port-lach-huyen-hict"
SEA = "supplier~108.3,20.4~Far out"
BASE = {"edited": "1", "w_area": "50"}


def document(client: FlaskClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/rank.json", query_string=BASE | query)
    assert answer.status_code == 200, answer.text[:300]
    return json.loads(answer.text)


def route_s(client: FlaskClient, start: str, end: str) -> float:
    answer = client.get("/api/route", query_string={"from": start, "to": end})
    assert answer.status_code == 200, answer.text
    return float(answer.get_json(force=True)["travel_time_s"])


def test_each_place_is_as_far_as_its_route(client: FlaskClient) -> None:
    """Goods of a supplier come to the site and those for a port leave it: the range of each time
    holds the route in that direction, and the criterion is the longer of both.
    """
    sites = document(client, place=[SUPPLIER, PORT], w_own="50")["sites"]
    assert len(sites) > 50
    for site in sites[:8]:
        in_s = route_s(client, "107.97,21.6", site["id"])
        out_s = route_s(client, site["id"], "port-lach-huyen-hict")
        assert next(place["name"] for place in site["places"]) == "Parts"
        for place, seconds in zip(site["places"], (in_s, out_s), strict=True):
            assert place["low"] <= seconds / 60 <= place["high"]
        own = site["criteria"]["own"]
        assert own["low"] <= max(in_s, out_s) / 60 <= own["high"]


def test_a_limit_is_kept_by_every_place(client: FlaskClient) -> None:
    """Whoever passes is near enough to all places; one place more lets no other site in."""
    near = document(client, place=[PORT], max_own="60")
    both = document(client, place=[PORT, SUPPLIER], max_own="180")
    wide = document(client, place=[PORT], max_own="180")
    assert 0 < near["remaining"] < wide["remaining"] < wide["total"]
    assert both["remaining"] <= wide["remaining"]
    for site in near["sites"][:5]:
        assert route_s(client, site["id"], "port-lach-huyen-hict") <= 3600
    names = {site["id"] for site in wide["sites"]}
    assert {site["id"] for site in both["sites"]} <= names


def test_a_site_is_no_way_from_itself(client: FlaskClient) -> None:
    """A plant of one's own in a park: the time from there to there is nothing."""
    answer = document(client, place=["plant~dong-mai-ip"], w_own="100", w_area="0")
    assert answer["sites"][0]["id"] == "dong-mai-ip"


def test_the_nearer_site_is_first(client: FlaskClient) -> None:
    """With nothing else that weighs, the order is that of the times to the place."""
    sites = document(client, place=[PORT], w_own="100", w_area="0")["sites"]
    times_s = [route_s(client, site["id"], "port-lach-huyen-hict") for site in sites[:12]]
    assert times_s == sorted(times_s)


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ("21.6, 107.97", "107.97,21.6"),
        ("Dong Mai Industrial Park", "dong-mai-ip"),
        ("21°36'N 107°58'12\"E", "107.97,21.6"),
    ],
)
def test_what_is_typed_becomes_a_place_that_weighs(
    client: FlaskClient, typed: str, where: str
) -> None:
    """The page leads to an address that holds the place and all else that was asked."""
    query = BASE | {"add_where": typed, "add_role": "customer", "max_port": "90", "lang": "vi"}
    answer = client.get("/rank", query_string=query)
    assert answer.status_code == 302, Page(answer.text).text[:300]
    asked = parse_qs(urlsplit(answer.location).query)
    assert asked["place"] == [f"customer~{where}"]
    assert asked["max_port"] == ["90"]
    assert asked["lang"] == ["vi"]
    assert float(asked["w_own"][0]) > 0
    assert asked["w_area"] == ["50"]
    assert not {"add_where", "add_role"} & asked.keys()
    assert client.get(answer.location).status_code == 200


def test_what_cannot_be_read_stays_in_its_field(client: FlaskClient) -> None:
    """The fault is named with the field, and the ranking is still there."""
    answer = client.get("/rank", query_string=BASE | {"add_where": "nowhere at all <b>"})
    page = Page(answer.text)
    assert answer.status_code == 400
    assert "Name or coordinates" in page.text
    assert 'value="nowhere at all &lt;b&gt;"' in answer.text
    assert 'class="ranked"' in answer.text


def test_a_place_in_the_sea_is_named_and_left_out(client: FlaskClient) -> None:
    """It neither weighs nor removes a site; the page says so."""
    with_sea = document(client, place=[SEA], w_own="50", max_own="30")
    without = document(client)
    order = [site["id"] for site in without["sites"]]
    assert [site["id"] for site in with_sea["sites"]] == order
    answer = client.get("/rank", query_string=BASE | {"place": [SEA], "w_own": "50"})
    assert answer.status_code == 200
    assert "Far out lies in the sea" in Page(answer.text).text


def test_no_place_no_criterion(client: FlaskClient) -> None:
    """A link whose places were all taken out asks nothing of them."""
    bare = document(client)
    asked = document(client, w_own="50", max_own="10")
    assert asked["sites"] == bare["sites"]
    assert 'name="w_own"' not in client.get("/rank", query_string=BASE).text


def test_too_many_and_gone_places_are_said(client: FlaskClient) -> None:
    """At most so many count; one that the atlas no longer holds is named, and the page opens."""
    many = [f"supplier~{107 + n / 100:g},21~P{n}" for n in range(40)]
    answer = client.get("/rank", query_string=BASE | {"place": [*many, "port~gone-port"]})
    text = Page(answer.text).text
    assert answer.status_code == 200
    assert f"At most {MOST} places count" in text
    gone = client.get("/rank", query_string=BASE | {"place": ["port~gone-port"], "w_own": "9"})
    assert gone.status_code == 200
    assert "gone-port" in Page(gone.text).text


def test_the_workbook_has_a_pair_of_columns_for_each_place(client: FlaskClient) -> None:
    """Numbers of the workbook are those of the JSON."""
    query = BASE | {"place": [SUPPLIER, PORT], "w_own": "20"}
    sites = document(client, **query)["sites"]
    answer = client.get("/rank.xlsx", query_string=query)
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0].values)
    heads = [str(head) for head in rows[0]]
    at = next(n for n, head in enumerate(heads) if head.startswith("Parts"))
    for row, site in zip(rows[1:20], sites, strict=False):
        place = site["places"][0]
        assert (row[at], row[at + 1]) == (place["low"], place["high"])


def test_the_chain_of_the_same_places_is_a_link(client: FlaskClient) -> None:
    """The form leads to the chain with the places and the limits, and that page opens."""
    answer = client.get("/rank", query_string=BASE | {"place": [PORT], "max_port": "120"})
    links = [link.href for link in Page(answer.text).links]
    [link] = [link for link in links if link.startswith("/chain?")]
    asked = parse_qs(urlsplit(link).query)
    assert asked["place"] == [PORT]
    assert asked["max_port"] == ["120"]
    assert client.get(link).status_code == 200
