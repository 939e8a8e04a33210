"""What the page and the command line advise works when it is done: each link is followed, each
sentence is written into the file.
"""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_advice import FRIDAY, ONE_OFF
from test_cli_trip import run
from test_web_trip import lines_of
from web import read

from geo.visits import safe_yaml, whynot
from geo.visits.trip import Plan
from webapp.trips import answers, planning, readings, words
from webapp.trips.address import Lines

pytest_plugins = ("web",)

RULES = ("Mo-Fr 07:30-11:30,13:30-17:00; PH off", "Tu,Th 08:00-11:00; PH off", "Mo-Sa 07:00-16:00")
SITES = (
    "hai-yen-ip",
    "texhong-hai-ha-ip",
    "dong-mai-ip",
    "song-khoai-ip",
    "bac-tien-phong-ip",
    "jiangping-ip",
    "107.95,21.52~name:Kho",
)


def random_trip(seed: int) -> str:
    """Write a trip with too much in it: hours, appointments, points, pins and stops that need not
    be seen.
    """
    dice = random.Random(seed)
    first = date(2027, 3, 1) + timedelta(days=dice.randrange(0, 20))
    days = [first + timedelta(days=number) for number in range(dice.randint(1, 2))]
    query = [("title", f"Random {seed}"), ("vehicle", "VN")]
    query += [
        (
            "day",
            (
                f"{day}~{dice.choice(['07:30-14:00', '08:00-17:00'])}~begin:{'mong-cai' if day == first else ''}~end:mong-cai"  # noqa: E501
            ),
        )
        for day in days
    ]
    for site in dice.sample(SITES, 5):
        part = f"{site}~visit:{dice.choice([60, 120, 180])} min"
        chance = dice.random()
        if chance < 0.5:
            part += f"~hours:{dice.choice(RULES)}"
        elif chance < 0.7:
            when = dice.choice(days) + timedelta(days=dice.choice([0, 0, 1, 2]))
            part += f"~hours:{when}T08:00/{when}T11:30"
        if dice.random() < 0.3:
            part += f"~must:no~weight:{dice.randint(1, 4)}"
        if dice.random() < 0.15:
            part += f"~day:{dice.choice(days)}"
        query.append(("stop", part))
    return urlencode(query)


def planned(app: Flask, query: str) -> Plan:
    """Plan what a link asks for, as the page does, from its text alone."""
    lines = lines_of(app, query)
    with app.test_request_context():
        opened = app.extensions["zoneatlas"]
        return planning.planned(opened, lines.network, readings.read(opened, lines).whole())


@pytest.fixture(scope="module")
def kinds_met() -> set[str]:
    return set()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_page_offers_works(
    app: Flask, client: FlaskClient, kinds_met: set[str], seed: int
) -> None:
    """Every “Do so” of random trips leads to a plan with the stop, and with all the others that the
    plan had and must have.
    """
    query = random_trip(seed)
    before = planned(app, query)
    had = {
        visit.stop.place.name() for day in before.days for visit in day.visits if visit.stop.must
    }
    for stop in before.left_out:
        answer = read(client, f"/trip/why?{query}&of={stop.place.id}")
        for link, text in [(link.href, link.text) for link in answer.links if link.text == "Apply"]:
            after = planned(app, urlsplit(link).query)
            seen = {visit.stop.place.name() for day in after.days for visit in day.visits}
            dropped = {stop.place.name() for stop in before.trip.stops} - {
                stop.place.name() for stop in after.trip.stops
            }
            assert stop.place.name() in seen, (seed, link, text)
            assert had - seen <= dropped, (seed, link, text)
            assert after.feasible
        kinds_met |= {
            text
            for text in ("Add a day", "Ask the host", "Move the whole trip", "Drop")
            if text in answer.text
        }


def test_all_kinds_were_met(kinds_met: set[str]) -> None:
    """The random trips above got advice of every new kind."""
    assert kinds_met >= {"Add a day", "Ask the host", "Move the whole trip"}


def test_a_change_that_the_link_loses_is_not_shown(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page offers what its link says: where a link would lose the change, nothing is
    offered.
    """
    monkeypatch.setattr(answers, "WHY_S", 30.0)  # however slow this machine is
    query = random_trip(0)
    stop = planned(app, query).left_out[0].place.id
    assert "Apply" in read(client, f"/trip/why?{query}&of={stop}").text
    monkeypatch.setattr(words, "changed", lambda lines, _trip, _wish: lines)
    again = read(client, f"/trip/why?{query.replace('Random', 'Another')}&of={stop}")
    assert "Apply" not in again.text
    assert "Not everything was tried" in again.text


def link_of(app: Flask, text: str) -> str:
    """Write a trip file as a link."""
    with app.test_request_context():
        return Lines.of_mapping(safe_yaml.read(text)).link()


def test_no_saturday_is_offered_to_who_is_closed(app: Flask, client: FlaskClient) -> None:
    """The day that the page adds after a full Friday is Monday, and the plan of its link visits the
    stop within its hours.
    """
    query = link_of(app, FRIDAY)
    missed = planned(app, query).left_out[0].place.id
    answer = read(client, f"/trip/why?{query}&of={missed}")
    [added] = [
        link.href
        for link in answer.links
        if link.text == "Apply" and parse_qs(urlsplit(link.href).query)["day"][1:]
    ]
    assert "Add a day: Monday, December 7, 2026" in answer.text
    visits = {
        visit.stop.place.id: visit.start
        for day in planned(app, urlsplit(added).query).days
        for visit in day.visits
    }
    assert len(visits) == 3
    assert {start.weekday() for start in visits.values()} <= {0, 4}


def test_hours_asked_for_are_written_into_the_link(app: Flask, client: FlaskClient) -> None:
    """Who is asked for other hours has them in the form, as moments; the others have what they
    had.
    """
    query = link_of(app, ONE_OFF)
    missed = planned(app, query).left_out[0].place.id
    answer = read(client, f"/trip/why?{query}&of={missed}")
    assert re.search(
        r"Ask the host of .* for (other hours|another hour): a visit that begins", answer.text
    )
    changed = [
        parse_qs(urlsplit(link.href).query)["stop"] for link in answer.links if link.text == "Apply"
    ]
    before = parse_qs(query)["stop"]
    asked = [
        stops
        for stops in changed
        if len(stops) == len(before) and len(set(stops) - set(before)) == 1
    ]
    assert any(
        re.search(r"hours:2026-12-02T\d\d:\d\d\+07:00/2026-12-02T", stop)
        for stops in asked
        for stop in stops
    )


def test_the_command_line_advises_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line offers Monday, and writing it into the file brings the stop in; each change
    was read from YAML.
    """
    path = tmp_path / "friday.yaml"
    path.write_text(FRIDAY, encoding="utf-8")
    same: list[Any] = []
    explain = whynot.explain

    def watched(*arguments: Any, rewrite: Any, **options: Any) -> whynot.WhyNot:
        answer = explain(*arguments, rewrite=rewrite, **options)
        same.extend(rewrite(change.trip) == change.trip for change in answer.changes)
        return answer

    monkeypatch.setattr(whynot, "explain", watched)
    result = run("plan", str(path))
    assert (
        "would help: Add a day: Monday, December 7, 2026, with the hours of the day before."
        in result.output
    )
    assert same
    assert all(same)
    path.write_text(
        FRIDAY.replace("[{date: 2026-12-04}]", "[{date: 2026-12-04}, {date: 2026-12-07}]"),
        encoding="utf-8",
    )
    assert run("check", str(path)).exit_code == 0
