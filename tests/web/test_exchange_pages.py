"""The pages of the exchange: a file goes up, its effects are seen, kept, decided and released; and
QGIS's edits become statements. Read from outside: what is kept is read back from releases and
pages.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page

from geo.exchange import releases
from geo.exchange.book import Book
from geo.exchange.claims import Claim
from geo.schema import LAYERS
from geo.schema.provenance import POSITION

pytest_plugins = ("web",)

PARTY = "Quang Ninh DOIT"
TOY = Path(__file__).parents[1] / "data" / "toy"
FILE = "name,lon,lat,area_ha\nWest Park,{lon},{lat},{area}\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up package, with all its layers as collections."""
    folder = tmp_path_factory.mktemp("package") / "toy"
    shutil.copytree(TOY, folder)
    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    named = {resource["name"] for resource in described["resources"]}
    described["resources"] += [
        {"name": layer, "path": f"{layer}.csv"}
        for layer in LAYERS
        if layer not in named and (folder / f"{layer}.csv").is_file()
    ]
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


@pytest.fixture
def writer(make_app: Callable[..., Flask], package: Path) -> FlaskClient:
    """A browser at a server of this machine that may write."""
    return make_app(package, EDITING="on", PARTY=PARTY).test_client()


@pytest.fixture
def reader(make_app: Callable[..., Flask], package: Path) -> FlaskClient:
    return make_app(package).test_client()


def token(client: FlaskClient, path: str = "/exchange") -> str:
    match = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    return match[1] if match else ""


def west_park(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/ogc/collections/parks/items/west-park?f=json")
    return dict(answer.get_json())


def bring(client: FlaskClient, text: str, name: str = "parks.csv", **terms: str) -> Any:
    form: dict[str, Any] = {
        "layer": "parks",
        "party": PARTY,
        "kind": "survey",
        "as_of": "2026-10",
        "accuracy": "5",
        "csrf": token(client),
        **terms,
        "file": (io.BytesIO(text.encode()), name),
    }
    return client.post("/exchange/bring", data=form, content_type="multipart/form-data")


def beside(client: FlaskClient, area: str = "123") -> str:
    lon, lat = west_park(client)["geometry"]["coordinates"]
    return FILE.format(lon=lon + 0.001, lat=lat, area=area)


def taken(page: str) -> list[str]:
    return re.findall(r'name="take" value="([0-9a-f]+)"', page)


def keep(client: FlaskClient, text: str, how: str = "stated") -> Any:
    shown = client.get(bring(client, text).location)
    path = re.search(r'action="(/exchange/bring/[^"]+/keep)"', shown.text)
    assert path, shown.text
    form = {"take": taken(shown.text), "as": how, "csrf": token(client)}
    return client.post(path[1], data=form)


def release(client: FlaskClient) -> Any:
    form = {"title": "Areas", "party": PARTY, "csrf": token(client)}
    return client.post("/exchange/release", data=form)


def rows(client: FlaskClient, number: int, name: str) -> list[dict[str, str]]:
    data = client.get(f"/exchange/releases/{number}.zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_effects_are_seen_and_nothing_is_kept(writer: FlaskClient) -> None:
    """A file shows its effects, and neither release nor sheet knows of it."""
    shown = writer.get(bring(writer, beside(writer)).location)
    assert shown.status_code == 200
    assert "123" in shown.text
    assert taken(shown.text)
    assert writer.get("/exchange/releases.json").get_json() == {"releases": []}
    assert PARTY not in writer.get("/sites/west-park").text


def test_what_is_kept_is_released_and_read_back(writer: FlaskClient) -> None:
    """The release holds the area, the position and whose statements they are."""
    assert keep(writer, beside(writer)).status_code == 303
    before = west_park(writer)
    assert release(writer).status_code == 200
    park = next(row for row in rows(writer, 1, "parks.csv") if row["id"] == "west-park")
    assert float(park["area_ha"]) == 123
    assert abs(float(park["lon"]) - before["geometry"]["coordinates"][0] - 0.001) < 1e-6
    stated = {(row["field"], row["party"]) for row in rows(writer, 1, "claims.csv")}
    assert ("area_ha", PARTY) in stated
    changed = writer.get("/exchange/changes/0-1.csv").text
    assert "area_ha" in changed
    assert "123" in writer.get("/exchange/changes/0-1").text


def test_only_what_is_ticked_is_kept(writer: FlaskClient) -> None:
    """Of a row whose position alone is ticked, only that becomes a statement."""
    shown = writer.get(bring(writer, beside(writer)).location)
    path = re.search(r'action="(/exchange/bring/[^"]+/keep)"', shown.text)
    assert path
    position = re.search(r'value="([0-9a-f]+)" checked\s+aria-label="[^"]*Position"', shown.text)
    assert position
    form = {"take": [position[1]], "as": "stated", "csrf": token(writer)}
    writer.post(path[1], data=form)
    release(writer)
    fields = {row["field"] for row in rows(writer, 1, "claims.csv") if row["party"] == PARTY}
    assert fields == {"position"}


@pytest.mark.parametrize("path", ["decide", "release", "take"])
def test_a_reader_writes_nothing(reader: FlaskClient, path: str) -> None:
    """Without the right to write, each form is refused and nothing is released."""
    assert reader.post(f"/exchange/{path}", data={"title": "x"}).status_code == 403
    assert reader.get("/exchange/releases.json").get_json() == {"releases": []}


@pytest.mark.parametrize("path", ["decide", "release", "take"])
def test_a_form_without_its_token_changes_nothing(writer: FlaskClient, path: str) -> None:
    """A form that another site could send is refused."""
    assert writer.post(f"/exchange/{path}", data={"title": "x"}).status_code == 400


def test_a_reader_sees_effects_but_no_buttons(reader: FlaskClient) -> None:
    """Whoever may only read sees effects and cannot keep them."""
    shown = reader.get(bring(reader, beside(reader)).location)
    assert shown.status_code == 200
    assert 'name="as"' not in shown.text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "empty.csv"),
        ("\0\1\2\3", "odd.bin"),
        ("name,lon,lat\nWest Park,0,0\n", "zero.csv"),
        ('{"type":"FeatureCollection"', "cut.geojson"),
        ("PK\3\4", "cut.zip"),
    ],
)
def test_odd_files_are_refused_in_words(writer: FlaskClient, text: str, name: str) -> None:
    """Empty, cut and misplaced files end in a sentence, not in statements."""
    answer = bring(writer, text, name)
    if answer.status_code == 303:
        answer = writer.get(answer.location)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert not taken(answer.text)
    assert release(writer).status_code == 400 or not rows(writer, 1, "claims.csv")


