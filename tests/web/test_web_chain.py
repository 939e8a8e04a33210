"""The page of a chain, its workbook and its JSON."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read

from webapp.catalogues import LANGUAGES

SUPPLIER, PORT = "supplier~107.97,21.6~Parts~40", "port~port-lach-huyen-hict~~600t"
LINK = {"place": [SUPPLIER, PORT]}
SITES = ("hai-yen-ip", "dong-mai-ip", "trang-due-ip", "van-don-ic")


def document(client: FlaskClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/chain.json", query_string=LINK | query)
    assert answer.status_code == 200, answer.text[:300]
    return json.loads(answer.text)


def moved(client: FlaskClient, **query: Any) -> list[str]:
    """Return the places of the address that the page leads to."""
    answer = client.get("/chain", query_string=query)
    assert answer.status_code == 302, Page(answer.text).text[:500]
    return parse_qs(urlsplit(answer.location).query)["place"]


@pytest.mark.parametrize("drive", [{}, {"pace": "bad"}, {"closed": "mong-cai-bac-luan-2"}])
def test_totals_are_the_sums_of_the_routes(client: FlaskClient, drive: dict[str, str]) -> None:
    """Of every site the time and length of a month are those of ``/api/route``, times the trips."""
    chain = document(client, pick=",".join(SITES), **drive)
    assert {site["id"] for site in chain["sites"]} == set(SITES)
    for site in chain["sites"]:
        time_s = length_m = 0.0
        for place, leg in zip(chain["places"], site["legs"], strict=True):
            here = place["text"].split("~")[1]
            ends = (here, site["id"]) if place["comes_in"] else (site["id"], here)
            query = dict(zip(("from", "to"), ends, strict=True)) | drive
            route = client.get("/api/route", query_string=query).get_json(force=True)
            assert leg["gates"] == route["gates"]
            time_s += place["trips"] * route["travel_time_s"]
            length_m += place["trips"] * route["length_m"]
        assert site["travel_time_s"] == pytest.approx(time_s, rel=1e-5)
        assert site["length_m"] == pytest.approx(length_m, rel=1e-4)


def test_the_named_gate_is_the_only_one(client: FlaskClient) -> None:
    """What passes a border passes the gate that is chosen, and takes no less time for it."""
    free, bound = (document(client, pick=",".join(SITES), **via) for via in ({}, {"via": "chi-ma"}))
    times = {site["id"]: site["travel_time_s"] for site in free["sites"]}
    assert len(bound["sites"]) == len(SITES)
    for site in bound["sites"]:
        assert {gate for leg in site["legs"] for gate in leg["gates"]} == {"chi-ma"}
        assert site["travel_time_s"] >= times[site["id"]]


@pytest.mark.parametrize("total", ["hours", "km", "cost", "co2"])
def test_sites_stand_in_the_order_of_the_total(client: FlaskClient, total: str) -> None:
    """Of every total the least comes first."""
    sites = document(client, total=total)["sites"]
    values = {
        "hours": [site["travel_time_s"] for site in sites],
        "km": [site["length_m"] for site in sites],
        "cost": [
            (site["cost_low_usd"] + site["cost_high_usd"]) for site in sites if total == "cost"
        ],
        "co2": [site["co2_kg"][1] for site in sites],
    }[total]
    assert len(values) > 100
    assert values == sorted(values)


def test_the_workbook_holds_what_the_json_holds(client: FlaskClient) -> None:
    """Read back, both have the same sites, totals and legs."""
    chain = document(client, r_truck_km=1, r_truck_hour=4)
    answer = client.get("/chain.xlsx", query_string=LINK | {"r_truck_km": 1, "r_truck_hour": 4})
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == [site["id"] for site in chain["sites"]]
    for row, site in zip(rows, chain["sites"], strict=True):
        assert row[4] == pytest.approx(site["travel_time_s"] / 3600, abs=0.001)
        assert row[6] == pytest.approx(site["cost_low_usd"], abs=0.001)
        assert row[8] == pytest.approx(site["co2_kg"][1] / 1000, abs=0.001)
    legs = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert len(legs) == len(chain["places"]) * len(chain["sites"])
    assert any(
        "yours" in str(cell)
        for row in book.worksheets[2].iter_rows(values_only=True)
        for cell in row
    )


def test_what_is_typed_becomes_an_address(client: FlaskClient) -> None:
    """A place that is added, a list that is pasted and amounts typed anew stand in the link."""
    added = {"add_where": "21°36'N 107°58.2'E", "add_role": "supplier", "add_amount": "7"}
    assert moved(client, place=PORT, **added) == [PORT, "supplier~107.97,21.6~~7"]
    named = {"add_where": "Dongxing", "add_role": "supplier", "lang": "zh"}
    assert moved(client, **named) == ["supplier~dongxing"]
    listed = "Parts; 21.6, 107.97; 供应商; 40 趟\nLach Huyen HICT (berths 1-2); port; 600 t"
    assert moved(client, places=listed) == [SUPPLIER, PORT]
    again = {"place": [SUPPLIER, PORT], "flow_1": "9", "unit_1": "t", "unit_2": "trips"}
    assert moved(client, **again) == ["supplier~107.97,21.6~Parts~9t", PORT.replace("~~600t", "")]


def test_a_list_is_read_after_the_page_of_a_site(client: FlaskClient) -> None:
    """What is kept for the pages of sites is not what lists are read with."""
    read(client, f"/sites/{SITES[0]}")
    assert moved(client, places="Parts; 21.6, 107.97; nhà cung cấp; 40") == [SUPPLIER]
    read(client, f"/sites/{SITES[1]}")


def test_a_fault_keeps_the_page_and_what_was_typed(client: FlaskClient) -> None:
    """Every field that cannot be read is named in the words of the page, and stays as typed."""
    query = {
        **LINK,
        "add_where": "Atlantis",
        "add_role": "port",
        "flow_1": "lots",
        "r_truck_km": "-3",
    }
    page = read(client, "/chain", 400, **query)
    for text in ("Atlantis", "lots", "Amount of place 1", "Truck per km"):
        assert text in page.text
    assert page.one("input", name="add_where")["value"] == "Atlantis"
    assert page.one("input", name="flow_1")["value"] == "lots"


def test_forty_places_of_which_one_lies_in_the_sea(client: FlaskClient) -> None:
    """Twelve count, the others are named with the limit, the sea with the distance to a road."""
    dice = np.random.default_rng(1)
    at = np.add(dice.uniform(0, 0.4, (39, 2)), (105.8, 21)).round(3).tolist()
    land = [f"customer~{lon},{lat}~C{i}" for i, (lon, lat) in enumerate(at)]
    page = read(client, "/chain", place=["supplier~107.3,20.5~Sea Co", *land])
    assert "At most 12 places count; 28 more are left out: C11, C12, C13 …." in page.text
    assert "Sea Co lies in the sea" in page.text
    assert "km from the next road: it is left out" in page.text
    assert "sites compared" in page.text


def test_an_older_link_says_what_is_gone(client: FlaskClient) -> None:
    """Places and sites that the atlas no longer holds are named; the rest counts."""
    page = read(client, "/chain", place=[SUPPLIER, "port~sunken-port"], pick="hai-yen-ip,gone-ip")
    assert "“sunken-port” is not in the atlas any more." in page.text
    assert "No longer in the atlas: gone-ip." in page.text
    assert "1 sites compared" in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_in_every_language(client: FlaskClient, language: str) -> None:
    """Each site has its totals, the gate it hangs on, its legs and what they need, without any
    script.
    """
    page = read(client, "/chain", lang=language, pick=",".join(SITES), **LINK)
    cards = [
        attributes for tag, attributes in page.elements if tag == "li" and "data-site" in attributes
    ]
    assert len(cards) == len(SITES)
    legs = [a for tag, a in page.elements if tag == "li" and a.get("class") in ("comes", "goes")]
    assert len(legs) == 2 * len(SITES)
    assert "Mong Cai (Bac Luan II)" in page.text or language != "en"
    link = next(link.href for link in page.links if link.href.startswith("/chain.json"))
    assert client.get(link).status_code == 200


def test_limits_narrow_the_sites(client: FlaskClient) -> None:
    """The must-haves of a ranking hold here too, and stay in the form."""
    page = read(client, "/chain", max_gate="60", country="CN", **LINK)
    chain = document(client, max_gate="60", country="CN")
    parks = client.application.extensions["zoneatlas"].layer("parks")
    countries = {parks.loc[site["id"], "country"] for site in chain["sites"]}
    assert countries == {"CN"}
    assert page.one("input", name="max_gate")["value"] == "60"


def test_hostile_names_are_only_text(besieged: Flask) -> None:
    """What somebody calls a place is neither run nor compiled."""
    client = besieged.test_client()
    name = "{{7*7}}<img src=x onerror=alert(1)>"
    page = client.get("/chain", query_string={"place": f"supplier~107.97,21.6~{name}~40"})
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    assert "49" not in Page(page.text).headings
