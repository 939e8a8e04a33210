"""The database of what is exchanged: SQLite in the home folder, or PostgreSQL that a team shares.

Whoever keeps tables there brings the steps that make them, in a folder of Alembic.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
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
BUSY = ("OperationalError", "InterfaceError", "InternalError", "DatabaseError", "TimeoutError")
"""Errors of a database that is away, full, damaged or overloaded; others are mistakes of ours."""
_ONE_MIGRATION = threading.Lock()
"""Alembic keeps in one place what it is doing."""


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
    UnavailableError
        The driver of PostgreSQL is not installed, or the folder cannot be made.
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
        _make_folder(parts.database)
        engine = sqlalchemy.create_engine(parts, connect_args={"timeout": WAIT_S})
        event.listen(engine, "connect", _careful)
    else:
        try:
            engine = sqlalchemy.create_engine(
                parts.set(drivername=driver), pool_pre_ping=True, connect_args=_limits(parts.query)
            )
        except ModuleNotFoundError:
            raise UnavailableError(
                Message("PostgreSQL needs more packages: pip install 'zone-atlas[postgresql]'.")
            ) from None
    event.listen(engine, "begin", _begin)
    if hasattr(os, "register_at_fork"):  # a process that forks leaves its connections to itself
        os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _make_folder(file: str | None) -> None:
    folder = Path(file or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(
            Message(
                "The folder %(path)s cannot be made: %(reason)s.",
                {"path": folder, "reason": error.strerror},
            )
        ) from None


def _limits(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return how long PostgreSQL may keep a writer waiting, unless the address says it."""
    limits = {"connect_timeout": int(WAIT_S), "options": f"-c lock_timeout={WAIT_S:.0f}s"}
    return {name: value for name, value in limits.items() if name not in stated}


def _careful(connection: Any, _record: object) -> None:
    """Let SQLite lose nothing that it has confirmed, whenever the machine stops, and let those who
    read never wait for the one who writes.
    """
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Take the lock of a writer of SQLite at once: one taken later could fail half way. Let those
    who read PostgreSQL see one state, however many questions they ask.
    """
    writes = connection.get_execution_options().get("writes", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif not writes:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def migrate(engine: Engine, steps: Path = MIGRATIONS, versions: str = "exchange_version") -> None:
    """Bring the tables to the newest form; write nothing where they have it.

    Parameters
    ----------
    steps
        Folder of migrations as Alembic has them.
    versions
        Table that holds how far these steps have come.

    Raises
    ------
    UnavailableError
        The database does not answer, or a newer Zone Atlas has written it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": versions})
        reached = context.get_current_revision()
    if reached == script.get_current_head():
        return
    try:
        script.get_revision(reached or "base")
    except CommandError:
        raise UnavailableError(
            Message("A newer version of Zone Atlas has written the database; update this one.")
        ) from None
    with _ONE_MIGRATION, writing(engine) as connection:
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
    from sqlalchemy.exc import OperationalError, SQLAlchemyError

    last = time.monotonic() + WAIT_S
    while True:
        try:
            connection = engine.connect()
            break
        except SQLAlchemyError as error:
            if type(error).__name__ not in BUSY:
                raise
            if not isinstance(error, OperationalError) or time.monotonic() > last:
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
        if type(error).__name__ in BUSY:
            raise _unavailable(error) from None
        raise


def _unavailable(error: Any) -> UnavailableError:
    reason = str(getattr(error, "orig", error)).strip().splitlines()
    return UnavailableError(
        Message(
            "The database of the exchange cannot be used at the moment: %(reason)s",
            {"reason": reason[0] if reason else type(error).__name__},
        )
    )
