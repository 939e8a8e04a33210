"""The investor's table: what is asked for, what is left, in which order, and how sure that is."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from web import SITES

from geo.siting import criteria, ranking, robustness, screening
from geo.siting.measures import limits
from geo.siting.own_places import OwnPlace
from webapp import args, readers
from webapp.siting import plants, worth
from webapp.siting import rank as rank_page
from webapp.siting import wished as with_own
from webapp.siting.rank import STATE
from webapp.siting.ranked import DRAWS, result, trust
from webapp.siting.wish import WEIGHTS, Wish
from webapp.siting.worth import Worth

pytest_plugins = ("web",)


def text(client: FlaskClient, query: dict[str, Any] | str, status: int = 200) -> str:
    answer = client.get("/rank", query_string=query)
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def names(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="pick" value="([^"]+)"', page)


# Funnel


ALL = {"edited": 1, "also": ["zones", "captive", "full"]}
"""Nothing is removed but what a test asks for."""


def test_without_limits_every_site_is_left(client: FlaskClient) -> None:
    """With zones, works of one company and full sites wanted too, nothing is removed before a limit
    is asked for.
    """
    assert f"{SITES} of {SITES} sites match" in text(client, ALL)


def test_the_funnel_counts_what_a_spreadsheet_counts(app: Flask, client: FlaskClient) -> None:
    """Pass, fail and unknown of each limit add up, and unknown is never counted as failed."""
    parks = app.extensions["zoneatlas"].layer("parks")
    page = text(client, ALL | {"country": "VN", "min_area": 300, "w_area": 1})
    vietnam = parks[parks["country"] == "VN"]
    left = vietnam[(vietnam["area_ha"] >= 300) | vietnam["area_ha"].isna()]
    assert (
        f"{len(left)} of {SITES} sites match Result of each must-have"
        f" {vietnam['area_ha'].isna().sum()} of them match only because" in page
    )
    dropped = text(
        client, ALL | {"country": "VN", "min_area": 300, "drop": "min_area", "w_area": 1}
    )
    assert f"{(vietnam['area_ha'] >= 300).sum()} of {SITES} sites match" in dropped


def test_a_limit_that_removes_everything_is_told_with_what_would_help(client: FlaskClient) -> None:
    """The page says which limit to relax, and to what; with that value there are sites."""
    page = text(client, ALL | {"min_area": 400000, "drop": "min_area", "w_gate": 1})
    assert "No site meets all must-haves" in page
    value = re.search(r"Min. site area 400,000\N{NO-BREAK SPACE}?\s?ha → ([\d,]+)", page)
    assert value
    again = text(client, ALL | {"min_area": value[1].replace(",", ""), "w_gate": 1})
    assert f"0 of {SITES}" not in again


def test_what_remarks_do_not_mention_is_unknown(app: Flask, client: FlaskClient) -> None:
    """Power and water are looked for in free text: a site whose remarks are silent is unknown, and
    goes only when asked to.
    """
    remarks = app.extensions["zoneatlas"].layer("parks")["utilities"].fillna("").str.casefold()
    water = int(remarks.str.contains("water").sum())
    assert f"{SITES} of {SITES} sites match" in text(client, ALL | {"needs": "water", "w_gate": 1})
    assert f"{water} of {SITES} sites match" in text(
        client, ALL | {"needs": "water", "drop": "water", "w_gate": 1}
    )
    assert 5 < water < 150


# Ranking


@pytest.mark.parametrize("method", ["sum", "topsis"])
def test_the_order_is_that_of_the_library(app: Flask, client: FlaskClient, method: str) -> None:
    """The page shows the ranking that the library makes of the same table, limits and weights."""
    query = {
        "edited": "1",
        "country": "VN",
        "max_port": "120",
        "w_gate": "50",
        "w_area": "30",
        "method": method,
    }
    page = client.get("/rank", query_string=query).get_data(as_text=True)
    opened = app.extensions["zoneatlas"]
    with app.test_request_context("/"):
        wish = Wish.of(
            {
                "country": ["VN"],
                "max_port": 120.0,
                "w_gate": 50.0,
                "w_area": 30.0,
                "method": method,
                "edited": "1",
            },
            {},
        )
        table = opened.sites(wish.drive)
        left = table.loc[screening.screen(table, list(wish.screens().values())).remaining]
    expected = ranking.rank(left, wish.criteria(), {"gate": 50, "area": 30}, method=method)  # type: ignore[arg-type]
    assert names(page) == list(expected.order[:15])
    assert (left["port_truck_s"].dropna() <= 7200).all()


def test_bars_sum_to_the_score(client: FlaskClient) -> None:
    """The parts drawn for a site are as wide together as its score."""
    page = client.get(
        "/rank", query_string={"edited": 1, "w_gate": 40, "w_port": 35, "w_people": 25}
    ).get_data(as_text=True)
    items = re.findall(r'<div class="score"><strong>([\d.]+)</strong>(.*?)</svg>', page, re.DOTALL)
    assert len(items) == 15
    for score, bar in items:
        assert sum(
            float(width) for width in re.findall(r' width="([\d.]+)"', bar)
        ) == pytest.approx(float(score), abs=0.51)


def test_unknown_stands_apart_and_can_be_ranked_at_its_worst(client: FlaskClient) -> None:
    """Sites without a rent are listed with the range of their score; nobody is dropped without a
    word.
    """
    apart = text(client, ALL | {"w_rent": 50, "w_gate": 50})
    assert re.search(r"Not ranked \d+", apart)
    assert "score between" in apart
    worst = text(client, {"edited": 1, "w_rent": 50, "w_gate": 50, "unknown": "worst"})
    assert "Scored as worst case where a value is unknown" in worst
    assert "score between" not in worst


def test_an_example_fills_the_form_and_says_that_it_is_one(client: FlaskClient) -> None:
    """Every example opens, is labelled, and leaves out what is unknown of most sites, saying so."""
    page = client.get("/rank").get_data(as_text=True)
    examples = re.findall(r'<option value="([a-z-]+)">', page[: page.index("</select>")])
    assert len(examples) >= 13
    for name in examples:
        assert "Template with assumed limits and weights" in text(client, {"example": name})
    assert "Not used: Occupancy is unknown for" in text(client, {"example": "automobile"})


def test_the_link_holds_everything(app: Flask, client: FlaskClient) -> None:
    """The state written into links is read back as the same state, and shows the same page."""
    opened = app.extensions["zoneatlas"]
    first = "edited=1&sector=electronics&sector=automobile&status=operating&max_gate=240&min_area=50&drop=min_area&w_gate=40&w_port=60"  # noqa: E501
    first += "&also=full&also=zones&area_needed=20&method=topsis&unknown=worst&pick=dong-mai-ip&profile=car&closed=huu-nghi"  # noqa: E501
    with app.test_request_context(f"/rank?{first}"):
        wish = Wish.of(args.parse(request.args, STATE), {})
        query = urlencode(wish.query())
    with app.test_request_context(f"/rank?{query}"):
        assert Wish.of(args.parse(request.args, STATE), {}) == wish
        assert result(opened, wish).remaining > 0
    assert set(dict(parse_qsl(query))) == set(dict(parse_qsl(first)))
    bodies = [
        client.get(f"/rank?{state}&part=sheet").get_data(as_text=True) for state in (first, query)
    ]
    assert bodies[0] == bodies[1]


def test_closing_a_gate_changes_the_ranking(client: FlaskClient) -> None:
    """The terms of driving hold here too."""
    query = {"edited": 1, "w_gate": 100, "province": "Quang Ninh"}
    before, after = (
        client.get("/rank", query_string=query | extra).get_data(as_text=True)
        for extra in ({}, {"closed": "mong-cai-bac-luan-2"})
    )
    assert before != after


# Who somebody is


def test_a_supplier_is_near_its_plant(app: Flask, client: FlaskClient) -> None:
    """Only sites within the time by road are left, the plant's own first of all, and each card
    says how far it is; without a plant the time means nothing.
    """
    opened = app.extensions["zoneatlas"]
    plant = plants.plants(opened)["plant-foxconn-dong-mai-ip"]
    query = f"supplies={plant.id}&max_plant=60&w_port=50"
    with app.test_request_context("/"):
        wish = wished(app, query)
        answer = result(opened, wish)
        times = plants.times(opened, wish.drive, plant)
        elsewhere = result(opened, wished(app, "max_plant=60&w_port=50"))
    near = answer.table.index[~(times > 3600)]  # unknown ones stay
    assert set(near) >= set(answer.funnel.remaining)
    assert plant.site in near
    assert 5 < answer.remaining < elsewhere.remaining
    assert elsewhere.remaining == result_of(app, "w_port=50").remaining
    page = text(client, f"edited=1&{query}")
    assert "Max. time to the plant 60" in page
    assert page.count("Time to Foxconn") == min(answer.remaining, 15)


def test_the_time_to_a_plant_is_that_of_the_route(app: Flask, client: FlaskClient) -> None:
    """Against the page of one route, from a few sites to the site of the plant."""
    opened = app.extensions["zoneatlas"]
    plant = plants.plants(opened)["plant-foxconn-dong-mai-ip"]
    with app.test_request_context("/"):
        table = with_own.table(opened, wished(app, f"w_port=1&supplies={plant.id}"))
    for site in ("song-khoai-ip", "hai-yen-ip", "beihai-iz"):
        route = client.get(f"/api/route?from={site}&to={plant.site}&profile=truck").json
        assert route
        seconds = route["travel_time_s"]
        assert table.at[site, "plant_truck_s"] == pytest.approx(seconds, abs=1)
    assert table.at[plant.site, "plant_truck_s"] == 0


def result_of(app: Flask, query: str) -> Any:
    with app.test_request_context("/"):
        return result(app.extensions["zoneatlas"], wished(app, query))


def test_the_land_border_counts_for_who_crosses_it(app: Flask) -> None:
    """No takes the gate out of the criteria, yes puts it in, and nothing said leaves the weights;
    all of it stands in links.
    """
    base = "edited=1&w_port=50&w_gate=30"
    assert wished(app, base).weights == {"gate": 30, "port": 50}
    assert wished(app, f"{base}&border=no").weights == {"port": 50}
    assert wished(app, "edited=1&w_port=50&border=yes").weights.keys() == {"gate", "port"}
    assert wished(app, f"{base}&border=yes").weights == {"gate": 30, "port": 50}
    for query in (f"{base}&border=no", f"{base}&border=yes&supplies=plant-foxconn-dong-mai-ip"):
        wish = wished(app, query)
        assert wished(app, urlencode(wish.query())) == wish


# Ways out


def test_each_way_out_leads_to_sites(client: FlaskClient) -> None:
    """Where no site is left, every link that is offered leaves as many as it says, or more."""
    for query in (
        "edited=1&w_gate=1&min_area=400000&drop=min_area",
        "edited=1&w_port=1&max_port=1&sector=electronics",
        "edited=1&w_port=1&max_rent=1&drop=max_rent",
    ):
        page = client.get(f"/rank?{query}").get_data(as_text=True)
        box = re.search(r'<ul class="relax">(.*?)</ul>', page, re.DOTALL)
        assert box, query
        ways = re.findall(r'href="([^"]+)".*?\((\d+) sites', box[1], re.DOTALL)
        assert ways
        for href, count in ways:
            left = re.search(r"(\d+) of \d+ sites match", text_of(client, html.unescape(href)))
            assert left
            assert int(left[1]) >= int(count) > 0


def text_of(client: FlaskClient, address: str) -> str:
    return text(client, address.partition("?")[2])


# Trust


def test_the_score_comes_before_its_trust(client: FlaskClient) -> None:
    """A script gets the cards first and asks for the rest; both together are the whole page, which
    needs no script.
    """
    query = "edited=1&w_gate=50&w_port=50&country=VN&lang=en"
    whole, first, rest = (
        text(client, f"{query}{part}") for part in ("", "&part=sheet", "&part=trust")
    )
    assert "random weightings, and in 9 of 10" in whole
    assert "random weightings, and in 9 of 10" not in first
    assert rest.strip() in whole
    assert names(client.get(f"/rank?{query}&part=sheet").text) == names(
        client.get(f"/rank?{query}").text
    )


def test_the_list_of_what_is_removed_is_that_of_a_first_question(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was asked before, the sites that fall out and the reasons are those of this wish:
    other limits, vehicles, gates, places and languages have their own, other weights the same.
    """
    place = OwnPlace("supplier", (105.85, 21.03)), OwnPlace("supplier", (106.68, 20.86))
    own = [urlencode({"max_own": 60, "w_own": 1, "place": spot.text()}) for spot in place]
    gate = "max_gate=120&w_gate=1"
    wishes = [
        *(gate, "max_gate=120&w_port=1", "max_gate=90&w_gate=1", f"{gate}&lang=vi"),
        *(f"{gate}&profile=car", f"{gate}&closed=huu-nghi", *own),
    ]

    def removed(app: Flask, query: str) -> str:
        page = app.test_client().get(f"/rank?edited=1&{query}").get_data(as_text=True)
        return page[page.rindex("<summary>") : page.index('<section class="framed-map')]

    app = make_app()
    kept = [removed(app, query) for query in wishes]
    monkeypatch.setattr(rank_page, "KEPT_LISTS", 0)
    app = make_app()
    assert [removed(app, query) for query in wishes] == kept
    assert kept[0] == kept[1]
    assert len(set(kept)) == len(kept) - 1


