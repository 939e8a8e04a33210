"""A team that keeps its people in PostgreSQL, as servers of one store do."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Engine

from geo.errors import InputError
from geo.exchange import database
from webapp.team import accounts, attempts, sessions, tables
from webapp.team.attempts import TooManyError


def at_once(acts: list[Callable[[], object]], *expected: type[Exception]) -> int:
    """Do things side by side; return how many were refused as expected."""
    refused: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except expected as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(refused)


def test_a_team_in_postgresql(postgres_store: str) -> None:
    """Servers that begin at once make its tables once; people, sessions and tokens are found, tries
    side by side are counted, and of two keepers who remove each other one stays.
    """
    engine: Engine = database.connect(postgres_store)
    assert at_once([lambda: tables.prepare(engine)] * 3) == 0
    pair = [
        accounts.add(engine, name, "keeper", "a password 27", "test", fresh=False)
        for name in ("Kim Per", "王管理")
    ]
    secret = sessions.begin(engine, pair[0], "Firefox", "::1", "sign-in")
    known = sessions.find(engine, secret)
    assert known is not None
    assert known.account == pair[0]
    token = sessions.new_token(engine, pair[1], "QGIS")
    assert sessions.of_token(engine, token) is not None

    def guess() -> None:
        with attempts.counted(engine, "Kim Per", "198.51.100.7", ""):
            pass

    assert at_once([guess] * 16, TooManyError) == 16 - attempts.OF_NAME
    secrets = []
    at_once([lambda: secrets.append(attempts.secret(engine, "new"))] * 6)
    assert len(secrets) == 6
    assert len(set(secrets)) == 1
    removals = [lambda each=each: accounts.remove(engine, each, "test") for each in pair]
    assert at_once(removals, InputError) == 1
    assert len(accounts.every(engine)) == 1
    assert tables.lines(engine, 1)[0].act == "team remove"
