"""A team's store: several servers on one PostgreSQL, which ends and begins again meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from parties import Parties, claim, say
from postgres import Server

from geo.errors import AtlasError, InputError, UnavailableError
from geo.exchange import claims, database, releases, tables
from geo.exchange.book import Book
from geo.exchange.claims import Claim
from geo.schema.provenance import POSITION

ADDS = """
import sys
from geo.exchange.book import Book
from geo.exchange.claims import Claim
book, party = Book(sys.argv[1]), sys.argv[2]
shared = [Claim("parks", f"p-{n}", "name_en", "Park", "both", "s", "page") for n in range(40)]
for batch in range(8):
    own = [Claim("parks", f"p-{n}", "name_en", f"Park {batch}", party, f"s{batch}", "page")
           for n in range(40)]
    added = book.add(shared[::-1 if party == "B" else 1] + own, origin=party, who=party)
    print(added.new, added.known, flush=True)
"""


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that a test may end."""
    server = Server()
    yield server
    server.end()


def test_two_servers_write_at_once(postgres_store: str) -> None:
    """Two processes add claims, some of them the same: nothing is lost, nothing stands twice, and
    each is counted as new by one of them.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ADDS, postgres_store, party], stdout=subprocess.PIPE, text=True
        )
        for party in "AB"
    ]
    lines = [process.communicate(timeout=120)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sum(int(new) for words in lines for new in words[::2]) == 40 + 2 * 8 * 40
    book = Book(postgres_store)
    assert len(book.statements()) == 40 + 2 * 8 * 40
    assert len({row["number"] for row in book.rows("batches")}) == 16
    assert len(book.log()) == 16


def test_tables_are_made_once(postgresql: Server) -> None:
    """Servers that begin at once on an empty database all find its tables."""
    url = postgresql.database()
    faults: list[BaseException] = []

    def begin() -> None:
        try:
            Book(url).statements()
        except AtlasError as error:
            faults.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    database.connect(url).dispose()


def test_releases_have_numbers_of_their_own(postgres_store: str, toy: Path, tmp_path: Path) -> None:
    """Several release at once: each release that is confirmed has a number and a content of its
    own, and follows the one before.
    """
    confirmed: list[int] = []
    refused: list[str] = []

    def work(party: str) -> None:
        book = Book(postgres_store)
        for number in range(3):
            say(book, [claim(value=str(number + 1), party=party, source=f"{party}{number}")])
            try:
                frozen = releases.release(
                    book, toy, tmp_path / party, title=f"{number}", party=party, who=party
                )
            except InputError as error:
                refused.append(str(error))
            else:
                confirmed.append(frozen.number)

    threads = [threading.Thread(target=work, args=(party,)) for party in "AB"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book = Book(postgres_store)
    every = releases.every(book)
    assert sorted(confirmed) == [entry.number for entry in every] == [*range(1, len(every) + 1)]
    assert len({entry.checksum for entry in every}) == len(every) >= 3
    assert all("same time" in text or "Nothing has changed" in text for text in refused)
    assert len([step for step in book.log() if step.act == "release"]) == len(every)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_database_that_begins_again(
    own: Server, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is away the book is unavailable; whoever asks while it begins gets an answer; and
    all that was confirmed is there.
    """
    monkeypatch.setattr(database, "WAIT_S", 0.5)
    url = own.database()
    book = Book(url)
    say(book, [claim()])
    own.stop(how)
    with pytest.raises(UnavailableError, match="cannot be used"):
        say(book, [claim(value="400", party="Guangxi")])
    with pytest.raises(UnavailableError):
        book.statements()
    monkeypatch.setattr(database, "WAIT_S", 30)
    later = threading.Timer(1.0, own.start)
    later.start()
    assert [entry.claim for entry in book.statements()] == [claim()]  # asked before it is there
    later.join()
    say(book, [claim(value="400", party="Guangxi")])
    assert len(Book(url).statements()) == 2
    database.connect(url).dispose()


