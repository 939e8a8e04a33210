"""The page of a trip: what its link says is planned, what the form is told is done, and nothing
that anybody types breaks it.
"""

from __future__ import annotations

import csv
import io
import random
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, read

from geo import layers
from geo.hours import gates as border_gates
from geo.roads.network import Network
from geo.visits import planner, trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.trip import Plan
from geo.visits.trip_lines import DayLine, StopLine
from geo.visits.world import World
from webapp import jobs, lookup
from webapp.catalogues import LANGUAGES, WRITTEN
from webapp.trips import agenda, answers, readings
from webapp.trips.address import TRIP, Lines

pytest_plugins = ("web",)

EXAMPLES = tuple(trip_file.examples(layers.bundled()))
DAY = "2026-12-01~07:30-17:30~begin:ha-long~end:ha-long"
CROWDED = [
    ("title", "Too much"),
    ("day", "2026-12-01~07:30-15:00~begin:ha-long~end:ha-long"),
    *(
        ("stop", f"{site}~visit:90 min")
        for site in ("dong-mai-ip", "song-khoai-ip", "bac-tien-phong-ip", "hai-yen-ip")
    ),
]
"""More than a day holds: one stop has to be left out."""


def example(client: FlaskClient, name: str) -> str:
    """Return the query of an example, without a leading question mark."""
    answer = client.get("/trip", query_string={"example": name})
    assert answer.status_code == 303
    return urlsplit(answer.location).query


def lines_of(app: Flask, query: str) -> Lines:
    from webapp import args

    with app.test_request_context(f"/trip?{query}") as context:
        return Lines.of_query(args.parse(context.request.args, TRIP))


def planned(app: Flask, query: str) -> Plan:
    """Plan what a query asks for by the library alone."""
    opened = app.extensions["zoneatlas"]
    lines = lines_of(app, query)
    with app.test_request_context():
        wish = trip_file.read(lines.mapping(), Gazetteer.read(opened.data))
    hours = border_gates.Hours.read(opened.data)
    tables = opened.layer("gates"), opened.table("crossings")
    return planner.plan(wish, World(opened.network(), *tables, hours))


def wait(client: FlaskClient, query: str) -> Page:
    """Ask for a plan until it is there, as the page's script does."""
    for _ in range(200):
        answer = client.get(f"/trip/plan?{query}")
        if answer.status_code != 202:
            assert answer.status_code == 200, Page(answer.text).text[:300]
            return Page(answer.text)
        assert 0 <= answer.get_json()["share"] <= 1
    raise AssertionError("no plan")


def stops(page: Page) -> list[str]:
    """Return the stops of a plan by id, in their order."""
    return [
        attributes["data-stop"]
        for tag, attributes in page.elements
        if tag == "tr" and "data-stop" in attributes
    ]


def faults(client: FlaskClient, query: Any, path: str = "/trip", expected: int = 400) -> str:
    """Return what a page says is wrong."""
    return read(
        client, f"{path}?{query if isinstance(query, str) else urlencode(query)}", expected
    ).text


def form_of(page: Page) -> list[tuple[str, str]]:
    """Return what the form would send, as a browser does."""
    pairs: list[tuple[str, str]] = []
    select = ""
    inside = False
    for tag, attributes in page.elements:
        if tag == "form":
            inside = attributes.get("id") == "trip-wish"
        if not inside:
            continue
        if (
            tag in ("input", "textarea")
            and attributes.get("name") not in (None, "add")
            and (attributes.get("type") != "checkbox" or "checked" in attributes)
        ):
            pairs.append((attributes["name"], attributes.get("value", "")))
        elif tag == "select":
            select = attributes["name"]
            pairs.append((select, ""))
        elif (
            tag == "option"
            and select
            and (
                ("selected" in attributes)
                or (pairs[-1] == (select, "") and attributes.get("value", "") != "")
            )
        ):
            first = pairs[-1] == (select, "") and "selected" not in attributes
            if not first or select not in ("s_day", "vehicle"):  # their first choice says nothing
                pairs[-1] = (select, attributes["value"])
    return pairs


def edited(client: FlaskClient, query: str, done: str = "", **more: str) -> str:
    """Press a button of the form; gives the query of the page one comes to."""
    sent = [*form_of(read(client, f"/trip?{query}")), ("do", done), *more.items()]
    answer = client.get("/trip/edit", query_string=urlencode(sent))
    assert answer.status_code == 303, Page(answer.text).text
    assert urlsplit(answer.location).path == "/trip"
    return urlsplit(answer.location).query


# The page -----------------------------------------------------------------------------------------


