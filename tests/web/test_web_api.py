"""What the map's script asks for: layers to draw, access and routes, the basemap; and how they are
sent.
"""

from __future__ import annotations

import gzip
import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

from geo import crs, export
from geo.schema import LAYERS
from webapp import args
from webapp.explore import drawn

pytest_plugins = ("web",)

POINT = {"lon": 106.68, "lat": 20.86}
TARGETS = ("gates", "ports", "airports", "cities")


def records(client: FlaskClient, layer_id: str) -> list[dict[str, Any]]:
    payload = client.get(f"/api/map/{layer_id}.json").get_json()
    return [dict(zip(payload["columns"], row, strict=True)) for row in payload["rows"]]


# Layers to draw -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layer_id", drawn.DRAWN)
def test_the_map_gets_every_feature(app: Flask, client: FlaskClient, layer_id: str) -> None:
    """The payload has every feature of the layer once, in its order, at its place."""
    frame, rows = app.extensions["zoneatlas"].layer(layer_id), records(client, layer_id)
    assert [row["id"] for row in rows] == list(frame.index)
    for row, shape in zip(rows, frame.geometry, strict=True):
        there, steps = shapely.get_coordinates(shape), np.reshape(row["shape"], (-1, 2))
        assert len(steps) == len(there)
        assert abs(there - np.cumsum(steps, axis=0) / 100_000).max() <= 1e-5


@pytest.mark.parametrize("layer_id", drawn.DRAWN)
def test_unknown_is_null_for_the_map(app: Flask, client: FlaskClient, layer_id: str) -> None:
    """A value is null in the payload exactly where it is unknown in the layer, and nothing is empty
    text.
    """
    frame = app.extensions["zoneatlas"].layer(layer_id)
    for row in records(client, layer_id):
        for name in set(drawn.DRAWN[layer_id]) - {"id"}:
            assert (row[name] is None) == bool(frame[name].isna()[row["id"]])
            assert row[name] != ""


def test_a_park_comes_with_its_quickest_gate_and_port(client: FlaskClient) -> None:
    """The gate and port of a park on the map are the quickest that serve trucks, as its access
    table has them.
    """
    for park in records(client, "parks")[:5]:
        for layer_id, short in (("gates", "gate"), ("ports", "port")):
            features = client.get(
                "/api/access",
                query_string={"site": park["id"], "profile": "truck", "layer": layer_id},
            ).get_json()["features"]
            times = {feature["id"]: feature["properties"]["travel_time_s"] for feature in features}
            assert park[f"{short}_s"] == round(times[park[short]])
            assert (
                sum(time is not None and time < times[park[short]] for time in times.values())
                < len(times) / 2
            )


def test_layers_are_sent_compressed_once(client: FlaskClient) -> None:
    """A client that takes gzip alone gets it, one that does not or forbids it gets plain JSON; both
    are the same bytes each time.
    """
    plain = client.get("/api/map/parks.json")
    zipped = client.get("/api/map/parks.json", headers={"Accept-Encoding": "gzip, zstd"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 3
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert (
        client.get("/api/map/parks.json", headers={"Accept-Encoding": "gzip"}).data == zipped.data
    )
    for path in ("/api/map/parks.json", "/table", "/static/app.css"):
        with client.get(path, headers={"Accept-Encoding": "gzip;q=0, zstd"}) as refused:
            assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_the_client_has_is_not_sent_again(client: FlaskClient, encoding: str) -> None:
    """With the ETag of last time the answer is 304 and empty; with another it is whole."""
    first = client.get("/api/map/gates.json", headers={"Accept-Encoding": encoding})
    again = client.get(
        "/api/map/gates.json",
        headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]},
    )
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get(
        "/api/map/gates.json", headers={"Accept-Encoding": encoding, "If-None-Match": '"other"'}
    )
    assert other.data == first.data


def test_all_layers_of_the_first_page_stay_small(client: FlaskClient) -> None:
    """The map page with all that it loads at once is at most 300 kB over the wire."""
    page = client.get("/")
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(files) > 5
    total = len(gzip.compress(page.data))
    for path in (
        *files,
        *(f"/api/map/{name}.json" for name in ("parks", "gates", "ports", "airports", "corridors")),
    ):
        with client.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
            total += len(
                answer.data
                if answer.headers.get("Content-Encoding") == "gzip"
                else gzip.compress(answer.data)
            )
    assert total <= 300_000