def test_how_far_to_trust_it_is_always_said(client: FlaskClient) -> None:
    """Interval of each weight, both methods, reversals and shares stand with the ranking."""
    page = text(client, {"edited": 1, "w_gate": 50, "w_port": 50, "country": "VN"})
    assert "How far each weight can change before the winner changes" in page
    assert re.search("methods disagree|agree on the first", page)
    assert re.search("would swap|change places", page)
    assert "Places in 9 of 10 random weightings" in page


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
        {"example": "{{7*7}}"},
        {"method": "magic"},
        {"unknown": "zero"},
        {"status": "open"},
        {"needs": "magic"},
        {"supplies": "../etc"},
        {"border": "maybe"},
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


def test_the_page_is_small(client: FlaskClient) -> None:
    """At most 300 kB compressed, with script and style."""
    total = len(gzip.compress(client.get("/rank?example=automobile").data))
    for name in ("app.css", "rank.js"):
        with client.get(f"/static/{name}") as answer:
            total += len(gzip.compress(answer.data))
    assert total < 300_000


def test_every_limit_and_weight_is_in_the_form(client: FlaskClient) -> None:
    """Whatever the address may hold can be set by hand; what is asked of own places, as soon as
    there are some.
    """
    page = client.get("/rank?place=port~port-lach-huyen-hict").get_data(as_text=True)
    assert 'name="add_where"' in client.get("/rank").get_data(as_text=True)
    assert all(
        f'name="{name}"' in page
        for name in (
            *limits(),
            *WEIGHTS,
            *worth.PARAMETERS,
            "method",
            "unknown",
            "profile",
            "example",
            "supplies",
            "border",
        )
    )


