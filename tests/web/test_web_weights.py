"""Weights by pairwise comparison: the answers in the address, what comes of them, and whether they
agree.
"""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, read

from geo.siting import ranking
from geo.siting.measures import table_criteria
from webapp.siting import weights

pytest_plugins = ("web",)
AGREED = ("gate:port:2", "gate:area:6", "port:area:3")
AT_ODDS = ("gate:port:3", "port:area:5", "gate:area:-9")


def shown(page: Page) -> dict[str, float]:
    return {row[0]: float(row[-1].rstrip(" %")) for row in page.rows[1:]}


def link_of(page: Page) -> dict[str, str]:
    (link,) = [link.href for link in page.links if link.text == "Rank the sites with these weights"]
    assert urlsplit(link).path == "/rank"
    return dict(parse_qsl(urlsplit(link).query))


def selected(client: FlaskClient, **query: object) -> list[str]:
    body = client.get("/weights", query_string=query).get_data(as_text=True)
    return re.findall(r'<option value="([^"]+)" selected>', body)


# What comes of the answers


def test_answers_become_weights(client: FlaskClient) -> None:
    """Weights are those of the library: 6, 3 and 1 tenths where the answers agree, with λ 3 and
    ratio 0.
    """
    page = read(client, "/weights", pair=AGREED)
    assert shown(page) == {
        "Time to border gate": 60.0,
        "Time to container port": 30.0,
        "Free land": 10.0,
    }
    assert page.facts["Largest eigenvalue (λ)"] == "3.000"
    assert page.facts["Consistency ratio"] == "0.000"
    assert "Your answers agree well enough" in page.text
    assert link_of(page) == {"edited": "1", "w_gate": "60.0", "w_port": "30.0", "w_area": "10.0"}


def test_answers_at_odds_are_named(client: FlaskClient) -> None:
    """Above a ratio of 0.1 the page says so, and which three contradict each other and how."""
    answer = ranking.ahp([[1, 3, 1 / 9], [1 / 3, 1, 5], [9, 1 / 5, 1]])
    page = read(client, "/weights", pair=AT_ODDS)
    assert page.facts["Consistency ratio"] == f"{answer.consistency_ratio:.3f}"
    assert page.facts["Largest eigenvalue (λ)"] == f"{answer.lambda_max:.3f}"
    assert "Your answers contradict each other" in page.text
    assert (
        "Time to border gate counts 3 times as much as Time to container port, and Time to"
        " container port 5 times as much as Free land" in page.text
    )
    assert (
        "that makes 15 times, but 1/9 was answered for Time to border gate against Free land"
        in page.text
    )
    assert sum(shown(page).values()) == pytest.approx(100, abs=0.2)


def test_the_worst_three_of_four_are_found() -> None:
    """Among four criteria the three whose answers multiply worst are told, whichever way round they
    were given.
    """
    chosen = ["gate", "port", "people", "area"]
    pairs = dict.fromkeys(itertools.combinations(chosen, 2), 1) | {
        ("port", "area"): -9,
        ("port", "people"): 4,
    }
    worst = weights.worst_conflict(chosen, pairs)
    assert worst is not None
    assert {worst.a, worst.b, worst.c} == {"port", "people", "area"}
    assert worst.first >= 1
    assert worst.second >= 1
    assert max(worst.implied / worst.said, worst.said / worst.implied) == 36
    assert weights.worst_conflict(["gate", "port"], {("gate", "port"): 3}) is None


def test_two_criteria_cannot_contradict(client: FlaskClient) -> None:
    """One comparison has ratio 0 and is said to be nothing to check."""
    page = read(client, "/weights", pair="gate:rent:3")
    assert shown(page) == {"Time to border gate": 75.0, "Land price": 25.0}
    assert "which nothing can contradict" in page.text


def test_six_criteria_of_nines_keep_every_weight(client: FlaskClient) -> None:
    """The link ranks by all that were compared, and the ranking takes it."""
    chosen = list(table_criteria())[:6]
    page = read(
        client,
        "/weights",
        pair=[f"{criterion}:{other}:9" for criterion, other in itertools.combinations(chosen, 2)],
    )
    link = link_of(page)
    assert set(link) == {"edited", *(f"w_{name}" for name in chosen)}
    assert all(float(value) > 0 for name, value in link.items())
    assert client.get("/rank", query_string=link).status_code == 200


def test_the_ranking_has_the_weights_of_the_link(client: FlaskClient) -> None:
    """Who follows the link sees these weights above the ranking, and the way back is there."""
    body = client.get(
        "/rank", query_string=link_of(read(client, "/weights", pair=AGREED))
    ).get_data(as_text=True)
    for words in ("Time to border gate 60 %", "Time to container port 30 %", "Free land 10 %"):
        assert words in Page(body).text
    assert 'href="/weights"' in body


# The form


def test_criteria_come_first(client: FlaskClient) -> None:
    """Without criteria none is compared; chosen ones give each pair once, as equal, and no result
    before an answer.
    """
    assert not re.search("<select", client.get("/weights").get_data(as_text=True))
    assert selected(client, criterion=["area", "gate", "port"]) == [
        "gate:port:1",
        "gate:area:1",
        "port:area:1",
    ]
    assert (
        "Consistency ratio" not in read(client, "/weights", criterion=["area", "gate", "port"]).text
    )


def test_the_form_gives_back_what_was_answered(client: FlaskClient) -> None:
    """What the form would send is the state, whichever way round a pair came, and missing pairs are
    equal.
    """
    assert selected(client, pair=["port:gate:3", "area:port:-5"]) == [
        "gate:port:-3",
        "gate:area:1",
        "port:area:5",
    ]
    query = {"pair": selected(client, pair=AT_ODDS)}
    assert set(query["pair"]) == set(AT_ODDS)
    assert selected(client, **query) == query["pair"]