def test_head_has_no_body(client: FlaskClient) -> None:
    """HEAD answers as GET does, without the body."""
    for path in (
        "/",
        "/table",
        "/api/map/parks.json",
        "/basemap.pmtiles",
        "/download/gates.csv",
        "/data",
    ):
        with client.head(path) as head, client.get(path) as get:
            assert head.status_code == 200
            assert head.data == b""
            assert head.headers["Content-Type"] == get.headers["Content-Type"]
            assert head.headers.get("ETag") == get.headers.get("ETag")


# The basemap --------------------------------------------------------------------------------------


def test_the_basemap_comes_in_parts(app: Flask, client: FlaskClient) -> None:
    """A range of the basemap is that part of the file; one beyond its end is refused."""
    data = (app.extensions["zoneatlas"].data / "basemap" / "basemap.pmtiles").read_bytes()
    for start, end in ((0, 126), (127, 4000), (len(data) - 10, len(data) - 1)):
        with client.get("/basemap.pmtiles", headers={"Range": f"bytes={start}-{end}"}) as answer:
            assert answer.status_code == 206
            assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{len(data)}"
            assert answer.data == data[start : end + 1]
    with client.get("/basemap.pmtiles", headers={"Range": "bytes=-7"}) as answer:
        assert answer.data == data[-7:]
    with client.get("/basemap.pmtiles", headers={"Range": f"bytes={len(data)}-"}) as answer:
        assert answer.status_code == 416
    with client.get("/basemap.pmtiles") as whole:
        assert whole.data == data
        assert whole.headers["Accept-Ranges"] == "bytes"
    with client.get("/basemap.pmtiles", headers={"If-None-Match": whole.headers["ETag"]}) as again:
        assert again.status_code == 304


# Access and routes --------------------------------------------------------------------------------


def test_access_lists_every_destination_quickest_first(app: Flask, client: FlaskClient) -> None:
    """Access from a point has every gate, port, airport and city once, the quickest first, the
    unreachable last and null.
    """
    store = app.extensions["zoneatlas"]
    answer = client.get("/api/access", query_string=POINT | {"profile": "car"})
    assert answer.mimetype == "application/geo+json"
    features = answer.get_json()["features"]
    assert sorted(feature["id"] for feature in features) == sorted(
        key for name in TARGETS for key in store.layer(name).index
    )
    times = [feature["properties"]["travel_time_s"] for feature in features]
    known = [time for time in times if time is not None]
    assert times == sorted(known) + [None] * (len(times) - len(known))
    assert known


def test_access_stands_at_the_destinations_with_the_straight_line_beside_it(
    client: FlaskClient,
) -> None:
    """Each destination lies at its own place; no way by road is shorter than the straight line by
    more than the snap.
    """
    for feature in client.get("/api/access", query_string=POINT).get_json()["features"]:
        there, properties = feature["geometry"]["coordinates"], feature["properties"]
        assert properties["distance_m"] == pytest.approx(
            float(crs.distance_m([[POINT["lon"], POINT["lat"]]], [there])[0]), rel=1e-3
        )
        assert properties["layer"] in TARGETS


def test_access_can_be_asked_for_one_layer(client: FlaskClient) -> None:
    """With layer, only its features are listed."""
    features = client.get("/api/access", query_string=POINT | {"layer": "ports"}).get_json()[
        "features"
    ]
    assert {feature["properties"]["layer"] for feature in features} == {"ports"}


def test_access_from_the_sea_is_null_throughout(client: FlaskClient) -> None:
    """From the sea every destination is listed, none with a time."""
    features = client.get("/api/access?lon=108&lat=20.4").get_json()["features"]
    assert features
    assert {feature["properties"]["travel_time_s"] for feature in features} == {None}
    assert all(feature["properties"]["distance_m"] > 0 for feature in features)


def test_a_route_takes_as_long_as_the_table_says(client: FlaskClient) -> None:
    """The steps of a route add up to its time and length, and to those of the access table; they
    hang together.
    """
    for profile in ("car", "truck"):
        table = client.get(
            "/api/access", query_string={"site": "van-don-ez", "profile": profile}
        ).get_json()["features"]
        for row in [row for row in table if row["properties"]["travel_time_s"] is not None][:40:8]:
            route = client.get(
                "/api/route",
                query_string={"from": "van-don-ez", "to": row["id"], "profile": profile},
            ).get_json()
            steps = route["features"]
            assert route["travel_time_s"] == pytest.approx(
                row["properties"]["travel_time_s"], rel=1e-6
            )
            assert route["length_m"] == pytest.approx(row["properties"]["length_m"], rel=1e-6)
            assert sum(step["properties"]["travel_time_s"] for step in steps) == pytest.approx(
                route["travel_time_s"]
            )
            ends = [step["geometry"]["coordinates"] for step in steps if step["geometry"]]
            assert all(
                math.dist(first[-1], second[0]) < 0.02 for first, second in itertools.pairwise(ends)
            )
            assert sum(step["properties"]["assumed_m"] for step in steps) == pytest.approx(
                route["assumed_m"]
            )
            assert 0 <= route["assumed_m"] <= route["length_m"]