# How a criterion counts


def wished(app: Flask, query: str) -> Wish:
    """Read a query as the page does."""
    with app.test_request_context(f"/rank?{query}"):
        return Wish.of(args.parse(request.args, STATE), {})


@pytest.mark.parametrize(
    ("name", "shape", "amounts", "values"),
    [
        (
            "gate",
            "linear:30:180",
            [0, 1800, 5400, 8100, 10_800, 20_000, float("inf")],
            [1, 1, 0.6, 0.3, 0, 0, 0],
        ),
        ("gate", "saturating:30:180", [1800, 8550, 6300, 10_800], [1, 0.5, 0.75, 0]),
        ("gate", "step:60", [0, 3600, 3601, float("nan")], [1, 1, 0, None]),
        ("gate", "linear::180", [3600, 7200, 10_800], [1, 0.5, 0]),
        ("area", "step:300", [299, 300, 1000], [0, 1, 1]),
        ("area", "linear:100:", [50, 100, 200, 500], [0, 0, 0.25, 1]),
        ("people", "saturating:0:1000000", [0, 250_000, 500_000, 2_000_000], [0, 0.5, 0.75, 1]),
        ("occupancy", "linear", [20, 60, 100], [1, 0.5, 0]),
    ],
)
def test_amounts_are_worth_what_the_head_counts(
    app: Flask, name: str, shape: str, amounts: list[float], values: list[Any]
) -> None:
    """Times in minutes, all else as it is; an end that is not said is that of the sites; less is
    better of times and occupancy.
    """
    criterion = wished(app, f"w_{name}=10&v_{name}={shape}").criteria()[0]
    worth = criteria.values(pd.DataFrame({criterion.column: amounts}, dtype=float), [criterion])[
        name
    ]
    assert [None if pd.isna(value) else value for value in worth] == pytest.approx(values)