def test_every_fault_of_the_form_is_named(writer: FlaskClient) -> None:
    """Each wrong field stands in the answer by its name."""
    answer = bring(writer, beside(writer), layer="castles", kind="rumour", accuracy="near")
    assert answer.status_code == 400
    for word in ("Layer", "Kind of source", "Accuracy"):
        assert word in answer.text


def test_hostile_texts_stay_texts(writer: FlaskClient) -> None:
    """Names of files, parties and sources come back as what they are."""
    answer = bring(writer, beside(writer), HOSTILE + ".csv", party=HOSTILE, source=HOSTILE)
    shown = writer.get(answer.location).text
    assert "49" not in Page(shown).parts
    assert "<img src=x" not in shown
    assert "<img src=x" not in writer.get("/exchange").text


@pytest.mark.parametrize("path", ["x" * 32, "../../etc/passwd", "%00", "a" * 400])
def test_a_token_that_is_unknown_is_not_found(writer: FlaskClient, path: str) -> None:
    """A file of another token, whatever it looks like, is not found."""
    assert writer.get(f"/exchange/bring/{path}").status_code in (404, 414)


def test_a_decision_is_undone_and_counts_again(writer: FlaskClient) -> None:
    """Refused, the old area returns; withdrawn, the stated one does."""
    keep(writer, beside(writer, "123"))
    release(writer)
    stated = next(
        row
        for row in rows(writer, 1, "claims.csv")
        if row["field"] == "area_ha" and row["party"] == PARTY
    )
    form = {"statement": stated["id"].removeprefix("claim-"), "csrf": token(writer)}
    refused = writer.post("/exchange/decide", data=form | {"verdict": "refuse", "reason": "typo"})
    assert refused.status_code == 200
    release(writer)
    old = next(row for row in rows(writer, 2, "parks.csv") if row["id"] == "west-park")
    assert old["area_ha"] != "123"
    writer.post("/exchange/decide", data=form | {"verdict": "withdraw"})
    release(writer)
    assert rows(writer, 3, "parks.csv") == rows(writer, 1, "parks.csv")


def test_a_new_row_is_accepted_by_one_button(make_app: Callable[..., Flask], package: Path) -> None:
    """What waits of a row is one form; accepted, the row is there after the next release, and
    before that its name leads nowhere.
    """
    app = make_app(package, EDITING="on", PARTY=PARTY)
    client = app.test_client()
    cells = {
        **{"name_en": "New <b>Park</b>", "kind": "industrial_park", "status": "planned"},
        **{"country": "AA", "province_en": "West", "area_ha": "12"},
    }
    origin = ("Somebody", "a letter", "page", "2026-01")
    claims = [Claim("parks", "new-park", field, text, *origin) for field, text in cells.items()]
    claims.append(Claim("parks", "new-park", POSITION, "100.05 0.0", *origin, accuracy=50.0))
    book = Book.of(app.config["HOME"])
    book.add(claims, origin="a letter", who="contributor", state="proposed")
    page = client.get("/exchange").text
    assert "/sites/new-park" not in page
    form = re.search(
        r'<form class="decide"[^>]*>(?:(?!</form>).)*Accept all.*?</form>', page, re.DOTALL
    )
    assert form
    ids = re.findall(r'name="statement" value="([^"]+)"', form[0])
    assert sorted(ids) == sorted(claim.id for claim in claims)
    data = {"csrf": token(client), "statement": ids, "verdict": "accept"}
    assert client.post("/exchange/decide", data=data).status_code == 200
    assert "Accept all" not in client.get("/exchange").text
    following = releases.standing_of(book, package)
    assert not following.held_back
    assert following.tables.layers["parks"]["new-park"]["area_ha"] == "12"