def test_a_trip_without_a_stop(client: FlaskClient) -> None:
    """The page offers the examples and every place, asks for no plan, and is quick and light."""
    page = read(client, "/trip")
    assert {
        parse_qs(urlsplit(link.href).query)["example"][0]
        for link in page.links
        if "example=" in link.href
    } == set(EXAMPLES)
    assert page.one("section", id="plan")["data-ask"] == ""
    assert "No stops yet" in page.text
    assert (
        len(
            [
                tag
                for tag, attributes in page.elements
                if tag == "option" and attributes.get("value") == "Ha Long"
            ]
        )
        == 1
    )
    assert len(client.get("/trip", headers={"Accept-Encoding": "gzip"}).data) < 300_000


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_planned_as_the_library_plans_it(
    app: Flask, client: FlaskClient, name: str
) -> None:
    """The stops, their order and every moment on every clock are those of geo.visits.planner; the
    page without a script says the same.
    """
    query = example(client, name)
    part, whole = wait(client, query), read(client, f"/trip?{query}&whole=1")
    plan = planned(app, query)
    assert plan.feasible
    assert (
        stops(part)
        == stops(whole)
        == [visit.stop.place.id for day in plan.days for visit in day.visits]
    )
    assert "Proven: no plan is better" in part.text
    assert re.search(r"Drive \d+–\d+\s(min|h)", part.text)  # a time is no better known
    with app.test_request_context():
        clocks = agenda.clocks(app.extensions["zoneatlas"])
    assert len(clocks) == 2
    rows = [row for row in part.rows if len(row) > 2 and re.match(r"\d\d:\d\d", row[0])]
    for visit in (visit for day in plan.days for visit in day.visits):
        called = re.compile(rf"\d+ {re.escape(visit.stop.place.name())}")  # not lunch there
        row = next(row for row in rows if called.match(row[2]))
        for cell, clock in zip(row, clocks, strict=False):
            assert cell == f"{clock.time(visit.start)} {clock.time(visit.end)}"
    for row in rows:  # an hour apart, everywhere
        here, there = (int(cell[:2]) * 60 + int(cell[3:5]) for cell in row[:2])
        assert (there - here) % 1440 == 60


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_link_of_an_example_says_all_that_its_file_says(
    app: Flask, client: FlaskClient, name: str
) -> None:
    """Read from the address, the trip is the one of the file, windows and nights included."""
    opened = app.extensions["zoneatlas"]
    places = Gazetteer.read(opened.data)
    lines = lines_of(app, example(client, name))
    with app.test_request_context():
        assert trip_file.read(lines.mapping(), places) == trip_file.read(
            trip_file.examples(opened.data)[name], places
        )


def test_ways_are_drawn_as_they_are_driven(client: FlaskClient) -> None:
    """The map gets a line for each way with its day, and the stops numbered in their order."""
    query = example(client, EXAMPLES[1])
    features = client.get(f"/trip/ways?{query}").get_json()["features"]
    visits = [
        feature["properties"] for feature in features if feature["properties"]["kind"] == "visit"
    ]
    assert (
        [visit["number"] for visit in visits]
        == list(range(1, len(visits) + 1))
        == list(range(1, len(stops(wait(client, query))) + 1))
    )
    lines = [feature for feature in features if feature["geometry"]["type"] == "LineString"]
    assert {line["properties"]["day"] for line in lines} == {0, 1}
    assert all(len(line["geometry"]["coordinates"]) > 2 for line in lines)
    assert all(
        re.fullmatch(r"\d\d:\d\d Hà Nội · \d\d:\d\d 北京", visit["time"]) for visit in visits
    )


@pytest.mark.parametrize(
    ("language", "name"), [("vi", "Khu công nghiệp"), ("zh", "工业"), ("en", "Hai Yen")]
)
def test_names_are_in_the_language_of_the_page(
    client: FlaskClient, language: str, name: str
) -> None:
    """The plan calls a stop by its name in that language and gives the other names with their
    tags.
    """
    page = wait(client, f"{example(client, EXAMPLES[1])}&lang={language}")
    frame = layers.read(layers.bundled(), "parks")
    first = frame.loc["hai-yen-ip", f"name_{language}"]
    assert name in first
    assert first in page.text
    tags = {
        attributes["lang"]
        for tag, attributes in page.elements
        if tag == "span" and "lang" in attributes
    }
    assert tags >= {other.tag for other in WRITTEN if other.code != language}


def test_the_title_of_an_example_is_translated(client: FlaskClient) -> None:
    """Who opens an example in Vietnamese or Chinese gets its title in that language."""
    titles = {
        parse_qs(urlsplit(client.get(f"/trip?example={EXAMPLES[0]}&lang={code}").location).query)[
            "title"
        ][0]
        for code in LANGUAGES
    }
    assert len(titles) == len(LANGUAGES)


def test_from_a_ranking(client: FlaskClient) -> None:
    """Sites that were picked come as stops, each once, with a day that begins and ends in a city
    near them.
    """
    answer = client.get("/trip?pick=dong-mai-ip&pick=song-khoai-ip&pick=dong-mai-ip&year=2030")
    assert answer.status_code == 303
    query = urlsplit(answer.location).query
    assert re.findall(r"stop=([^~&]+)", query) == ["dong-mai-ip", "song-khoai-ip"]
    page = read(client, f"/trip?{query}")
    form = dict(form_of(page))
    assert form["d_begin"] == form["d_end"] != ""
    assert date.fromisoformat(form["d_date"]).weekday() < 5
    assert set(stops(read(client, f"/trip?{query}&whole=1"))) <= {"dong-mai-ip", "song-khoai-ip"}


