"""Sites side by side: each fact once a site, money on the same basis or refused, policies in the
reader's language.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, read, rewrite

from geo import layers
from geo.errors import InputError
from geo.siting import money
from webapp import charts
from webapp.catalogues import LANGUAGES, catalogue, in_script
from webapp.siting import beside_money
from webapp.siting.beside import Better, Cell, Row
from webapp.siting.offers import MOST_OFFERS
from webapp.siting.wish import MOST_PICKED

pytest_plugins = ("web",)
HAI_HA, DONG_MAI, UNKNOWN = "texhong-hai-ha-ip", "dong-mai-ip", "song-khoai-ip"
"""50 to 65 USD in 2021, 55 USD in about 2020, and no rent at all."""
PICK = [HAI_HA, DONG_MAI, UNKNOWN]
AWAY = ("Remove", "Hide equal rows")
YUAN = {"currency": "CNY", "rate": "7.2", "rate_date": "2026-11-20"}


def ask(client: FlaskClient, expected: int = 200, **query: Any) -> Page:
    return read(client, "/compare", expected, **{"pick": PICK} | query)


def cells(page: Page, start: str) -> list[str]:
    """Return the cells of the only row whose head begins so."""
    (row_cells,) = (row for row in page.rows if row and row[0].startswith(start))
    return row_cells[1:]


def columns(page: Page) -> list[str]:
    """Return the sites in the order in which they stand."""
    return list(
        dict.fromkeys(
            link.href.split("/")[2] for link in page.links if link.href.startswith("/sites/")
        )
    )


def faults(page: Page) -> list[str]:
    match = re.search(r'<div class="fault" role="alert">(.*?)</div>', page.source, re.DOTALL)
    return (
        [Page(item).text for item in re.findall(r"<li>(.*?)</li>", match[1], re.DOTALL)]
        if match
        else []
    )


# Sites and facts


def test_a_site_that_does_not_exist_is_not_compared(client: FlaskClient) -> None:
    """Of a site that is not there the page says so."""
    assert client.get("/compare", query_string={"pick": "nowhere"}).status_code == 404


def adding(page: Page) -> dict[str, set[str]]:
    """Return what is found to be added: by its name, what would then stand side by side."""
    links = [
        link for link in page.links if link.href.startswith("/compare?") and link.text not in AWAY
    ]
    return {
        link.text: {value for name, value in parse_qsl(urlsplit(link.href).query) if name == "pick"}
        for link in links
    }


def test_compare_with_none_lets_one_add_sites_by_name(client: FlaskClient) -> None:
    """The bare page answers, finds sites by name and adds them one by one, up to five, with
    everything that was stated kept.
    """
    assert columns(read(client, "/compare")) == []
    assert not adding(read(client, "/compare", q="atlantis"))
    chosen: set[str] = set()
    for text in ("dong mai", "Hải Hà", "欽州", "vsip", "deep c"):
        page = read(client, "/compare", pick=sorted(chosen), profile="car", q=text)
        name, picks = next(iter(adding(page).items()))
        assert picks > chosen
        assert len(picks) == len(chosen) + 1
        assert all("profile=car" in link.href for link in page.links if link.text == name)
        assert set(columns(read(client, "/compare", pick=sorted(picks)))) == picks
        chosen = picks
    assert len(chosen) == MOST_PICKED
    assert not [
        element
        for element in read(client, "/compare", pick=sorted(chosen)).elements
        if element[0] == "input" and element[1].get("name") == "q"
    ]


def test_compare_with_six_shows_five_and_names_the_sixth(client: FlaskClient, app: Flask) -> None:
    """More sites than can be compared are not answered with a fault."""
    parks = app.extensions["zoneatlas"].layer("parks")
    picked = list(parks.index[: MOST_PICKED + 1])
    page = read(client, "/compare", pick=picked)
    assert columns(page) == [picked[-1], *picked[:MOST_PICKED]]
    assert parks.loc[picked[-1], "name_en"] in page.text
    assert len(columns(read(client, "/compare", pick=picked[0]))) == 1


def test_side_by_side_shows_each_fact_once_a_site(client: FlaskClient) -> None:
    """Facts, times and policies stand in one row for all; where they differ the row is marked;
    unknown is said.
    """
    page = client.get(
        "/compare", query_string={"pick": ["texhong-hai-ha-ip", "dong-mai-ip", "hai-ha-seaport-ip"]}
    ).get_data(as_text=True)
    rows = re.findall(r"<tr[^>]*>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    assert len(rows) >= 19
    assert all(row.count("<td") == 3 for row in rows)
    assert 'class="differs"' in page
    assert "unknown" in page


def test_an_area_says_what_it_counts_and_a_share_what_it_divides(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    """Leased ÷ leasable is divided here where the data hold both; any other share is told as found,
    and an area has its basis.
    """
    shutil.copytree(
        layers.bundled(),
        tmp_path / "data",
        ignore=shutil.ignore_patterns("*.py", "LICENSES", "__pycache__"),
    )
    known = {
        HAI_HA: {
            "area_basis": "leased",
            "area_ha": "120",
            "leasable_ha": "150",
        },
        DONG_MAI: {
            "area_basis": "leased",
            "area_ha": "200",
            "leasable_ha": "150",
        },
        UNKNOWN: {
            "area_basis": "licensed",
            "occupancy_pct": "100",
        },
    }
    rewrite(
        tmp_path / "data" / "parks.csv",
        lambda rows: [row | known.get(row["id"], {}) for row in rows],
    )
    rewrite(
        tmp_path / "data" / "provenance.csv",
        lambda rows: [
            row | ({"source_kind": "memory"} if row["row_id"] == UNKNOWN else {}) for row in rows
        ],
    )
    page = ask(make_app(tmp_path / "data").test_client())
    assert [cell.split("basis: ")[1] for cell in cells(page, "Area")] == [
        "leased",
        "leased",
        "licensed",
    ]
    leased, more_than_leasable, full = (
        cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells(page, "Occupancy")
    )
    assert leased == "80 % leased ÷ leasable: 120 ha ÷ 150 ha"
    assert more_than_leasable.endswith("basis of the figure not stated")
    assert "reported as full; basis of the figure" in full


# What is best


def row_of(better: Better, *spans: tuple[float, float] | None, doubt: float = 0.0) -> Row:
    """Make a row of sites A, B, … between these ends; None is unknown."""
    return Row(
        "row",
        {
            chr(65 + at): []
            if span is None
            else [Cell("x", low=span[0], high=span[1], doubt=doubt)]
            for at, span in enumerate(spans)
        },
        better=better,
    )


def test_the_best_is_ahead_wherever_each_value_lies() -> None:
    """Of rows made by chance, the site that is marked wins for every choice of values within the
    ranges; where none is marked, some choice lets another one win or tie.
    """
    dice = np.random.default_rng(4)
    marked = 0
    for _ in range(300):
        ends = np.sort(dice.integers(0, 30, (3, 2)), axis=1)
        for better in ("low", "high"):
            row = row_of(better, *map(tuple, ends.tolist()))
            sign = 1 if better == "low" else -1
            firsts = {
                "tie" if sorted(values)[0] == sorted(values)[1] else "ABC"[int(np.argmin(values))]
                for values in product(*(sign * ends[:, :]).tolist())
            }
            assert row.best == (next(iter(firsts)) if len(firsts) == 1 else None) or firsts == {
                "tie"
            }
            marked += row.best is not None
    assert 20 < marked < 580


def test_nothing_is_best_where_it_cannot_be_known() -> None:
    """An unknown value, a tie, a matter of taste or a single site mark none; a site without a road
    is behind all others.
    """
    assert row_of("low", (1, 2), (5, 6)).best == "A"
    assert row_of("high", (1, 2), (5, 6)).best == "B"
    assert row_of("", (1, 2), (5, 6)).best is None
    assert row_of("low", (1, 2), (5, 6), None).best is None
    assert row_of("low", (1, 2)).best is None
    assert row_of("low", (5, 5), (5, 5)).best is None
    assert row_of("low", (math.inf, math.inf), (5, 6)).best == "B"
    assert row_of("low", (math.inf, math.inf), (math.inf, math.inf)).best is None
    assert row_of("high", (100, 100), (105, 105), doubt=10).best is None


def marked(page: Page) -> dict[str, int]:
    """Return which column of a row is marked as the best, by the head of the row."""
    return {
        row[0]: at
        for row in page.rows
        for at, cell in enumerate(row)
        if at and row and cell.endswith(" best")
    }


def test_the_best_is_marked_in_words_where_a_local_would_agree(client: FlaskClient) -> None:
    """A park at the border has the shortest way to a gate, one beside the deep-sea port to a
    container port, and one in Hanoi the most people; areas and names have no best.
    """
    picks = ["hai-yen-ip", "deep-c-hp2-ip", "nam-thang-long-ip"]
    best = marked(ask(client, pick=picks))
    assert best["Time to border gate"] == 1
    assert best["Time to container port"] == 2
    assert best["People within 60 min"] == 3
    assert not {"Area", "Occupancy", "Name", "Sectors", "Average land rent today"} & best.keys()
    assert not marked(ask(client, pick=picks[:1]))


def test_a_price_is_best_only_among_prices_of_one_year(client: FlaskClient) -> None:
    """Asking prices of two years mark none; quotes in one currency do, in two they do not."""
    assert not [head for head in marked(ask(client)) if head.startswith("Land rent")]
    quotes = [f"{HAI_HA}:factory_month:4:USD", f"{DONG_MAI}:factory_month:5:USD"]
    both = {"pick": PICK[:2], "offer": quotes}
    assert [at for head, at in marked(ask(client, **both)).items() if "Your" in head] == [1]
    both["offer"] = [quotes[0], quotes[1].replace("USD", "CNY")]
    assert not [head for head in marked(ask(client, **both)) if "Your" in head]


def test_equal_rows_are_hidden_and_no_others(client: FlaskClient) -> None:
    """The rows that are left are those that were marked as differing, in their order; the address
    keeps the choice, and a single site keeps all its rows.
    """
    whole, short = ask(client), ask(client, equal="hide")
    differing = re.findall(r'<tr class="differs">\s*<th scope="row">\s*([^<]+?)\s*<', whole.source)
    left = re.findall(r'<tr[^>]*>\s*<th scope="row">\s*([^<]+?)\s*<', short.source)
    assert left == differing
    assert 5 < len(left) < len(whole.rows)
    onward = [link.href for link in short.links if link.text == "Remove"]
    assert onward
    assert all("equal=hide" in href for href in onward)
    alone = ask(client, pick=PICK[:1], equal="hide")
    assert len(alone.rows) == len(ask(client, pick=PICK[:1]).rows)
    twins = {"pick": PICK[:2]}
    for row in ask(client, equal="hide", **twins).rows[1:]:
        assert len(row) < 3 or row[1] != row[2] or row[0] in ("Policies",), row


def test_the_strip_shows_each_site_where_it_lies(app: Flask) -> None:
    """Whatever sites are drawn, all are inside, east is right and north is up, and no number covers
    another.
    """
    opened = app.extensions["zoneatlas"]
    shapes = opened.layer("parks").geometry
    dice = np.random.default_rng(7)
    for count in (1, 2, 3, 4, 5, 5, 5, 5):
        sites = shapes.iloc[dice.choice(len(shapes), count, replace=False)]
        drawn = charts.strip(opened, sites)
        pins = drawn.pins
        assert all(0 < pin.x < drawn.width and 0 < pin.y < drawn.height for pin in pins)
        assert all(0 < pin.number_y < drawn.height for pin in pins)
        assert drawn.land
        for (a, b), (p, q) in zip(combinations(sites, 2), combinations(pins, 2), strict=True):
            assert (a.x <= b.x) == (p.x <= q.x)
            assert (a.y <= b.y) == (p.y >= q.y)
            apart = math.hypot(p.number_x - q.number_x, p.number_y - q.number_y)
            assert apart >= charts.PIN - 1e-6
    alike = charts.strip(opened, shapes.iloc[[0, 0, 0, 0, 0]])
    assert len({(pin.number_x, pin.number_y) for pin in alike.pins}) == 5


# Money


def test_without_a_wish_money_stands_as_the_data_have_it(client: FlaskClient) -> None:
    """Low to high for the whole term, each with its year and how it is known; unknown stays
    unknown.
    """
    page = ask(client)
    assert cells(page, "Land rent, whole lease term") == [
        "50–65 USD/m² for the whole term web source asking price of 2021",
        "55 USD/m² for the whole term from public data asking price of 2020",
        "unknown",
    ]
    assert columns(page) == PICK


def test_rent_is_counted_per_year_left_and_in_another_currency(client: FlaskClient) -> None:
    """50 ÷ 40 × 7.2 = 9.00, 65 → 11.70, 55 → 9.90; years left, rate and its date stand beside the
    numbers.
    """
    page = ask(client, basis="land_year", years_left="40", **YUAN)
    row = next(row for row in page.rows if row and row[0].startswith("Land rent, per year left"))
    assert [cell.split(" CNY/m² per year left")[0] for cell in row[1:3]] == ["9.00–11.70", "9.90"]
    assert row[3] == "unknown"
    assert "÷ 40 years left, as you state" in row[0]
    assert "1 USD = 7.2 CNY on Nov 20, 2026, as you state" in row[0]
    assert "asking price of 2021" in row[1]
    only_years = cells(ask(client, basis="land_year", years_left="40"), "Land rent, per year left")
    assert only_years[0].startswith("1.25–1.62 USD/m² per year left")
    in_dong = cells(
        ask(client, currency="VND", rate="26000", rate_date="2026-11-20"),
        "Land rent, whole lease term",
    )
    assert in_dong[1].startswith("1,430,000 VND/m² for the whole term")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"basis": "land_year"}, ["The years left of the lease must be stated."]),
        (
            {"basis": "land_year", "years_left": "0"},
            ["0 is not a number of years left of a lease."],
        ),
        (
            {"basis": "land_year", "years_left": "-5"},
            ["-5 is not a number of years left of a lease."],
        ),
        (
            {"basis": "land_year", "years_left": "2070"},
            ["2070 is not a number of years left of a lease."],
        ),
        ({"years_left": "40"}, ["Years left are stated, but the basis stays as it is."]),
        (
            {"currency": "CNY"},
            ["The exchange rate must be stated.", "The date of the exchange rate must be stated."],
        ),
        (
            {"currency": "CNY", "rate": "0", "rate_date": "2026-02-30"},
            ["0 is not an exchange rate.", "“2026-02-30” is not a date; write it as YYYY-MM-DD."],
        ),
        ({"rate": "7.2"}, ["An exchange rate is stated, but the currency stays as it is."]),
        (
            {"basis": "land_year", "years_left": "0", "currency": "VND", "rate": "26000"},
            [
                "0 is not a number of years left of a lease.",
                "The date of the exchange rate must be stated.",
            ],
        ),
    ],
)
def test_what_is_not_or_wrongly_stated_is_named_at_once(
    client: FlaskClient, query: dict[str, str], wanted: list[str]
) -> None:
    """Every fault in the library's sentence; the money stays as it was found, and the form as it
    was filled in.
    """
    page = ask(client, 400, **query)
    assert faults(page) == wanted
    assert cells(page, "Land rent, whole lease term")[1].startswith("55 USD/m²")
    for name in query.keys() & {"years_left", "rate", "rate_date"}:
        shown = [
            attributes["value"]
            for tag, attributes in page.elements
            if tag == "input"
            and attributes.get("name") == name
            and attributes.get("type") != "hidden"
        ]
        assert shown == [query[name]]
    assert faults(ask(client, 400, pick=[UNKNOWN], **query)) == wanted


def test_offers_stand_in_rows_of_their_kind(client: FlaskClient) -> None:
    """A factory, a fee and land have a row each; only land becomes land per year; a foreign
    currency without a rate stays.
    """
    offers = [
        f"{HAI_HA}:factory_month:4.5:USD",
        f"{DONG_MAI}:fee_year:0.6:USD",
        f"{UNKNOWN}:land_term:120:USD",
    ]
    offers += [f"{DONG_MAI}:land_year:10:CNY", f"{UNKNOWN}:factory_month:105000:VND"]
    page = ask(client, basis="land_year", years_left="40", offer=offers, **YUAN)
    heads = [row[0] for row in page.rows if row and row[0].startswith("Your quotes")]
    assert len(heads) == 3
    assert cells(page, "Your quotes: land rent per year left") == [
        "unknown",
        "10 CNY/m² per year left Remove",
        "21.60 CNY/m² per year left Remove",
    ]
    assert cells(page, "Your quotes: rent of a built factory")[0].startswith(
        "32.40 CNY/m² per month"
    )
    assert cells(page, "Your quotes: rent of a built factory")[2].startswith(
        "105,000 VND/m² per month not converted"
    )
    assert cells(page, "Your quotes: management fee")[1].startswith("4.32 CNY/m² per year")


def test_sites_are_sorted_by_money_unknown_last(client: FlaskClient) -> None:
    """By the low end of the rent, or by the lowest offer of each site once there are offers."""
    picked = [UNKNOWN, DONG_MAI, HAI_HA]
    assert columns(ask(client, pick=picked)) == picked
    assert columns(ask(client, pick=picked, sort="money")) == [HAI_HA, DONG_MAI, UNKNOWN]
    offers = [
        f"{UNKNOWN}:factory_month:5:USD",
        f"{UNKNOWN}:factory_month:3:USD",
        f"{DONG_MAI}:factory_month:4:USD",
    ]
    page = ask(client, pick=picked, sort="money", offer=offers)
    assert columns(page) == [UNKNOWN, DONG_MAI, HAI_HA]
    assert cells(page, "Your quotes")[2] == "unknown"
    by_year = [f"{UNKNOWN}:land_term:80:USD", f"{DONG_MAI}:land_year:2.5:USD"]
    assert columns(
        ask(client, sort="money", offer=by_year, basis="land_year", years_left="40")
    ) == [UNKNOWN, DONG_MAI, HAI_HA]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sort_over_mixed_offers_is_refused_with_a_sentence(
    client: FlaskClient, lang: str
) -> None:
    """The library says why, in the reader's language, and the sites stay in the order in which they
    were picked.
    """
    offers = [
        f"{UNKNOWN}:land_term:80:USD",
        f"{DONG_MAI}:land_year:2.5:USD",
        f"{DONG_MAI}:factory_month:100000:VND",
    ]
    page = ask(client, 400, sort="money", offer=offers, lang=lang)
    assert columns(page) == PICK
    with pytest.raises(InputError) as caught:
        money.refuse_mixed(
            [
                money.Amount(80, "land_term"),
                money.Amount(2.5, "land_year"),
                money.Amount(1e5, "factory_month", "VND"),
            ]
        )
    assert len(faults(page)) == 2
    if lang == "en":
        assert faults(page) == list(caught.value.faults)
    else:
        assert not re.search("land|rent|quantit|convert| and ", " ".join(faults(page)))
    assert faults(ask(client, offer=offers, lang=lang)) == []


@pytest.mark.parametrize("lang", [code for code in LANGUAGES if code != "en"])
def test_every_refusal_is_said_in_the_language(client: FlaskClient, lang: str) -> None:
    """No fault of what was stated is left in English."""
    queries = (
        {"basis": "land_year", "currency": "CNY"},
        {"years_left": "4", "rate": "2"},
        {"basis": "land_year", "years_left": "-1"},
    )
    for query in (*queries, {"currency": "CNY", "rate": "-1", "rate_date": "soon"}):
        for fault in faults(ask(client, 400, lang=lang, **query)):
            assert not re.search(r"\b(the|is|are|no|must)\b", fault), fault


def test_the_words_of_the_library_are_known_to_the_languages() -> None:
    """Every kind of money can be said in another language inside a sentence."""
    texts = {text for text, _unit in money.BASES.values()}
    for language in ("vi", "zh_Hans"):
        words = catalogue(language)
        assert all(words.gettext(text) != text for text in texts), language


# Offers typed in


def test_an_offer_that_is_typed_in_joins_the_link(client: FlaskClient) -> None:
    """The form leads to an address that holds all offers and everything else; each offer can be
    taken away again.
    """
    query = {
        "pick": PICK,
        "profile": "car",
        "sort": "money",
        "offer": f"{HAI_HA}:factory_month:4.25:USD",
        **YUAN,
        "lang": "vi",
    }
    new = {
        "offer_site": DONG_MAI,
        "offer_basis": "factory_month",
        "offer_value": "30.5",
        "offer_currency": "CNY",
    }
    answer = client.get("/compare", query_string=query | new)
    assert answer.status_code == 302
    there = urlsplit(answer.location)
    assert (there.netloc, there.path) == ("", "/compare")
    pairs = parse_qsl(there.query)
    assert [value for name, value in pairs if name == "offer"] == [
        query["offer"],
        f"{DONG_MAI}:factory_month:30.5:CNY",
    ]
    assert {
        name: value for name, value in pairs if name in query and name not in ("pick", "offer")
    } == {name: value for name, value in query.items() if name not in ("pick", "offer")}
    page = read(client, answer.location.replace("lang=vi", "lang=en"))
    assert columns(page) == [DONG_MAI, HAI_HA, UNKNOWN]
    away = next(
        link.href
        for link in page.links
        if link.href.startswith("/compare")
        and link.href.count("offer=") == 1
        and DONG_MAI in link.href
    )
    assert (
        len([row for row in read(client, away).rows if row and row[0].startswith("Your quotes")])
        == 1
    )
    gone = next(
        link.href
        for link in page.links
        if link.href.startswith("/compare") and f"pick={DONG_MAI}" not in link.href
    )
    assert DONG_MAI not in gone


def test_an_empty_offer_in_the_form_is_none(client: FlaskClient) -> None:
    """The fields of a new offer are sent with every form; without an amount they ask for
    nothing.
    """
    empty = {
        "offer_site": DONG_MAI,
        "offer_basis": "fee_year",
        "offer_value": "",
        "offer_currency": "USD",
        "basis": "",
        "rate": "",
    }
    assert cells(ask(client, **empty), "Land rent, whole") == cells(ask(client), "Land rent, whole")


@pytest.mark.parametrize(
    "query",
    [
        {"offer": HOSTILE},
        {"offer": f"{HAI_HA}:land_term:{HOSTILE}:USD"},
        {"offer": f"{HAI_HA}:land_term:<script>:USD"},
        {"offer": f"{HAI_HA}:land_term:nan:USD"},
        {"offer": f"{HAI_HA}:land_term:-4:USD"},
        {"offer": f"{HAI_HA}:land_term:1e3:USD"},
        {"offer": f"{HAI_HA}:beauty:4:USD"},
        {"offer": f"{HAI_HA}:land_term:4:EUR"},
        {"offer": f"{HAI_HA}:land_term:4"},
        {"offer": "van-don-ez:land_term:4:USD"},
        {"offer": "nowhere:land_term:4:USD"},
        {"offer": [f"{HAI_HA}:land_term:{n}:USD" for n in range(MOST_OFFERS + 1)]},
        {"offer_value": "4"},
        {
            "offer_value": "4",
            "offer_site": "nowhere",
            "offer_basis": "fee_year",
            "offer_currency": "USD",
        },
        {
            "offer_value": "4",
            "offer_site": HAI_HA,
            "offer_basis": "fee_year",
            "offer_currency": HOSTILE,
        },
        {"basis": "fee_year"},
        {"currency": "EUR"},
        {"years_left": "many"},
        {"years_left": "9" * 40},
        {"years_left": "999999999999999"},
        {"rate": "7,2"},
        {"rate_date": HOSTILE, "currency": "CNY", "rate": "7"},
        {"sort": "name"},
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_cannot_be_is_a_sentence(
    client: FlaskClient, query: dict[str, Any], lang: str
) -> None:
    """400, never 500, and nothing that was typed becomes part of the page."""
    page = ask(client, 400, lang=lang, **query)
    assert "49<" not in page.source
    assert all(
        attributes.get("src", "").startswith("/static/")
        for name, attributes in page.elements
        if name == "script"
    )
    assert not [
        name for name, attributes in page.elements if name == "img" or "onerror" in attributes
    ]


def test_huge_and_tiny_amounts_are_written(client: FlaskClient) -> None:
    """The ends of what may be typed make a page."""
    offers = [
        f"{HAI_HA}:land_term:1000000000:USD",
        f"{DONG_MAI}:land_term:0.000000000000001:USD",
        f"{UNKNOWN}:land_term:0:USD",
    ]
    rate = {"currency": "VND", "rate": "1000000000", "rate_date": "0001-01-01"}
    page = ask(
        client,
        basis="land_year",
        years_left="0.000000000000001",
        offer=offers,
        sort="money",
        **rate,
    )
    assert columns(page) == [UNKNOWN, DONG_MAI, HAI_HA]
    page = ask(client, basis="land_year", years_left="999", offer=offers)
    assert cells(page, "Your quotes")[2].startswith("0 USD/m²")
    assert cells(page, "Land rent, per year")[1].startswith("0.0551 USD/m² per year left")


def test_an_amount_is_written_with_as_many_digits_as_it_needs(app: Flask) -> None:
    """None above a thousand, two decimals below, three digits where it is very small."""
    with app.test_request_context("/"):
        written = [
            beside_money.figure(value)
            for value in (0, 4, 4.5, 999.994, 1234.5, 0.06506, 0.000123456)
        ] + [beside_money.figure(9, 11.7)]
    assert written == ["0", "4", "4.50", "999.99", "1,234", "0.0651", "0.000123", "9.00–11.70"]


# Policies


@pytest.mark.parametrize("lang", LANGUAGES)
def test_policies_speak_the_language_of_the_reader(
    app: Flask, client: FlaskClient, lang: str
) -> None:
    """Side by side, on the site's page, in its factsheet, in the table and in the form of
    requirements.
    """
    row = app.extensions["zoneatlas"].layer("policies").loc["pol-vn-bgez"]
    language = LANGUAGES[lang]
    title, summary = (
        in_script(row[name], language.locale)
        for name in (
            f"title_{language.data}",
            "summary" if lang == "en" else f"summary_{language.data}",
        )
    )
    assert any(row and row[0].startswith(title) for row in ask(client, lang=lang).rows)
    for path in (f"/sites/{HAI_HA}", f"/sites/{HAI_HA}/factsheet", "/table?layer=policies"):
        page = client.get(path, headers={"Accept-Language": lang}).get_data(as_text=True)
        assert title in page, path
        assert summary in page, path
    assert title in client.get("/rank", headers={"Accept-Language": lang}).get_data(as_text=True)


def test_every_policy_is_translated(app: Flask) -> None:
    """Titles and summaries are there in all three languages, and none is left in English."""
    frame = app.extensions["zoneatlas"].layer("policies")
    for stem, english in (("title", "title_en"), ("summary", "summary")):
        assert frame[f"{stem}_zh"].str.contains(r"[\u4e00-\u9fff]{3}").all()
        assert (
            frame[f"{stem}_vi"]
            .str.contains("[ăâđêôơưạảấầẩậắặẹếềểệịọốồổộớờởợụứừửựỹàáèéìíòóùúýãõũĩ]")
            .all()
        )
        assert not frame[f"{stem}_vi"].eq(frame[english]).any()
        numbers = frame[[english, f"{stem}_vi", f"{stem}_zh"]].map(
            lambda text: len(re.findall(r"\d+", text))
        )
        assert (numbers[f"{stem}_zh"] >= 1).eq(numbers[f"{stem}_vi"] >= 1).mean() > 0.9


def test_a_package_without_translations_speaks_english(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    """Somebody's own data need no Vietnamese or Chinese titles."""
    shutil.copytree(
        layers.bundled(),
        tmp_path / "data",
        ignore=shutil.ignore_patterns("*.py", "LICENSES", "__pycache__"),
    )
    empty = dict.fromkeys(("title_vi", "title_zh", "summary_vi", "summary_zh"), "")
    rewrite(tmp_path / "data" / "policies.csv", lambda rows: [row | empty for row in rows])
    client = make_app(tmp_path / "data").test_client()
    assert "Border-gate economic zone finance regime" in ask(client, lang="zh").text
    assert "Tax holiday as for economic zones" in read(client, f"/sites/{HAI_HA}", lang="vi").text