def test_a_refusal_needs_a_reason(writer: FlaskClient) -> None:
    """A refusal without a reason is not taken."""
    form = {"statement": "x", "verdict": "refuse", "csrf": token(writer)}
    assert writer.post("/exchange/decide", data=form).status_code == 400


# Part 4 of OGC API – Features ----------------------------------------------------------------


def send(client: FlaskClient, method: str, path: str, feature: Any, **headers: str) -> Any:
    return client.open(
        f"/ogc/collections/{path}",
        method=method,
        data=json.dumps(feature),
        content_type=headers.pop("type", "application/geo+json"),
        headers=headers,
    )


def test_an_edit_is_a_statement_that_counts_with_the_next_release(writer: FlaskClient) -> None:
    """What was put stays as it was until a release, and is in the release."""
    feature = west_park(writer)
    feature["properties"]["area_ha"] = 77
    feature["geometry"]["coordinates"][0] += 0.002
    answer = send(writer, "PUT", "parks/items/west-park", feature)
    assert answer.status_code == 202, answer.text
    assert len(answer.get_json()["statements"]) == 2
    assert west_park(writer)["properties"]["area_ha"] != 77
    release(writer)
    park = next(row for row in rows(writer, 1, "parks.csv") if row["id"] == "west-park")
    assert float(park["area_ha"]) == 77
    assert abs(float(park["lon"]) - feature["geometry"]["coordinates"][0]) < 1e-6


def test_an_edit_without_a_difference_states_nothing(writer: FlaskClient) -> None:
    """A feature that is sent back as it came states nothing."""
    answer = send(writer, "PUT", "parks/items/west-park", west_park(writer))
    assert answer.get_json()["statements"] == []


def test_a_point_in_another_system_is_the_same_place(writer: FlaskClient) -> None:
    """Latitude first in EPSG:4326: the same point makes no difference."""
    feature = west_park(writer)
    feature["geometry"]["coordinates"].reverse()
    system = "<http://www.opengis.net/def/crs/EPSG/0/4326>"
    answer = send(writer, "PUT", "parks/items/west-park", feature, **{"Content-Crs": system})
    assert answer.get_json()["statements"] == []


def test_a_feature_that_is_deleted_goes_with_the_next_release(writer: FlaskClient) -> None:
    """A new feature comes with one release and goes with the next."""
    park = west_park(writer)
    park["id"] = "new-park"
    park["properties"] |= {"id": "new-park", "name_en": "New Park", "part_of": None}
    del park["properties"]["id"]
    answer = send(writer, "POST", "parks/items", park)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"].endswith("/ogc/collections/parks/items/new-park")
    assert release(writer).status_code == 200
    assert "new-park" in {row["id"] for row in rows(writer, 1, "parks.csv")}
    assert writer.delete("/ogc/collections/parks/items/new-park").status_code == 202
    assert release(writer).status_code == 200
    assert "new-park" not in {row["id"] for row in rows(writer, 2, "parks.csv")}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "parks/items/nowhere", {"type": "Feature", "properties": {}}),
        ("PUT", "parks/items/west-park", []),
        ("PUT", "parks/items/west-park", {"type": "Feature", "properties": {"castle": 1}}),
        ("PUT", "parks/items/west-park", {"type": "Feature", "properties": {"area_ha": "much"}}),
        ("PUT", "parks/items/west-park", {"geometry": {"type": "Point", "coordinates": [0, 0]}}),
        ("PUT", "parks/items/west-park", {"geometry": {"type": "Point", "coordinates": ["x"]}}),
        ("POST", "parks/items", {"id": "west-park", "properties": {}}),
        ("POST", "castles/items", {"id": "x", "properties": {}}),
        ("DELETE", "parks/items/nowhere", {}),
    ],
)
def test_a_wrong_edit_is_refused(writer: FlaskClient, method: str, path: str, body: Any) -> None:
    """Each wrong feature is refused with a sentence."""
    answer = send(writer, method, path, body)
    assert answer.status_code in (400, 404), answer.text
    assert answer.get_json()["description"]


def test_a_reader_cannot_edit(reader: FlaskClient) -> None:
    """A server for reading takes no edits and does not claim to."""
    answer = send(reader, "PUT", "parks/items/west-park", west_park(reader))
    assert answer.status_code == 405
    conforms = reader.get("/ogc/conformance?f=json").get_json()["conformsTo"]
    assert not any("features-4" in text for text in conforms)


def test_a_writer_is_told_that_it_can(writer: FlaskClient) -> None:
    """Where one may write, the conformance says so."""
    conforms = writer.get("/ogc/conformance?f=json").get_json()["conformsTo"]
    assert any("create-replace-delete" in text for text in conforms)
