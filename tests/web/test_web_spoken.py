"""What is refused is refused in the language of whoever asks: a walk over some hundred bad
requests, uploads and commands finds no English sentence in a Vietnamese answer.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages import pofile
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from test_tripsentences import WRONG as WRONG_TRIPS
from web import Page

from geo import layers
from webapp.catalogues import FOLDER
from webapp.cli.main import main

pytest_plugins = ("web",)

DATA = Path(__file__).resolve().parents[1] / "data"
VALUES = ("~~:", "-1e9", "9,9,9", "zz-9")
PATHS = {
    **{"site_id": "van-don-ez", "layer_id": "parks", "extension": "csv"},
    **{"collection_id": "gates", "feature_id": "mong-cai-bac-luan-2", "path": "castles"},
    **{"zoom": "6", "column": "50", "row": "28"},
    **{"old": "0", "new": "1", "number": "1", "token": "x" * 32},
}
WRONG_PATHS = {
    **{"site_id": "nowhere", "layer_id": "castles", "extension": "exe"},
    **{"collection_id": "castles", "feature_id": "nowhere", "path": "castles"},
    **{"zoom": "99", "column": "-1", "row": "x"},
    **{"old": "7", "new": "8", "number": "9", "token": "y" * 32},
}
SPARED = (
    "/static",
    "/health",
    "/robots",
    "/sw.js",
    "/frame.js",
    "/preview",
    "/basemap",
    "/favicon",
)
"""What has no words, or is answered by another test."""
SLOW = (".pdf", ".xlsx")
PAIRS = (
    "/access?lon=107",
    "/access?lat=21",
    "/access?lon=0&lat=0",
    "/access?site=van-don-ez&lon=107&lat=21",
    "/access?site=van-don-ez&closed=nowhere",
    "/access?site=van-don-ez&network=nowhere",
    "/access?site=van-don-ez&year=2030&opens=nowhere:2031",
    "/access?site=van-don-ez&opens=ct01:2031",
    "/api/access",
    "/api/times?lon=1",
    "/api/times?lon=100&lat=25",
    "/api/route?from=van-don-ez",
    "/api/route?from=van-don-ez&to=nowhere",
    "/api/route?from=van-don-ez&to=108,20.4",
    "/api/route?from=108,20.4&to=van-don-ez",
    "/api/isochrones?lon=100&lat=25",
    "/api/isochrones?site=van-don-ez&minutes=0",
    "/api/map/castles.json",
    "/chain?place=thief~107.9,21.5",
    "/chain?place=supplier~107.9",
    "/chain?place=supplier~200,21",
    "/chain?place=supplier~nowhere",
    "/chain?place=supplier~107.3,20.5~Sea",
    "/chain?place=supplier~107.97,21.6&via=nowhere",
    "/chain?place=supplier~107.97,21.6&via=dong-dang-rail",
    "/chain?place=supplier~107.97,21.6&payload=0",
    "/chain?place=supplier~107.97,21.6&r_truck_km=-3",
    "/chain?place=supplier~107.97,21.6&flow_1=lots",
    "/chain?place=supplier~107.97,21.6&pick=nowhere",
    "/chain?place=supplier~107.97,21.6&policy=nowhere",
    "/chain?add_where=nowhere&add_role=supplier",
    "/chain?add_where=21%2061%20N,%20107%20E&add_role=supplier",
    "/chain?places=nothing%0AHai%20Phong;port",
    "/chain.json?place=supplier~107.9",
    "/chain.xlsx?place=supplier~107.97,21.6&co2=-1",
    "/compare?pick=nowhere",
    "/compare?pick=van-don-ez&offer=nowhere:land_year:5:USD",
    "/compare?pick=van-don-ez&offer=van-don-ez:land_year:5:EUR",
    "/compare?pick=van-don-ez&offer_site=van-don-ez",
    "/compare?basis=land_year&years_left=-3",
    "/compare?currency=CNY",
    "/compare?currency=CNY&rate=0&rate_date=x",
    "/compare.json?pick=nowhere",
    "/compare.json?pick=van-don-ez&currency=CNY",
    "/compare.xlsx?pick=nowhere",
    "/compare.xlsx?pick=van-don-ez&basis=land_year&years_left=-3",
    "/cost?pick=nowhere",
    "/cost?pick=van-don-ez&destination=nowhere",
    "/cost?pick=van-don-ez&own=nowhere:wage:300",
    "/cost?pick=van-don-ez&own=van-don-ez:wage:-3",
    "/cost?pick=van-don-ez&own_site=van-don-ez&own_line=wage&own_value=much",
    "/cost?pick=van-don-ez&own_value=3",
    "/cost?pick=van-don-ez&workers=-3&r_wage=9-3&x_vnd=0&off_peak_pct=101",
    "/cost.json?pick=van-don-ez&off_peak_pct=60&peak_pct=60",
    "/cost.xlsx?pick=van-don-ez&r_wage=much",
    "/download/parks.csv?epsg=999999",
    "/download/parks.csv?epsg=32661",
    "/download/parks.kml?epsg=5899",
    "/download/policies.kml",
    "/download/gates.csv?sector=logistics",
    "/download/access.csv",
    "/match?also=nowhere",
    "/planned?year=2031",
    "/planned?site=nowhere",
    "/rank?border=perhaps",
    "/rank?max_gate=1e9",
    "/rank?supplies=~",
    "/rank.pdf?supplies=nowhere",
    "/rank?w_gate=0&w_port=0",
    "/rank?v_gate=step",
    "/rank.json?max_gate=soon",
    "/rank.xlsx?example=nowhere",
    "/rank?v_gate=linear:180:30",
    "/sites/van-don-ez/claims?text=~",
    "/table?layer=policies&sector=textiles",
    "/table?sort=distance",
    "/where?w_port=101",
    "/where?site=nowhere",
    "/where.png?level=3",
    "/where.png?level=99&blocks=0,0,0,0",
    "/where.png?level=3&blocks=0,0,8,0",
    "/where.png?level=9&blocks=0,0,99,99",
    "/where.tif?w_port=1&w_gate=1&v_port=linear:100000:",
    "/where.geojson?level=3&blocks=5,5,1,1",
    "/where.json?lon=107",
    "/shortlist.html",
    "/shortlist.html?pick=nowhere",
    "/shortlist.html?pick=van-don-ez&closed=nowhere",
    "/planned.json?year=2031",
    "/planned.xlsx?to=nowhere",
    "/weights?criterion=gate",
    "/weights?criterion=gate&criterion=port&pair=gate:gate:3",
    "/weights?criterion=gate&criterion=port&pair=gate:port:3&pair=port:gate:3",
    "/trip?example=nowhere",
    "/trip?stop=nowhere&day=2026-12-08",
    "/trip?stop=van-don-ez&day=2026-12-08~07:30-18:00~begin:nowhere",
    "/trip?stop=van-don-ez~visit:0%20min&day=2026-12-08",
    "/trip?stop=van-don-ez~hours:whenever%20it%20suits&day=2026-12-08",
    "/trip?stop=van-don-ez~x:y&day=2026-12-08~18:00-07:30",
    "/trip?stop=van-don-ez&lunch=soon&day=2026-12-08",
    "/trip?stop=van-don-ez&reserve=soon&day=2026-12-08",
    "/trip?stop=van-don-ez&vehicle=bicycle&day=2026-12-08",
    "/trip/plan?stop=van-don-ez",
    "/trip/plan?stop=van-don-ez&day=2026-12-08~25:00-26:00~begin:ha-long",
    "/trip/plan.exe?stop=van-don-ez",
    "/trip/plan.gpx",
    "/trip/why?of=nowhere",
    "/trip/edit?do=nothing",
    "/nowhere",
)
"""Requests whose parts make no sense together."""
SHEETS = (
    "",
    "\n\n",
    '"',
    "title\n",
    "company\n",
    "company;company\nA;B\n",
    "company;area_ha\nA;five\n",
    "company;area_ha\nA;-5\n",
    "company;area_ha;max_port_min\nA;5 rai;soon\n",
    "company;sector\nA;=1+1\n",
    "company;province\nA;Atlantis\n",
    "company\n" + "B\n" * 3000,
    "PK\x03\x04x",
)
COMMANDS = (
    ("nearest", "castles", "--from", "van-don-ez"),
    ("nearest", "corridors", "--from", "van-don-ez"),
    ("nearest", "gates", "--from", "nowhere"),
    ("nearest", "gates", "--from", "107,95"),
    ("nearest", "gates", "--from", "1,2,3"),
    ("access", "--from", "108,20.4"),
    ("access", "--from", "van-don-ez", "--profile", "bicycle"),
    ("access", "--from", "van-don-ez", "--network", "nowhere"),
    ("isochrones", "--from", "van-don-ez", "--minutes", "soon"),
    ("export", "parks", "--format", "dwg", "-o", "x"),
    ("export", "parks", "--format", "kml", "--epsg", "5899", "-o", "x"),
    ("export", "parks", "--filter", "kind", "-o", "x"),
    ("export", "parks", "--filter", "kind=castle", "-o", "x"),
    ("check", str(DATA / "parks.csv")),
    *(
        ("check", str(path), "--layer", "corridors" if "corridors" in path.name else "parks")
        for path in sorted((DATA / "invalid").iterdir())
    ),
    ("roads", "check", "nowhere"),
    ("roads", "remove", "main-roads"),
    ("roads", "remove", "No Name"),
    ("trip", "plan", "nowhere"),
    ("trip", "check", str(DATA / "parks.csv")),
)

# What is English ----------------------------------------------------------------------------------

WORD = re.compile(r"[A-Za-z]+(?:[’'][a-z]+)?")
QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|'[^']*'")
RUNS = re.compile("[A-Za-z’']+(?: [A-Za-z’']+)+")
RUN = 4
"""So many English words in a row are a sentence."""


@cache
def catalogue() -> dict[str, str]:
    """Return each English text with its Vietnamese one."""
    with (FOLDER / "vi" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in pofile.read_po(file) if one.id}


@cache
def english_words() -> frozenset[str]:
    """Return the words of the English texts that are in no Vietnamese one."""

    def words(texts: Any) -> set[str]:
        plain = (re.sub(r"%\(\w+\)s|\{\w*\}|--\w+", " ", text) for text in texts)
        return {word.lower() for text in plain for word in WORD.findall(text)}

    return frozenset(words(catalogue()) - words(catalogue().values()))


@cache
def names_of_the_data() -> re.Pattern[str]:
    """Match the names of places, which stay as they are where they have no Vietnamese one."""
    frames = [layers.read(layers.bundled(), layer) for layer in layers.LAYERS]
    columns = [frame[name] for frame in frames for name in frame if "_en" in name]
    names = {str(name) for column in columns for name in column.dropna() if " " in str(name)}
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))


def english(text: str, typed: str = "") -> str | None:
    """Find an English sentence in a text of an answer; what somebody typed is not one."""
    text = " ".join(text.split())
    if not text or (typed and text in typed):
        return None
    if catalogue().get(text, text) != text:
        return text
    text = QUOTED.sub("·", text)
    return run_in(text) and run_in(names_of_the_data().sub("·", text))


def run_in(text: str) -> str | None:
    """Find some words in a row most of which are English."""
    for run in RUNS.findall(text):
        words = [word.lower() in english_words() for word in run.split()]
        if len(words) >= RUN and sum(words) >= len(words) / 2:
            return str(run)
    return None


def texts_of(answer: Any) -> Iterator[str]:
    """Return the texts of an answer, line by line: of a page also those in attributes."""
    if answer.is_json:
        document = answer.get_json()
        yield from str(document.get("description", document)).splitlines()
    elif answer.mimetype == "text/html":
        page = Page(answer.text)
        yield from page.parts
        for _, attributes in page.elements:
            yield from (attributes.get(name, "") for name in ("title", "aria-label", "placeholder"))
    else:
        yield from answer.text.splitlines()


# The walk -----------------------------------------------------------------------------------------


def addresses(app: Flask, paths: dict[str, str]) -> Iterator[str]:
    """Return the address of every page, with what is variable in it filled in."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(SPARED):
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: paths[name[1]], rule.rule)
            if not path.endswith(SLOW):
                yield path


