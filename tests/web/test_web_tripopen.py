"""A saved trip file is opened in the page: nothing of it is lost, its dates can be changed, and a
bad one is named fault by fault.
"""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_cli_trip import run
from test_trip_file import TEN
from test_web_trip import EXAMPLES, FULL, edited, example, form_of, lines_of, planned, stops
from web import HOSTILE, Page, read

from geo import layers
from geo.errors import InputError
from geo.visits import safe_yaml, trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.trip_lines import DayLine, PointLine, StopLine
from webapp.catalogues import LANGUAGES
from webapp.trips import open_file
from webapp.trips.address import Lines

pytest_plugins = ("web",)

KEPT = "day=2026-12-01~07:30-17:30~begin:ha-long~end:ha-long&stop=dong-mai-ip"
UNTITLED = urlencode(
    [
        ("day", "2026-12-01~07:30-17:30~begin:107.0712,20.9534~end:ha-long"),
        ("stop", "107.9513,21.5217~visit:1 h 30 min"),
    ]
)
ODD = """
notes: |
  Two lines
  of notes ~ here
hours: 07:30-18:00
visit: 1 h
begin: {name: Hotel at the bay, lon: 107.07, lat: 20.95, position_accuracy_m: 30}
nights: mong-cai
end: ha-long
vehicle:
avoid_unknown_hours: "True"
closed_gates: hoanh-mo
lunch: {length: PT45M, until: "12:30"}
days:
  - {date: 2026-12-01}
  - {hours: 2026-12-02T07:00/2026-12-03T01:00}
  - {date: 2026-12-04, hours: 2026-12-04T08:00+07:00/17:00, end: [mong-cai, {id: inn, names: {vi: Nhà nghỉ}, lon: 107.9, lat: 21.5}]}
stops:
  - {site: hai-yen-ip, day: 2, must: "False", weight: 0.5, hours: "Mo-Fr 08:00-11:30; PH off", notes: "~ 30 ha", contact: Ms Lan}
  - {site: dong-mai-ip, windows: 2026-12-01T08:00/11:30}
  - {site: song-khoai-ip, windows: [2026-12-01T08:00/11:30, 2026-12-02T08:00+08:00/2026-12-02T12:30], order: 2}
  - point: {id: kho, names: {vi: Kho A, zh: 仓库}, lon: +107.74, lat: 2145e-2, country: VN, timezone: Asia/Bangkok, contact: Mr Hai}
"""  # noqa: E501
"""Every way of writing a thing that the page itself does not use."""


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(layers.bundled())


def send(client: FlaskClient, text: str | bytes, query: str = KEPT) -> Any:
    """Choose a file in the page of a trip and press the button, as a browser without scripts
    does.
    """
    form = next(
        attributes
        for tag, attributes in read(client, f"/trip?{query}").elements
        if tag == "form" and attributes.get("id") == "trip-file"
    )
    assert (form["method"], form["enctype"]) == ("post", "multipart/form-data")
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(
        form["action"],
        data={"file": (io.BytesIO(data), "trip.yaml")},
        content_type="multipart/form-data",
    )


def opened(client: FlaskClient, text: str | bytes, query: str = KEPT) -> str:
    """Open a file; gives the query of the page one comes to."""
    answer = send(client, text, query)
    assert answer.status_code == 303, Page(answer.text).text[:600]
    assert urlsplit(answer.location).path == "/trip"
    return urlsplit(answer.location).query


def saved(client: FlaskClient, query: str) -> str:
    answer = client.get(f"/trip/plan.yaml?{query}")
    assert answer.status_code == 200
    return answer.text


# There and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", [FULL, UNTITLED, KEPT, *EXAMPLES])
def test_a_form_is_the_same_after_saving_and_opening(
    app: Flask, client: FlaskClient, query: str, language: str
) -> None:
    """Every field has the text that it had, points without a name or a trip without a title
    included, and so has the second file.
    """
    query = f"{example(client, query) if query in EXAMPLES else query}&lang={language}"
    text = saved(client, query)
    again = opened(client, text, query)
    assert lines_of(app, again) == lines_of(app, query)
    assert form_of(read(client, f"/trip?{again}&lang={language}")) == form_of(
        read(client, f"/trip?{query}")
    )
    assert saved(client, again) == text


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_ids_hours_notes_and_source(
    client: FlaskClient, known: Gazetteer, name: str
) -> None:
    """Opened in the page, sent as a form and saved again, a worked example is the same trip and
    says it in the same words.
    """
    text = trip_file.examples(layers.bundled())[name]
    original, returned = (
        safe_yaml.read(text),
        safe_yaml.read(saved(client, edited(client, opened(client, text)))),
    )
    assert trip_file.read(returned, known) == trip_file.read(original, known)
    assert (returned["notes"], returned["source"], returned["title"]) == (
        original["notes"],
        original["source"],
        original["title"],
    )
    for key in ("site", "hours", "windows", "notes", "day"):
        assert [stop.get(key) for stop in returned["stops"]] == [
            stop.get(key) for stop in original["stops"]
        ], key
    assert [day["date"] for day in returned["days"]] == [day["date"] for day in original["days"]]
    assert not re.search(r"\b(lon|lat|point):", saved(client, example(client, name)))