def test_progress_is_told_while_it_lasts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan that takes long answers 202 with the share that is done, and then with the plan; who
    asks again does not plan again.
    """
    go, calls = threading.Event(), []
    plan = planner.plan

    def slow(*arguments: Any, on_progress: Any, **options: Any) -> Plan:
        calls.append(1)
        on_progress(0.25)
        assert go.wait(20)
        return plan(*arguments, on_progress=on_progress, **options)

    monkeypatch.setattr(planner, "plan", slow)
    query = urlencode([("title", "slow"), ("day", DAY), ("stop", "dong-mai-ip")])
    answers = [client.get(f"/trip/plan?{query}") for _ in range(2)]
    go.set()
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].get_json() == {"share": 0.25}
    assert stops(wait(client, query)) == ["dong-mai-ip"]
    assert len(calls) == 1


def test_who_waits_too_long_is_told(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that does not come in time is 503 with a sentence, not a failure of the server."""
    monkeypatch.setattr(jobs.Desk, "ask", lambda *_given: jobs.Job(patience_s=0.01))
    assert "try again" in faults(
        make_app().test_client(),
        [("day", DAY), ("stop", "dong-mai-ip"), ("whole", "1")],
        expected=503,
    )


# The form -----------------------------------------------------------------------------------------

FULL = urlencode(
    [
        ("title", "Khảo sát & 芒街"),
        ("day", "2026-12-01~07:00-17:30~begin:107.08,20.96~end:mong-cai,ha-long"),
        ("day", "2026-12-02~07:30-18:00~end:107.08,20.96"),
        (
            "stop",
            "hai-yen-ip~visit:90 min~hours:Mo-Fr 08:00-11:30,13:30-17:00; PH off~must:no~weight:2.5~day:2026-12-01~order:2",  # noqa: E501
        ),
        (
            "stop",
            "107.95,21.52~name:Kho A; B~contact:Bà Lan, 0912 345 678~notes:50% = half?~order:1",
        ),
        ("stop", "dong-mai-ip~visit:30 min~hours:2026-12-01T08:00/2026-12-01T16:30+07:00"),
        ("lunch", "45 min 11:30-13:00"),
        ("reserve", "0 min"),
        ("profile", "truck"),
        ("vehicle", "VN"),
        ("traffic", "cargo"),
        ("closed", "hoanh-mo"),
        ("avoid", "1"),
        ("notes", "Two lines:\n~ 50 <b>&amp;"),
        ("source", "by hand"),
        ("point", "107.95,21.52~vi:Kho A~accuracy:50~country:VN"),
        ("point", "107.08,20.96~en:Hotel ∼ 2"),
    ]
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_lost_in_a_round_of_the_form(
    app: Flask, client: FlaskClient, language: str
) -> None:
    """Sent as it is shown, the form leads to the same trip; every field that a link has is in the
    form, but for the only network.
    """
    query = f"{FULL}&lang={language}"
    assert {name for name, _ in form_of(read(client, f"/trip?{query}"))} >= {
        *(f"s_{name}" for name in StopLine.names()),
        *(f"d_{name}" for name in DayLine.names()),
        "title",
        *(set(TRIP) - {"stop", "day", "network"}),
    }
    again = edited(client, query)
    assert lines_of(app, again) == lines_of(app, query)


def test_every_place_is_found_again_by_the_name_that_the_form_shows(app: Flask) -> None:
    """In each language the names are unlike, and each leads to its place, commas in names or
    not.
    """
    opened = app.extensions["zoneatlas"]
    for language in LANGUAGES:
        with app.test_request_context(query_string={"lang": language}):
            every, find = lookup.named(opened), lookup.finder(opened)
            assert {key: lookup.meant(text, find) for key, text in every.items()} == {
                key: key for key in every
            }
            several = (
                "ha-long",
                "107.1,20.9",
                next(key for key, text in every.items() if "," in text or key == "mong-cai"),
            )
            assert lookup.meant(lookup.listed(several, every), find) == ",".join(several)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *(("dong-mai-ip", "dong-mai-ip"), ("Viet Hung", "viet-hung-ip"), ("MÓNG CÁI", "mong-cai")),
        *(("mong cai", "mong-cai"), ("东兴", "dongxing")),
        *(
            ("hạ long", "ha-long"),
            ("107.1, 20.9", "107.1,20.9"),
            ("  ", ""),
            ("Atlantis", "Atlantis"),
            ("a", "a"),
            ("cai", "cai"),
        ),
    ],
)
def test_a_stop_is_added_by_any_of_its_names(
    app: Flask, client: FlaskClient, text: str, place: str
) -> None:
    """By id, by a name of any language with marks or without, by its place on the map; what means
    none or several stays as it is.
    """
    sent = [
        ("do", "add"),
        ("add", text),
        ("d_date", "2026-12-01"),
        ("d_hours", "08:00-17:00"),
        ("d_begin", "ha-long"),
        ("d_end", "ha-long"),
    ]
    answer = client.get("/trip/edit", query_string=urlencode(sent))
    assert answer.status_code == 303
    assert [stop.place for stop in lines_of(app, urlsplit(answer.location).query).stops] == (
        [place] if place else []
    )


def test_a_name_that_means_none_is_said(client: FlaskClient) -> None:
    """The page names the text and keeps the form."""
    page = read(client, f"/trip?{urlencode([('day', DAY), ('stop', 'Atlantis')])}", 400)
    assert "there is no place “Atlantis”" in page.text
    assert ("s_place", "Atlantis") in form_of(page)


