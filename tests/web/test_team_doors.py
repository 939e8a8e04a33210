"""Who may open what: every address of the app, asked by everyone who could ask."""

from __future__ import annotations

import getpass
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from team import HTML, NAMES, PASSWORD, Visitor, as_role, content, store_of

from geo.errors import InputError, UnavailableError
from webapp import settings, team
from webapp.team import entering, sessions, tables
from webapp.team.roles import ROLES

pytest_plugins = ("web", "team")

OPEN = {"/health", "/sign-in", "/sw.js", "/static/<path:filename>"}
"""What answers whoever has not signed in."""
TAKES = {
    "/team/people": "keeper",
    "/team/log": "reviewer",
    "/exchange/release": "keeper",
    "/exchange/take": "keeper",
    "/exchange/decide": "reviewer",
    "/exchange/bring/<token>/keep": "contributor",
}
"""Beginnings of rules that take more than signing in. What writes by the OGC API is for
contributors."""
PARTS = {
    **{"site_id": "west-park", "layer_id": "parks", "extension": "csv", "collection_id": "gates"},
    **{"feature_id": "bridge", "path": "castles", "filename": "icon.svg", "number": "1"},
    **{"zoom": "6", "column": "50", "row": "28", "old": "1", "new": "2", "token": "x"},
}


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Return the rule, the method and an address of everything that can be asked."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda name: PARTS.get(name[1], "1"), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.rule, method, path


def needed(rule: str, method: str) -> str:
    """Return the role that an address takes, as the issue states it."""
    if rule.startswith("/ogc/") and method in ("POST", "PUT", "PATCH", "DELETE"):
        return "contributor" if "/items" in rule else "viewer"
    if rule.startswith("/exchange/release") and method == "GET":
        return "viewer"
    return next((role for start, role in TAKES.items() if rule.startswith(start)), "viewer")


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_strangers_read_nothing(team_app: Flask, accept: str) -> None:
    """Who has not signed in is led to where they can, or answered 401, at every address but few."""
    client = team_app.test_client()
    asked = 0
    for rule, method, path in (*addresses(team_app), ("", "GET", "/nowhere")):
        answer = client.open(path, method=method, headers={"Accept": accept}, buffered=True)
        if rule in OPEN and method == "GET":
            assert answer.status_code == 200, path
            continue
        asked += 1
        if accept == "text/html" and method == "GET" and not path.startswith("/api/"):
            assert answer.status_code == 303, path
            assert answer.location.startswith("/sign-in?next="), path
        elif rule == "/sign-in":
            assert answer.status_code == 400, path
        else:
            assert answer.status_code == 401, (method, path)
            kinds = [text.split()[0] for text in answer.headers.getlist("WWW-Authenticate")]
            assert kinds == ["Basic", "Bearer"]
        assert answer.mimetype != "text/html" or answer.cache_control.no_store
    assert asked > 60


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_it_may(team_app: Flask, role: str) -> None:
    """A person is let through to every page that their role may open, and to no other."""
    visitor = as_role(team_app, role)
    for rule, method, path in addresses(team_app):
        if method != "GET" or rule == "/sign-in":
            continue
        answer = visitor.get(
            f"{path}?unheard=1", buffered=True
        )  # pages refuse it before they compute
        may = ROLES.index(role) >= ROLES.index(needed(rule, method))
        assert (answer.status_code == 403) != may, path
        assert answer.status_code not in (303, 401, 500), path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_writes_what_it_may(fresh_team: Flask, role: str) -> None:
    """What takes a higher role is refused, and changes nothing."""
    visitor = as_role(fresh_team, role)
    token, before = visitor.token(), content(fresh_team)
    for rule, method, path in addresses(fresh_team):
        if method != "GET" and ROLES.index(needed(rule, method)) > ROLES.index(role):
            form = {"csrf": token, "name": "Nova", "role": role}
            answer = visitor.client.open(path, method=method, data=form)
            assert answer.status_code == 403, (method, path)
    assert content(fresh_team) == before
    answer = visitor.post("/team/people", name="Nova", role="viewer")
    assert answer.status_code == (200 if role == "keeper" else 403)


