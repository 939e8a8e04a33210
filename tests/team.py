"""A team of one person for each role, and visitors who use its pages as a browser does.

A plugin of the test modules that they import as well, hence PYTEST_DONT_REWRITE."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from geo.exchange.database import reading
from webapp.team import accounts, passwords, tables
from webapp.team.roles import ROLES

NAMES = dict(zip(ROLES, ("Vi Ewer", "Cao Trí Bút", "王审核", "Kim Per"), strict=True))
"""A person for each role."""
PASSWORD = "correct horse battery"
HTML = {"Accept": "text/html"}
REAL = passwords.HASHER
"""How passwords are hashed in earnest."""
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Visitor:
    """A browser at the app of a team."""

    app: Flask
    address: str = "127.0.0.1"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = self.address

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **({"headers": HTML} | more))

    def token(self, path: str = "/team") -> str:
        """Return the token of the forms of a page."""
        match = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert match, path
        return match[1]

    def post(self, path: str, /, *, page: str = "/team", **form: str) -> Any:
        """Send a form of a page, with its token."""
        return self.client.post(path, data=form | {"csrf": self.token(page)}, headers=HTML)

    def sign_in(self, name: str, password: str = PASSWORD, onward: str = "/table") -> Any:
        """Fill in the page that asks for name and password."""
        form = {"name": name, "password": password, "next": onward}
        return self.post("/sign-in", page="/sign-in", **form)

    def cookie(self, kind: str = "session") -> str:
        """Return the value of a cookie of ours; empty without one."""
        cookie = self.client.get_cookie(f"zoneatlas-{kind}-8000")
        return cookie.value if cookie else ""

    def is_in(self) -> bool:
        """Return whether the visitor has signed in."""
        return int(self.get("/team").status_code) == 200


def as_role(app: Flask, role: str) -> Visitor:
    """Return a browser in which the person of a role has signed in."""
    visitor = Visitor(app)
    assert visitor.sign_in(NAMES[role]).status_code == 303
    return visitor


def store_of(app: Flask) -> Engine:
    """Return the database of a team."""
    return tables.opened(app.config)


def content(app: Flask) -> dict[str, list[Any]]:
    """Return all that a team keeps, but for when something was used last, and failed attempts; of
    all other tables how many rows they have.
    """
    kept: dict[str, list[Any]] = {}
    with reading(store_of(app)) as connection:
        for name in sa.inspect(connection).get_table_names():
            if name != tables.attempts.name:
                count = sa.select(sa.func.count()).select_from(sa.table(name))
                kept[name] = [connection.execute(count).scalar()]
        for table in (tables.people, tables.sessions, tables.tokens, tables.log):
            columns = [column for column in table.c if column.name != "used"]
            query = table.select().with_only_columns(*columns).order_by(table.c.number)
            kept[table.name] = [tuple(row) for row in connection.execute(query)]
    return kept


def fill(app: Flask) -> Flask:
    """Add a person for each role."""
    for role, name in NAMES.items():
        accounts.add(store_of(app), name, role, PASSWORD, "test", fresh=False)
    return app


@pytest.fixture(scope="session")
def make_team(make_app: Callable[..., Flask], toy: Path) -> Callable[..., Flask]:
    """Make the app of a team with a person for each role; passwords are hashed quickly."""
    passwords.HASHER = QUICK
    passwords._of_no_one.cache_clear()
    return lambda **config: fill(make_app(toy, TEAM="on", **config))


@pytest.fixture(scope="session")
def team_app(make_team: Callable[..., Flask]) -> Flask:
    """The app of a team that tests leave as it is, but for sessions and the log."""
    return make_team()


@pytest.fixture
def fresh_team(make_team: Callable[..., Flask]) -> Flask:
    """The app of a team that a test may change."""
    return make_team()