def test_a_database_that_ends_within_a_change(own: Server) -> None:
    """The change is unavailable and leaves nothing; the next one stands."""
    url = own.database()
    book = Book(url)
    say(book, [claim()])

    def change() -> None:
        with database.writing(book.engine) as connection:
            connection.exec_driver_sql("DELETE FROM claims")
            own.stop("immediate")
            own.start()
            connection.exec_driver_sql("DELETE FROM batches")

    with pytest.raises(UnavailableError):
        change()
    assert len(book.statements()) == 1
    say(book, [claim(value="400", party="Guangxi")])
    assert len(book.statements()) == 2
    database.connect(url).dispose()


def test_writers_while_it_begins_again_and_again(own: Server) -> None:
    """Two threads add while the database is ended three times: what was confirmed is there, what
    was not can be added again, and nothing stands twice.
    """
    url = own.database()
    assert Book(url).engine
    confirmed: list[Claim] = []
    ends = threading.Event()

    def work(party: str) -> None:
        book, number = Book(url), 0
        while not ends.is_set():
            number += 1
            claimed = claim(value=str(number), party=party, source=f"{party}{number}")
            for _ in range(20):  # as a page says: try again
                try:
                    say(book, [claimed])
                except UnavailableError:
                    continue
                confirmed.append(claimed)
                break

    threads = [threading.Thread(target=work, args=(party,)) for party in "AB"]
    for thread in threads:
        thread.start()
    for how in ("fast", "immediate", "fast"):
        more = len(confirmed) + 2
        last = time.monotonic() + 60
        while len(confirmed) < more and time.monotonic() < last:
            time.sleep(0.05)
        own.stop(how)
        own.start()
    ends.set()
    for thread in threads:
        thread.join()
    assert len(confirmed) > 3
    kept = [entry.claim.id for entry in Book(url).statements()]
    assert {claimed.id for claimed in confirmed} <= set(kept)
    assert len(set(kept)) == len(kept)
    database.connect(url).dispose()


# What other programs of GIS see -------------------------------------------------------------------


def test_positions_as_a_layer(postgres_store: str, toy: Path) -> None:
    """The view holds each position that counts as a point, and puts the one first that the rule
    does.
    """
    book = Book(postgres_store)
    people = Parties(tables.read(toy), 5)
    stated = [claimed for claimed in people.claims(2_000) if claimed.field == POSITION]
    say(book, stated[:-20])
    say(book, stated[-20:], "proposed")
    book.decide([claimed.id for claimed in stated[::5]], "refused", reason="no map", who="chi")
    book.decide([claimed.id for claimed in stated[2::7]], "accepted", reason="", who="chi")
    book.decide([claimed.id for claimed in stated[::10]], "stated", reason="", who="chi")
    with psycopg.connect(postgres_store) as connection:
        if not connection.execute("SELECT to_regclass('exchange_positions')").fetchone()[0]:  # type: ignore[index]
            pytest.skip("PostGIS is not installed")
        rows = connection.execute(
            "SELECT layer, row_id, id, ST_X(position), ST_Y(position), ST_SRID(position)"
            " FROM exchange_positions ORDER BY layer, row_id, place"
        ).fetchall()
        [kind] = connection.execute(
            "SELECT type FROM geometry_columns WHERE f_table_name = 'exchange_positions'"
        ).fetchone() or [None]
    assert kind == "POINT"
    seen: dict[tuple[str, str], list[str]] = {}
    for layer, row_id, identifier, lon, lat, srid in rows:
        seen.setdefault((layer, row_id), []).append(identifier)
        claimed = next(each for each in stated if each.id == identifier)
        assert (lon, lat) == claims.lonlat(claimed.value)
        assert srid == 4326
    by_row: dict[tuple[str, str], list[str]] = {}
    for key in {claimed.key[:2] for claimed in stated}:
        entries = [
            entry
            for entry in book.statements(*key)
            if entry.claim.field == POSITION and claims.lonlat(entry.claim.value)
        ]
        if ordered := [entry.claim.id for entry in claims.ranked(entries)]:
            by_row[key] = ordered
    assert seen == by_row
    assert max(map(len, seen.values())) > 5


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs it is said."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnavailableError, match="pip install"):
        Book("postgresql://atlas@/nowhere")