@pytest.mark.parametrize("role", ["viewer", "keeper"])
def test_no_form_without_its_token(team_app: Flask, role: str) -> None:
    """A POST without a token, with that of another session or from another site is refused and
    changes nothing.
    """
    visitor, other = as_role(team_app, role), as_role(team_app, role)
    own, foreign = visitor.token(), other.token()
    before = content(team_app)
    tries: list[dict[str, Any]] = [
        {"data": {}},
        {"data": {"csrf": foreign}},
        {"data": {"csrf": own[:-2]}},
        {"data": {"csrf": "x" * 10_000}},
        {"json": {"csrf": own}},
        {"data": {"csrf": own}, "headers": {"Origin": "https://evil.example"}},
        {"data": {"csrf": own}, "headers": {"Origin": "null"}},
        {"data": {"csrf": own}, "headers": {"Sec-Fetch-Site": "cross-site"}},
    ]
    for _rule, method, path in addresses(team_app):
        for sent in tries if method in ("POST", "PUT", "PATCH", "DELETE") else ():
            answer = visitor.client.open(path, method=method, **sent)
            assert 400 <= answer.status_code < 500, (method, path, sent)
    assert content(team_app) == before
    assert visitor.is_in()


def test_an_old_token_is_refused(team_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that was opened yesterday is not taken."""
    import itsdangerous.timed

    visitor = as_role(team_app, "viewer")
    token, now = visitor.token(), itsdangerous.timed.time.time()
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: now + 13 * 3600)
    form = {"csrf": token, "label": "QGIS"}
    assert visitor.client.post("/team/tokens", data=form).status_code in (303, 400, 401)


# Programs -----------------------------------------------------------------------------------------


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def test_programs_sign_in_with_each_request(
    team_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QGIS reads with an access token or the password; a hundred tiles take one hash."""
    visitor, client = as_role(team_app, "contributor"), team_app.test_client()
    name, path = NAMES["contributor"], "/api/map/gates.json"
    shown = visitor.post("/team/tokens", label="QGIS").text
    match = re.search(r'id="secret">(za_[^<]+)<', shown)
    assert match
    token = match[1]
    assert token not in visitor.get("/team").text  # shown once
    hashes = count_hashes(monkeypatch)
    for headers in (basic(name, token), {"Authorization": f"Bearer {token}"}):
        assert client.get(path, headers=headers).status_code == 200
    assert not hashes
    for _ in range(5):
        assert client.get(path, headers=basic(name, PASSWORD)).status_code == 200
    assert len(hashes) == 1
    for headers in (
        basic(name, token[:-1]),
        basic(NAMES["viewer"], token),
        basic("", token),
        basic(name, PASSWORD + "x"),
        {"Authorization": "Bearer x"},
        {"Authorization": "Digest x"},
        {"Authorization": "Basic !"},
    ):
        assert client.get(path, headers=headers).status_code == 401, headers
    number = sessions.open_tokens(store_of(team_app), account_of(team_app, name))[0].number
    assert visitor.post(f"/team/tokens/{number}/end").status_code == 303
    assert client.get(path, headers=basic(name, token)).status_code == 401


def test_a_program_keeps_no_accounts(team_app: Flask) -> None:
    """A token that was lost makes no other token, changes no password, and adds no person."""
    keeper = account_of(team_app, NAMES["keeper"])
    token = sessions.new_token(store_of(team_app), keeper, "script")
    before, client = content(team_app), team_app.test_client()
    for rule, method, path in addresses(team_app):
        if rule.startswith("/team") and rule != "/team/log":
            answer = client.open(path, method=method, headers=basic(keeper.name, token))
            assert answer.status_code == 403, path
    assert content(team_app) == before


def test_a_page_of_another_site_uses_no_kept_password(team_app: Flask) -> None:
    """Browsers send a password of HTTP Basic by themselves, so it stands for no form."""
    headers = basic(NAMES["keeper"], PASSWORD) | {"Sec-Fetch-Site": "cross-site"}
    answer = team_app.test_client().post("/match", headers=headers)
    assert answer.status_code == 403


def test_a_script_of_a_page_opens_no_window_for_passwords(team_app: Flask) -> None:
    """What our own pages fetch after the session has ended is answered without “Basic”."""
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"} | HTML
    answer = team_app.test_client().get("/sites/west-park?part=sheet", headers=headers)
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="Zone Atlas"']


def account_of(app: Flask, name: str) -> Any:
    from webapp.team import accounts

    return accounts.named(store_of(app), name)


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which each comparison with a hash adds one."""
    from webapp.team import passwords

    counted: list[str] = []

    class Counting:
        def verify(self, kept: str, password: bytes) -> bool:
            counted.append(kept)
            return hasher.verify(kept, password)

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

    hasher = passwords.HASHER
    monkeypatch.setattr(passwords, "HASHER", Counting())
    return counted


# What stays between browser and server ------------------------------------------------------------


def test_no_page_of_another_person(team_app: Flask) -> None:
    """Pages that are kept as bytes bear the name of who asks, and nobody sees those of another."""
    first, second = as_role(team_app, "viewer"), as_role(team_app, "keeper")
    for _ in range(2):
        for visitor, own, other in ((first, "viewer", "keeper"), (second, "keeper", "viewer")):
            answer = visitor.get("/table")
            assert NAMES[own] in answer.text
            assert NAMES[other] not in answer.text
            assert answer.headers["Cache-Control"] == "no-store"
            assert {"Cookie", "Authorization"} <= {*answer.vary}
    data = first.get("/download/parks.csv")
    assert data.status_code == 200
    assert data.cache_control.private


def test_a_store_that_does_not_answer_is_told(
    team_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its database the server lets nobody in, says so with 503, and is still there."""
    visitor = as_role(team_app, "keeper")

    def fail(_config: object) -> None:
        raise UnavailableError("The database is away.")

    monkeypatch.setattr(tables, "opened", fail)
    answer = visitor.get("/table")
    assert answer.status_code == 503
    assert "The database is away." in answer.text
    assert "Retry-After" in answer.headers
    assert visitor.get("/health").status_code == 200


# Without a team -----------------------------------------------------------------------------------


def writing_app(app: Flask) -> Flask:
    """Add a page that writes to an app."""
    pages = Blueprint("probe", __name__)
    written: list[str] = []
    app.extensions["written"] = written

    @pages.route("/probe", methods=["GET", "POST"])
    @team.needs("contributor")
    def probe() -> str:
        written.append(team.who())
        return ""

    app.register_blueprint(pages)
    return app


def test_without_a_team_nothing_changes(make_app: Callable[..., Flask], toy: Path) -> None:
    """Nobody signs in, no cookie is set, no database is made, and everyone reads."""
    app = writing_app(make_app(toy))
    client = app.test_client()
    answer = client.get("/table")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"
    assert 'name="csrf"' not in client.get("/trip").text
    for path in ("/sign-in", "/team", "/team/log"):
        assert client.get(path).status_code == 404
    assert client.post("/probe").status_code == 403
    assert not app.extensions["written"]
    assert not list(Path(app.config["HOME"]).glob("*.sqlite*"))


def test_editing_writes_in_the_name_of_the_user(make_app: Callable[..., Flask], toy: Path) -> None:
    """Where editing is on, a page of ours writes; a page of another site does not."""
    app = writing_app(make_app(toy, EDITING="on"))
    visitor = Visitor(app)
    for sent in (
        {"data": {}},
        {"data": {"csrf": "x"}},
        {"data": "{}", "content_type": "text/plain"},
        {"json": {}, "headers": {"Origin": "https://evil.example"}},
    ):
        assert 400 <= visitor.client.post("/probe", **sent).status_code < 500, sent
    assert not app.extensions["written"]
    assert visitor.post("/probe", page="/trip").status_code == 200
    assert visitor.client.post("/probe", json={}).status_code == 200  # a program of this machine
    assert app.extensions["written"] == [getpass.getuser()] * 2
    with app.test_request_context():
        team.note("probe", "a site")
        assert team.person() is None
        assert team.may("keeper")
    assert tables.lines(store_of(app), 1)[0].who == getpass.getuser()


@pytest.mark.parametrize(
    "chosen",
    [
        {"PUBLIC_URL": "https://atlas.example"},
        {"PUBLIC_URL": "http://192.168.1.4:8000"},
        {"TRUSTED_HOSTS": "atlas.example"},
        {"PROXY": "10.0.0.1"},
    ],
)
def test_editing_is_for_this_machine_alone(chosen: dict[str, str]) -> None:
    """Where others reach the server, whoever writes signs in."""
    with pytest.raises(InputError, match="EDITING"):
        settings.resolve({"EDITING": "on", **chosen})
    assert settings.resolve({"EDITING": "on", "TEAM": "on", **chosen})["TEAM"]


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ({"TEAM": "yes"}, "TEAM"),
        ({"EDITING": "1"}, "EDITING"),
        ({"OIDC_ISSUER": "http://login.example", "OIDC_CLIENT": "x"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://login.example"}, "OIDC_CLIENT"),
    ],
)
def test_settings_of_people_are_checked(chosen: dict[str, str], fault: str) -> None:
    """A setting that cannot be used is named."""
    with pytest.raises(InputError, match=fault):
        settings.resolve(chosen)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/table?q=a%20b&x=1", "/table?q=a%20b&x=1"),
        ("/", "/"),
        *(
            (text, "/")
            for text in (
                *("//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example"),
                *("/\t/evil.example", "/\n//evil.example", "javascript:alert(1)", "evil", ""),
                *("///evil.example", "/%0d%0a\r\nX: y", " /table", "/sign-out", "/sign-in?next=/"),
            )
        ),
    ],
)
def test_one_is_led_to_own_pages_only(text: str, path: str) -> None:
    """After signing in, no address leads elsewhere."""
    assert entering.own_path(text) == path
