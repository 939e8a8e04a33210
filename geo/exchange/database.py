"""The database of what is exchanged: SQLite in the home folder, or PostgreSQL that a team shares.

Whoever keeps tables there brings the steps that make them, in a folder of Alembic.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import InputError, Message, UnavailableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FILE = "exchange.sqlite"
"""In the home folder, where no other store is chosen."""
MIGRATIONS = Path(__file__).with_name("migrations")
WAIT_S = 10.0
"""How long a writer waits for another one, and how long a database may take to come back."""
AGAIN_S = 0.25
SCHEMES = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
"""How addresses of databases begin, and the drivers that open them."""


def address(home: Path, store: str = "") -> str:
    """Return the address of the database: the one chosen, or that of the home folder."""
    return store or f"sqlite:///{home / FILE}"


@cache
def connect(url: str) -> Engine:
    """Return the engine of a database; the same one for the same address.

    Raises
    ------
    InputError
        The address is not one of SQLite or PostgreSQL.
    """
    import sqlalchemy
    from sqlalchemy import event

    try:
        parts = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        parts = None
    driver = SCHEMES.get(parts.drivername) if parts else None
    if parts is None or driver is None:
        raise InputError(
            Message(
                "The store is the address of a database, such as"
                " postgresql://user@host/name or sqlite:///file."
            )
        )
    if driver == "sqlite":
        if parts.database:
            Path(parts.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sqlalchemy.create_engine(parts, connect_args={"timeout": WAIT_S})
        event.listen(engine, "connect", _careful)
        event.listen(engine, "begin", _begin)
        return engine
    return sqlalchemy.create_engine(
        parts.set(drivername=driver),
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(WAIT_S)},
    )


def _careful(connection: Any, _record: object) -> None:
    """Let SQLite lose nothing that it has confirmed, whenever the machine stops, and let those who
    read never wait for the one who writes.
    """
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the lock of a writer at once: one taken later could fail half way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine, steps: Path = MIGRATIONS, versions: str = "exchange_version") -> None:
    """Bring the tables to the newest form.

    Parameters
    ----------
    steps
        Folder of migrations as Alembic has them.
    versions
        Table that holds how far these steps have come.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":  # two servers may begin at once
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(715022)")
        config.attributes |= {"connection": connection, "versions": versions}
        command.upgrade(config, "head")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that reads one state of the database.

    Raises
    ------
    UnavailableError
        The database does not answer.
    """
    with _reached(engine) as connection, _faults_said(), connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a connection whose changes all stand at its end, or none of them.

    Raises
    ------
    UnavailableError
        The database does not answer, or cannot be written to.
    """
    with _reached(engine) as connection, _faults_said():
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def _reached(engine: Engine) -> Iterator[Connection]:
    """Connect; a database that is just starting again is asked again for a while."""
    from sqlalchemy.exc import OperationalError

    last = time.monotonic() + WAIT_S
    while True:
        try:
            connection = engine.connect()
            break
        except OperationalError as error:
            if time.monotonic() > last:
                raise _unavailable(error) from None
            time.sleep(AGAIN_S)
    with connection:
        yield connection


@contextmanager
def _faults_said() -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if type(error).__name__ in ("OperationalError", "InterfaceError", "InternalError"):
            raise _unavailable(error) from None
        raise


def _unavailable(error: Any) -> UnavailableError:
    reason = str(error.orig).strip().splitlines()
    return UnavailableError(
        Message(
            "The database of the exchange cannot be used at the moment: %(reason)s",
            {"reason": reason[0] if reason else type(error).__name__},
        )
    )
