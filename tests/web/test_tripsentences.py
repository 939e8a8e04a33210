"""Every sentence of the reader of trips is known by its form and is said in each language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import plans
import pytest
from flask import Flask
from test_trip_file import DATA, SMALL, stops

from geo.errors import InputError, Message
from geo.hours import calendars
from geo.visits import planner, trip_check, trip_file
from geo.visits.gazetteer import Gazetteer
from webapp import create_app, i18n

DAY = "days: [{date: 2026-12-01}]\n"
HEAD = "hours: 07:30-18:00\nbegin: ha-long\nend: ha-long\n"
PLACE = "site: hai-yen-ip"
POINT = "name: x, lon: 107, lat: 21"
ONE = f"stops: [{{{PLACE}}}]\n"
YEAR = next(year for year in range(2027, 2060) if not calendars.has_data("CN", year))

WRONG = (
    *(stops(f"{PLACE}, visit: {text}") for text in ("45", "long", "30 h", "[1 h]", "{a: b}")),
    *(
        stops(f"{PLACE}, windows: [{text}]")
        for text in ("2026-12-01T08:00", "a/b", "2026-12-01T09:00/08:00", "2026-12-01T09:00/09:00")
    ),
    *(
        stops(f"{PLACE}, {text}")
        for text in (
            "order: 0",
            "weight: x",
            "weight: 0",
            "must: maybe",
            "day: 2",
            "day: 2026-12-05",
        )
    ),
    *(
        stops(f"{PLACE}, hours: '{text}'")
        for text in (
            "Mo-Fr 8 till late",
            "SH off",
            "Mo unknown",
            "Mo 08:00+",
            "Mo || Tu",
            "Jan PH",
            ";",
        )
    ),
    *(
        stops(f"{PLACE}, {text}")
        for text in (
            "hours: Mo-Su, windows: [2026-12-01T08:00/12:00]",
            "windows: [2026-12-01T08:00/08:30]",
        )
    ),
    *(
        stops(f"point: {{{text}}}")
        for text in (
            "lon: 207, lat: 21, name: x",
            "name: x, lat: 21",
            "name: x, lon: 108.4, lat: 20.6",
        )
    ),
    *(
        stops(f"point: {{{POINT}, {text}}}")
        for text in (
            "country: TH",
            "position_accuracy_m: 0",
            "country: Viet Nam",
            "timezone: Mars/Base",
            "names: x",
            "colour: x",
            "nam: x",
        )
    ),
    stops(f"point: {{{POINT}, country: TH, timezone: Asia/Bangkok}}, hours: 'PH off'").replace(
        "TH", "XX"
    ),
    *(
        stops(text)
        for text in (
            "site: [hai-yen-ip]",
            "visit: 60 min",
            f"{PLACE}, point: {{{POINT}}}",
            "site: qqq",
            "site: vinh",
            "site: Dong Mai",
            "site: hai-yen-i",
        )
    ),
    *(
        stops(f"{PLACE}, {text}")
        for text in (
            f"notes: {'x' * 3000}",
            'notes: "\\x07"',
            "start: 7",
            "duration: 5",
            "weigth: 1",
            "visitt_hours: 1",
        )
    ),
    *(
        stops(PLACE, more=text)
        for text in (
            "vehicle: {profile: bike}",
            "vehicle: {kind: cargoo}",
            "closed_gates: [qqqq, huu-ngi, ka-lon]",
        )
    ),
    *(
        stops(PLACE, more=f"lunch: {text}")
        for text in (
            "{from: '11:30'}",
            "{length: 45 min, from: '12:00', until: '11:00'}",
            "[{x: y}]",
        )
    ),
    stops(PLACE, PLACE),
    stops(*[PLACE] * 500),
    stops(f"point: {{id: a, {POINT}}}", "point: {id: a, name: B, lon: 107.1, lat: 21}"),
    *(
        stops(PLACE, days=f"[{text}]")
        for text in (
            "{date: 2026-02-30}",
            "{date: 1/12/2026}",
            "{date: 9999-12-01}",
            "{hours: 07:30-18:00}",
        )
    ),
    *(
        stops(PLACE, days=f"[{{date: 2026-12-01, hours: {text}}}]")
        for text in ("7-18", "x-18:00", "7:30", "07:00-07:00", "18:00-07:30")
    ),
    *(
        stops(PLACE, days=f"[{{date: 2026-12-01{text}}}, {{date: 2026-12-01}}]")
        for text in ("", ", start: 8", ", ends: x")
    ),
    stops(PLACE, days="[{date: 2026-12-02}, {date: 2026-12-01}]"),
    stops(PLACE, days="[{date: 2026-12-01, hours: 2026-12-02T07:00/18:00}]"),
    stops(PLACE, days=f"[{', '.join(['{date: 2026-12-01}'] * 32)}]"),
    f"{DAY}{ONE}",
    f"{HEAD}{DAY}",
    f"{HEAD}{ONE}",
    {"a": [[[[[[[[[[[]]]]]]]]]]]},
    *(
        "a: &x 1",
        "a: !x 1",
        "[" * 50,
        "? [a]\n: b",
        "a: 1\na: 2",
        "a: [",
        "a: \x01",
        "x" * 300_000,
        b"\xff\xfe",
    ),
)
"""Trips with faults, each sentence at least once."""
TOLD = (
    SMALL,
    f"{HEAD}begin: mong-cai\nnights: [mong-cai, dongxing]\ndays: [{{date: 2026-12-01}}, {{date:"
    f" 2026-12-02}}]\n{ONE}".replace("begin: ha-long\n", ""),
    stops(f"point: {{{POINT}}}"),
    stops(
        "site: jiangping-ip, hours: 'Mo-Fr 09:00-12:00; PH off'", days=f"[{{date: {YEAR}-06-15}}]"
    ),
)
"""Trips that tell what was assumed."""


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app()


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(DATA)


@pytest.fixture(scope="module")
def provoked(known: Gazetteer) -> list[str]:
    """Sentences of the library, as a visitor would meet them."""
    sentences = []
    for source in WRONG:
        with pytest.raises(InputError) as caught:
            trip_file.read(source, known)
        sentences += [caught.value.message, *caught.value.faults]
    for source in TOLD:
        sentences += trip_file.read(source, known).told
    with pytest.raises(InputError) as caught:
        trip_file.read({**{str(n): "x" for n in range(trip_file.MAX_FAULTS + 9)}}, known)
    sentences.append(caught.value.faults[-1])
    with pytest.raises(InputError) as caught:
        trip_file.read(stops(PLACE), replace(known, timezones={"CN": "Asia/Shanghai"}))
    sentences += caught.value.faults
    sentences += _unplanned()
    return sentences


def _unplanned() -> Iterator[str]:
    """Return what is wrong with trips that read well and cannot be planned."""
    import numpy as np

    from geo.visits.matrices import Tables

    trip = plans.two_days().trip
    long = replace(trip.days[0], end=trip.days[0].start + timedelta(days=8))
    with pytest.raises(InputError) as caught:
        trip_check.check(replace(trip, days=(long,)))
    yield from (caught.value.message, *caught.value.faults)
    places = (plans.HALONG, plans.MONGCAI, plans.TEXHONG)
    far = replace(trip, stops=trip.stops[:1], days=trip.days[:1])
    with pytest.raises(InputError) as caught:
        planner.solve(far, Tables(places, np.full((3, 3), 90_000)))
    yield from (caught.value.message, *caught.value.faults)


def test_every_sentence_is_a_message_in_each_language(app: Flask, provoked: list[str]) -> None:
    """What the reader says keeps its English, and is said in each language without what it
    quotes.
    """
    for code in ("vi", "zh"):
        with app.test_request_context(f"/?lang={code}"):
            for sentence in provoked:
                assert isinstance(sentence, Message), sentence
                assert i18n.said(sentence) != sentence
                assert sentence.translated(str) == sentence


@pytest.mark.parametrize(
    ("code", "wanted"),
    [("vi", "Điểm dừng 1, Thăm: “45” thiếu đơn vị"), ("zh", "考察点1，考察时长：“45”没有单位")],
)
def test_the_page_says_faults_in_its_language(app: Flask, code: str, wanted: str) -> None:
    """The page with the form and the address of the plan both name a fault in the language of the
    visitor and the words of the form.
    """
    query = (
        f"day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long&stop=hai-yen-ip~visit:45&lang={code}"
    )
    client = app.test_client()
    for path in ("/trip", "/trip/plan"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert wanted in answer.text
