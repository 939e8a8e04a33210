"""The investor's table: what is asked for, what is left, in which order, and how sure that is."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo import ranking, screening
from webapp import rank
from webapp.rank import MOST_PICKED, NUMBERS, STATE, WEIGHTS, Wish, result, site_table

pytest_plugins = ("web",)
STATIC = Path(rank.__file__).parent / "static"


def text(client: FlaskClient, query: dict[str, Any] | str, status: int = 200) -> str:
    answer = client.get("/rank", query_string=query)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def names(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="pick" value="([^"]+)"', page)


# Funnel


def test_without_limits_every_site_is_left(client: FlaskClient) -> None:
    """Nothing is removed before somebody asks for it."""
    assert "200 of 200 sites meet the limits" in text(client, {})


def test_the_funnel_counts_what_a_spreadsheet_counts(app: Flask, client: FlaskClient) -> None:
    """Pass, fail and unknown of each limit add up, and unknown is never counted as failed."""
    parks = app.extensions["zoneatlas"].frame("parks")
    page = text(client, {"edited": 1, "country": "VN", "min_area": 300, "w_area": 1})
    vietnam = parks[parks["country"] == "VN"]
    left = vietnam[(vietnam["area_ha"] >= 300) | vietnam["area_ha"].isna()]
    assert f"{len(left)} of 200 sites meet the limits. {vietnam['area_ha'].isna().sum()} of them only because" in page
    dropped = text(client, {"edited": 1, "country": "VN", "min_area": 300, "drop": "min_area", "w_area": 1})
    assert f"{(vietnam['area_ha'] >= 300).sum()} of 200 sites meet the limits." in dropped


def test_a_limit_that_removes_everything_is_told_with_what_would_help(client: FlaskClient) -> None:
    """The page says which limit to relax, and to what; with that value there are sites."""
    page = text(client, {"edited": 1, "min_area": 400000, "drop": "min_area", "w_gate": 1})
    assert "No site meets all limits" in page
    value = re.search(r"At least of land 400,000\N{NO-BREAK SPACE}?\s?ha → ([\d,]+)", page)
    assert value
    again = text(client, {"edited": 1, "min_area": value[1].replace(",", ""), "w_gate": 1})
    assert "0 of 200" not in again


def test_what_remarks_do_not_mention_is_unknown(app: Flask, client: FlaskClient) -> None:
    """Power and water are looked for in free text: a site whose remarks are silent is unknown, and goes only when asked to."""
    remarks = app.extensions["zoneatlas"].frame("parks")["utilities"].fillna("").str.casefold()
    water = int(remarks.str.contains("water").sum())
    assert "200 of 200 sites meet the limits" in text(client, {"edited": 1, "needs": "water", "w_gate": 1})
    assert f"{water} of 200 sites meet the limits" in text(client, {"edited": 1, "needs": "water", "drop": "water", "w_gate": 1})
    assert 5 < water < 150


# Ranking


@pytest.mark.parametrize("method", ["sum", "topsis"])
def test_the_order_is_that_of_the_library(app: Flask, client: FlaskClient, method: str) -> None:
    """The page shows the ranking that the library makes of the same table, limits and weights."""
    query = {"edited": "1", "country": "VN", "max_port": "120", "w_gate": "50", "w_area": "30", "method": method}
    page = client.get("/rank", query_string=query).get_data(as_text=True)
    opened = app.extensions["zoneatlas"]
    with app.test_request_context("/"):
        wish = Wish.of({"country": ["VN"], "max_port": 120.0, "w_gate": 50.0, "w_area": 30.0, "method": method, "edited": "1"}, {})
        table = site_table(opened, wish.drive)
        left = table.loc[screening.screen(table, list(wish.screens().values())).remaining]
    found = ranking.rank(left, wish.criteria(), {"gate": 50, "area": 30}, method=method)  # type: ignore[arg-type]
    assert names(page) == list(found.order[:15])
    assert (left["port_truck_s"].dropna() <= 7200).all()


def test_bars_sum_to_the_score(client: FlaskClient) -> None:
    """The parts drawn for a site are as wide together as its score."""
    page = client.get("/rank", query_string={"edited": 1, "w_gate": 40, "w_port": 35, "w_people": 25}).get_data(as_text=True)
    items = re.findall(r'<div class="score"><strong>([\d.]+)</strong>(.*?)</svg>', page, re.DOTALL)
    assert len(items) == 15
    for score, bar in items:
        assert sum(float(width) for width in re.findall(r'width="([\d.]+)"', bar)) == pytest.approx(float(score), abs=0.51)


def test_unknown_stands_apart_and_can_be_ranked_at_its_worst(client: FlaskClient) -> None:
    """Sites without a rent are listed with the range of their score; nobody is dropped without a word."""
    apart = text(client, {"edited": 1, "w_rent": 50, "w_gate": 50})
    assert re.search(r"Not ranked \d+", apart)
    assert "score between" in apart
    worst = text(client, {"edited": 1, "w_rent": 50, "w_gate": 50, "unknown": "worst"})
    assert "Ranked at the worst for want of a value" in worst
    assert "score between" not in worst


def test_an_example_fills_the_form_and_says_that_it_is_one(client: FlaskClient) -> None:
    """Every example opens, is labelled, and leaves out what is unknown of most sites, saying so."""
    page = client.get("/rank").get_data(as_text=True)
    examples = re.findall(r'<option value="([a-z-]+)">', page[: page.index("</select>")])
    assert len(examples) >= 13
    for name in examples:
        assert "An example, not a finding" in text(client, {"example": name})
    assert "Left out of the example" in text(client, {"example": "automobile"})


def test_the_link_holds_everything(app: Flask, client: FlaskClient) -> None:
    """The state written into links is read back as the same state, and shows the same page."""
    opened = app.extensions["zoneatlas"]
    given = "edited=1&sector=electronics&sector=automobile&status=operating&max_gate=240&min_area=50&drop=min_area&w_gate=40&w_port=60"
    given += "&method=topsis&unknown=worst&pick=dong-mai-ip&profile=car&closed=huu-nghi"
    from webapp import args

    with app.test_request_context(f"/rank?{given}"):
        from flask import request

        wish = Wish.of(args.parse(request.args, STATE), {})
        query = urlencode(wish.query())
    with app.test_request_context(f"/rank?{query}"):
        assert Wish.of(args.parse(request.args, STATE), {}) == wish
        assert result(opened, wish)["remaining"] > 0
    assert set(dict(parse_qsl(query))) == set(dict(parse_qsl(given)))
    bodies = [client.get(f"/rank?{one}&part=sheet").get_data(as_text=True) for one in (given, query)]
    assert bodies[0] == bodies[1]


def test_closing_a_gate_changes_the_ranking(client: FlaskClient) -> None:
    """The terms of driving hold here too."""
    query = {"edited": 1, "w_gate": 100, "province": "Quang Ninh"}
    before, after = (
        client.get("/rank", query_string=query | extra).get_data(as_text=True) for extra in ({}, {"closed": "mong-cai-bac-luan-2"})
    )
    assert before != after


# Trust


def test_how_far_to_trust_it_is_always_said(client: FlaskClient) -> None:
    """Interval of each weight, both methods, reversals and shares stand with the ranking."""
    page = text(client, {"edited": 1, "w_gate": 50, "w_port": 50, "country": "VN"})
    assert "Between which weights the first stays first" in page
    assert re.search("methods disagree|agree on the first", page)
    assert re.search("change places", page)
    assert page.count("first in") == 15


# Bad input


@pytest.mark.parametrize(
    "query",
    [
        {"w_gate": "-5"},
        {"w_gate": "nan"},
        {"w_beauty": "5"},
        {"min_area": "abc"},
        {"max_gate": "-1"},
        {"max_gate": "1e9"},
        {"example": "no-such-example"},
        {"example": "{{7*7}}"},
        {"method": "magic"},
        {"unknown": "zero"},
        {"status": "open"},
        {"needs": "magic"},
        {"policy": "no-such-policy"},
        {"pick": "../../etc"},
        {"closed": "no-such-gate"},
        {"edited": "yes"},
    ],
)
def test_what_cannot_be_is_a_sentence(client: FlaskClient, query: dict[str, str]) -> None:
    """400, never 500, and the fault is named."""
    page = text(client, {"edited": 1} | query, 400)
    assert "49" not in page


def test_no_weight_is_asked_for(client: FlaskClient) -> None:
    """With all sliders at 0 the funnel stands and the page asks for a weight."""
    assert "Give at least one criterion a weight" in text(client, {"edited": 1, "country": "VN"})


@pytest.mark.parametrize(
    ("query", "status"), [({}, 400), ({"pick": [f"p{i}" for i in range(MOST_PICKED + 1)]}, 400), ({"pick": "nowhere"}, 404)]
)
def test_side_by_side_needs_sites_that_exist(client: FlaskClient, query: dict[str, Any], status: int) -> None:
    """One to five of them."""
    assert client.get("/compare", query_string=query).status_code == status


def test_side_by_side_shows_each_fact_once_a_site(client: FlaskClient) -> None:
    """Facts, times and policies stand in one row for all; where they differ the row is marked; unknown is said."""
    page = client.get("/compare", query_string={"pick": ["texhong-hai-ha-ip", "dong-mai-ip", "hai-ha-seaport-ip"]}).get_data(as_text=True)
    rows = re.findall(r"<tr[^>]*>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(rows) >= 19
    assert all(row.count("<td>") == 3 for row in rows)
    assert 'class="differs"' in page
    assert "unknown" in page


def test_the_page_is_small(client: FlaskClient) -> None:
    """At most 300 kB compressed, with script and style."""
    total = len(gzip.compress(client.get("/rank?example=automobile").data))
    total += sum(len(gzip.compress((STATIC / name).read_bytes())) for name in ("app.css", "rank.js"))
    assert total < 300_000


def test_every_limit_and_weight_is_in_the_form(client: FlaskClient) -> None:
    """Whatever the address may hold can be set by hand."""
    page = client.get("/rank").get_data(as_text=True)
    assert all(f'name="{name}"' in page for name in (*NUMBERS, *WEIGHTS, "method", "unknown", "profile", "example"))
