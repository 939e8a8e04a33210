"""The commands of trips: each prints what the library plans, and a faulty file is all its faults,
exit 1, and nothing written.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geo import layers
from geo.visits import trip_file
from geo.visits.gazetteer import Gazetteer
from webapp.cli.main import main
from webapp.trips.answers import FILES

EXAMPLES = tuple(trip_file.examples(layers.bundled()))
CROWDED = """
title: Too much
begin: ha-long
end: ha-long
hours: 07:30-15:00
visit: 90 min
days: [{date: 2026-12-01}]
stops: [{site: dong-mai-ip}, {site: song-khoai-ip}, {site: bac-tien-phong-ip}, {site: hai-yen-ip}]
"""
WRONG = """
titel: Ten mistakes
vehicle: {profile: bicycle, country: Vietnam}
avoid_unknown_hours: perhaps
closed_gates: [atlantis]
begin: ha-lonk
end: ha-long
days:
  - {date: 2026-02-30, hours: 07:30-18:00}
  - {date: 2026-12-02, hours: 18:00-07:30}
stops:
  - {site: nowhere}
  - {site: dong-mai-ip, visit: 60}
  - {site: song-khoai-ip, windows: [2026-12-02T11:00/2026-12-02T08:00]}
"""
MISTAKES = (
    *(
        "titel: unknown key; did you mean “title”",
        "“bicycle”",
        "vehicle.country",
        "“perhaps” is neither yes nor no",
        "“atlantis”",
    ),
    *(
        "“ha-lonk”; did you mean “ha-long”",
        "“2026-02-30”",
        "days[1].hours",
        "“nowhere”",
        "“60” has no unit",
        "ends before it begins",
    ),
)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["trip", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def crowded(tmp_path: Path) -> str:
    path = tmp_path / "crowded.yaml"
    path.write_text(CROWDED, encoding="utf-8")
    return str(path)


def test_examples_are_listed() -> None:
    """Each example with its title."""
    result = run("examples")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.output.splitlines()] == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_planned_and_possible(name: str) -> None:
    """The plan has a line for each stop with two clocks an hour apart; the check says it is
    possible.
    """
    result = run("plan", name)
    assert result.exit_code == 0
    assert "proven: no plan is better" in result.output
    assert "Hà Nội | 北京" in result.output
    times = re.findall(r"^  (\d\d):(\d\d) \| (\d\d):(\d\d)  ", result.output, re.MULTILINE)
    assert len(times) > 10
    assert {(int(there) - int(here)) % 24 for here, _, there, _ in times} == {1}
    wish = trip_file.read(
        trip_file.examples(layers.bundled())[name], Gazetteer.read(layers.bundled())
    )
    for stop in wish.stops:
        assert stop.place.name() in result.output
    checked = run("check", name)
    assert checked.exit_code == 0
    assert f"Possible: {len(wish.stops)} stops in {len(wish.days)} days." in checked.output


def test_what_is_left_out_is_said_with_its_reason(crowded: str) -> None:
    """A stop that must be seen and is not: exit 1, both clocks, the reason, and what would help;
    the check names it too.
    """
    result = run("plan", crowded)
    assert result.exit_code == 1
    [name] = re.findall(r"^Left out: (.+) \(must be seen\)$", result.output, re.MULTILINE)
    after = result.output.split("Left out: ")[1]
    assert len(after.splitlines()) > 1
    assert "would help: " in after
    assert re.search(r"would help: .*\d\d:\d\d Hà Nội · \d\d:\d\d 北京", after)
    short = run("plan", crowded, "--no-why")
    assert short.exit_code == 1
    assert "would help" not in short.output
    checked = run("check", crowded)
    assert checked.exit_code == 1
    assert f"no room for {name}" in checked.output


def test_an_optional_stop_left_out_is_no_failure(tmp_path: Path) -> None:
    """Where all that must be seen is seen, it ends with 0 and still says what is left out."""
    path = tmp_path / "trip.yaml"
    path.write_text(
        CROWDED.replace("{site: hai-yen-ip}", "{site: hai-yen-ip, must: no}").replace(
            "90 min", "60 min"
        ),
        encoding="utf-8",
    )
    result = run("plan", str(path), "--no-why")
    assert result.exit_code == 0
    assert re.search(r"^Left out: [^(]+$", result.output, re.MULTILINE)


@pytest.mark.parametrize(
    "command", [("plan",), ("check",), ("export", "--format", "csv", "-o", "out.csv")]
)
def test_every_mistake_of_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Eleven mistakes are named at once, with where they stand; nothing is written."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    result = run(command[0], str(path), *command[1:])
    assert result.exit_code == 1
    assert not [mistake for mistake in MISTAKES if mistake not in result.output], result.output
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "neither a file nor an example"),
        (b"\xff\xfe\x00title", "cannot be read as UTF-8"),
        (b"", "trip"),
        (b"just words", "trip"),
        (b"- a\n- b\n", "trip"),
        (b"title: [unclosed", "line"),
        (b"a: &x [1]\nb: *x\n", ""),
        (b"stops: !!python/object/apply:os.system ['true']\n", ""),
        (b"title: a\ntitle: b\n", "title"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """What is not a trip file is a sentence and exit 1."""
    path = tmp_path / "trip.yaml"
    if content is not None:
        path.write_bytes(content)
    for command in (("plan", str(path)), ("check", str(path))):
        result = run(*command)
        assert result.exit_code == 1
        assert sentence in result.output
        assert len(result.output) > 10


@pytest.mark.parametrize("ending", FILES)
def test_every_file_is_written(tmp_path: Path, ending: str) -> None:
    """Each format writes a file with the stops in the language that is asked for, and says how long
    it is.
    """
    path = tmp_path / f"trip.{ending}"
    result = run("export", EXAMPLES[1], "--format", ending, "-o", str(path), "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert f"{path.stat().st_size:,} bytes" in result.output
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n ", "")
    assert ("hai-yen-ip" if ending == "yaml" else "海安工业园") in text
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_file_or_network_is_said(tmp_path: Path) -> None:
    """An ending there is not lists those there are; so does a network; and a missing output is
    told.
    """
    path = tmp_path / "trip.docx"
    result = run("export", EXAMPLES[0], "--format", "docx", "-o", str(path))
    assert (result.exit_code, path.exists()) == (1, False)
    assert "names.csv" in result.output
    result = run("plan", EXAMPLES[0], "--network", "atlantis")
    assert result.exit_code == 1
    assert "main-roads" in result.output
    assert run("export", EXAMPLES[0], "--format", "csv").exit_code == 2


def test_words_are_in_the_language_that_is_asked_for() -> None:
    """In Vietnamese and Chinese the stops have the names of that language."""
    parks = layers.read(layers.bundled(), "parks")
    for language in ("vi", "zh"):
        assert (
            parks.loc["hai-yen-ip", f"name_{language}"]
            in run("plan", EXAMPLES[1], "--lang", language).output
        )


EARLY = """
title: Early appointment in Mong Cai on the second day
vehicle: {profile: car, country: VN}
hours: 07:00-18:00
begin: ha-long
nights: [ha-long, mong-cai]
end: mong-cai
days: [{date: 2026-12-01}, {date: 2026-12-02}]
stops:
  - {site: hai-yen-ip, visit: 60 min, windows: [2026-12-02T07:30/2026-12-02T08:30]}
