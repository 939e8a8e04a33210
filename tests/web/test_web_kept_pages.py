"""Answers that are kept: the same as if they were made anew, for whoever asks, in whatever form."""

from __future__ import annotations

import gzip
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import rewrite

from geo.roads import default_network, storage
from geo.roads.network import Network
from webapp import addresses, create_app, i18n, kept_pages, served
from webapp.explore import gate_hours
from webapp.siting import rank, ranked

pytest_plugins = ("web",)

PAGES = (
    "/table",
    "/table?sort=port&profile=car",
    "/table?layer=projects&q=solar",
    "/sites/dong-mai-ip",
    "/sites/dong-mai-ip?closed=mong-cai-bac-luan-2&part=sheet",
    "/sites/port-lach-huyen-hict",
    "/access?lon=106.9&lat=21.0",
    "/rank?example=electronics",
    "/rank?example=electronics&part=sheet&w_gate=7",
    "/compare?pick=dong-mai-ip&pick=van-don-ez",
    "/api/access?site=dong-mai-ip",
    "/api/route?from=dong-mai-ip&to=mong-cai",
    "/api/isochrones?site=dong-mai-ip&minutes=30",
)
OF_HERE = ("/sites/west-park", "/table", "/compare?pick=west-park&pick=east-park")
TAGS = {"en": "en", "vi": "vi", "zh": "zh-Hans", "zh-Hant": "zh-Hant"}


@pytest.fixture
def make_toy(
    make_app: Callable[..., Flask], toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Flask, Path]]:
    """Make an app on a copy of the toy package, which looks at its files before each request."""
    monkeypatch.setattr(served, "LOOK_S", 0.0)
    monkeypatch.setattr(served, "SETTLED_S", 0.0)

    def make() -> tuple[Flask, Path]:
        folder = Path(shutil.copytree(toy, tmp_path / "copy"))
        return make_app(folder), folder

    return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[datetime], None]]:
    """Set the clock of pages that are kept, and of those that say what day it is."""

    def set_to(now: datetime) -> None:
        monkeypatch.setattr(kept_pages, "time", SimpleNamespace(time=now.timestamp))
        of_day = type("date", (date,), {"today": staticmethod(now.date)})
        monkeypatch.setattr(ranked, "date", of_day)
        of_now = type("datetime", (datetime,), {"now": staticmethod(lambda _zone: now)})
        monkeypatch.setattr(gate_hours, "datetime", of_now)

    return set_to


def forget(app: Flask) -> None:
    """Let an app make every answer anew."""
    app.extensions["zoneatlas"].keep("answers", lambda: None)
    app.extensions["zoneatlas"]._kept._results.pop("answers")


@pytest.mark.parametrize("path", PAGES)
def test_a_kept_answer_is_the_one_that_is_made_anew(
    app: Flask, client: FlaskClient, path: str
) -> None:
    """In each language, asked for in any order, with the same bytes and headers but the nonce."""
    known = {}
    for code in (*TAGS, *reversed(TAGS)):
        answer = client.get(path, headers={"Accept-Language": code})
        headers = dict(answer.headers) | {"Vary": frozenset(answer.vary)}
        of_each = headers.pop("Date", ""), headers.pop("Content-Security-Policy")
        assert ("nonce" in of_each[1]) == (answer.mimetype == "text/html")
        assert answer.status_code == 200
        assert known.setdefault(code, (answer.data, headers)) == (answer.data, headers)
        if not path.startswith("/api"):
            assert answer.headers["Content-Language"] == TAGS[code]
            assert code == "en" or answer.data != known["en"][0]
    forget(app)
    for code, (data, _headers) in known.items():
        assert client.get(path, headers={"Accept-Language": code}).data == data


def test_each_answer_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    """A kept page carries none, and the policy of its answer is never that of another one."""
    answers = [client.get("/sites/dong-mai-ip") for _ in range(3)]
    assert len({answer.headers["Content-Security-Policy"] for answer in answers}) == 3
    assert all("nonce" not in answer.text for answer in answers)