def test_a_route_over_the_border_names_its_gate(client: FlaskClient) -> None:
    """From Viet Nam to a city in China the route passes at least one gate that there is."""
    gates = {row["id"] for row in records(client, "gates")}
    route = client.get("/api/route?from=van-don-ez&to=108.35,21.75&profile=car").get_json()
    assert route["gates"]
    assert set(route["gates"]) <= gates


@pytest.mark.parametrize(
    ("end", "sentence"),
    [("108,20.4", "No road"), ("101.7,25.8", "No road"), ("nothing", "no site")],
)
def test_a_route_that_is_not_there_is_404_with_a_sentence(
    client: FlaskClient, end: str, sentence: str
) -> None:
    """To the sea, far from any road and to a site that is not there, the answer says why there is
    no route.
    """
    for query in ({"from": "van-don-ez", "to": end}, {"from": end, "to": "van-don-ez"}):
        answer = client.get("/api/route", query_string=query)
        assert answer.status_code == 404
        assert sentence in answer.get_json()["description"]


def test_every_format_has_a_media_type_and_an_extension_of_its_own() -> None:
    """A download is told from another by its address and by its type."""
    for name in ("extension", "media_type", "title"):
        assert len({getattr(format_, name) for format_ in export.FORMATS.values()}) == len(
            export.FORMATS
        )
    assert set(drawn.DRAWN) == {layer.id for layer in LAYERS.values() if layer.geometry}


# Times, and gates that are taken as closed --------------------------------------------------------


HERE, GATE, PORT = "hai-ha-seaport-ip", "mong-cai-bac-luan-2", "port-fangchenggang"


@pytest.mark.parametrize(
    "query",
    [
        {"site": HERE},
        {"lon": 107.6, "lat": 21.45, "profile": "car"},
        {"site": HERE, "closed": GATE},
    ],
)
def test_times_are_those_of_the_access_table(client: FlaskClient, query: dict[str, Any]) -> None:
    """The short answer has one number for every destination, and it is the one of the long
    answer.
    """
    short = client.get("/api/times", query_string=query).get_json()
    long = client.get("/api/access", query_string=query).get_json()["features"]
    seconds = {feature["id"]: feature["properties"]["travel_time_s"] for feature in long}
    assert short["travel_time_s"] == seconds
    assert (short["profile"], short["direction"]) == (query.get("profile", "truck"), "from")


def test_times_from_everywhere(client: FlaskClient) -> None:
    """In the other direction it is the way from each destination, told by the route from there."""
    answer = client.get("/api/times", query_string={"site": HERE, "direction": "to"}).get_json()
    assert answer["direction"] == "to"
    for other in (PORT, GATE):
        route = client.get("/api/route", query_string={"from": other, "to": HERE}).get_json()
        assert route["travel_time_s"] == pytest.approx(answer["travel_time_s"][other], abs=0.01)


def test_surfaces_answer_where_they_are_prepared(make_app: Any, tmp_path: Any) -> None:
    """A network with surfaces gives the same times by lookup; where the places have changed since,
    it searches.
    """
    from geo import Atlas
    from geo.roads import storage, surfaces

    folder = storage.save(
        Atlas.open(home=tmp_path).network().prepared(), tmp_path / "networks" / "again"
    )
    app = make_app(HOME=tmp_path)
    store, client = app.extensions["zoneatlas"], app.test_client()
    surfaces.write(store.network("again"), store.targets(), folder)
    assert set(store.surfaces("again")) == {"car", "truck"}
    for extra in (
        {},
        {"closed": GATE},
        {"direction": "to"},
        {"closed": f"{GATE},huu-nghi", "direction": "to"},
    ):
        query = {"site": HERE} | extra
        slow = client.get("/api/times", query_string=query).get_json()["travel_time_s"]
        fast = client.get("/api/times", query_string=query | {"network": "again"}).get_json()[
            "travel_time_s"
        ]
        assert {key for key, value in fast.items() if value is None} == {
            key for key, value in slow.items() if value is None
        }
        assert all(
            abs(fast[key] - value) < 0.02 for key, value in slow.items() if value is not None
        )
    other = make_app(HOME=tmp_path)
    other.extensions["zoneatlas"].keep("targets", lambda: store.targets().iloc[::-1])
    assert other.extensions["zoneatlas"].surfaces("again") == {}