"""
LONG = """
title: A long way, and lunch
vehicle: {profile: car, country: VN}
hours: 09:30-18:00
lunch: {length: 45 min, from: "11:30", until: "13:00"}
begin: ha-noi
end: mong-cai
days: [{date: 2026-12-08}]
stops: [{site: hai-yen-ip, visit: 60 min}]
"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [(EARLY, ("Leave Ha Long", "Arrive in Mong Cai")), (LONG, ("Lunch on the way", "Drive on"))],
)
def test_trips_that_were_said_to_be_impossible(
    tmp_path: Path, text: str, rows: tuple[str, ...]
) -> None:
    """A day without a stop drives on to the night town of an early appointment, and a team on a
    long way eats on it.
    """
    path = tmp_path / "trip.yaml"
    path.write_text(text, encoding="utf-8")
    shown = run("plan", str(path))
    assert shown.exit_code == 0
    assert "1 of 1 stops" in shown.output
    assert "proven: no plan is better" in shown.output
    assert all(row in shown.output for row in rows)


@pytest.mark.parametrize("weight", ["5e12", "1e15", "0", "9e-7"])
def test_a_weight_beyond_its_limits_is_a_sentence(tmp_path: Path, weight: str) -> None:
    """It is named with its place, and nothing is planned."""
    path = tmp_path / "trip.yaml"
    path.write_text(
        CROWDED.replace("{site: hai-yen-ip}", f"{{site: hai-yen-ip, must: no, weight: {weight}}}"),
        encoding="utf-8",
    )
    shown = run("plan", str(path))
    assert shown.exit_code == 1
    assert f"stops[3].weight: “{weight}” is not between 0.000001 and 1000000" in shown.output


def test_a_day_that_cannot_be_driven_is_a_sentence(tmp_path: Path) -> None:
    """Whether a stop is possible or not."""
    path = tmp_path / "trip.yaml"
    path.write_text(
        LONG.replace("09:30-18:00", "09:30-11:00").replace("visit: 60 min", "visit: 8 h"),
        encoding="utf-8",
    )
    for command in ("plan", "check"):
        shown = run(command, str(path))
        assert shown.exit_code == 1
        assert "The days of this trip cannot be driven, even without a stop." in shown.output


def test_point_20_a_package_without_examples_says_so(toy: Path) -> None:
    """The list is a sentence rather than nothing, and a name that is not there is not followed by
    an empty list.
    """
    assert not (toy / trip_file.FOLDER).exists()
    listed = CliRunner().invoke(main, ["--data", str(toy), "trip", "examples"])
    assert listed.exit_code == 0
    assert listed.output == "This data package has no example of a trip.\n"
    refused = CliRunner().invoke(main, ["--data", str(toy), "trip", "check", "nowhere"])
    assert refused.exit_code == 1
    assert refused.output.endswith("nor an example nowhere; this data package has no examples.\n")
