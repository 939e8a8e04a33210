"""While the roads are being prepared: who asks for a way is told how far it is and asks again, and
what needs no roads is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read

from geo.roads.networks import STEPS
from webapp import turnstile
from webapp.store import Store

pytest_plugins = ("web",)

TRIP = "stop=west-park&day=2026-12-01~07:30-17:30~begin:west-park~end:west-park"
WITH_ROADS = (
    "/sites/west-park",
    "/access?lon=100.1&lat=0",
    "/table",
    "/rank",
    "/planned",
    f"/trip?{TRIP}&whole=1",
    f"/trip/plan?{TRIP}",
)
WITHOUT_ROADS = (
    "/",
    "/data",
    "/table?layer=gates",
    "/match",
    "/trip",
    f"/trip?{TRIP}",
    "/ogc",
    "/ogc/collections/corridors/items?f=json",
    "/api/map/gates.json",
    "/api/map/parks/0/0/0.mvt",
    "/api/map/corridors.json",
    "/download/parks.csv",
)
DATA = (
    "/api/times?site=west-park",
    "/api/route?from=west-park&to=east-park",
    "/api/map/parks.json",
    "/api/sites.json",
    "/download/access.csv?site=west-park",
)
BEGUN = 3


@pytest.fixture(scope="module")
def app(make_app: Callable[..., Flask], toy: object) -> Flask:
    return make_app(toy)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """Somebody who asks while another thread has begun some steps of the preparation."""
    store: Store = app.extensions["zoneatlas"]
    begun, done = threading.Event(), threading.Event()

    def prepare() -> None:
        with store.networks.preparing() as begin:
            for step in range(BEGUN):
                begin(str(step))
            begun.set()
            done.wait(60)

    thread = threading.Thread(target=prepare)
    thread.start()
    assert begun.wait(10)
    try:
        yield app.test_client()
    finally:
        done.set()
        thread.join()


PERCENT = 100 * BEGUN // (STEPS + 1)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", f"The roads are being prepared: {PERCENT} %."),
        ("vi", f"Đang chuẩn bị dữ liệu đường bộ: {PERCENT} %."),
        ("zh", f"正在准备道路数据：{PERCENT} %。"),
    ],
)
@pytest.mark.parametrize("path", WITH_ROADS)
def test_a_page_says_how_far_it_is_and_asks_again(
    client: FlaskClient, path: str, lang: str, sentence: str
) -> None:
    """503, the sentence in the language of the reader, and when to ask again: for browsers as for
    programs.
    """
    answer = client.get(path, headers={"Accept-Language": lang})
    assert answer.status_code == 503
    assert sentence in Page(answer.text).text.replace("\N{NO-BREAK SPACE}", " ")
    wait = str(turnstile.RETRY_AFTER_S)
    assert (answer.headers["Retry-After"], answer.headers["Refresh"]) == (wait, wait)


@pytest.mark.parametrize("path", DATA)
def test_programs_are_told_too(client: FlaskClient, path: str) -> None:
    """JSON with the sentence, and no header that is for browsers."""
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert answer.get_json()["description"] == f"The roads are being prepared: {PERCENT} %."
    assert answer.headers["Retry-After"] == str(turnstile.RETRY_AFTER_S)
    assert "Refresh" not in answer.headers


@pytest.mark.parametrize("path", WITHOUT_ROADS)
def test_what_needs_no_roads_is_there(client: FlaskClient, path: str) -> None:
    """The map, the data, the gates, the forms and the service of features wait for nothing."""
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert "Refresh" not in answer.headers


def test_the_data_page_says_so_where_it_lists_the_roads(client: FlaskClient) -> None:
    """In the language of the reader."""
    for lang, words in (("en", "are being prepared"), ("vi", "Đang chuẩn bị")):
        assert words in read(client, "/data", lang=lang).text


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "The planner of visits is being prepared: 25 %."),
        ("vi", "Đang chuẩn bị chức năng lập kế hoạch khảo sát: 25 %."),
        ("zh", "正在准备考察行程规划：25 %。"),
    ],
)
def test_a_plan_waits_for_the_planner_alone(app: Flask, lang: str, sentence: str) -> None:
    """While the planner is compiled a plan says how far it is; forms and roads are there, and the
    thread that prepares plans itself.
    """
    store: Store = app.extensions["zoneatlas"]
    client = app.test_client()
    waiting = (f"/trip?{TRIP}&whole=1", f"/trip/plan?{TRIP}", f"/trip/plan.ics?{TRIP}")
    answers = {}

    def ask() -> None:
        for path in (*waiting, f"/trip?{TRIP}", "/sites/west-park", "/planned"):
            answers[path] = client.get(path, headers={"Accept-Language": lang})

    with store.planning.by_this_thread() as begin:
        begin("first")
        other = threading.Thread(target=ask)
        other.start()
        other.join(60)
        assert app.test_client().get(waiting[0]).status_code == 200
    for path, answer in answers.items():
        assert answer.status_code == (503 if path in waiting else 200), path
    for path in waiting:
        assert sentence in Page(answers[path].text).text.replace("\N{NO-BREAK SPACE}", " ")
        assert answers[path].headers["Retry-After"] == str(turnstile.RETRY_AFTER_S)
    for path in waiting:
        assert client.get(path).status_code == 200


def test_whoever_asks_again_gets_the_answer(app: Flask) -> None:
    """Once the roads are there nothing is left of it."""
    client = app.test_client()
    for path in (*WITH_ROADS, *DATA):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Retry-After" not in answer.headers
