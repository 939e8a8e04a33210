"""Names and faults on the page of a trip: what is not understood offers its choices in its row, and
all else stands.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_web_trip import DAY, FULL, faults, form_of, lines_of, stops, wait
from web import Page, read

import geo
from geo.errors import InputError
from geo.visits import trip_file
from geo.visits.trip_lines import DayLine, StopLine
from webapp.catalogues import LANGUAGES
from webapp.trips import readings

pytest_plugins = ("web",)

STOP = ("stop", "dong-mai-ip")
HAI_YEN = ["hai-yen-ip", "hai-yen-ic", "hai-yen-km3-4"]


def press(client: FlaskClient, query: str, done: str = "", **more: str) -> str:
    """Press a button of the form, whether the page has faults or not; returns the query of the page
    that follows.
    """
    sent = [*form_of(Page(client.get(f"/trip?{query}").text)), ("do", done), *more.items()]
    answer = client.get("/trip/edit", query_string=urlencode(sent))
    assert answer.status_code == 303, Page(answer.text).text
    return urlsplit(answer.location).query


def offered(page: Page) -> list[str]:
    """List what the buttons of choices are told to do."""
    return [
        attributes["value"]
        for tag, attributes in page.elements
        if tag == "button" and attributes.get("value", "").startswith("choose:")
    ]


def added(client: FlaskClient, text: str, query: str = urlencode([("day", DAY), STOP])) -> str:
    """Add a stop as the form does; returns the query of the page that follows."""
    return press(client, query, "add", add=text)


# Ambiguous names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hai Yen", set(HAI_YEN)),
        ("Hải Yên", set(HAI_YEN)),
        ("Bac Luan", {"mong-cai-bac-luan-1", "mong-cai-bac-luan-2"}),
        (
            "VSIP",
            {
                "vsip-hai-phong-ip",
                "vsip-bac-ninh-ip",
                "vsip-bac-ninh-2-ip",
                "vsip-lang-son-ip",
                "cam-dien-luong-dien-ip",
            },
        ),
        (
            "DEEP C",
            {
                "deep-c-hp1-ip",
                "deep-c-hp2-ip",
                "deep-c-hp3-ip",
                "nam-tien-phong-ip",
                "bac-tien-phong-ip",
                "port-deep-c3",
            },
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ambiguous_name_offers_its_choices(
    app: Flask, client: FlaskClient, language: str, text: str, wanted: set[str]
) -> None:
    """The row of the stop has a button for each place of that name; each, pressed, puts its id in
    and leads to a plan with it.
    """
    query = f"{added(client, text)}&lang={language}"
    page = read(client, f"/trip?{query}")
    choices = offered(page)
    assert {choice.rpartition(":")[2] for choice in choices} == wanted
    for choice in choices[:2]:
        after = press(client, query, choice)
        place = choice.rpartition(":")[2]
        assert [stop.place for stop in lines_of(app, after).stops] == ["dong-mai-ip", place]
        assert offered(read(client, f"/trip?{after}")) == []
    assert set(stops(wait(client, after))) | {place} == {"dong-mai-ip", place}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("友谊关", "huu-nghi"),
        ("Youyiguan", "huu-nghi"),
        ("浦寨", "tan-thanh"),
        ("KCN Hải Yên", "hai-yen-ip"),
        ("Hai Yen IP", "hai-yen-ip"),
    ],
)
def test_a_name_of_the_other_side_or_with_its_kind_counts(
    app: Flask, client: FlaskClient, text: str, place: str
) -> None:
    """What a gate is called across the border, and a name behind the word for its kind, lead to
    that place at once.
    """
    assert [stop.place for stop in lines_of(app, added(client, text)).stops] == [
        "dong-mai-ip",
        place,
    ]


def test_a_town_named_in_a_list_is_not_taken_for_a_zone_of_both(
    app: Flask, client: FlaskClient
) -> None:
    """Two towns with a comma between them are two towns, though a zone has both names in its
    own.
    """
    sent = [
        (name, text)
        for name, text in form_of(read(client, f"/trip?{urlencode([('day', DAY), STOP])}"))
        if name != "d_end"
    ]
    answer = client.get(
        "/trip/edit", query_string=urlencode([*sent, ("d_end", "Móng Cái, Đông Hưng")])
    )
    assert lines_of(app, urlsplit(answer.location).query).days[0].end == "mong-cai,dongxing"


def test_choices_for_where_a_day_begins_and_ends(app: Flask, client: FlaskClient) -> None:
    """From and To offer choices too; a choice among several ends replaces the odd one alone."""
    query = urlencode(
        [("day", "2026-12-01~07:30-18:00~begin:Bac Luan~end:ha-long,Ta Lung,mong-cai"), STOP]
    )
    page = read(client, f"/trip?{query}", 400)
    assert "Day 1, From: several places are called “Bac Luan”" in page.text
    assert "Day 1, To: several places are called “Ta Lung”" in page.text
    first = press(client, query, "choose:days[0].begin:mong-cai-bac-luan-1")
    second = press(client, first, "choose:days[0].end[1]:ta-lung-town")
    [day] = lines_of(app, second).days
    assert (day.begin, day.end) == ("mong-cai-bac-luan-1", "ha-long,ta-lung-town,mong-cai")
    assert {text.partition(":")[2] for text in offered(page)} >= {
        "days[0].begin:mong-cai-bac-luan-1",
        "days[0].end[1]:ta-lung-town",
    }
    read(client, f"/trip?{second}")


def test_a_slip_of_the_pen_offers_what_is_alike(client: FlaskClient) -> None:
    """A name much like one is proposed; one like none is only said."""
    page = read(client, f"/trip?{urlencode([('day', DAY), STOP, ('stop', 'Hai Yem')])}")
    assert "choose:stops[1].site:hai-yen-ip" in offered(page)
    assert (
        offered(read(client, f"/trip?{urlencode([('day', DAY), STOP, ('stop', 'Atlantis')])}"))
        == []
    )


def test_many_choices_are_counted(client: FlaskClient) -> None:
    """No more than a dozen are listed; the rest is counted."""
    page = read(client, f"/trip?{urlencode([('day', DAY), STOP, ('stop', 'cai')])}")
    assert len(offered(page)) == readings.MOST_CHOICES
    assert re.search(r"and \d+ more; write more of the name", page.text)


@pytest.mark.parametrize(
    "done",
    [
        "choose",
        "choose:",
        "choose:stops[9].site:x",
        "choose:stops[-1].site:x",
        "choose:x:y",
        "choose:days[0]:x",
    ],
)
def test_a_choice_that_leads_nowhere_changes_nothing(
    app: Flask, client: FlaskClient, done: str
) -> None:
    """A path that the form does not hold leaves the trip as it is."""
    assert lines_of(app, press(client, FULL, done)) == lines_of(app, FULL)


# The rest stands ----------------------------------------------------------------------------------

ODD = [
    "Hai Yen",
    "Atlantis",
    "107.9,20.2",
    "107.1,abc",
    "song-khoai-ip~visit:45",
    "song-khoai-ip~hours:whenever",
    "dong-mai-ip",
    "song-khoai-ip~day:9",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_plan_of_the_understood_stops_stands(client: FlaskClient, text: str, at: int) -> None:
    """Wherever the odd stop stands, the plan is that of the others, the row is marked, the plan
    says what it lacks, links keep it.
    """
    good = ["dong-mai-ip", "bac-tien-phong-ip"]
    names = [*good[:at], text, *good[at:]] if text != "dong-mai-ip" else [*good, text]
    query = urlencode([("day", DAY), *(("stop", name) for name in names)])
    odd = names.index(text) if text != "dong-mai-ip" else 2
    page = read(client, f"/trip?{query}")
    assert (
        sum(tag == "li" and attributes.get("class") == "odd" for tag, attributes in page.elements)
        == 1
    )
    plan = wait(client, query)
    assert sorted(stops(plan)) == sorted(good)
    assert f"Stop {odd + 1}" in plan.text
    assert "Not in this plan" in plan.text
    assert "2 of 2 stops" in plan.text
    assert [
        link.href for link in plan.links if "/trip/plan." in link.href
    ] == []  # a sheet that lacks a stop would not say so
    ways = plan.one("div", **{"class": "plan"})["data-ways"]
    assert [value for name, value in parse_qsl(urlsplit(ways).query) if name == "stop"] == [
        value for name, value in parse_qsl(query) if name == "stop"
    ]
    assert client.get(ways).status_code == 200
    assert f"Stop {odd + 1}" in faults(client, query, "/trip/plan.gpx")
    without = press(client, query, f"remove:{odd}")
    assert [link.href for link in wait(client, without).links if "/trip/plan." in link.href]


def test_buttons_of_the_plan_work_beside_an_odd_stop(app: Flask, client: FlaskClient) -> None:
    """Order and pin by the ids of the plan reach the right stops, and the odd one stays where it
    is.
    """
    query = urlencode(
        [("day", DAY), ("stop", "Hai Yen"), ("stop", "107.08,20.98"), ("stop", "dong-mai-ip")]
    )
    ids = stops(wait(client, query))
    assert len(ids) == 2
    ordered = lines_of(app, press(client, query, "order", ids=" ".join(reversed(ids))))
    assert [stop.place for stop in ordered.stops] == ["Hai Yen", "107.08,20.98", "dong-mai-ip"]
    assert [stop.order for stop in ordered.stops if stop.place == "dong-mai-ip"] == [
        str([*reversed(ids)].index("dong-mai-ip") + 1)
    ]
    assert ordered.stops[0].order == ""
    pinned = lines_of(app, press(client, query, "pin:0", ids=ids[0]))
    assert [bool(stop.day) for stop in pinned.stops].count(True) == 1
    assert pinned.stops[0].day == ""


def test_why_not_beside_an_odd_stop(app: Flask, client: FlaskClient) -> None:
    """What would help leads to a trip that still has the odd stop, at its place, and visits the
    stop that was left out.
    """
    names = ["dong-mai-ip", "Hai Yen", "song-khoai-ip", "bac-tien-phong-ip", "hai-yen-ip"]
    day = "2026-12-01~07:30-15:00~begin:ha-long~end:ha-long"
    query = urlencode([("day", day), *(("stop", f"{name}~visit:90 min") for name in names)])
    plan = wait(client, query)
    [why] = [link.href for link in plan.links if link.href.startswith("/trip/why?")]
    missed = dict(parse_qsl(urlsplit(why).query))["of"]
    changes = [link.href for link in read(client, why).links if link.text == "Apply"]
    assert changes
    for change in changes:
        query = urlsplit(change).query
        assert "Hai Yen" in [stop.place for stop in lines_of(app, query).stops]
        assert missed in stops(wait(client, query))


def test_nothing_understood_is_a_fault(client: FlaskClient) -> None:
    """Where no stop is left the page is 400 with the choices, and asks for no day that is not there
    yet.
    """
    page = read(client, "/trip?stop=VSIP", 400)
    assert len(offered(page)) > 3
    assert (
        "day"
        not in " ".join(
            re.findall(r"<li>(.*?)</li>", page.source.partition('id="plan"')[2])
        ).lower()
    )


# In the words of the form -------------------------------------------------------------------------

DAYS = (
    "7-9",
    "08:00-07:00",
    "07:30-18:00~begin:x",
    "07:30-18:00~end:x,107,y",
    "~begin:ha-long~end:ha-long",
)
ENDS = ("begin:107.9,20.2~end:ha-long", "begin:ha-long~end:107.9,20.2", "begin:200,1~end:1,99")
WISHES = (
    "visit:45",
    "visit:x",
    "hours:x",
    "must:x",
    "weight:x",
    "weight:-1",
    "order:0",
    "day:99",
    "day:2026-01-01",
)
PLACES = (
    "x",
    "Hai Yen",
    "107.9,20.2",
    "1,x",
    "dong-mai-ip",
    "~visit:1 h",
    "hai-yen-ip~hours:2026-12-01T08:00/08:10",
)
FAULTY: tuple[str, ...] = (
    *(f"day=2026-12-01~{text}" for text in (*DAYS, *(f"07:30-18:00~{end}" for end in ENDS))),
    *(
        "day=soon",
        "day=2026-02-30~07:30-18:00",
        f"day={DAY}&day={DAY}",
        f"day={DAY}&day=2026-11-30~07:30-18:00~end:ha-long",
    ),
    *(f"stop=song-khoai-ip~{text}" for text in WISHES),
    *(f"stop={text}" for text in PLACES),
    *(
        "lunch=x",
        "lunch=45",
        "lunch=45 min 13:00-11:00",
        "closed=x",
        "vehicle=Vietnam",
        "stop=x" + "&stop=x" * 200,
    ),
)
"""Parts of a link with a fault each."""
KEY_OF_A_FILE = re.compile(r"\w+\[\d+\]|\b[a-z_]+\.[a-z_]+:|“[a-z_]+: |<\w+>|\b[a-z]+_[a-z_]+\b")
"""A path, a key with what belongs behind it, a gap to be filled in, a key of two words."""


@pytest.mark.parametrize("part", FAULTY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_are_said_in_the_words_of_the_form(
    client: FlaskClient, part: str, language: str
) -> None:
    """No fault on the page, in its rows or above the plan, has a path or a key of a file in it, in
    any language.
    """
    query = (
        f"{'' if part.startswith('day=') else f'day={DAY}&'}stop=dong-mai-ip&{part}&lang={language}"
    )
    page, plan = client.get(f"/trip?{query}"), client.get(f"/trip/plan?{query}")
    assert page.status_code in (200, 400)
    words = re.findall(r'(?s)<p class="row-fault">.*?</p>|<div class="fault.*?</div>', page.text)
    assert words
    words += (
        re.findall("(?s)<main.*</main>", plan.text)
        if plan.status_code == 400
        else [str(wait(client, query).source)]
    )
    texts = [Page(text).text for text in words]
    assert not [
        text for text in texts if KEY_OF_A_FILE.search(re.sub("expected EOI[^;]*", "", text))
    ], texts


def test_every_label_in_a_fault_stands_on_the_form(client: FlaskClient) -> None:
    """In each language, what a fault calls a field is what its label says."""
    for language in LANGUAGES:
        page = read(client, f"/trip?{FULL}&lang={language}")
        with client.application.test_request_context(f"/?lang={language}"):
            labels = {
                str(label) for fields in readings.FIELDS.values() for label in fields.values()
            }
        assert not [label for label in labels if label not in page.text]


def test_every_key_that_the_form_can_write_has_its_label(app: Flask) -> None:
    """What the form writes into a trip is called by its label: of a stop, of a day, and beside
    them.
    """
    with app.test_request_context():
        written = lines_of(app, FULL).mapping()
        assert set(StopLine.names()) - {"place", "name"} <= set(readings.FIELDS["stops"])
        assert set(DayLine.names()) == set(readings.FIELDS["days"])
        known = {key.split(".")[0] for key in readings.FIELDS[""]}
        assert set(written) - known == set()


def test_sentences_for_the_form_are_those_of_the_library() -> None:
    """What is said otherwise on a form is a sentence that the library has, and keeps its values."""
    source = "\n".join(
        path.read_text("utf-8") for path in (Path(geo.__file__).parent).rglob("*.py")
    )
    whole = re.sub(r'"\s*\n\s*"', "", source)
    for sentence, other in readings.FORM.items():
        assert f'"{sentence}"' in whole or f"'{sentence}'" in whole, sentence
        assert set(re.findall(r"%\(\w+\)s", other)) <= set(re.findall(r"%\(\w+\)s", sentence))


def test_a_file_keeps_its_own_keys(app: Flask) -> None:
    """On the command line the keys of the file are right."""
    with pytest.raises(InputError) as caught, app.test_request_context():
        trip_file.read(
            "days: [{date: 2026-12-01, hours: 07:30-18:00, end: ha-long}]\nstops: [{site: Hai"
            " Yen}]\n",
            app.extensions["zoneatlas"].places,
        )
    assert any(
        fault.startswith("days[0].begin: where does the day begin? Write “begin: <place>”")
        for fault in caught.value.faults
    )
    assert any(
        fault.startswith("stops[0].site: “Hai Yen” may mean") for fault in caught.value.faults
    )


# The first day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "town"),
    [("107.95,21.52", "mong-cai"), ("107.08,20.97", "ha-long"), ("108.33,22.82", "nanning")],
)
def test_a_first_stop_on_the_map_gets_a_day(
    app: Flask, client: FlaskClient, point: str, town: str
) -> None:
    """A point alone is planned from and to the town nearest to it."""
    page = read(client, f"/trip?stop={point}")
    shown: dict[str, Any] = dict(form_of(page))
    with app.test_request_context():
        name = readings.lookup.named(app.extensions["zoneatlas"])[town]
    assert (shown["d_begin"], shown["d_end"]) == (name, name)
    query = urlsplit(page.one("section", id="plan")["data-ask"]).query
    assert len(stops(wait(client, query))) == 1


def test_days_before_stops_do_not_end_in_a_fault(client: FlaskClient) -> None:
    """Days added to an empty form, then a stop, by name or from the map: a plan, not a page of
    faults.
    """
    for stop in ("Dong Mai IP", "107.08,20.97"):
        query = ""
        for _ in range(2):
            query = press(client, query, "day")
            read(client, f"/trip?{query}")
        query = press(client, query, "add", add=stop)
        page = read(client, f"/trip?{query}")
        assert "fault" not in {attributes.get("class") for _tag, attributes in page.elements}
        assert len(stops(wait(client, query))) == 1


def test_a_first_stop_that_is_not_clear_gets_its_day_once_it_is_chosen(client: FlaskClient) -> None:
    """The days that came before it are filled in with the choice."""
    query = press(client, press(client, "", "day"), "add", add="Hai Yen")
    page = read(client, f"/trip?{query}", 400)
    after = press(client, query, offered(page)[0])
    assert len(stops(wait(client, after))) == 1