def test_every_button_of_the_form(app: Flask, client: FlaskClient) -> None:
    """Add, remove, one more day, one day less, order, pin and unpin, free, open: each changes what
    it says and nothing else.
    """
    before = lines_of(app, FULL)

    def after(done: str, query: str = FULL, **more: str) -> Lines:
        return lines_of(app, edited(client, query, done, **more))

    added = after("add", add="song-khoai-ip")
    assert added == replace(before, stops=(*before.stops, added.stops[-1]))
    assert added.stops[-1].place == "song-khoai-ip"
    assert after("add", add="dong-mai-ip") == before  # is in it already
    assert after("remove:1") == replace(before, stops=(before.stops[0], before.stops[2]))
    assert after("remove:7") == before
    more = after("day")
    assert more.days[:2] == before.days
    assert (more.days[2].date, more.days[2].hours, more.days[2].end) == (
        "2026-12-03",
        before.days[1].hours,
        before.days[1].end,
    )
    assert after("day-1").days == before.days[:1]
    assert after("free").stops == tuple(replace(stop, order="", day="") for stop in before.stops)
    assert after("open") == replace(before, closed=())
    with app.test_request_context(f"/trip?{FULL}"):
        ids = [
            stop.place.id
            for stop in readings.read(app.extensions["zoneatlas"], before).whole().stops
        ]
    ordered = after("order", ids=f"{ids[1]} {ids[2]} {ids[0]}")
    assert [(stop.order, stop.day) for stop in ordered.stops] == [("3", ""), ("1", ""), ("2", "")]
    pinned = after("pin:1", ids=ids[1])
    assert [stop.day for stop in pinned.stops] == ["2026-12-01", "2026-12-02", ""]
    assert replace(pinned, stops=before.stops) == before
    assert after("pin:1", pinned.link(), ids=ids[1]) == before  # pressed again
    assert after("pin:9", ids=ids[1]) == before
    assert after("dance") == before


def test_days_of_a_form_that_cannot_be_read_are_not_lost(app: Flask, client: FlaskClient) -> None:
    """A date that is none stays in the form beside what is wrong with it."""
    page = read(
        client,
        f"/trip?{urlencode([('day', 'soon~08:00-17:00~begin:ha-long~end:ha-long'), ('stop', 'dong-mai-ip')])}",  # noqa: E501
        400,
    )
    assert "“soon” is no date" in page.text
    sent = [*form_of(page), ("do", "day")]
    lines = lines_of(
        app, urlsplit(client.get("/trip/edit", query_string=urlencode(sent)).location).query
    )
    assert [day.date for day in lines.days] == ["soon", ""]


def test_lists_of_unlike_length_are_refused(client: FlaskClient) -> None:
    """A form of which a part is missing is a fault, not a trip with the parts mixed up."""
    sent = [
        ("s_place", "dong-mai-ip"),
        ("s_place", "song-khoai-ip"),
        ("s_visit", "60 min"),
        ("title", "x" * 300),
    ]
    assert "Title: is longer" in faults(client, sent, "/trip/edit")
    assert "the same number" in faults(client, sent[:3], "/trip/edit")


# What an order by hand costs ----------------------------------------------------------------------


def test_what_an_order_by_hand_costs(app: Flask, client: FlaskClient) -> None:
    """The sentence gives the difference of the two plans; the best order costs nothing; a free plan
    says nothing.
    """
    query = example(client, EXAMPLES[0])
    assert "order and days" not in wait(client, query).text
    best = planned(app, query)
    order = [visit.stop.place.id for day in best.days for visit in day.visits]
    assert (
        "cost no extra time"
        in wait(client, edited(client, query, "order", ids=" ".join(order))).text
    )
    far = [order[-1], *order[1:-1], order[0]]
    assert (
        "Stops lost by your order and days: 1."
        in wait(client, edited(client, query, "order", ids=" ".join(far))).text
    )
    order[1], order[2] = order[2], order[1]
    worse = edited(client, query, "order", ids=" ".join(order))
    plan = planned(app, worse)
    assert [visit.stop.place.id for day in plan.days for visit in day.visits] == order
    assert plan.on_road_s > best.on_road_s + 600
    with app.test_request_context():
        more = agenda.length(plan.on_road_s - best.on_road_s)
    assert f"Your order and days add {more} on the road".replace("\xa0", " ") in wait(
        client, worse
    ).text.replace("\xa0", " ")


def test_a_pinned_point_is_pressed(client: FlaskClient) -> None:
    """The button of a stop that is kept on its day says so, for points too."""
    query = urlencode(
        [
            ("day", DAY),
            ("day", DAY.replace("12-01", "12-02")),
            ("stop", "107.95,21.52"),
            ("stop", "dong-mai-ip"),
        ]
    )
    point = next(stop for stop in stops(wait(client, query)) if stop != "dong-mai-ip")
    page = wait(client, edited(client, query, "pin:1", ids=point))
    pressed = [
        attributes["aria-label"]
        for tag, attributes in page.elements
        if tag == "button" and attributes.get("aria-pressed") == "true"
    ]
    assert pressed == ["Keep Point 1 on this day"]


def test_closed_gates_are_not_used(client: FlaskClient) -> None:
    """A gate that is taken as closed is in no plan, and the form can open it again."""
    query = example(client, EXAMPLES[1])
    used = {
        key
        for key, name in layers.read(layers.bundled(), "gates")["name_en"].items()
        if f"Cross at {name} to" in wait(client, query).text
    }
    assert used
    page = wait(client, f"{query}&closed={','.join(sorted(used))}")
    names = layers.read(layers.bundled(), "gates").loc[sorted(used), "name_en"]
    assert not [name for name in names if f"Cross at {name} to" in page.text]
    assert "Open again" in read(client, f"/trip?{query}&closed={','.join(sorted(used))}").text