def refusals(app: Flask, client: FlaskClient) -> Iterator[tuple[str, Any]]:
    """Return addresses with their answers: each parameter of each page with wrong values, unknown
    ids, and what makes no sense together. What is not refused is left out.
    """
    asked = 0

    def ask(address: str) -> Any:
        nonlocal asked
        asked += 1
        accept = "text/html" if asked % 2 else "application/json"
        joint = "&" if "?" in address else "?"
        answer = client.get(f"{address}{joint}lang=vi", headers={"Accept": accept})
        return answer if answer.status_code >= 400 else None

    free = {"lang"}  # which would be another language, and what may be anything
    for path in addresses(app, PATHS):
        unheard = client.get(f"{path}?unheard=1", headers={"Accept": "application/json"})
        known = unheard.get_json()["description"].rpartition(": ")[2] if unheard.is_json else ""
        for name in known.split(", "):
            for value in VALUES:
                if name in free:
                    break
                address = f"{path}?{name}={value}"
                if (answer := ask(address)) is None:
                    free.add(name)
                else:
                    yield address, answer
    wrong = (path for path in addresses(app, WRONG_PATHS) if WRONG_PARTS & {*path.split("/")})
    for address in (*wrong, *PAIRS):
        if (answer := ask(address)) is not None:
            yield address, answer