def test_a_file_that_a_person_wrote_loses_nothing(
    app: Flask, client: FlaskClient, known: Gazetteer
) -> None:
    """Single entries without a list, defaults, moments, points with all they can have: the link and
    the next file are that trip.
    """
    trip = trip_file.read(ODD, known)
    query = opened(client, ODD)
    with app.test_request_context():
        linked = trip_file.read(lines_of(app, query).mapping(), known)
    for again in (linked, trip_file.read(saved(client, edited(client, query)), known)):
        assert replace(again, title="") == trip
    assert trip.stops[3].place.names == {"vi": "Kho A", "zh": "仓库"}
    assert trip.notes == "Two lines\nof notes ~ here\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_with_points_and_moments_becomes_one_with_ids_and_dates(
    client: FlaskClient, known: Gazetteer, name: str
) -> None:
    """A file in which known places are points, and days moments, as they once were saved, is the
    same trip with ids and dates.
    """
    trip = trip_file.read(trip_file.examples(layers.bundled())[name], known)
    document = trip_file.to_mapping(trip)
    for day, line in zip(trip.days, document["days"], strict=True):
        del line["date"]
        line["hours"] = f"{day.start.isoformat()}/{day.end.isoformat()}"
    assert all("point" in stop for stop in document["stops"])
    returned = safe_yaml.read(saved(client, opened(client, safe_yaml.write(document))))
    assert trip_file.read(returned, known) == trip
    assert [stop["site"] for stop in returned["stops"]] == [stop.place.id for stop in trip.stops]
    assert [day["date"] for day in returned["days"]] == [day.date.isoformat() for day in trip.days]
    assert "lon:" not in safe_yaml.write(returned)


@pytest.mark.parametrize("seed", range(40))
def test_any_form_survives_a_file(app: Flask, seed: int) -> None:
    """Random forms with every sign in their texts are the same after being written as YAML and
    read.
    """
    dice = random.Random(seed)
    signs = "abc xyz Đặng 芒街 ~∼{}[]<>&:#'\"|-?*!%@,;\\ 0123"

    def text(chance: float = 0.5) -> str:
        return (
            "".join(dice.choice(signs) for _ in range(dice.randint(1, 30))).strip()
            if dice.random() < chance
            else ""
        )

    when = date(2026, 12, 1)
    days = tuple(
        DayLine(
            (when + timedelta(days=number)).isoformat(),
            "07:30-18:00",
            "ha-long" if number == 0 else "",
            dice.choice(["mong-cai", "ha-long,107.5,21.25"]),
        )
        for number in range(dice.randint(1, 4))
    )
    lines = Lines(
        title=text(),
        days=days,
        notes=text(),
        source=text(),
        lunch=dice.choice(["", "45 min", "1 h 11:00-12:30"]),
        avoid=dice.random() < 0.5,
        closed=tuple(dice.sample(["hoanh-mo", "huu-nghi"], dice.randint(0, 2))),
        stops=(
            StopLine(
                "hai-yen-ip",
                notes=text(),
                contact=text(),
                must=dice.choice(["yes", "no"]),
                day=dice.choice(["", days[-1].date]),
            ),
            StopLine(
                "107.95,21.52",
                name=text(),
                visit="1 h 5 min",
                hours=dice.choice(["", "Mo-Fr 08:00-11:30,13:30-17:00; PH off"]),
            ),
            StopLine(
                "-10.5,21",
                hours="2026-12-01T08:00/2026-12-01T16:30+07:00, 2026-12-02T08:00/09:00",
                weight="2.5",
                order="3",
            ),
        ),
    )
    if dice.random() < 0.5:
        lines = replace(
            lines,
            points=(
                PointLine("107.95,21.52", vi=text(1) or "x", accuracy="30"),
                PointLine("107.5,21.25", en=text(1) or "x"),
            ),
        )
        lines = replace(
            lines,
            points=tuple(
                point
                for point in lines.points
                if point.place == "107.95,21.52" or "107.5,21.25" in str(days)
            ),
        )
    with app.test_request_context():
        assert Lines.of_mapping(safe_yaml.read(safe_yaml.write(lines.written()))) == lines