def test_a_closed_gate_changes_the_ways_that_pass_it_and_no_others(client: FlaskClient) -> None:
    """Whoever did not pass the gate does not notice; who did goes another way or takes longer, and
    the export says why.
    """
    before = client.get("/api/access", query_string={"site": HERE}).get_json()
    after = client.get("/api/access", query_string={"site": HERE, "closed": GATE}).get_json()
    now = {feature["id"]: feature["properties"] for feature in after["features"]}
    changed = 0
    for feature in before["features"]:
        was, is_ = feature["properties"], now[feature["id"]]
        if GATE in (was["gates"] or ""):
            assert GATE not in (is_["gates"] or "")
            assert is_["travel_time_s"] is None or is_["travel_time_s"] >= was["travel_time_s"]
            changed += 1
        else:
            assert is_ == was
    assert changed > 5
    assert GATE in str({key: value for key, value in after.items() if key != "features"})
    route = client.get(
        "/api/route", query_string={"from": HERE, "to": PORT, "closed": GATE}
    ).get_json()
    assert route["gates"] == ["bac-phong-sinh"], "the next gate for lorries along the border"
    area = client.get(
        "/api/isochrones", query_string={"site": HERE, "minutes": "240", "closed": GATE}
    ).get_json()
    whole = client.get("/api/isochrones", query_string={"site": HERE, "minutes": "240"}).get_json()
    size = [
        float(crs.area_ha([shapely.geometry.shape(collection["features"][0]["geometry"])])[0])
        for collection in (area, whole)
    ]
    assert size[0] < 0.95 * size[1]


def test_a_bad_day_at_the_border_is_a_choice(client: FlaskClient) -> None:
    """A route through a gate takes a lorry longer, and its sheet keeps the choice; a day that there
    is not is refused.
    """
    took = {
        pace: client.get(
            "/api/route", query_string={"from": HERE, "to": PORT, "pace": pace}
        ).get_json()["travel_time_s"]
        for pace in ("quick", "usual", "bad")
    }
    assert took["quick"] + 3600 < took["usual"] < took["bad"] - 3600
    page = client.get(f"/sites/{HERE}?pace=bad").text
    assert "bad, 24 h" in page
    assert "pace=usual" in page
    assert "bad, 24 h" not in client.get(f"/sites/{HERE}?profile=car").text
    assert client.get(f"/sites/{HERE}?pace=worse").status_code == 400


@pytest.mark.parametrize("path", ["/api/times", "/api/access", "/api/isochrones"])
@pytest.mark.parametrize("closed", ["no-such-gate", "Huu Nghi", "huu-nghi,,", "{{7*7}}", "a" * 201])
def test_only_a_gate_can_be_closed(client: FlaskClient, path: str, closed: str) -> None:
    """Anything else is a 400 with a sentence."""
    answer = client.get(path, query_string={"site": HERE, "closed": closed})
    assert answer.status_code == 400
    assert "49" not in answer.get_json()["description"]


def test_closing_one_gate_after_the_other_does_not_fill_the_memory(app: Flask) -> None:
    """Only the last few networks with closed gates are kept."""
    from geo.roads.drive import Drive
    from geo.roads.networks import KEPT_CLOSED

    store = app.extensions["zoneatlas"]
    gates = store.network().manifest.gates
    for gate in gates:
        store.roads(Drive(closed=(gate,)))
    assert len(gates) > KEPT_CLOSED
    assert len(store.networks._closed) == KEPT_CLOSED
    assert store.roads(Drive(closed=(gates[-1],))) is store.roads(Drive(closed=(gates[-1],)))
    rail = next(key for key, mode in store.layer("gates")["mode"].items() if mode != "road")
    assert store.roads(Drive(closed=(rail,))) is store.network(), (
        "a gate that no road passes closes nothing"
    )


def test_the_openapi_document_describes_every_address_of_the_api(client: FlaskClient) -> None:
    """Each rule below /api is in the document with its parameters, and nothing else is; what is
    listed is read, and anything else is refused.
    """
    paths = client.get("/ogc/api?f=json").get_json(force=True)["paths"]
    rules = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert rules == {path for path, operations in paths.items() if "servers" in operations}
    for path in rules:
        listed = {
            each["name"] for each in paths[path]["get"]["parameters"] if each["in"] == "query"
        }
        address = path.format(layer_id="parks", zoom=0, column=0, row=0)
        for name in {*args.PARAMETERS, "unheard"}:
            refused = b"is not known here" in client.get(address, query_string={name: ""}).data
            assert refused == (name not in listed), (path, name)
