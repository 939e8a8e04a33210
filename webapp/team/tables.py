"""The tables of a team, the way to them, and the log that the team shares with the exchange."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from geo.exchange import database

STEPS = Path(__file__).with_name("migrations")
_all = sa.MetaData()

people = sa.Table(
    "team_people",
    _all,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("key", "name", "role", "password", "subject")),
    *(sa.Column(name, sa.Boolean) for name in ("fresh", "active")),
    sa.Column("added", sa.Float),
)
sessions = sa.Table(
    "team_sessions",
    _all,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("person", sa.Integer),
    *(sa.Column(name, sa.Text) for name in ("digest", "agent", "address")),
    *(sa.Column(name, sa.Float) for name in ("begun", "used", "ends")),
)
tokens = sa.Table(
    "team_tokens",
    _all,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("person", sa.Integer),
    *(sa.Column(name, sa.Text) for name in ("digest", "label")),
    *(sa.Column(name, sa.Float) for name in ("begun", "used", "ends")),
)
attempts = sa.Table(
    "team_attempts",
    _all,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("attempt", "bucket")),
    sa.Column("at", sa.Float),
)
secrets = sa.Table("team_secrets", _all, *(sa.Column(name, sa.Text) for name in ("name", "secret")))
log = sa.Table(
    "log",
    _all,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("at", "who", "act", "subject")),
)


def opened(settings: Mapping[str, Any]) -> Engine:
    """Return the database that the settings name.

    Raises
    ------
    InputError
        The setting of the store is not an address of a database.
    """
    return database.connect(database.address(settings["HOME"], settings["STORE"]))


def prepare(engine: Engine) -> None:
    """Bring the tables of the exchange and of the team to their newest form.

    Raises
    ------
    UnavailableError
        The database does not answer.
    """
    database.migrate(engine)
    database.migrate(engine, STEPS, "team_version")


def note(connection: Connection, who: str, act: str, subject: str) -> None:
    """Write into the log who did what, together with the change itself."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    connection.execute(log.insert().values(at=at, who=who, act=act, subject=subject))


def lines(engine: Engine, most: int, before: int | None = None) -> list[Any]:
    """Read the log, the newest lines first: at most so many, those before a number."""
    query = sa.select(log).order_by(log.c.number.desc()).limit(most)
    if before is not None:
        query = query.where(log.c.number < before)
    with database.reading(engine) as connection:
        return list(connection.execute(query))