@pytest.mark.parametrize("by", [1, 7, 30])
@pytest.mark.parametrize("name", EXAMPLES[:2])
def test_dates_of_a_saved_file_can_be_changed(
    app: Flask, client: FlaskClient, name: str, by: int
) -> None:
    """Save, write other dates, open: the plan is that of a new trip with these dates, hours and
    holidays included.
    """
    query = example(client, name)
    move = lambda match: (date.fromisoformat(match[0]) + timedelta(days=by)).isoformat()  # noqa: E731
    later = re.sub(
        r"(?<=date: ')\d{4}-\d\d-\d\d|(?<=date: )\d{4}-\d\d-\d\d", move, saved(client, query)
    )
    assert later != saved(client, query)
    again, fresh = opened(client, later), re.sub(r"(?<=day=)\d{4}-\d\d-\d\d", move, query)
    plan, wanted = planned(app, again), planned(app, fresh)
    assert (plan.trip, plan.days, plan.left_out) == (wanted.trip, wanted.days, wanted.left_out)
    assert plan.trip.days[0].date == date.fromisoformat(
        move(re.search(r"\d{4}-\d\d-\d\d", query) or [""])
    )
    assert stops(read(client, f"/trip?{again}&whole=1")) == [
        visit.stop.place.id for day in wanted.days for visit in day.visits
    ]


# Bad files ----------------------------------------------------------------------------------------

BAD = {
    "": "Choose a file first",
    TEN: "The trip has 13 faults:",
    "title: [unclosed": "line 1",
    "- a\n- b\n": "must be keys with values",
    "just words": "must be keys with values",
    "a: &x [1]\nb: *x\n": "anchors and aliases",
    "stops: !!python/object/apply:os.system ['true']\n": "tags (!) are not allowed",
    "title: a\ntitle: b\n": "stands twice",
    "x" * 300_000: "200,000 are allowed",
    f"title: '{HOSTILE}'\nstops: [{{site: '{HOSTILE}'}}]\n": "there is no place",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:12])
def test_a_bad_file_is_named_and_the_trip_stays(client: FlaskClient, text: str) -> None:
    """Whatever is wrong stands on the page of the trip that was there, whose form and plan are as
    before.
    """
    answer = send(client, text)
    page = Page(answer.text)
    assert answer.status_code == 400
    assert "The file was not opened." in page.text
    assert BAD[text] in page.text
    assert "<img src=x" not in answer.text
    assert form_of(page) == form_of(read(client, f"/trip?{KEPT}"))
    assert page.one("section", id="plan")["data-ask"] == f"/trip/plan?{KEPT}"
    assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if "lang" not in cookie]


def test_every_fault_of_a_file_is_named_in_its_own_words(client: FlaskClient) -> None:
    """Thirteen faults, each with the key under which it stands in the file."""
    page = Page(send(client, TEN).text)
    for path in (
        "titel",
        "vehicle.profile",
        "closed_gates[0]",
        "days[0].begin",
        "days[1].date",
        "days[2].start",
        "stops[0].visit",
        "stops[2].must",
    ):
        assert f"{path}: " in page.text


@pytest.mark.parametrize(("language", "sentence"), [("vi", "không mở được"), ("zh", "未能打开")])
def test_a_bad_file_is_named_in_the_language_of_the_page(
    client: FlaskClient, language: str, sentence: str
) -> None:
    """The sentences around and of the faults are translated, those of YAML too; the page in another
    language leads back to the trip.
    """
    for text in (TEN, "a: &x [1]\n", "title: a\ntitle: b\n", "title: [unclosed", b"\xff\xfe\x00"):
        answer = send(client, text, f"{KEPT}&lang={language}")
        shown = Page(answer.text).text
        assert sentence in shown.lower()
        assert not re.search(
            r"not allowed|stands twice|cannot be read|has \d+ faults|not written in", shown
        ), shown
    answer = client.get(f"/trip/open?{KEPT}&lang={language}")
    assert (answer.status_code, urlsplit(answer.location).query) == (303, f"{KEPT}&lang={language}")


