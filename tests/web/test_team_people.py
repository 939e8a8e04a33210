"""Keeping the people of a team: on the pages, at the command line, and in the log."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from team import NAMES, PASSWORD, Visitor, as_role, content, store_of
from web import HOSTILE, Page

from geo.errors import InputError
from webapp.cli.main import main
from webapp.team import accounts, passwords, sessions, tables

pytest_plugins = ("web", "team")


def shown(answer: Any) -> str:
    """Return the secret that an answer shows."""
    match = re.search(r'id="secret">([^<]+)<', answer.text)
    assert match
    return match[1]


def number_of(app: Flask, name: str) -> int:
    return accounts.named(store_of(app), name).number


def last(app: Flask) -> tuple[str, str, str]:
    """Return who did what to what, as the log has it last."""
    line = tables.lines(store_of(app), 1)[0]
    return line.who, line.act, line.subject


def test_a_keeper_adds_a_person(fresh_team: Flask) -> None:
    """The first password is shown once; whoever gets it does nothing before choosing another."""
    keeper = as_role(fresh_team, "keeper")
    answer = keeper.post("/team/people", name=" Nguyễn  Văn An ", role="contributor")
    first = shown(answer)
    assert first not in keeper.get("/team").text
    assert last(fresh_team) == (NAMES["keeper"], "team add", "Nguyễn Văn An: contributor")
    visitor = Visitor(fresh_team)
    assert visitor.sign_in("nguyen van an", first).status_code == 303
    assert visitor.get("/table").location == "/team"
    assert visitor.client.get("/api/map/gates.json").status_code == 403
    assert visitor.post("/team/tokens", label="QGIS").status_code == 403
    form = {"old": first, "new": "của riêng tôi 1", "again": "của riêng tôi 1"}
    assert visitor.post("/team/password", **form).status_code == 303
    assert visitor.get("/table").status_code == 200
    assert Visitor(fresh_team).sign_in("nguyen van an", first).status_code == 403
    assert Visitor(fresh_team).sign_in("nguyen van an", "của riêng tôi 1").status_code == 303


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "x" * 10_000, "kim.per", HOSTILE])
def test_a_bad_name_is_refused_on_the_page(fresh_team: Flask, name: str) -> None:
    """The page states what is wrong, makes nothing of it, and changes nothing."""
    keeper = as_role(fresh_team, "keeper")
    before = content(fresh_team)
    answer = keeper.post("/team/people", name=name, role="viewer")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert content(fresh_team) == before


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/team/people", {"name": "Nova", "role": "emperor"}),
        ("/team/people", {"name": "Nova", "role": ""}),
        ("/team/people/1/role", {"role": "emperor"}),
        ("/team/people/1/role", {}),
        ("/team/people/999/role", {"role": "viewer"}),
        ("/team/people/999/remove", {}),
        ("/team/people/99999999999999999999/remove", {}),
        ("/team/people/999/end", {}),
        ("/team/people/999/password", {}),
        ("/team/tokens/999/end", {}),
        ("/team/tokens", {"label": ""}),
        ("/team/tokens", {"label": "x" * 61}),
        ("/team/password", {"new": PASSWORD + "x"}),
        ("/team/password", {"old": PASSWORD, "new": "short", "again": "short"}),
        ("/team/password", {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}),
        ("/team/password", {"old": PASSWORD, "new": "a" + PASSWORD, "again": "b" + PASSWORD}),
        ("/team/log?before=x", {}),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    fresh_team: Flask, path: str, form: dict[str, str]
) -> None:
    """Unknown people, roles and numbers, and passwords that may not be, are refused."""
    keeper = as_role(fresh_team, "keeper")
    before = content(fresh_team)
    assert 400 <= keeper.post(path, **form).status_code < 500
    after = content(fresh_team)
    after["log"] = [line for line in after["log"] if line[3] != "sign-in refused"]
    assert after == before


def test_a_changed_role_counts_at_once(fresh_team: Flask) -> None:
    """A session that is open has the new role with its next page."""
    keeper, other = as_role(fresh_team, "keeper"), as_role(fresh_team, "viewer")
    assert other.get("/team/log").status_code == 403
    path = f"/team/people/{number_of(fresh_team, NAMES['viewer'])}/role"
    assert keeper.post(path, role="reviewer").status_code == 303
    assert other.get("/team/log").status_code == 200
    assert last(fresh_team) == (NAMES["keeper"], "team role", f"{NAMES['viewer']}: reviewer")


def test_a_removed_person_is_gone_and_their_name_stays(fresh_team: Flask) -> None:
    """Sessions, tokens and password are good for nothing; the log keeps what they did, and nobody
    else gets a name like theirs.
    """
    keeper, other = as_role(fresh_team, "keeper"), as_role(fresh_team, "contributor")
    name = NAMES["contributor"]
    token = shown(other.post("/team/tokens", label="QGIS"))
    keeper.post(f"/team/people/{number_of(fresh_team, name)}/remove")
    assert not other.is_in()
    assert Visitor(fresh_team).sign_in(name).status_code == 403
    headers = {"Authorization": f"Bearer {token}"}
    assert fresh_team.test_client().get("/table", headers=headers).status_code == 401
    assert name in keeper.get("/team/log").text
    assert keeper.post("/team/people", name="cao tri but", role="viewer").status_code == 400
    first = shown(keeper.post("/team/people", name=name, role="viewer"))  # the same one, back again
    assert last(fresh_team)[1] == "team back"
    assert Visitor(fresh_team).sign_in(name, first).status_code == 303
    assert Visitor(fresh_team).sign_in(name).status_code == 403


def test_a_keeper_sets_a_new_first_password(fresh_team: Flask) -> None:
    """It ends the sessions of that person and is to be changed; nobody resets their own so."""
    keeper, other = as_role(fresh_team, "keeper"), as_role(fresh_team, "viewer")
    first = shown(keeper.post(f"/team/people/{number_of(fresh_team, NAMES['viewer'])}/password"))
    assert not other.is_in()
    assert other.sign_in(NAMES["viewer"]).status_code == 403
    assert other.sign_in(NAMES["viewer"], first).status_code == 303
    assert other.get("/table").location == "/team"
    own = f"/team/people/{number_of(fresh_team, NAMES['keeper'])}/password"
    assert keeper.post(own).status_code == 400
    assert keeper.is_in()


def test_a_new_password_ends_the_other_sessions(fresh_team: Flask) -> None:
    """Who changes the password stays; whoever else was in with the old one does not."""
    here, there = as_role(fresh_team, "viewer"), as_role(fresh_team, "viewer")
    form = {"new": "another one 27", "again": "another one 27"}
    assert here.post("/team/password", old="wrong", **form).status_code == 400
    assert there.is_in()
    assert here.post("/team/password", old=PASSWORD, **form).status_code == 303
    assert here.is_in()
    assert not there.is_in()


def test_a_team_always_has_a_keeper(fresh_team: Flask) -> None:
    """The last keeper is neither removed nor given another role; of two who remove each other at
    once, one stays.
    """
    store, keeper = store_of(fresh_team), as_role(fresh_team, "keeper")
    own = number_of(fresh_team, NAMES["keeper"])
    assert keeper.post(f"/team/people/{own}/role", role="viewer").status_code == 400
    assert keeper.post(f"/team/people/{own}/remove").status_code == 400
    for round_ in range(5):
        second = accounts.add(store, f"Second {round_}", "keeper", PASSWORD, "test", fresh=False)
        first = next(each for each in accounts.every(store) if each.role == "keeper")
        refused = []

        def act(account: Any, refused: list[str] = refused) -> None:
            try:
                accounts.remove(store, account, "test")
            except InputError:
                refused.append(account.name)

        pair = [threading.Thread(target=act, args=(each,)) for each in (first, second)]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
        assert len(refused) == 1
        assert [each.role for each in accounts.every(store)].count("keeper") == 1


def test_a_person_has_few_tokens(fresh_team: Flask) -> None:
    """There is an end to them, and what they are for is text."""
    visitor = as_role(fresh_team, "viewer")
    statuses = [
        visitor.post("/team/tokens", label=f"<b>{n}").status_code
        for n in range(sessions.MOST_TOKENS + 2)
    ]
    assert statuses == [200] * sessions.MOST_TOKENS + [400] * 2
    assert "<b>1" not in visitor.get("/team").text


def test_the_log_is_read_in_pages(fresh_team: Flask) -> None:
    """Every line stands on one page, the newest first."""
    keeper = as_role(fresh_team, "keeper")
    with fresh_team.test_request_context():
        from webapp import team

        for number in range(230):
            team.note("probe <i>", f"{HOSTILE} {number}")
    texts, path = [], "/team/log"
    for _ in range(9):
        page = Page(keeper.get(path).text)
        assert not [tag for tag, _ in page.elements if tag in ("i", "img")]
        texts += [row[3] for row in page.rows[1:] if "probe" in row[2]]
        older = [link.href for link in page.links if link.text == "Older"]
        if not older:
            break
        path = "/team/log" + older[0]
    assert texts == [f"{HOSTILE} {number}" for number in reversed(range(230))]


# The command line ---------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call a command of the team in an empty home folder."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path))

    def call(*command: str, typed: str = "", language: str = "en") -> Any:
        arguments = ["--lang", language, "team", *command]
        return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)

    return call


def test_a_team_begins_at_the_command_line(
    run: Callable[..., Any], tmp_path: Path, toy: Path
) -> None:
    """The first keeper is made there; then they sign in on the page, which said so before."""
    assert "zoneatlas team add NAME --role keeper" in run("list").stderr
    from webapp import create_app

    app = create_app({"HOME": str(tmp_path), "DATA": str(toy), "TEAM": "on"})
    assert "zoneatlas team add" in Visitor(app).get("/sign-in").text
    assert run("add", "Kim Per", "--role", "keeper", typed=PASSWORD + "\n").exit_code == 0
    assert "zoneatlas team add" not in Visitor(app).get("/sign-in").text
    visitor = Visitor(app)
    assert visitor.sign_in("Kim Per").status_code == 303
    assert "Kim Per  keeper" in run("list").stdout
    assert run("sign-out", "kim per").exit_code == 0
    assert not visitor.is_in()
    assert run("password", "Kim Per", typed="another one 27\n").exit_code == 0
    assert visitor.sign_in("Kim Per").status_code == 403
    assert visitor.sign_in("Kim Per", "another one 27").status_code == 303
    assert run("add", "An", typed="của riêng tôi 1\n").exit_code == 0
    assert run("role", "An", "keeper").exit_code == 0
    assert run("remove", "Kim Per").exit_code == 0
    assert not visitor.is_in()
    log = run("log").stdout
    assert "(command line)" in log
    assert log.index("Kim Per: keeper") < log.index("An: keeper")


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        (("add", "<b>"), PASSWORD),
        (("add", "An"), ""),
        (("add", "An"), "short"),
        (("role", "Nobody", "viewer"), ""),
        (("remove", "Nobody"), ""),
        (("password", "Nobody"), PASSWORD),
        (("sign-out", "Nobody"), ""),
    ],
)
def test_a_command_that_fails_says_why(
    run: Callable[..., Any], command: tuple[str, ...], typed: str
) -> None:
    """It ends with 1 and one sentence, also in Vietnamese, and adds nobody."""
    for language in ("en", "vi"):
        result = run(*command, typed=typed, language=language)
        assert result.exit_code == 1
        assert result.stderr.startswith("zoneatlas: ")
        assert len(result.stderr.strip().splitlines()) == 1
    assert run("list").stdout == ""


def test_no_command_takes_a_password_as_argument() -> None:
    """A history of commands holds none."""
    for name, command in main.commands["team"].commands.items():  # type: ignore[attr-defined]
        assert not [each for each in command.params if "password" in (each.name or "")], name


def test_the_last_keeper_stays_at_the_command_line_too(run: Callable[..., Any]) -> None:
    """What a page refuses, a command refuses."""
    run("add", "Kim Per", "--role", "keeper", typed=PASSWORD + "\n")
    for command in (("remove", "Kim Per"), ("role", "Kim Per", "viewer")):
        assert run(*command).exit_code == 1
    assert "keeper" in run("list").stdout


def test_editing_serves_this_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that others reach does not let them write without signing in."""
    monkeypatch.setenv("ZONEATLAS_HOME", str(tmp_path))
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        result = CliRunner().invoke(main, ["serve", "--editing", "--host", host])
        assert result.exit_code == 1
        assert "EDITING" in result.stderr or "--editing" in result.stderr
    assert passwords.LEAST >= 8