UNDRIVABLE = urlencode(
    [
        ("day", "2026-12-01~08:00-12:00~begin:ha-noi~end:nanning"),
        ("stop", "dong-mai-ip~visit:300 min"),
    ]
)
"""No stop is possible, and the day cannot be driven without one."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_that_cannot_be_driven_shows_its_stops_left_out(
    client: FlaskClient, language: str
) -> None:
    """The page and its script get the sentence and the stops, not a failure; as does who asks for a
    file, or why.
    """
    sentence = "The days of this trip cannot be driven, even without a stop."
    for page in (
        read(client, f"/trip?{UNDRIVABLE}&whole=1&lang={language}"),
        wait(client, f"{UNDRIVABLE}&lang={language}"),
    ):
        assert any(name in page.text for name in ("Dong Mai", "Đông Mai", "东梅", "東梅"))
        assert any(attributes.get("class") == "left-out" for _, attributes in page.elements)
        assert language != "en" or sentence in page.text
        assert language != "en" or "Day 1: no end is reached in time." in page.text
    files = [f"/trip/plan.{ending}?" for ending in answers.FILES if ending != "yaml"]
    for path in ("/trip/why?of=dong-mai-ip&", "/trip/ways?", *files):
        answer = client.get(f"{path}{UNDRIVABLE}&lang={language}")
        assert answer.status_code == 400, path
        assert language != "en" or sentence in Page(answer.text).text


def test_lunch_says_where_it_is_eaten(client: FlaskClient) -> None:
    """On the way where no stop is reached by one, at the stop or where the day begins otherwise;
    the way is parted for it.
    """

    def page(hours: str) -> Page:
        sent = [
            ("day", f"2026-12-08~{hours}~begin:ha-noi~end:mong-cai"),
            ("stop", "hai-yen-ip"),
            ("lunch", "45 min 11:30-13:00"),
        ]
        return wait(client, urlencode(sent))

    long = page("09:30-18:00")
    assert stops(long) == ["hai-yen-ip"]
    assert (
        re.search(r"Drive \d", long.text).start()
        < long.text.index("Lunch on the way")
        < long.text.index("Drive on")
    )
    assert "Lunch at Hai Yen Industrial Park" in page("08:30-18:00").text
    late = page("11:40-20:00").text
    assert late.index("Lunch at Hanoi") < late.index("Leave Hanoi")


def test_the_reserve_at_gates_is_a_field(client: FlaskClient, app: Flask) -> None:
    """It stands in form and link, reaches the plan, and a wrong one is named."""
    query = example(client, EXAMPLES[1])
    assert planned(app, query).trip.reserve_s == 1800
    assert planned(app, f"{query}&reserve=0").trip.reserve_s == 0
    assert ("reserve", "1 h") in form_of(read(client, f"/trip?{query}&reserve=1%20h"))
    assert (
        "Buffer at gates: “30” has no unit" in read(client, f"/trip?{query}&reserve=30", 400).text
    )


# Why not ------------------------------------------------------------------------------------------


def test_why_not_and_each_change_helps(app: Flask, client: FlaskClient) -> None:
    """A stop that does not fit is left out with its reasons; every “Do so” leads to a trip with
    that stop and all others that must be.
    """
    query = urlencode(CROWDED)
    page = read(client, f"/trip?{query}&whole=1")
    plan = planned(app, query)
    [missed] = [stop.place.id for stop in plan.left_out]
    assert "must visit" in page.text
    [why] = [link.href for link in page.links if link.href.startswith("/trip/why?")]
    assert parse_qs(urlsplit(why).query)["of"] == [missed]
    answer = read(client, why)
    assert "Any one of these would make it fit" in answer.text
    changes = [link.href for link in answer.links if link.text == "Apply"]
    assert len(changes) >= 2
    for change in changes:
        changed = planned(app, urlsplit(change).query)
        assert changed.feasible, change
        assert missed in {visit.stop.place.id for day in changed.days for visit in day.visits}, (
            change
        )
        assert missed in stops(read(client, f"{change}&whole=1"))


def test_why_not_of_an_island(client: FlaskClient) -> None:
    """A stop off the coast that no road reaches is left out, and the reason says it."""
    query = urlencode(
        [("day", DAY), ("stop", "dong-mai-ip"), ("stop", "107.765,21.0~name:Island~must:no")]
    )
    page = (
        read(client, f"/trip?{query}&whole=1", 200)
        if client.get(f"/trip?{query}").status_code == 200
        else None
    )
    if page is None:
        assert "lies at sea" in faults(client, query)
        return
    [why] = [link.href for link in page.links if link.href.startswith("/trip/why?")]
    assert re.search(r"island|No road on these maps", read(client, why).text)


def test_why_of_what_is_no_stop(client: FlaskClient) -> None:
    """Asked for a stop that the trip has not: 404; asked for one that is in the plan: it says
    where.
    """
    query = urlencode([("day", DAY), ("stop", "dong-mai-ip")])
    assert "no stop “song-khoai-ip”" in faults(
        client, f"{query}&of=song-khoai-ip", "/trip/why", 404
    )
    assert "no stop" in faults(client, query, "/trip/why", 404)
    assert "is in the plan" in read(client, f"/trip/why?{query}&of=dong-mai-ip").text


# Bad links ----------------------------------------------------------------------------------------

STOP = ("stop", "dong-mai-ip")


@pytest.mark.parametrize(
    ("query", "expected", "words"),
    [
        ([("day", DAY), ("stop", "nowhere")], 400, ["there is no place “nowhere”"]),
        ([("day", DAY), *[STOP] * 500], 400, ["500", "150"]),
        (
            [("day", DAY), ("stop", "dong-mai-ip~hours:2026-12-01T11:00/2026-12-01T08:00")],
            400,
            ["ends before it begins"],
        ),
        (
            [("day", DAY), ("stop", "dong-mai-ip~hours:whenever")],
            400,
            ["“whenever” are no opening hours"],
        ),
        ([("day", DAY), ("stop", "107.9,20.2")], 400, ["lies at sea"]),
        (
            [("day", "2026-12-01~08:00-08:00~begin:ha-long~end:ha-long"), STOP],
            400,
            ["Day 1, Hours: the day has no hours"],
        ),
        (
            [("day", "2026-12-01~17:00-08:00~begin:ha-long~end:ha-long"), STOP],
            400,
            ["Day 1, Hours: the day ends before"],
        ),
        (
            [("day", "2026-12-01~07:30-17:30"), STOP],
            400,
            ["Day 1, From: where does the day begin?"],
        ),
        ([("day", DAY), ("stop", "dong-mai-ip~visit:60")], 400, ["has no unit"]),
        ([("day", DAY), STOP, ("closed", "atlantis")], 400, ["atlantis"]),
        ([("day", DAY), STOP, ("network", "atlantis")], 404, ["atlantis", "main-roads"]),
        ([("day", DAY), STOP, ("lunch", "soon")], 400, ["Lunch: “soon” is no length of time"]),
        ([("day", DAY), STOP, ("profile", "bicycle")], 400, ["bicycle"]),
        ([("day", DAY), STOP, ("vehicle", "Vietnam")], 400, ["two capital letters"]),
        (
            [("day", DAY), ("stop", "dong-mai-ip~colour:red"), ("stop", "x~what")],
            400,
            ["colour:red", "what"],
        ),
        (
            [("day", DAY), STOP, ("colour", "red"), ("traffic", "x"), ("avoid", "9")],
            400,
            [
                "“colour” is not a setting of this page",
                "Traffic: “x”",
                "Avoid gates of unknown hours: “9”",
            ],
        ),
        ([("day", DAY), STOP, ("title", "x" * 500)], 400, ["Title: is longer"]),
        ([("example", "nowhere")], 404, ["nowhere", *EXAMPLES]),
        ([("pick", "NOT AN ID")], 400, ["NOT AN ID"]),
    ],
)
@pytest.mark.parametrize("path", ["/trip", "/trip/plan"])
def test_a_bad_link_names_what_is_wrong(
    client: FlaskClient, path: str, query: list[tuple[str, str]], expected: int, words: list[str]
) -> None:
    """Whatever is wrong with a link, the answer is 400 or 404 and says it."""
    if path == "/trip/plan" and query[0][0] in ("example", "pick"):
        expected, words = 400, [query[0][0]]
    text = faults(client, query, path, expected)
    assert not [word for word in words if word not in text], text[:500]


def test_a_year_whose_holidays_nobody_knows_yet(client: FlaskClient) -> None:
    """The plan is made, and says that not all holidays of that year are known."""
    page = wait(
        client,
        urlencode(
            [
                ("day", DAY.replace("2026-12-01", "2068-12-03")),
                ("stop", "dong-mai-ip~hours:Mo-Fr 08:00-17:00; PH off"),
            ]
        ),
    )
    assert re.search("Not all public holidays of .* in 2068 are known", page.text)


def test_every_fault_is_named_at_once(client: FlaskClient) -> None:
    """Five mistakes, five sentences, on the page with the form as it was."""
    query = [
        ("day", "2026-12-01~07:30-17:30~begin:nowhere~end:ha-long"),
        ("day", "2026-02-30~07:30-17:30~end:ha-long"),
        ("stop", "atlantis"),
        ("stop", "dong-mai-ip~visit:60~weight:heavy"),
        ("lunch", "long"),
    ]
    page = read(client, f"/trip?{urlencode(query)}", 400)
    for text in ("nowhere", "2026-02-30", "atlantis", "“60” has no unit", "heavy", "“long”"):
        assert text in page.text
    assert dict(form_of(page))["lunch"] == "long"
    assert page.one("section", id="plan")["data-ask"] == ""


def test_a_file_that_there_is_not(client: FlaskClient) -> None:
    """An unknown ending is 404 and lists those there are."""
    query = urlencode([("day", DAY), STOP])
    for ending in ("docx", "names.gpx", "../../etc/passwd", "names.", "html.html"):
        text = faults(client, query, f"/trip/plan.{ending}", 404)
        assert "names.csv" in text or "no such page" in text


PIECES = (
    *(
        "",
        "x",
        "~",
        "~~:",
        "dong-mai-ip",
        "107.1,20.9",
        "107.1,abc",
        "999,999",
        "nan,nan",
        "-107,21",
        "'; DROP",
        HOSTILE,
        "\x00",
        "０１",
        "🚚",
    ),
    *(
        "2026-12-01",
        "2026-12-01~07:30-18:00~begin:ha-long~end:ha-long",
        "2026-12-01~25:00-26:00",
        "0001-01-01~08:00-09:00",
        "9999-12-31",
        "~hours:",
    ),
    *(
        "dong-mai-ip~visit:1 h",
        "dong-mai-ip~visit:-5 min",
        "dong-mai-ip~weight:1e400",
        "dong-mai-ip~weight:nan",
        "dong-mai-ip~order:0~day:0",
    ),
    *(
        "dong-mai-ip~hours:Mo-Su 00:00-48:00",
        "dong-mai-ip~hours:week 1-53/2 Mo 08:00+",
        "dong-mai-ip~must:maybe",
        "ha-long,,,,",
        ",",
        ", ,",
    ),
    *(
        "1",
        "-1",
        "1e9",
        "car",
        "truck",
        "VN",
        "passenger",
        "main-roads",
        "45 min 11:30-13:00",
        "45 min 13:00-11:30",
        "../..",
        "%",
        "{}",
        "[]",
        "a b",
    ),
    *(
        "pin:0",
        "pin:99999999999999999999",
        "remove:²",
        "day-",
        "day-²",
        "order",
        "free",
        "open",
        "add",
        "day",
    ),
)
NAMES = (
    *TRIP,
    "of",
    "example",
    "whole",
    "pick",
    "do",
    "ids",
    "add",
    "lang",
    "s_place",
    "s_visit",
    "d_date",
    "d_end",
    "year",
    "opens",
    "colour",
)
STATUSES = {200, 202, 303, 400, 404}


@pytest.fixture(scope="module")
def hasty() -> Iterator[None]:
    """Look for better plans no longer than a moment: what is tried here is not the plan."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "SECONDS", 0.2)
        patch.setattr(answers, "WHY_S", 0.2)
        yield


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("hasty")
def test_no_nonsense_makes_the_server_fail(app: Flask, seed: int) -> None:
    """Whatever stands in the address of any page of trips, the answer is a page or says what is
    wrong.
    """
    dice = random.Random(seed)
    client = app.test_client()
    paths = (
        "/trip",
        "/trip/plan",
        "/trip/ways",
        "/trip/why",
        "/trip/edit",
        *(f"/trip/plan.{suffix}" for suffix in ("html", "sheet.html", "ics", "yaml")),
    )
    good = [("day", DAY), STOP]
    for _ in range(60):
        query = [(dice.choice(NAMES), dice.choice(PIECES)) for _ in range(dice.randrange(1, 5))]
        if dice.random() < 0.6:
            query = [*good, *query]
        if dice.random() < 0.3:
            columns = [f"s_{name}" for name in StopLine.names()] + [
                f"d_{name}" for name in DayLine.names()
            ]
            query += [(name, dice.choice(PIECES)) for name in columns]
        path = dice.choice(paths)
        answer = client.get(path, query_string=urlencode(query))
        assert answer.status_code in STATUSES, (path, query, answer.status_code)
        if answer.status_code == 303:
            answer = client.get(answer.location)
            assert answer.status_code in STATUSES, (path, query, answer.status_code)