@pytest.mark.parametrize("seed", range(8))
def test_files_with_slips_are_opened_whole_or_refused(
    app: Flask, client: FlaskClient, known: Gazetteer, seed: int
) -> None:
    """Files of which lines are lost, doubled or filled with something else lead to the very trip
    that they hold, or are refused.
    """
    dice = random.Random(seed)
    texts = [ODD, TEN, *trip_file.examples(layers.bundled()).values()]
    others = [
        "",
        "[]",
        "{}",
        "[a, b]",
        "yes",
        "0",
        "-1",
        "1e3",
        "2026-12-01",
        "07:30-18:00",
        "dong-mai-ip",
        "{lon: 107, lat: 21, name: x}",
        "'~'",
        "null",
    ]
    met = set()
    for _ in range(25):
        lines = dice.choice(texts).splitlines()
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(lines))
            slip = dice.choice(["lose", "double", "fill", "fill"])
            if slip == "fill" and ": " in lines[at]:
                lines[at] = f"{lines[at].partition(': ')[0]}: {dice.choice(others)}"
            elif slip == "lose" and len(lines) > 1:
                del lines[at]
            elif slip == "double":
                lines.insert(at, lines[at])
        text = "\n".join(lines)
        answer = client.post("/trip/open", data={"file": (io.BytesIO(text.encode()), "x.yaml")})
        met.add(answer.status_code)
        try:
            wanted, missing = trip_file.read(text, known), []
        except InputError as error:
            wanted, missing = (
                None,
                [
                    fault
                    for fault in error.faults
                    if " ".join(fault.split()) not in Page(answer.text).text
                ],
            )
        assert missing == [], text
        if wanted is None:
            assert answer.status_code == 400, text
            continue
        assert answer.status_code == 303, text
        with app.test_request_context():
            trip = trip_file.read(lines_of(app, urlsplit(answer.location).query).mapping(), known)
        assert replace(trip, title="") == replace(wanted, title=""), text
    assert met == {303, 400}


def test_the_command_line_reads_every_way_of_writing(tmp_path: Path) -> None:
    """A file with moments instead of dates, and points, is planned, and saved again as the page
    saves it.
    """
    path, written = tmp_path / "odd.yaml", tmp_path / "out.yaml"
    path.write_text(ODD, encoding="utf-8")
    assert run("plan", str(path), "--no-why").exit_code in (0, 1)
    assert run("export", str(path), "--format", "yaml", "-o", str(written)).exit_code == 0
    assert [stop.get("notes") for stop in safe_yaml.read(written.read_bytes())["stops"]] == [
        "~ 30 ha",
        None,
        None,
        None,
    ]


def test_nothing_but_a_file_is_read(client: FlaskClient) -> None:
    """Other fields, other files and a body that is not a form are refused in a sentence."""
    for data in (
        {"title": "x"},
        {"other": (io.BytesIO(b"x"), "x.yaml")},
        {"file": "text instead of a file"},
    ):
        answer = client.post(f"/trip/open?{KEPT}", data=data, content_type="multipart/form-data")
        assert answer.status_code == 400
        assert "Send only a file" in Page(answer.text).text
    assert (
        client.post("/trip/open", data=b"\x00" * 100, content_type="text/plain").status_code == 400
    )
    assert (
        client.post(
            "/trip/open?colour=red", data={"file": (io.BytesIO(b"x"), "x.yaml")}
        ).status_code
        == 400
    )
    assert (
        client.post(
            "/trip/open", data=b"x" * 2_000_000, content_type="multipart/form-data; boundary=x"
        ).status_code
        == 413
    )


def test_a_trip_that_no_address_holds_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trip whose address would be longer than the server reads is refused with what to do
    instead.
    """
    monkeypatch.setattr(open_file, "LONGEST_LINK", 200)
    assert (
        "zoneatlas trip plan"
        in Page(send(client, trip_file.examples(layers.bundled())[EXAMPLES[0]]).text).text
    )


def test_the_roads_of_the_page_stay(app: Flask, client: FlaskClient) -> None:
    """A file names no roads: those that were chosen in the page are kept."""
    answer = client.post(
        f"/trip/open?{KEPT}&network=atlantis", data={"file": (io.BytesIO(b"x"), "x.yaml")}
    )
    assert answer.status_code == 404
    assert lines_of(app, opened(client, ODD)).network == "main-roads"


def test_long_notes_pass_the_form(app: Flask, client: FlaskClient) -> None:
    """Texts as long as a file may hold them survive being sent with the form, line breaks as they
    were.
    """
    long = {"notes": "n\n" * 990, "source": "s" * 2000}
    line = StopLine("dong-mai-ip", notes="x\ny " * 400, contact="c" * 2000)
    with app.test_request_context():
        lines = replace(lines_of(app, KEPT), stops=(line,), **long)
        query = lines.link()
    assert lines_of(app, edited(client, query)) == lines
    assert lines_of(app, f"{KEPT}&notes={quote('a' * 2000)}").notes == "a" * 2000
