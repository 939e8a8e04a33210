"""Signing in and out: sessions, tries that fail, and what is kept of them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from team import NAMES, PASSWORD, REAL, Visitor, as_role, content, store_of
from test_team_doors import count_hashes
from web import Page

from geo.errors import InputError
from geo.exchange.database import writing
from webapp import create_app
from webapp.team import accounts, attempts, entering, names, passwords, sessions, tables

pytest_plugins = ("web", "team")

VIEWER = NAMES["viewer"]


def forget_attempts(app: Flask) -> None:
    with writing(store_of(app)) as connection:
        connection.execute(tables.attempts.delete())


@pytest.fixture(autouse=True)
def _no_attempts(team_app: Flask) -> Iterator[None]:
    """Begin and end without failed tries, also those that other tests have left."""
    forget_attempts(team_app)
    yield
    forget_attempts(team_app)


# Sessions -----------------------------------------------------------------------------------------


def test_one_signs_in_and_out(team_app: Flask) -> None:
    """Name and password open the page that was asked for; after signing out nothing is open."""
    visitor = Visitor(team_app)
    asked = visitor.get("/sites/west-park?profile=car")
    assert asked.location == "/sign-in?next=/sites/west-park%3Fprofile%3Dcar"
    page = Page(visitor.get(asked.location).text)
    onward = page.one("input", name="next")["value"]
    assert onward == "/sites/west-park?profile=car"
    answer = visitor.sign_in(VIEWER, onward=onward)
    assert (answer.status_code, answer.location) == (303, onward)
    assert visitor.get("/sign-in?next=/table").location == "/table"
    secret = visitor.cookie()
    assert visitor.post("/sign-out").status_code == 303
    assert not visitor.cookie()
    visitor.client.set_cookie("zoneatlas-session-8000", secret)
    assert not visitor.is_in()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (VIEWER, PASSWORD + "x"),
        (VIEWER, ""),
        (VIEWER, PASSWORD.upper()),
        ("nobody at all", PASSWORD),
        ("", ""),
        ("<script>alert(1)</script>", "{{7*7}}"),
        ("x" * 10_000, PASSWORD),
        (VIEWER, PASSWORD + " " * 10_000),
        ("\u0430dmin", "\ud800x"),
        ("a\x00b", "\x00"),
    ],
)
def test_the_wrong_ones_are_refused(team_app: Flask, name: str, password: str) -> None:
    """What does not fit opens nothing, and comes back as text only."""
    visitor = Visitor(team_app)
    name, password = (text.encode("utf-8", "replace").decode() for text in (name, password))
    answer = visitor.sign_in(name, password)
    assert answer.status_code == 403
    assert not visitor.cookie()
    assert "<script>alert" not in answer.text
    assert len(answer.text) < 10_000


@pytest.mark.parametrize(
    "name", ["vi ewer", "VI  EWER", " Vi Ewer ", "viewer", "\uff36\uff49 Ewer", "Vì Ewér"]
)
def test_a_name_may_be_typed_otherwise(team_app: Flask, name: str) -> None:
    """Neither capitals nor blanks nor accents keep somebody out who knows the password."""
    assert Visitor(team_app).sign_in(name).status_code == 303


def test_a_password_is_the_same_however_it_is_composed(fresh_team: Flask) -> None:
    """Keyboards compose a letter with its accents or send them one by one."""
    accounts.add(store_of(fresh_team), "An", "viewer", "mật khẩu dài", "test", fresh=False)
    assert Visitor(fresh_team).sign_in("An", "mâ\u0323t khâ\u0309u dài").status_code == 303


def test_a_session_is_always_new(team_app: Flask) -> None:
    """A secret that somebody slipped into the browser is good for nothing, before and after."""
    visitor, planted = Visitor(team_app), "planted" * 5
    visitor.client.set_cookie("zoneatlas-session-8000", planted)
    assert visitor.sign_in(VIEWER).status_code == 303
    first = visitor.cookie()
    assert first != planted
    thief = Visitor(team_app)
    thief.client.set_cookie("zoneatlas-session-8000", planted)
    assert not thief.is_in()
    visitor.client.delete_cookie("zoneatlas-session-8000")
    assert visitor.sign_in(VIEWER).status_code == 303
    assert visitor.cookie() != first


def test_cookies_are_for_the_server_alone(make_team: Callable[..., Flask]) -> None:
    """No script reads them, no other site sends them along with a form, and under https they travel
    nowhere else.
    """
    for url, secure in (("http://127.0.0.1:8000", False), ("https://atlas.example", True)):
        app = make_team(PUBLIC_URL=url)
        client = app.test_client()
        form = client.get("/sign-in", base_url=url)
        token = Page(form.text).one("input", name="csrf")["value"]
        data = {"name": VIEWER, "password": PASSWORD, "csrf": token}
        answer = client.post("/sign-in", data=data, base_url=url)
        assert answer.status_code == 303
        kept = [*form.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
        assert len(kept) == 4
        for cookie in kept:
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert ("Secure" in cookie) == secure
            assert cookie.startswith("__Host-") == secure
            assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("column", "ago_s"),
    [("used", sessions.UNUSED_S + 1), ("ends", sessions.LONGEST_S + 1)],
)
def test_a_session_ends_by_itself(team_app: Flask, column: str, ago_s: float) -> None:
    """Unused for half a day, or old, it opens nothing any more."""
    visitor = as_role(team_app, "viewer")
    assert visitor.is_in()
    row = tables.sessions.c.digest == sessions.digest(visitor.cookie())
    with writing(store_of(team_app)) as connection:
        moved = tables.sessions.c[column] - ago_s
        connection.execute(tables.sessions.update().where(row).values({column: moved}))
    assert not visitor.is_in()


def test_one_signs_out_everywhere(team_app: Flask) -> None:
    """All sessions of a person end, and no other person's."""
    here, there = as_role(team_app, "viewer"), as_role(team_app, "viewer")
    other = as_role(team_app, "keeper")
    assert here.post("/team/sessions/end").status_code == 303
    assert not here.is_in()
    assert not there.is_in()
    assert other.is_in()


