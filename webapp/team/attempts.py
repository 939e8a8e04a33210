"""How often one may try to sign in: so many failures of an address, and so many for a name, within
a quarter of an hour, in all processes together.

A browser in which a person has signed in before has tries of its own, so no stranger who guesses at
a name, and no neighbour behind the same proxy, can keep that person out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection, Engine
from werkzeug.exceptions import TooManyRequests

from geo.exchange.database import reading, writing
from webapp.i18n import gettext as _
from webapp.team import names, tables
from webapp.team.tables import attempts

WITHIN_S = 900.0
OF_ADDRESS, OF_NAME, OF_DEVICE = 40, 10, 10
"""Failures after which one waits."""


class TooManyError(TooManyRequests):
    """Too many tries to sign in have failed; the answer states when the next one is taken."""


class Attempt:
    """A try that counts as a failure unless it is said to have succeeded."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self.succeeded = False


def secret(engine: Engine, name: str = "server") -> str:
    """Return the secret of that name, which all servers of the store share."""
    query = sa.select(tables.secrets.c.secret).where(tables.secrets.c.name == name)
    with reading(engine) as connection:
        kept = connection.execute(query).scalar()
    if kept is None:
        with writing(engine) as connection:
            _alone(connection)
            kept = connection.execute(query).scalar()
            if kept is None:
                kept = secrets.token_urlsafe(32)
                connection.execute(tables.secrets.insert().values(name=name, secret=kept))
    return str(kept)


def device(engine: Engine, name: str) -> str:
    """Return a text by which a browser shows that this person has signed in there."""
    return str(_signer(engine).dumps([names.key(name), secrets.token_hex(8)]))


@contextmanager
def counted(engine: Engine, name: str, address: str, shown: str) -> Iterator[Attempt]:
    """Count a try to sign in, before anything is looked at.

    Parameters
    ----------
    shown
        What the browser shows as :func:`device`.

    Raises
    ------
    TooManyError
        Too many have failed.
    """
    attempt, now = Attempt(), time.time()
    buckets = _buckets(engine, name, address, shown)
    with writing(engine) as connection:
        _alone(connection)
        connection.execute(attempts.delete().where(attempts.c.at < now - WITHIN_S))
        free_s = _free(connection, buckets) - now
        if free_s <= 0:
            rows = [{"attempt": attempt.mark, "bucket": each, "at": now} for each in buckets]
            connection.execute(attempts.insert(), rows)
    if free_s > 0:
        raise TooManyError(
            _(
                "Too many tries to sign in: the next one is taken in %(n)s min.",
                n=1 + int(free_s // 60),
            ),
            retry_after=int(free_s) + 1,
        )
    try:
        yield attempt
    except BaseException:  # nothing was tried
        attempt.succeeded = True
        raise
    finally:
        if attempt.succeeded:
            with writing(engine) as connection:
                connection.execute(attempts.delete().where(attempts.c.attempt == attempt.mark))


def _alone(connection: Connection) -> None:
    """Let what counts and writes wait for another that does; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(715023)")


def _free(connection: Connection, buckets: dict[str, int]) -> float:
    """Return from when on another try is taken; 0 for at once.

    The last bucket, that of the name, holds back only who has failed before: whoever guesses at a
    name from elsewhere does not keep its owner from one try."""
    free = 0.0
    for bucket, most in buckets.items():
        query = sa.select(attempts.c.at).where(attempts.c.bucket == bucket)
        times = connection.execute(query.order_by(attempts.c.at.desc()).limit(most)).scalars().all()
        if not times:
            break
        if len(times) == most:
            free = max(free, times[-1] + WITHIN_S)
    return free


def _buckets(engine: Engine, name: str, address: str, shown: str) -> dict[str, int]:
    """Return the digests under which a try counts, and how many may fail under each: what somebody
    types as a name may be their password.
    """
    key, kept = names.key(name), secret(engine)

    def digest(*parts: str) -> str:
        return hmac.new(kept.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    try:
        of_device = _signer(engine).loads(shown) if shown else None
    except BadData:
        of_device = None
    if isinstance(of_device, list) and of_device[:1] == [key]:
        return {digest("device", shown): OF_DEVICE}
    return {digest("address", _network(address)): OF_ADDRESS, digest("name", key): OF_NAME}


def _network(address: str) -> str:
    """Return an address; of IPv6 the network that one client has for itself."""
    try:
        number = ip_address(address)
    except ValueError:
        return address
    if isinstance(number, IPv6Address):
        return str(ip_network((number, 64), strict=False))
    return str(number)


def _signer(engine: Engine) -> URLSafeSerializer:
    return URLSafeSerializer(secret(engine), salt="zoneatlas.device")