def test_a_cookie_speaks_for_its_own_visitor_only(app: Flask) -> None:
    """Who chose Vietnamese before has it on a page that others have in English, and the other way
    round; a choice in the address is remembered although the page is kept.
    """
    vi, other = app.test_client(), app.test_client()
    for _ in range(2):
        assert other.get("/sites/dong-mai-ip").headers["Content-Language"] == "en"
        answer = vi.get("/table?lang=vi")
        assert answer.headers["Content-Language"] == "vi"
        assert vi.get("/sites/dong-mai-ip").headers["Content-Language"] == "vi"
    newcomer = app.test_client()
    assert "lang=vi" in newcomer.get("/table?lang=vi").headers["Set-Cookie"]


def test_a_new_package_leaves_nothing_of_the_old_one(
    make_toy: Callable[[], tuple[Flask, Path]],
) -> None:
    """A corrected name is on every page that was kept, whose old tag is refused."""
    app, folder = make_toy()
    client = app.test_client()
    tags = {path: [client.get(path).headers["ETag"] for _ in range(2)] for path in OF_HERE}
    rewrite(
        folder / "parks.csv",
        lambda rows: [
            row | {"name_en": "Corrected Park"} if row["id"] == "west-park" else row for row in rows
        ],
    )
    for path, (first, second) in tags.items():
        assert first == second
        answer = client.get(path, headers={"If-None-Match": first})
        assert (answer.status_code, "West Park" in answer.text) == (200, False), path
        assert "Corrected Park" in answer.text


def test_another_year_is_another_ranking(
    client: FlaskClient, clock: Callable[[datetime], None]
) -> None:
    """Rents grow less sure with the years, so a ranking of another year is made anew."""
    path = "/rank?edited=1&w_rent=60&w_gate=40"
    seen = {}
    for year in (2027, 2060, 2027):
        clock(datetime(year, 5, 5, 12, tzinfo=UTC))
        seen.setdefault(year, client.get(path).data)
        assert client.get(path).data == seen[year]
    assert seen[2027] != seen[2060]


def test_a_gate_tells_the_time_it_is(
    client: FlaskClient, clock: Callable[[datetime], None]
) -> None:
    """Its sheet, and the list of gates, are never those of a minute ago."""
    shown = []
    for minute in (31, 32):
        clock(datetime(2026, 11, 30, 3, minute, tzinfo=UTC))
        answer = client.get("/sites/mong-cai-bac-luan-2")
        shown.append(re.findall(r'class="clock">(\d\d:\d\d)', answer.text))
        assert "ETag" not in answer.headers
        assert "ETag" not in client.get("/table?layer=gates").headers
    assert shown == [["10:31", "11:31"], ["10:32", "11:32"]]


def test_a_network_that_is_replaced_or_chosen_counts_at_once(
    real_network: Network, tmp_path: Path
) -> None:
    """Sheets, routes and links follow the roads that are there: imported, imported anew at twice
    the speed, chosen for all, and taken away.
    """
    visitor = create_app({"HOME": tmp_path}).test_client()
    folder = tmp_path / "networks" / "own"
    sheet, route = "/sites/dong-mai-ip", "/api/route?from=dong-mai-ip&to=mong-cai"

    def save(speed: float) -> None:
        times = {profile: time / speed for profile, time in real_network.time_s.items()}
        shutil.rmtree(folder, ignore_errors=True)
        storage.save(replace(real_network, time_s=times, hierarchies={}).prepared(), folder)

    def seconds(query: str = "") -> float:
        answers = [visitor.get(route + query).get_json()["travel_time_s"] for _ in range(2)]
        assert answers[0] == answers[1]
        return float(answers[0])

    assert "network=own" not in visitor.get(sheet).text
    usual = seconds()
    save(1.0)
    assert "network=own" in visitor.get(sheet).text
    assert seconds("&network=own") == pytest.approx(usual, rel=0.01)
    save(2.0)
    assert seconds("&network=own") < 0.8 * usual
    assert seconds() == usual
    default_network.choose(tmp_path, "own")
    assert seconds() < 0.8 * usual
    default_network.choose(tmp_path, default_network.BUILT_IN)
    assert seconds() == usual
    shutil.rmtree(folder)
    assert visitor.get(f"{route}&network=own").status_code == 404
    assert "network=own" not in visitor.get(sheet).text


UNPACK = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}
"""How an answer is read in each coding."""


