"""A trip survives its way through the address and through the form."""

from __future__ import annotations

import random
import string
from dataclasses import fields
from urllib.parse import parse_qs

import pytest
from werkzeug.datastructures import MultiDict

from geo import layers
from geo.errors import InputError
from geo.visits import safe_yaml, trip_file
from geo.visits.trip_lines import DayLine, PointLine, StopLine, split_places
from webapp import args, create_app
from webapp.trips import words
from webapp.trips.address import TRIP, Lines


@pytest.fixture(autouse=True)
def in_request():  # type: ignore[no-untyped-def]
    with create_app().test_request_context():
        yield


def through_the_address(lines: Lines) -> Lines:
    values = MultiDict(
        (name, text)
        for name, texts in parse_qs(lines.link(), keep_blank_values=True).items()
        for text in texts
    )
    return Lines.of_query(args.parse(values, TRIP))


FULL = Lines(
    title="Khảo sát Móng Cái – 芒街",
    stops=(
        StopLine(
            "hai-yen-ip",
            visit="90 min",
            hours="Mo-Fr 08:00-11:30,13:30-17:00; PH off",
            must="no",
            weight="2.5",
            day="2026-12-02",
            order="3",
        ),
        StopLine(
            "107.95,21.52",
            name="Kho hàng: A & B",
            contact="Bà Lan, 0912 345 678",
            notes="50% = half?",
        ),
    ),
    days=(
        DayLine("2026-12-01", "07:00-17:30", "ha-long", "mong-cai,ha-long"),
        DayLine("2026-12-02", begin="107.1,20.9", end="ha-long"),
    ),
    lunch="45 min 11:30-13:00",
    reserve="20 min",
    profile="truck",
    closed=("huu-nghi", "mong-cai-bac-luan-1"),
    vehicle="VN",
    traffic="cargo",
    avoid=True,
    notes="Two lines,\nof notes",
    source="by hand ~ 2026",
    points=(PointLine("107.95,21.52", vi="Kho A", country="VN", accuracy="50"),),
)


def test_everything_survives_the_address() -> None:
    """Written into an address and read from it, a trip is the same."""
    assert through_the_address(FULL) == FULL
    assert through_the_address(Lines()) == Lines()


def test_the_address_can_be_read() -> None:
    """The address shows what it says, without needless escapes."""
    link = Lines(
        stops=(StopLine("hai-yen-ip", visit="90 min", day="2026-12-02"),),
        days=(DayLine("2026-12-01", begin="ha-long"),),
    ).link()
    assert (
        link
        == "day=2026-12-01~07:30-18:00~begin:ha-long&stop=hai-yen-ip~visit:90%20min~day:2026-12-02"
    )


def test_any_text_survives_the_address() -> None:
    """Titles, names and notes may hold any sign."""
    draw = random.Random(5)
    signs = string.printable + "Đặng 芒街 {{7*7}} <b> ;:,%&=+#?"
    for _ in range(200):
        text = "".join(draw.choice(signs) for _ in range(draw.randint(1, 40))).strip()
        lines = Lines(title=text, stops=(StopLine("x", name=text, notes=text),))
        if text:
            assert through_the_address(lines) == lines, repr(text)


def test_a_tilde_cannot_tear_a_stop_apart() -> None:
    """The sign that sets parts off may stand within them."""
    lines = Lines(
        stops=(StopLine("x", notes="a~must:no"),),
        days=(DayLine("2026-12-01", begin="~", end="a~b"),),
    )
    assert through_the_address(lines) == lines


def test_every_part_that_is_not_understood_is_named() -> None:
    """One error names every fault."""
    with pytest.raises(InputError) as caught:
        Lines.of_query(
            {"stop": ["a~colour:red", "b~visit:5 min"], "day": ["2026-12-01~08:00-17:00~noon"]}
        )
    assert len(caught.value.faults) == 2
    assert "colour:red" in caught.value.faults[0]
    assert "noon" in caught.value.faults[1]


def test_what_the_form_holds_reaches_the_reader_of_trips() -> None:
    """The mapping has the keys that trip files have."""
    mapping = FULL.mapping()
    assert mapping["vehicle"] == {"profile": "truck", "kind": "cargo", "country": "VN"}
    assert mapping["avoid_unknown_hours"] == "yes"
    assert mapping["closed_gates"] == ["huu-nghi", "mong-cai-bac-luan-1"]
    assert mapping["gate_reserve"] == "20 min"
    assert mapping["lunch"] == {"length": "45 min", "from": "11:30", "until": "13:00"}
    assert mapping["days"][0] == {
        "date": "2026-12-01",
        "hours": "07:00-17:30",
        "begin": "ha-long",
        "end": ["mong-cai", "ha-long"],
    }
    assert mapping["days"][1]["begin"] == {"name": "Point 2", "lon": "107.1", "lat": "20.9"}
    assert mapping["stops"][0] == {
        "site": "hai-yen-ip",
        "visit": "90 min",
        "hours": "Mo-Fr 08:00-11:30,13:30-17:00; PH off",
        "must": "no",
        "weight": "2.5",
        "day": "2026-12-02",
        "order": "3",
    }
    assert mapping["stops"][1]["point"] == {
        "names": {"en": "Kho hàng: A & B", "vi": "Kho A"},
        "lon": "107.95",
        "lat": "21.52",
        "position_accuracy_m": "50",
        "country": "VN",
    }


def test_a_file_fills_the_form() -> None:
    """What a mapping says stands in the form again."""
    lines = Lines.of_mapping(FULL.mapping())
    for field in fields(Lines):
        if field.name != "days":
            assert getattr(lines, field.name) == getattr(FULL, field.name), field.name
    assert lines.days == FULL.days


def test_what_a_file_says_once_for_all_days_and_stops() -> None:
    """Defaults of a file reach each day and stop."""
    lines = Lines.of_mapping(
        {
            "begin": "ha-long",
            "end": "hai-phong",
            "nights": ["mong-cai", "tien-yen"],
            "hours": "08:00-17:00",
            "visit": "40 min",
            "days": [
                {"date": "2026-12-01"},
                {"date": "2026-12-02", "hours": "09:00-17:00"},
                {"date": "2026-12-03"},
            ],
            "stops": [{"site": "a"}, {"site": "b", "visit": "20 min"}],
        }
    )
    assert [(day.begin, day.end, day.hours) for day in lines.days] == [
        ("ha-long", "mong-cai,tien-yen", "08:00-17:00"),
        ("", "mong-cai,tien-yen", "09:00-17:00"),
        ("", "hai-phong", "08:00-17:00"),
    ]
    assert [stop.visit for stop in lines.stops] == ["40 min", "20 min"]


def test_places_with_commas_of_their_own() -> None:
    """Points keep their own comma."""
    assert split_places("ha-long, 107.1,20.9 ,mong-cai") == ["ha-long", "107.1,20.9", "mong-cai"]
    assert split_places("-1.5,20,3,4") == ["-1.5,20", "3,4"]
    assert split_places("") == []


def test_the_translators_have_every_title() -> None:
    """The titles in the data package are marked word for word; one that changes shows up here."""
    titles = [
        safe_yaml.read(text)["title"] for text in trip_file.examples(layers.bundled()).values()
    ]
    assert list(words.EXAMPLES) == titles
