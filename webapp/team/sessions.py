"""Sessions of browsers and access tokens of programs: secrets that are handed out once, and of
which the database has a digest only.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Engine, Table

from geo.errors import InputError, NotFoundError, UnavailableError
from geo.exchange.database import reading, writing
from webapp.i18n import gettext as _
from webapp.team.accounts import Account
from webapp.team.tables import note, people, sessions, tokens

UNUSED_S = 12 * 3600
"""A session that nobody uses for so long has ended."""
LONGEST_S = 30 * 24 * 3600
"""So long a session lasts at most."""
TOKEN_S = 365 * 24 * 3600
"""So long an access token is good for."""
OFTEN_S = 300
"""The time of use is written down so often at most."""
PREFIX = "za_"
"""Begins every access token, so that one left in a file is found."""
MOST_TOKENS = 20
LONGEST_LABEL = 60


class Known(NamedTuple):
    """Whom a secret belongs to, and the number of the session or access token."""

    account: Account
    number: int


def digest(secret: str) -> str:
    """Return what is kept of a secret of 32 random bytes, which no one can guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def begin(engine: Engine, account: Account, agent: str, address: str, how: str) -> str:
    """Begin a session, and return its secret."""
    secret, now = secrets.token_urlsafe(32), time.time()
    values = {"digest": digest(secret), "person": account.number, "begun": now, "used": now}
    values |= {"agent": agent, "address": address, "ends": now + LONGEST_S}
    with writing(engine) as connection:
        connection.execute(sessions.delete().where(_is_over(now)))
        connection.execute(sessions.insert().values(values))
        note(connection, account.name, how, address)
    return secret


def find(engine: Engine, secret: str) -> Known | None:
    """Find the person whose session this is."""
    now = time.time()
    return _known(engine, sessions, secret, ~_is_over(now))


def of_token(engine: Engine, secret: str) -> Known | None:
    """Find the person whose access token this is."""
    return _known(engine, tokens, secret, tokens.c.ends > time.time())


def _is_over(now: float) -> Any:
    return (sessions.c.ends < now) | (sessions.c.used < now - UNUSED_S)


def _known(engine: Engine, table: Table, secret: str, good: Any) -> Known | None:
    now = time.time()
    query = (
        sa.select(people, table.c.number.label("of"), table.c.used.label("last"))
        .join(people, people.c.number == table.c.person)
        .where(table.c.digest == digest(secret), good, people.c.active)
    )
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    number, last = values.pop("of"), values.pop("last")
    if last is None or now - last > OFTEN_S:
        with contextlib.suppress(UnavailableError), writing(engine) as connection:
            connection.execute(table.update().where(table.c.number == number).values(used=now))
    return Known(Account(**values), number)


def open_sessions(engine: Engine, account: Account) -> list[Any]:
    """Return the sessions of a person, the one used last first."""
    mine = sessions.c.person == account.number, ~_is_over(time.time())
    query = sa.select(sessions).where(*mine).order_by(sessions.c.used.desc())
    with reading(engine) as connection:
        return list(connection.execute(query))


def end(engine: Engine, account: Account, by: str, number: int | None = None) -> int:
    """End a session of a person, or all of them; return how many have ended."""
    mine = sessions.c.person == account.number
    chosen = mine if number is None else mine & (sessions.c.number == number)
    with writing(engine) as connection:
        ended = connection.execute(sessions.delete().where(chosen)).rowcount
        where = "" if number else ": all sessions"
        note(connection, by, "sign-out", f"{account.name}{where}")
    return int(ended)


def open_tokens(engine: Engine, account: Account) -> list[Any]:
    """Return the access tokens of a person, the newest first."""
    mine = tokens.c.person == account.number, tokens.c.ends > time.time()
    query = sa.select(tokens).where(*mine).order_by(tokens.c.number.desc())
    with reading(engine) as connection:
        return list(connection.execute(query))


def new_token(engine: Engine, account: Account, label: str) -> str:
    """Make an access token for a person, and return it: it is shown once.

    Raises
    ------
    InputError
        It says nothing of what it is for, or there are too many.
    """
    label = " ".join("".join(filter(str.isprintable, label)).split())
    if not 1 <= len(label) <= LONGEST_LABEL:
        raise InputError(
            _("State in 1 to %(most)s characters what the token is for.", most=LONGEST_LABEL)
        )
    secret, now = PREFIX + secrets.token_urlsafe(32), time.time()
    values = {"digest": digest(secret), "person": account.number, "label": label}
    values |= {"begun": now, "ends": now + TOKEN_S}
    mine = tokens.c.person == account.number
    with writing(engine) as connection:
        connection.execute(tokens.delete().where(tokens.c.ends <= now))
        count = sa.select(sa.func.count()).select_from(tokens).where(mine)
        if connection.execute(count).scalar_one() >= MOST_TOKENS:
            raise InputError(_("A person has at most %(most)s access tokens.", most=MOST_TOKENS))
        connection.execute(tokens.insert().values(values))
        note(connection, account.name, "token add", label)
    return secret


def end_token(engine: Engine, account: Account, number: int) -> None:
    """Revoke an access token of a person.

    Raises
    ------
    NotFoundError
        They have no such token.
    """
    mine = tokens.c.person == account.number, tokens.c.number == number
    with writing(engine) as connection:
        label = connection.execute(sa.select(tokens.c.label).where(*mine)).scalar()
        if label is None:
            raise NotFoundError(_("There is no such access token."))
        connection.execute(tokens.delete().where(*mine))
        note(connection, account.name, "token remove", label)