def test_the_ranking_takes_it(app: Flask, client: FlaskClient) -> None:
    """With a step at 60 minutes alone, a site scores 100 up to an hour from a gate and 0 beyond;
    the page says how it counts.
    """
    wish = wished(app, "w_gate=100&v_gate=step:60")
    with app.test_request_context("/"):
        answer = result(app.extensions["zoneatlas"], wish)
    scores = answer.ranked.ranking.scores.dropna()
    near = answer.table.loc[scores.index, "gate_truck_s"] <= 3600
    assert (scores == near).all()
    assert 10 < near.sum() < 190
    page = text(client, "edited=1&w_gate=100&v_gate=step:60")
    assert "How it counts: Time to border gate – 1 up to 60 min, 0 above" in page
    assert "– in proportion from 100 ha to the greatest of the sites" in text(
        client, "edited=1&w_area=1&v_area=linear:100:"
    )


def test_shares_are_those_of_the_values_at_hand(app: Flask) -> None:
    """How often a site is first is not taken from a ranking that counted otherwise."""
    base = "country=VN&w_gate=50&w_port=50"
    shares = []
    with app.test_request_context("/"):
        for query in (base, f"{base}&v_gate=step:60", f"{base}&v_gate=step:120"):
            answer = result(app.extensions["zoneatlas"], wished(app, query))
            trusted = trust(app.extensions["zoneatlas"], wished(app, query), answer)
            pd.testing.assert_frame_equal(
                trusted.shares, robustness.shares(answer.ranked.ranking, DRAWS)
            )
            shares.append(trusted.shares["first"])
    assert not shares[0].equals(shares[1])
    assert not shares[1].equals(shares[2])