def test_nobody_ends_the_session_of_another(team_app: Flask) -> None:
    """The number of somebody else's session, or no number at all, changes nothing."""
    visitor, other = as_role(team_app, "viewer"), as_role(team_app, "keeper")
    keeper = accounts.named(store_of(team_app), NAMES["keeper"])
    number = sessions.open_sessions(store_of(team_app), keeper)[0].number
    visitor.post("/team/sessions/end", number=str(number))
    for odd in ("-1", "1e9", "٣", "9" * 50, "1 OR 1=1"):
        assert visitor.post("/team/sessions/end", number=odd).status_code == 400
    assert other.is_in()
    assert visitor.is_in()


def test_two_servers_share_sessions(team_app: Flask, toy: Path) -> None:
    """Who has signed in at one server of a store is known to another, and so is a form; signing out
    there counts here.
    """
    home = str(team_app.config["HOME"])
    second = create_app({"HOME": home, "DATA": str(toy), "TEAM": "on"})
    here, there = as_role(team_app, "contributor"), Visitor(second)
    there.client.set_cookie("zoneatlas-session-8000", here.cookie())
    assert there.is_in()
    form = {"csrf": here.token()}
    assert there.client.post("/sign-out", data=form).status_code == 303
    assert not here.is_in()


def test_nothing_in_the_database_opens_anything(fresh_team: Flask) -> None:
    """Whoever reads the file of the database finds no secret of a session, no access token, no
    password, and nothing that somebody typed as a name.
    """
    visitor = as_role(fresh_team, "keeper")
    page = visitor.post("/team/tokens", label="QGIS").text
    token = page.split('id="secret">')[1].split("<")[0]
    page = visitor.post("/team/people", name="Nova", role="viewer").text
    first = page.split('id="secret">')[1].split("<")[0]
    Visitor(fresh_team).sign_in("typed-into-the-wrong-field", "x")
    path = Path(fresh_team.config["HOME"]) / "exchange.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = path.read_bytes()
    assert visitor.cookie()
    for secret in (visitor.cookie(), token, first, PASSWORD, "typed-into-the-wrong-field"):
        assert secret.encode() not in kept
    assert b"$argon2id$" in kept


def test_passwords_are_hashed_in_earnest() -> None:
    """Outside of tests a hash takes what RFC 9106 recommends."""
    assert (REAL.type.name, REAL.memory_cost, REAL.time_cost) == ("ID", 65536, 3)