WRONG_PARTS = {"nowhere", "castles", "castles.exe", "castles.json", "plan.exe"}


def test_a_bad_request_is_refused_in_vietnamese(app: Flask, client: FlaskClient) -> None:
    """No answer to a request that is refused holds an English sentence, as a page or as JSON."""
    refused, left = 0, []
    for address, answer in refusals(app, client):
        refused += 1
        left += [(address, sentence) for text in texts_of(answer) if (sentence := english(text))]
    assert refused > 300
    assert not left


def as_file(trip: Any) -> bytes:
    """Write a trip as a file; JSON is YAML."""
    return trip if isinstance(trip, bytes) else json.dumps(trip, ensure_ascii=False).encode()


def test_a_bad_file_is_refused_in_vietnamese(client: FlaskClient) -> None:
    """No page about a sheet or a trip with faults holds an English sentence."""
    sheets = [("/match", text.encode()) for text in SHEETS]
    trips = [("/trip/open", as_file(trip)) for trip in WRONG_TRIPS]
    left = []
    for path, content in (*sheets, *trips):
        answer = client.post(f"{path}?lang=vi", data={"file": (io.BytesIO(content), "x.csv")})
        typed = " ".join(content.decode("utf-8", "replace").split())
        texts = (english(part, typed) for part in texts_of(answer))
        left += [(content, text) for text in texts if text]
    assert not left


def test_a_command_fails_in_vietnamese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command that fails prints an English sentence."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path))
    left = []
    for command in COMMANDS:
        result = CliRunner().invoke(main, ["--lang", "vi", *command], catch_exceptions=False)
        assert result.exit_code == 1, (command, result.output)
        left += [
            (command, sentence)
            for line in result.stderr.splitlines()
            if (sentence := english(line.removeprefix("zoneatlas: ")))
        ]
    assert not left


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Something went wrong on the server. Its log states the reason.", True),
        ("Tệp “there is no file of this name” không có", False),
        ("van-don-ez: there is no such site here", True),
        ("Không có lớp “castles”; có các lớp parks, gates, ports", False),
    ],
)
def test_english_is_recognised(text: str, sentence: bool) -> None:
    """The walk finds what it looks for, and takes neither quotations nor lists for it."""
    assert (english(text) is not None) == sentence
