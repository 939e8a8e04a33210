"""Signing in by another service: what it says is believed only where it can be checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from oidc import CLIENT, SECRET, Provider, providing
from team import NAMES, Visitor, content, store_of

from webapp.team import accounts, tables

pytest_plugins = ("web", "team")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def app(make_team: Callable[..., Flask], provider: Provider) -> Flask:
    """A team whose people may sign in by the provider."""
    return make_team(OIDC_ISSUER=provider.issuer, OIDC_CLIENT=CLIENT, OIDC_SECRET=SECRET)


def led(visitor: Visitor, onward: str = "/table") -> str:
    """Follow the link to the provider and return the address to which it sends the browser back."""
    there = visitor.get(f"/sign-in/elsewhere?{urlencode({'next': onward})}")
    assert there.status_code == 302, there.text
    answer = requests.get(there.location, allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def test_one_signs_in_elsewhere(app: Flask, provider: Provider) -> None:
    """An unknown person becomes a viewer under the name that the service gives, and is known the
    next time, also under another name.
    """
    visitor = Visitor(app)
    assert "/sign-in/elsewhere" in visitor.get("/sign-in").text
    answer = visitor.get(led(visitor, "/trip?title=a%20b"))
    assert (answer.status_code, answer.location) == (303, "/trip?title=a%20b")
    account = accounts.named(store_of(app), "Lê Thị Hoa")
    assert (account.role, account.fresh) == ("viewer", False)
    assert "Lê Thị Hoa" in visitor.get("/team").text
    asked = provider.asked[0]
    assert asked["response_type"] == "code"
    assert len(asked["nonce"]) > 15
    assert len(asked["state"]) > 15
    assert {"code_challenge", "redirect_uri"} <= asked.keys()
    count = len(accounts.every(store_of(app)))
    provider.person = {"sub": "1", "name": "Another Name"}
    again = Visitor(app)
    assert again.get(led(again)).status_code == 303
    assert len(accounts.every(store_of(app))) == count
    acts = [line.act for line in tables.lines(store_of(app), 3)]
    assert "sign-in elsewhere" in acts


LIES: dict[str, Callable[[Provider], None]] = {
    "another key": lambda provider: setattr(provider, "forged", "key"),
    "not signed": lambda provider: setattr(provider, "forged", "none"),
    "signed with the public key": lambda provider: setattr(provider, "forged", "HS256"),
    "changed after signing": lambda provider: setattr(provider, "forged", "changed"),
    "another nonce": lambda provider: provider.lies.update(nonce="x"),
    "no nonce": lambda provider: provider.lies.update(nonce=None),
    "expired": lambda provider: provider.lies.update(exp=int(time.time()) - 120),
    "no end": lambda provider: provider.lies.update(exp=None),
    "from the future": lambda provider: provider.lies.update(iat=int(time.time()) + 600),
    "for another server": lambda provider: provider.lies.update(aud="another"),
    "for another server, named as ours": lambda provider: provider.lies.update(
        aud="another", azp=CLIENT
    ),
    "for nobody": lambda provider: provider.lies.update(aud=None),
    "by another issuer": lambda provider: provider.lies.update(iss="https://evil.example"),
    "of nobody": lambda provider: provider.lies.update(sub=None),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(app: Flask, provider: Provider, lie: str) -> None:
    """A token that is forged, old, or meant for others lets nobody in and adds nobody."""
    visitor, before = Visitor(app), content(app)
    LIES[lie](provider)
    answer = visitor.get(led(visitor))
    assert answer.status_code == 403, lie
    assert 'role="alert"' in answer.text
    assert not visitor.is_in()
    assert content(app) == before


def test_an_answer_is_taken_once_and_where_it_was_asked_for(app: Flask) -> None:
    """Neither a code of another browser, nor one that was used, nor another state is taken."""
    victim, attacker = Visitor(app), Visitor(app)
    back = led(attacker)
    assert victim.get(back).status_code == 403  # signed in as somebody else, without knowing it
    led(victim)
    assert victim.get(back).status_code == 403
    query = dict(parse_qsl(urlsplit(led(victim)).query))
    for odd in (
        query | {"state": "x"},
        {"code": query["code"]},
        {},
        {"error": "access_denied", "error_description": "<b>no"},
    ):
        led(victim)
        answer = victim.get(f"/sign-in/back?{urlencode(odd)}")
        assert answer.status_code == 403
        assert "<b>no" not in answer.text
    assert not victim.is_in()
    assert attacker.get(back).status_code == 303
    assert attacker.get(back).status_code == 403
    assert attacker.is_in()


@pytest.mark.parametrize(
    ("about", "status"),
    [
        ({"issuer": "https://evil.example"}, 403),
        ({"authorization_endpoint": None}, 403),
    ],
)
def test_a_service_that_is_another_is_refused(
    app: Flask, provider: Provider, about: dict[str, Any], status: int
) -> None:
    """What calls itself otherwise than the settings do, or lacks an address, is asked nothing."""
    provider.about = about
    assert Visitor(app).get("/sign-in/elsewhere").status_code == status
    assert not provider.asked


def test_a_service_that_is_away_keeps_nobody_else_out(app: Flask, provider: Provider) -> None:
    """The page says so, names and passwords go on, and it works once the service is back."""
    visitor = Visitor(app)
    provider.broken = True
    assert visitor.get("/sign-in/elsewhere").status_code == 503
    assert Visitor(app).sign_in(NAMES["viewer"]).status_code == 303
    provider.broken = False
    assert visitor.get(led(visitor)).status_code == 303


def test_who_was_removed_stays_out(app: Flask) -> None:
    """The service still knows them; the team does not, until a keeper takes them back."""
    visitor, store = Visitor(app), store_of(app)
    visitor.get(led(visitor))
    accounts.remove(store, accounts.named(store, "Lê Thị Hoa"), "test")
    assert not visitor.is_in()
    assert visitor.get(led(visitor)).status_code == 403
    assert not visitor.is_in()
    accounts.add(store, "Lê Thị Hoa", "viewer", "a password 27", "test")
    assert visitor.get(led(visitor)).status_code == 303


@pytest.mark.parametrize(
    "name", [NAMES["keeper"], "kim.per", "<script>alert(1)</script>", "x" * 10_000, "", 7, None]
)
def test_a_name_of_the_service_takes_nobodys_place(
    app: Flask, provider: Provider, name: object
) -> None:
    """Who is called like a keeper there, or like nothing, is a viewer of another name."""
    provider.person = {"sub": "2", "name": name}
    visitor = Visitor(app)
    assert visitor.get(led(visitor)).status_code == 303
    assert visitor.get("/team/log").status_code == 403
    people = [each for each in accounts.every(store_of(app)) if each.subject]
    assert [each.role for each in people] == ["viewer"]
    assert people[0].key not in {"kimper"}
    assert accounts.named(store_of(app), NAMES["keeper"]).subject is None


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_own_pages_only(app: Flask, onward: str) -> None:
    """An address of another site is forgotten on the way."""
    visitor = Visitor(app)
    assert visitor.get(led(visitor, onward)).location == "/"