@pytest.mark.parametrize(
    ("apart", "folded"),
    [
        ("v_gate=linear&v_gate_from=30&v_gate_to=180", "linear:30:180"),
        ("v_gate=step&v_gate_from=&v_gate_to=60", "step:60"),
        ("v_gate=saturating&v_gate_from=&v_gate_to=", "saturating"),
        ("v_gate=saturating&v_gate_to=90.5", "saturating::90.5"),
        ("v_gate_from=30", "linear:30:"),
        ("v_gate=linear&v_gate_from=&v_gate_to=", None),
        ("v_gate=linear::", None),
    ],
)
def test_fields_of_the_form_become_one_parameter(
    app: Flask, apart: str, folded: str | None
) -> None:
    """Without a script the form sends shape and ends apart; links say them in one word, which reads
    as the same.
    """
    wish = wished(app, f"w_gate=10&{apart}")
    written = {name: value for name, value in wish.query() if name.startswith("v_")}
    assert written == ({} if folded is None else {"v_gate": folded})
    assert wished(app, urlencode(wish.query())) == wish
    assert len(readers.SHAPES) == len({*readers.SHAPES} & {*criteria.SHAPES})


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("v_gate=cubic", ["Time to border gate: “cubic” is not one of linear, step, saturating"]),
        ("v_gate=share", ["Time to border gate: “share” is not one of linear, step, saturating"]),
        (
            "v_gate=linear:30",
            [
                "Time to border gate: “linear:30” does not have the form step:60, linear,"
                " linear:30:180 or saturating:30:180"
            ],
        ),
        ("v_gate=step:1:2", ["Time to border gate: “step:1:2” does not have the form"]),
        ("v_gate=linear:a:-1", ["“a” is not a number", "-1 is not an amount"]),
        ("v_gate=linear:180:30", ["Time to border gate, from: 180 is not less than 30"]),
        (
            "v_gate=linear:60:60&v_port=step",
            [
                "Time to border gate, from: 60 is not less than 60",
                "Time to container port, to: a step needs an upper end",
            ],
        ),
        ("v_area=step&v_area_to=5", ["Free land, from: a step needs a lower end"]),
        (
            "v_gate=step&v_gate_from=30&v_gate_to=60",
            ["Time to border gate, from: a step has only an upper end"],
        ),
        ("v_area=step&v_area_from=30&v_area_to=60", ["Free land, to: a step has only a lower end"]),
        ("v_gate=step:60&v_gate_to=60", ["Time to border gate, to: the range is given twice"]),
        ("v_gate=linear&v_gate=step:60", ["Time to border gate: is given more than once"]),
        ("v_beauty=linear", ["“v_beauty” is not a setting of this page"]),
        ("v_gate=%7B%7B7*7%7D%7D", ["“{{7*7}}” is not one of"]),
    ],
)
def test_every_fault_of_it_is_named(client: FlaskClient, query: str, faults: list[str]) -> None:
    """400 and a sentence for each, in the words of the page."""
    page = html.unescape(text(client, f"edited=1&w_gate=1&{query}", 400))
    assert not [fault for fault in faults if fault not in page], page