@pytest.mark.parametrize("path", ["/sites/dong-mai-ip", "/api/access?site=dong-mai-ip"])
def test_each_client_has_the_form_it_takes(client: FlaskClient, path: str) -> None:
    """Compressed as this client takes it, the same text in all forms, each with
    a tag of its own, which is answered by 304 in that form alone.
    """
    plain = client.get(path)
    tags = {None: plain.headers["ETag"]}
    for accepts, coding in (
        ("", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("zstd, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, br;q=0", None),
        ("identity", None),
        ("deflate", None),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
    ):
        headers = {"Accept-Encoding": accepts}
        answer = client.get(path, headers=headers)
        assert answer.headers.get("Content-Encoding") == coding, accepts
        assert UNPACK[coding](answer.data) == plain.data
        assert "Accept-Encoding" in answer.vary
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert answer.headers["ETag"] == tags.setdefault(coding, answer.headers["ETag"])
        again = client.get(path, headers=headers | {"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        head = client.head(path, headers=headers)
        assert (head.data, head.headers["ETag"]) == (b"", answer.headers["ETag"])
    assert len(set(tags.values())) == len(tags) == 3
    for coding, tag in tags.items():
        for other in {*tags} - {coding}:
            headers = {"Accept-Encoding": other or "", "If-None-Match": tag}
            assert client.get(path, headers=headers).status_code == 200


def test_a_fault_is_not_kept(client: FlaskClient) -> None:
    """What cannot be answered is asked for anew, and carries no tag."""
    for path, status in (
        ("/sites/nowhere", 404),
        ("/table?layer=castles", 400),
        ("/rank?max_gate=x", 400),
        ("/api/route?from=dong-mai-ip", 400),
    ):
        answers = [client.get(path) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [status, status], path
        assert "ETag" not in answers[1].headers


def test_a_kept_answer_waits_for_nobody(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another client computes for long, and more wait than may, what is kept is sent."""
    path = "/rank?example=electronics"
    kept = client.get(path).data
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_arguments: Any) -> None:
        begun.set()
        go_on.wait(20)
        raise RuntimeError

    monkeypatch.setattr(rank, "result", slow)
    thread = threading.Thread(target=app.test_client().get, args=(f"{path}&w_gate=1.5",))
    thread.start()
    try:
        assert begun.wait(20)
        assert client.get(path).data == kept
    finally:
        go_on.set()
        thread.join()


@pytest.mark.parametrize("endpoint", ["pages.site", "pages.index"])
def test_addresses_of_many_are_those_of_each(app: Flask, endpoint: str) -> None:
    """An address that is built for all at once is the one that Flask builds for each, whatever
    stands in the id and beside it.
    """
    name, more = (
        ("site_id", {})
        if endpoint == "pages.site"
        else ("to", {"site": addresses.MARK, "q": "á b"})
    )
    with app.test_request_context("/", base_url="http://localhost/below"):
        address = addresses.each(endpoint, name, **more)
        for key in ("dong-mai-ip", "a b", "ä/ö?", "50%", "x&y=z", "", addresses.MARK, "Upper"):
            from flask import url_for

            if key or endpoint == "pages.index":
                assert address(key) == url_for(endpoint, **{name: key}, **more), key


def test_texts_of_templates_are_translated_and_escaped_as_jinja_does(app: Flask) -> None:
    """With values or without, marked as safe or not, numbers and percent signs included."""
    from jinja2 import Environment
    from markupsafe import Markup

    theirs = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    theirs.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: i18n.gettext(text), lambda text, _many, _n: text, newstyle=True
    )
    texts = {
        "%(n)s people": {"n": "<b>5</b>"},
        "today %(time)s": {"time": Markup("<b>5</b>")},
        "Kind": {},
        "A site is listed separately only if the unknown value weighs at least %(n)s %%; below that"
        " it is scored as a range.": {"n": 10},
        "%(n)s of %(m)s": {"n": 1.5, "m": None},
        "100 %% <of> & it": {},
    }
    for code in TAGS:
        with app.test_request_context(f"/?lang={code}"):
            for text, values in texts.items():
                source = "{{ _(text, **values) }}"
                written = app.jinja_env.from_string(source).render(text=text, values=values)
                wanted = theirs.from_string(source).render(text=text, values=values)
                assert written == wanted, text