# Taken along --------------------------------------------------------------------------------------

ATTACK = "{{7*7}}<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def attacked() -> str:
    """A trip in which every text is an attack, one stop too many, so that it is left out."""
    pairs = [
        ("title", ATTACK),
        *CROWDED[1:],
        ("stop", f"107.95,21.52~name:{ATTACK}~contact:{ATTACK}~notes:{ATTACK}~must:no"),
    ]
    return urlencode(
        [
            *pairs,
            ("stop", f"107.1,20.97~visit:5 min~name:{ATTACK}!~contact:{ATTACK}~notes:{ATTACK}"),
        ],
        quote_via=quote,
    )


@pytest.mark.parametrize("ending", ["", *answers.FILES])
def test_text_stays_text_everywhere(client: FlaskClient, attacked: str, ending: str) -> None:
    """No page and no file makes markup of what somebody writes, nor runs it; all of them hold
    it.
    """
    address = f"/trip/plan.{ending}?{attacked}" if ending else f"/trip?{attacked}&whole=1"
    answer = client.get(address)
    assert answer.status_code == 200, Page(answer.text).text[:300]
    text = answer.text
    if answer.mimetype in (
        "text/html",
        "application/gpx+xml",
        "application/vnd.google-earth.kml+xml",
    ) or ending in ("gpx", "kml"):
        assert "<img src=x" not in text
        assert "49<" not in text
    assert "onerror=alert(1)" in text.replace("\r\n ", "")