def test_an_old_hash_is_renewed(fresh_team: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who signs in gets a hash with the parameters of today; the password stays."""
    before = accounts.named(store_of(fresh_team), VIEWER).password
    monkeypatch.setattr(
        passwords, "HASHER", type(passwords.HASHER)(time_cost=2, memory_cost=16, parallelism=1)
    )
    for _ in range(2):
        assert Visitor(fresh_team).sign_in(VIEWER).status_code == 303
    after = accounts.named(store_of(fresh_team), VIEWER).password
    assert before != after
    assert "t=2" in after


# Tries that fail ----------------------------------------------------------------------------------


def test_an_unknown_name_takes_as_long(fresh_team: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try compares with one hash, writes as often, and is answered alike, whether there is
    such a person, was one, or never.
    """
    store = store_of(fresh_team)
    accounts.remove(store, accounts.named(store, NAMES["contributor"]), "test")
    accounts.add(store, "Else Where", "viewer", "", "test", subject="issuer 1")
    hashes, answers, written = count_hashes(monkeypatch), set(), set()
    for name in (VIEWER, NAMES["contributor"], "Else Where", "Never Here", "", "x" * 10_000):
        visitor = Visitor(fresh_team)
        before = len(content(fresh_team)["log"])
        answer = visitor.sign_in(name, "wrong password")
        written.add(len(content(fresh_team)["log"]) - before)
        text = Page(answer.text).text
        answers.add((answer.status_code, text))
        assert len(hashes) == 1, name
        hashes.clear()
    assert len(answers) == len(written) == 1


def test_guessing_is_held_back(team_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten failures for a name no more is compared, not even the right password, until the
    quarter of an hour is over; a name that nobody has is held back alike.
    """
    hashes = count_hashes(monkeypatch)
    for name in (VIEWER, "Never Here"):
        hashes.clear()
        guesser = Visitor(team_app, "198.51.100.7")
        statuses = [guesser.sign_in(name, f"guess {n}").status_code for n in range(13)]
        assert statuses == [403] * 10 + [429] * 3
        answer = guesser.sign_in(name)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 901
        assert len(hashes) == 10
    with writing(store_of(team_app)) as connection:
        earlier = tables.attempts.c.at - attempts.WITHIN_S
        connection.execute(tables.attempts.update().values(at=earlier))
    assert Visitor(team_app, "198.51.100.7").sign_in(VIEWER).status_code == 303


def test_spraying_is_held_back(team_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address tries one password on many names no more than forty times; an IPv6 network counts
    as one address.
    """
    for places in (["198.51.100.8"], [f"2001:db8::{n:x}" for n in range(60)]):
        hashes = count_hashes(monkeypatch)
        for number in range(60):
            visitor = Visitor(team_app, places[number % len(places)])
            visitor.sign_in(f"name {number}", "Spring2026!")
        assert len(hashes) == attempts.OF_ADDRESS
        monkeypatch.undo()


def test_nobody_is_locked_out_by_a_stranger(team_app: Flask) -> None:
    """While somebody guesses at a name, its owner signs in where they did before, even from the
    same address, and has a try from anywhere else.
    """
    known = as_role(team_app, "viewer")
    known.post("/sign-out")
    guesser = Visitor(team_app)
    while guesser.sign_in(VIEWER, "guess").status_code != 429:
        pass
    assert Visitor(team_app).sign_in(VIEWER).status_code == 429
    assert known.sign_in(VIEWER).status_code == 303
    assert Visitor(team_app, "203.0.113.9").sign_in(VIEWER).status_code == 303
    # what the browser shows is of one name only, and has tries of its own
    stranger = Visitor(team_app)
    stranger.client.set_cookie("zoneatlas-device-8000", known.cookie("device"))
    assert stranger.sign_in(NAMES["reviewer"], "guess").status_code == 403
    forged = Visitor(team_app)
    forged.client.set_cookie("zoneatlas-device-8000", known.cookie("device")[:-2] + "xx")
    assert forged.sign_in(VIEWER).status_code == 429
    stolen = [stranger.sign_in(VIEWER, "guess").status_code for _ in range(12)]
    assert stolen == [403] * 10 + [429] * 2


def test_many_guesses_at_once_count_all(team_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses side by side get as far as those one after the other."""
    hashes = count_hashes(monkeypatch)
    busy = entering.Turnstile(50, 50, 50, 50, 60.0)
    monkeypatch.setattr(entering, "HASHING", busy)
    visitors = [Visitor(team_app, "198.51.100.9") for _ in range(30)]
    tokens = [visitor.token("/sign-in") for visitor in visitors]

    def guess(visitor: Visitor, token: str) -> None:
        form = {"csrf": token, "name": VIEWER, "password": "guess"}
        visitor.client.post("/sign-in", data=form)

    threads = [
        threading.Thread(target=guess, args=pair) for pair in zip(visitors, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashes) == attempts.OF_NAME


def test_a_try_that_found_no_turn_does_not_count(
    team_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where too many sign in at once, the answer is 503, and nobody's tries are fewer."""
    full = entering.Turnstile(0, 0, 0, 0, 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(entering, "HASHING", full)
        statuses = {Visitor(team_app).sign_in(VIEWER, "guess").status_code for _ in range(12)}
    assert statuses == {503}
    with writing(store_of(team_app)) as connection:
        count = sa.select(sa.func.count()).select_from(tables.attempts)
        assert connection.execute(count).scalar() == 0


# Names and passwords ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(
            "<script>",
            "a" * 61,
            "x" * 10_000,
            "",
            " ",
            "a",
            ".a",
            "a.",
            "a\x00b",
            "a\u202eb",
        ),
        *(
            "\u0430dmin",
            "\u0391dmin",
            "adm\u0131n",
            "ad\u200bmin",
            "a/b",
            "a:b",
            "root (command line)",
        ),
        *(
            "{{7*7}}",
            "a%(x)sb",
            "\u2f00\u2f01x\ud83c\udfed".encode("utf-16", "surrogatepass").decode("utf-16"),
        ),
    ],
)
def test_a_name_that_deceives_is_refused(name: str) -> None:
    """Markup, hidden characters and letters of scripts that look like Latin make no name."""
    with pytest.raises(InputError):
        names.check(name)


@pytest.mark.parametrize(
    "name", ["Nguyễn Văn Đức", "王伟", "an.nguyen@so-ct.quangninh.example", "O'Brien", "VSIP 2"]
)
def test_names_of_people_are_taken(name: str) -> None:
    """Vietnamese and Chinese names, addresses of mail and numbers stay as they are."""
    assert names.check(name) == name


@pytest.mark.parametrize(
    "name", ["vi-ewer", "VIEWER", "\uff36\uff49 \uff25\uff57\uff45\uff52", "Vị Ẽwer", "V.i.E.w.e.r"]
)
def test_no_two_people_look_the_same(fresh_team: Flask, name: str) -> None:
    """A name that is taken for another one is refused."""
    with pytest.raises(InputError, match="Vi Ewer"):
        accounts.add(store_of(fresh_team), name, "viewer", PASSWORD, "test")


@pytest.mark.parametrize(
    "password", ["", "short", "x" * 201, "aaaaaaaaaaaaaaa", "Kim Per", "kimperkimper", "1212121212"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    """Too short, too long, of few letters, or the name itself."""
    with pytest.raises(InputError):
        passwords.check(password, "Kim Per")


def test_new_passwords_differ_and_pass() -> None:
    """What the server chooses is never the same, and good enough for itself."""
    chosen = {passwords.new() for _ in range(200)}
    assert len(chosen) == 200
    for password in chosen:
        passwords.check(password, "Kim Per")


def test_what_a_browser_calls_itself_is_text(team_app: Flask) -> None:
    """The list of sessions shows what came as the name of a browser, and makes nothing of it."""
    visitor = Visitor(team_app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = "<script>alert(1)</script>\x1b[31m" * 9
    assert visitor.sign_in(VIEWER).status_code == 303
    text = visitor.get("/team").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_the_last_use_is_written_down_now_and_then(team_app: Flask) -> None:
    """A page a second writes nothing; after minutes the time of use moves."""
    visitor = as_role(team_app, "viewer")
    row = tables.sessions.c.digest == sessions.digest(visitor.cookie())

    def used() -> Any:
        with writing(store_of(team_app)) as connection:
            return connection.execute(sa.select(tables.sessions.c.used).where(row)).scalar()

    first = used()
    visitor.get("/team")
    assert used() == first
    with writing(store_of(team_app)) as connection:
        earlier = first - sessions.OFTEN_S - 1
        connection.execute(tables.sessions.update().where(row).values(used=earlier))
    visitor.get("/team")
    assert time.time() - used() < 60
