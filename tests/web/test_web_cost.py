"""The cost of sites: the page and its twins say the same, own numbers replace what the data have,
and what is unknown is in no total.
"""

from __future__ import annotations

import io
import math
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import openpyxl
import pytest
from flask.testing import FlaskClient
from web import Page, read

from geo import layers
from webapp.siting.wish import MOST_PICKED

pytest_plugins = ("web",)
QUE_VO, HAI_YEN, DINH_VU, DONGXING = (
    *("que-vo-3-ip", "hai-yen-ip", "deep-c-hp1-ip"),
    "dongxing-border-ecz",
)
PICK = [QUE_VO, HAI_YEN, DINH_VU]
RATES = {"r_wage": "350-420", "r_water": "0.5", "r_truck_hour": "6", "r_port_fee": "20"}


def ask(client: FlaskClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/cost.json", query_string={"pick": PICK} | query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json
    return document


def rows(document: dict[str, Any], part: str) -> dict[str, dict[str, Any]]:
    """Return the cells of a part by the title of their row."""
    parts = [each for each in document["parts"] if each["title"] == part]
    return {row["title"]: row["cells"] for each in parts for row in each["rows"]}


def totals(document: dict[str, Any]) -> dict[str, tuple[float, float]]:
    cells = rows(document, "Ten years, discounted")["Total of ten years"]
    return {site: (each[0]["low"], each[0]["high"]) for site, each in cells.items()}


def test_the_totals_are_the_sums_of_the_rows_above(client: FlaskClient) -> None:
    """With all rates known every item is in the totals, which are the sums of the rows."""
    document = ask(client, **RATES)
    assert not document["not_counted"]
    items = rows(document, "Ten years, discounted")
    whole = items.pop("Total of ten years")
    assert len(items) == len(document["counted"]) > 8
    for site in PICK:
        for end in ("low", "high"):
            parts = [cells[site][0][end] for cells in items.values()]
            assert whole[site][0][end] == pytest.approx(math.fsum(parts))


def test_what_one_site_lacks_is_in_no_total(client: FlaskClient) -> None:
    """A site without rates takes items out of the totals of all, which are named, and are not zero
    at the others; typed for that site alone, the item counts again.
    """
    document = ask(client, pick=[QUE_VO, DONGXING], **RATES)
    assert DONGXING in document["not_counted"]["land"]
    outside = rows(document, "Not in the total")
    assert outside["Land, whole lease"][DONGXING] == []
    assert outside["Land, whole lease"][QUE_VO][0]["low"] > 1e6
    page = read(client, "/cost", pick=[QUE_VO, DONGXING], **RATES)
    assert "The total counts" in page.text
    own = ask(client, pick=[QUE_VO, DONGXING], own=f"{DONGXING}:land:40-60", **RATES)
    assert "land" in own["counted"]
    land = rows(own, "Ten years, discounted")["Land, whole lease"]
    assert (land[DONGXING][0]["low"], land[DONGXING][0]["high"]) == (2e6, 3e6)
    assert land[DONGXING][0]["note"] == "yours"
    assert land[QUE_VO][0]["note"] is None
    before, after = totals(document)[QUE_VO], totals(own)[QUE_VO]
    assert after[0] - before[0] == pytest.approx(land[QUE_VO][0]["low"])


@pytest.mark.parametrize("name", ["r_truck_km", "r_toll_km", "r_wage", "r_tax", "r_land"])
def test_a_dearer_rate_raises_the_totals(client: FlaskClient, name: str) -> None:
    """Ten times an own number never lowers a total, at either end."""
    cheap, dear = (totals(ask(client, **RATES | {name: text})) for text in ("5", "50"))
    assert all(dear[site][end] >= cheap[site][end] for site in PICK for end in (0, 1))
    assert dear != cheap


def test_dong_at_half_the_worth_cost_half(client: FlaskClient) -> None:
    """Twice as many dong for a dollar halve what is stated in dong, and nothing else."""
    once, twice = (ask(client, x_vnd=rate, **RATES) for rate in ("25000", "50000"))
    names = "Power", "Tolls", "Land, whole lease", "Wages"
    halves = (0.5, 0.5, 1, 1)
    for name, share in zip(names, halves, strict=True):
        a, b = (rows(each, "Ten years, discounted")[name][HAI_YEN][0] for each in (once, twice))
        assert b["low"] == pytest.approx(share * a["low"])
        assert b["high"] == pytest.approx(share * a["high"])


def test_the_page_and_the_workbook_hold_what_the_json_holds(client: FlaskClient) -> None:
    """Every text of a cell stands on the page; every number of the JSON is a number of the
    workbook, in the column of its site.
    """
    query = {"pick": PICK, **RATES}
    document, page = ask(client, **RATES), read(client, "/cost", **query)
    answer = client.get("/cost.xlsx", query_string=query)
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    table = list(book.worksheets[0].iter_rows(values_only=True))
    assert [*table[1][1:4]] == PICK == [site["id"] for site in document["sites"]]
    columns = {site: [row[i] for row in table] for i, site in enumerate(PICK, 1)}
    shown = page.text.replace("\N{NO-BREAK SPACE}", " ")
    seen = 0
    for part in document["parts"]:
        for row in part["rows"]:
            for site, cells in row["cells"].items():
                for cell in cells:
                    assert cell["text"].replace("\N{NO-BREAK SPACE}", " ") in shown
                    ends = {cell["low"], cell["high"]} - {None}
                    assert ends <= {*columns[site]}, (row["title"], site)
                    seen += len(ends)
    assert seen > 150
    decides = list(book["What decides"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[3]) for row in decides] == [
        (swing["title"], swing["size"]) for swing in document["deciding"]
    ]


def test_every_source_is_one_of_the_data(client: FlaskClient) -> None:
    """Each address beside a value stands in a row of the tables of the data."""
    names = ("costs", "policies", "parks", "provenance")
    held = " ".join(
        (layers.bundled() / f"{name}.csv").read_text(encoding="utf-8")
        for name in (*names, "rent_benchmarks")
    )
    document = ask(client)
    places = [
        place["link"]
        for part in document["parts"]
        for row in part["rows"]
        for cells in row["cells"].values()
        for cell in cells
        for source in cell["sources"]
        for place in source["places"]
        if place["link"]
    ]
    assert len(places) > 50
    assert all(link in held for link in places)


def test_wrong_numbers_are_named_together_and_the_others_count(client: FlaskClient) -> None:
    """Text, negative numbers and a range upside down are one message in the words of the fields,
    which stay marked; the answer goes on without them.
    """
    wrong = {
        "workers": "many",
        "r_wage": "-5",
        "r_land": "90-60",
        "discount_pct": "101",
        "x_vnd": "0",
    }
    page = read(client, "/cost", 400, pick=PICK, **wrong)
    alert = re.search(r'<div class="fault" role="alert">(.*?)</div>', page.source, re.DOTALL)
    assert alert
    listed = re.findall(r'<li data-slip="(\w+)">\s*(.*?)\s*</li>', alert[1], re.DOTALL)
    assert {name for name, _text in listed} == {*wrong}
    heads = ("Workers", "Wage", "Land, whole lease", "Discount rate", "VND for 1 USD")
    assert {text.split(":")[0] for _name, text in listed} == {*heads}
    assert page.source.count('aria-invalid="true"') == len(wrong)
    assert "Rate card" in page.text
    for twin in ("json", "xlsx"):
        assert client.get(f"/cost.{twin}", query_string={"pick": PICK} | wrong).status_code == 400


def test_a_number_of_one_site_stands_in_the_address(client: FlaskClient) -> None:
    """What is typed for one site becomes part of the address, replaces its default only there, and
    can be taken away; what cannot be read is refused by name.
    """
    new = {"own_site": HAI_YEN, "own_line": "wage", "own_value": "300-350"}
    answer = client.get("/cost", query_string={"pick": PICK, "workers": "10"} | new)
    assert answer.status_code == 302
    there = urlsplit(answer.headers["Location"])
    query = parse_qsl(there.query)
    assert ("own", f"{HAI_YEN}:wage:300-350") in query
    assert ("workers", "10") in query
    assert not {name for name, _value in query} & {*new}
    page = read(client, f"/cost?{there.query}")
    away = [link.href for link in page.links if link.text == "Remove" and "own=" not in link.href]
    assert any(f"pick={HAI_YEN}" in href for href in away)
    cells = rows(ask(client, own=f"{HAI_YEN}:wage:300-350"), "Rate card")["Wage"]
    assert cells[HAI_YEN][0]["low"] == 300
    assert cells[DINH_VU][0]["note"] != "yours"
    refused = read(client, "/cost", 400, pick=PICK, **new | {"own_value": "much"})
    assert "Wage: “much” is not a number" in refused.text


def test_a_project_without_anything_costs_nothing(client: FlaskClient) -> None:
    """An emptied form stays empty: no example comes back, and no total is shown."""
    page = read(client, "/cost", pick=PICK, edited="1")
    assert "example" not in page.text
    assert "Total of ten years" not in page.text
    assert "Rate card" in page.text
    assert "example" in read(client, "/cost", pick=PICK).text


def test_containers_go_where_they_are_sent(client: FlaskClient) -> None:
    """Without a place each site sends to the port that it reaches soonest; a gate is passed, and a
    place that is not reached is unknown.
    """
    ports = rows(ask(client, **RATES), "Container to a port")
    assert len(ports) > 5
    through = ask(client, destination="huu-nghi", **RATES)
    assert {*through["containers_to"].values()} == {"huu-nghi"}
    assert "gates" in through["counted"]
    assert "port" not in through["counted"]
    closed = ask(client, destination="huu-nghi", closed="huu-nghi", **RATES)
    assert not closed["containers_to"]
    assert {*closed["not_counted"]["haulage"]} == {*PICK}


def test_six_sites_are_five_and_the_sixth_is_named(client: FlaskClient) -> None:
    """More sites than stand side by side are not a fault."""
    parks = [*layers.read(layers.bundled(), "parks").index[:6]]
    page: Page = read(client, "/cost", pick=parks)
    assert "Left out:" in page.text
    assert ask(client, pick=parks)["left_out"] == parks[MOST_PICKED:]


def test_without_sites_one_may_be_added(client: FlaskClient) -> None:
    """The bare page looks for sites, and adds them to itself."""
    page = read(client, "/cost", q="hai yen")
    links = [link.href for link in page.links if link.href.startswith("/cost?")]
    assert any(f"pick={HAI_YEN}" in href for href in links)
    assert client.get("/cost.json").status_code == 200