@pytest.mark.parametrize("ending", ["", *answers.FILES])
def test_a_hostile_data_package_stays_text(besieged: Flask, ending: str) -> None:
    """Names, gates, clocks and hints of a data package that attacks are text on the page and in
    every file.
    """
    client = besieged.test_client()
    query = urlencode(
        [
            ("day", "2026-12-08~07:30-18:30~begin:mong-cai~end:mong-cai"),
            ("stop", "hai-yen-ip"),
            ("stop", "dongxing-border-ecz"),
        ]
    )
    answer = client.get(f"/trip/plan.{ending}?{query}" if ending else f"/trip?{query}&whole=1")
    assert answer.status_code == 200, Page(answer.text).text[:300]
    if answer.mimetype == "text/html" or ending in ("gpx", "kml"):
        assert "<img src=x" not in answer.text
        assert not [
            attributes
            for tag, attributes in Page(answer.text).elements
            if tag == "img" and attributes.get("src") == "x"
        ]


def test_why_keeps_text_as_text(client: FlaskClient, attacked: str) -> None:
    """The answer to “why not” names hostile stops as text."""
    page = read(client, f"/trip?{attacked}&whole=1")
    whys = [link.href for link in page.links if link.href.startswith("/trip/why?")]
    assert whys
    for why in whys:
        assert "<img" not in client.get(why).text