def test_changed_criteria_keep_their_answers(client: FlaskClient) -> None:
    """Other criteria may be chosen; answers about those that stay are kept, others count for
    nothing.
    """
    assert selected(client, criterion=["gate", "port", "rent"], pair=AGREED) == [
        "gate:port:2",
        "gate:rent:1",
        "port:rent:1",
    ]
    assert (
        "Consistency ratio"
        not in read(client, "/weights", criterion=["rent", "city"], pair=AGREED).text
    )


def test_every_answer_is_offered_once(client: FlaskClient) -> None:
    """Each pair can be answered in five steps, each with words of its own, and each is read; an
    older link's answer is one more, and means what it meant.
    """
    body = client.get("/weights", query_string={"pair": "gate:port:1"}).get_data(as_text=True)
    options = re.findall(r'<option value="(gate:port:-?\d)"[^>]*>\s*([^<]+?)\s*</option>', body)
    assert (
        len(options)
        == len({value for value, _text in options})
        == len({text for _value, text in options})
        == 5
    )
    for value, _text in options:
        assert selected(client, pair=value) == [value]
    for code in (9, 7, 2, -4, -9):
        body = client.get("/weights", query_string={"pair": f"gate:port:{code}"}).text
        assert len(re.findall(r"<option ", body)) == 6
        assert selected(client, pair=f"gate:port:{code}") == [f"gate:port:{code}"]
        weight = ranking.ahp(
            [[1, float(weights.factor(code))], [float(1 / weights.factor(code)), 1]]
        ).weights[0]
        page = read(client, "/weights", pair=f"gate:port:{code}")
        assert shown(page)["Time to border gate"] == pytest.approx(100 * weight, abs=0.051)


@pytest.mark.parametrize(
    ("code", "times"),
    [(3, Fraction(3)), (-3, Fraction(1, 3)), (1, Fraction(1)), (-9, Fraction(1, 9))],
)
def test_minus_is_the_reverse(code: int, times: Fraction) -> None:
    """-3 is a third, from either side."""
    assert weights.factor(code) == times
    assert weights.times_of({("a", "b"): code}, "a", "b") == code
    assert weights.factor(weights.times_of({("a", "b"): code}, "b", "a")) == 1 / times


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_it_speaks_each_language(client: FlaskClient, lang: str) -> None:
    """Answers of every kind come out in each language."""
    for query in ({}, {"pair": AGREED}, {"pair": AT_ODDS}, {"pair": "gate:port:4"}):
        assert read(client, "/weights", lang=lang, **query).one("html")["lang"].startswith(lang)


# Bad input


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"pair": "gate:port"}, "does not have the form"),
        ({"pair": "gate:port:0"}, "does not have the form"),
        ({"pair": "gate:port:10"}, "does not have the form"),
        ({"pair": "gate:port:-1"}, "does not have the form"),
        ({"pair": "gate:port:1/3"}, "does not have the form"),
        ({"pair": "gate:port:３"}, "does not have the form"),
        ({"pair": "gate:beauty:3"}, "compares what is not one of gate"),
        ({"pair": "gate:gate:3"}, "compares a criterion with itself"),
        ({"pair": ["gate:port:3", "gate:port:3"]}, "compares two criteria again"),
        ({"pair": ["gate:port:3", "port:gate:5"]}, "compares two criteria again"),
        ({"criterion": "beauty"}, "is not one of gate"),
        ({"criterion": "gate"}, "Compare 2 to 6 criteria; these are 1"),
        ({"criterion": list(table_criteria())}, "Compare 2 to 6 criteria; these are 10"),
        ({"weight": "3"}, "“weight” is not a setting of this page"),
        ({"profile": "car"}, "“profile” is not a setting of this page"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    client: FlaskClient, query: dict[str, object], words: str
) -> None:
    """400, and the fault is named."""
    assert words in read(client, "/weights", 400, **query).text


def test_every_fault_is_named_at_once(client: FlaskClient) -> None:
    """Each bad pair, each bad criterion and each unknown parameter stands in one answer."""
    page = read(
        client,
        "/weights",
        400,
        pair=["x", "gate:moon:2", "port:port:2", "area:rent:2"],
        criterion=["sun", "gate", "star"],
        zz="1",
    )
    for words in (
        "“x” does not have",
        "“gate:moon:2” compares",
        "“port:port:2” compares",
        "“sun” is",
        "“star” is",
        "“zz” is not a setting of this page",
    ):
        assert words in page.text
    assert "area:rent" not in page.text


@pytest.mark.parametrize("name", ["pair", "criterion", HOSTILE])
def test_hostile_text_stays_text(app: Flask, name: str) -> None:
    """Nothing is computed and nothing becomes markup."""
    answer = app.test_client().get(f"/weights?{quote(name)}={quote(HOSTILE)}")
    page = Page(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert not [
        element
        for element in page.elements
        if element[0] == "img" or any(key.startswith("on") for key in element[1])
    ]
    assert "{{7*7}}<img" in page.text


def test_no_style_attribute(client: FlaskClient) -> None:
    """The policy forbids them, and styles stand in files."""
    for path in ("/weights?pair=gate:port:3", "/sites/van-don-ez/claims?text=30+km+from+Mong+Cai"):
        answer = client.get(path)
        page = Page(answer.get_data(as_text=True))
        assert not [element for element in page.elements if "style" in element[1]]
        assert not [name for name, _attributes in page.elements if name == "style"]