def test_nothing_is_lost_between_link_and_form(app: Flask, client: FlaskClient) -> None:
    """Weights with decimals and large limits come back from links and fields as they were, never
    rounded or with an exponent.
    """
    query = (
        "w_gate=33.3333333&w_port=40&min_people=1500000&max_rent=0.00001&v_people=linear:0:12345678"
    )
    wish = wished(app, query)
    assert dict(parse_qsl(query)).items() <= dict(wish.query()).items()
    page = client.get(f"/rank?edited=1&{query}").get_data(as_text=True)
    page = " ".join(page.split())
    assert 'name="w_gate" min="0" max="100" step="any" value="33.3333333"' in page
    assert 'name="w_port" min="0" max="100" step="1" value="40"' in page
    assert (
        'name="min_people" inputmode="decimal" pattern="[0-9]*[.]?[0-9]*" placeholder=" "'
        ' value="1500000"' in page
    )
    assert re.search(r'name="v_people_to"[^>]* value="12345678"', page)
    for value in (0.0, 0.1, 33.3, 1e9, 1e-5, 123_456_789.25):
        assert readers.number(readers.plain(value)) == value
    assert str(Worth("linear", 0.5, 1e7)) == "linear:0.5:10000000"


def test_what_weighs_nothing_asks_nothing(client: FlaskClient) -> None:
    """Only criteria with a weight ask how they count; the fields of others are not sent."""
    page = client.get("/rank?edited=1&w_gate=10&place=port~port-lach-huyen-hict").text
    assert len(re.findall(r'<details class="worth" data-of="\w+">', page)) == 1
    assert len(re.findall(r'<details class="worth" data-of="\w+" hidden>', page)) == (
        len(WEIGHTS) - 1
    )
    assert len(re.findall(r'<fieldset data-needs="\w+" disabled>', page)) == len(WEIGHTS) - 1