def test_names_only_hold_no_position(client: FlaskClient) -> None:
    """Neither of the files with names only has a coordinate of a stop, a day's end or a gate, even
    of a point that nobody has named.
    """
    query = urlencode(
        [
            ("day", "2026-12-01~07:30-17:30~begin:107.0712,20.9534~end:107.0712,20.9534"),
            ("stop", "107.9513,21.5217"),
            ("stop", "dong-mai-ip"),
        ]
    )
    where = layers.read(layers.bundled(), "parks").geometry["dong-mai-ip"]
    digits = {f"{value:.2f}" for value in (107.9513, 21.5217, 107.0712, 20.9534, where.x, where.y)}
    for ending in ("names.csv", "names.ics"):
        text = client.get(f"/trip/plan.{ending}?{query}").text
        assert "Point 1" in text
        assert not [digit for digit in digits if digit in text]
    full = client.get(f"/trip/plan.csv?{query}").text
    assert all(number in full for number in ("107.95", "21.52"))


def test_files_have_names_types_and_the_stops_in_order(client: FlaskClient) -> None:
    """Each file is offered under its ending; sheet and single file open in the browser; the table
    has the stops in their order.
    """
    query = example(client, EXAMPLES[0])
    page = wait(client, query)
    offered = dict.fromkeys(
        urlsplit(link.href).path for link in page.links if link.href.startswith("/trip/plan.")
    )
    assert list(offered) == [f"/trip/plan.{file}" for file in answers.FILES]
    for ending in answers.FILES:
        answer = client.get(f"/trip/plan.{ending}?{query}")
        assert answer.status_code == 200
        assert ("attachment" in answer.headers.get("Content-Disposition", "")) == (
            answer.mimetype != "text/html"
        )
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/trip/plan.csv?{query}").data.decode("utf-8-sig")))
    )
    names = layers.read(layers.bundled(), "parks")["name_en"]
    text = [" ".join(filter(None, map(str, row.values()))) for row in rows]
    at = [
        next(i for i, line in enumerate(text) if names[stop] in line and "visit" in line.lower())
        for stop in stops(page)
    ]
    assert all(earlier < other for earlier, other in pairwise(at))


def test_the_trip_file_reads_back(app: Flask, client: FlaskClient) -> None:
    """The YAML that is downloaded is the trip of the link."""
    query = example(client, EXAMPLES[2])
    again = trip_file.read(
        client.get(f"/trip/plan.yaml?{query}").text,
        Gazetteer.read(app.extensions["zoneatlas"].data),
    )
    assert again == planned(app, query).trip


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_day_sheet(app: Flask, client: FlaskClient, name: str) -> None:
    """A sheet for each day with every stop and both clocks; nothing to press, nothing that a saved
    copy would lack.
    """
    query = example(client, name)
    page = read(client, f"/trip/plan.sheet.html?{query}")
    plan = planned(app, query)
    assert sum(
        tag == "section" and attributes.get("class") == "sheet" for tag, attributes in page.elements
    ) == sum(bool(day.legs) for day in plan.days)
    for day in plan.days:
        for visit in day.visits:
            assert visit.stop.place.name() in page.text
    assert not [tag for tag, _ in page.elements if tag in ("button", "script", "form", "link")]
    assert "Hà Nội" in page.text
    assert "北京" in page.text


def test_the_single_file_asks_nobody(client: FlaskClient) -> None:
    """Map, basemap, styles and plan are inside: no address of a script, style or picture, nothing
    to press that needs a server.
    """
    page = read(client, f"/trip/plan.html?{example(client, EXAMPLES[1])}")
    assert not [
        attributes for tag, attributes in page.elements if tag == "script" and "src" in attributes
    ]
    assert not [attributes for tag, attributes in page.elements if tag == "link"]
    assert not [attributes for tag, attributes in page.elements if tag == "button"]
    assert not [link.href for link in page.links if link.href.startswith("/")]
    assert {link.href.split(":")[0] for link in page.links if "Navigate" not in link.text} >= {
        "geo",
        "https",
    }


def test_the_worker_for_days_without_a_signal(client: FlaskClient) -> None:
    """It is at the root, a script, and asked for anew."""
    with client.get("/sw.js") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert (
            "no-cache" in answer.headers["Cache-Control"]
            or "max-age=0" in answer.headers["Cache-Control"]
        )


def test_the_network_of_the_trip_is_kept(app: Flask, real_network: Network) -> None:
    """The roads that come with the app are those the plans of these tests use."""
    assert app.extensions["zoneatlas"].network().version == real_network.version
