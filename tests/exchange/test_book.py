"""The book: what is added, decided and logged, in each kind of database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from parties import Parties, claim, say

from geo.errors import InputError, NotFoundError, UnavailableError
from geo.exchange import database, tables
from geo.exchange.book import AT_ONCE, Book
from geo.exchange.claims import EXISTENCE, GONE, Claim


def states(book: Book) -> dict[str, str]:
    return {entry.claim.id: entry.state for entry in book.statements()}


def test_what_is_added_comes_back(book: Book, toy: Path) -> None:
    """Claims of every layer and field are read as they were written; the same again is known."""
    claimed = Parties(tables.read(toy), 1).claims(300)
    added = book.add(claimed, origin="a.csv", who="an")
    assert (added.new, added.known) == (len(claimed), 0)
    again = book.add(claimed[:50], origin="b.csv", who="binh")
    assert (again.new, again.known) == (0, 50)
    kept = {entry.claim.id: entry for entry in book.statements()}
    assert kept.keys() == {each.id for each in claimed}
    for each in claimed:
        entry = kept[each.id]
        assert entry.claim == each
        assert entry.claim.stated_at == each.stated_at
        assert entry.state == "stated"
    chosen = book.statements(layer=claimed[0].layer, row_id=claimed[0].row_id)
    assert {entry.claim.key[:2] for entry in chosen} == {claimed[0].key[:2]}
    assert [entry.claim for entry in book.statements(identifiers=[claimed[3].id])] == [claimed[3]]
    assert book.statements(identifiers=[]) == []


def test_more_than_the_database_takes_at_once(book: Book) -> None:
    """A large file is written whole, decided on whole, and each decision once."""
    many = [claim("name_en", f"Park {number}", row_id=f"p-{number}") for number in range(10_001)]
    assert len(many) > 2 * AT_ONCE
    assert book.add(many, origin="large.csv", who="an").new == len(many)
    identifiers = [each.id for each in many]
    book.decide(identifiers, "accepted", reason="", who="binh")
    assert set(states(book).values()) == {"accepted"}
    assert len(book.statements(identifiers=identifiers)) == len(many)
    assert len(book.rows("decisions")) == len(many)


def test_all_or_none(book: Book) -> None:
    """One wrong claim among right ones: every fault is named, nothing is written."""
    wrong = [claim(), claim(value="-1"), claim(layer="castles"), claim("kind", "castle")]
    with pytest.raises(InputError) as raised:
        say(book, wrong)
    assert len(raised.value.faults) == 3
    assert book.statements() == []
    assert book.rows("batches") == []
    assert book.log() == []


def test_a_side_that_contradicts_itself(book: Book) -> None:
    """Two values of one side at once are refused; of two sides, dates or times they are not."""
    with pytest.raises(InputError, match="400, and 300 as well"):
        say(book, [claim(), claim(value="400")])
    say(book, [claim(), claim(value="400", party="Guangxi"), claim(value="500", as_of="2020")])
    say(book, [claim(value="600", stated_at="2026-02-01T00:00:00Z"), claim(value="300.0")])
    assert len(book.statements()) == 5


def test_decisions_and_taking_them_back(book: Book) -> None:
    """The last decision counts, each stays in the book, and taking it back restores what was."""
    stated, proposed = claim(), claim(value="400", party="Guangxi")
    say(book, [stated])
    say(book, [proposed], "proposed")
    before = states(book)
    assert before == {stated.id: "stated", proposed.id: "proposed"}
    both = [stated.id, proposed.id]
    book.decide(both, "accepted", reason="", who="chi")
    assert set(states(book).values()) == {"accepted"}
    book.decide(both, "refused", reason="no map", who="chi")
    entries = book.statements()
    assert {(entry.state, entry.reason, entry.who) for entry in entries} == {
        ("refused", "no map", "chi")
    }
    book.decide(both, "stated", reason="again", who="chi")
    assert states(book) == before
    assert len(book.rows("decisions")) == 6
    acts = [step.act for step in reversed(book.log())]
    assert acts == [
        *("claims stated", "claims proposed"),
        *("claims accepted", "claims refused", "claims stated"),
    ]


@pytest.mark.parametrize("first", ["stated", "proposed"])
def test_proposed_by_one_and_stated_by_another(book: Book, first: str) -> None:
    """It is stated, whoever comes first; what was refused stays refused."""
    for state in sorted(["stated", "proposed"], reverse=first == "stated"):
        say(book, [claim()], state)  # type: ignore[arg-type]
    assert states(book) == {claim().id: "stated"}
    book.decide([claim().id], "refused", reason="no map", who="chi")
    say(book, [claim()])
    assert states(book) == {claim().id: "refused"}


def test_accepted_at_once(book: Book) -> None:
    """Claims can be decided on as they are added, also those that stood there."""
    say(book, [claim()])
    book.decide([claim().id], "refused", reason="no map", who="chi")
    book.add([claim(), claim("name_en", "West")], origin="f", who="chi", state="accepted")
    assert set(states(book).values()) == {"accepted"}


def test_wrong_decisions(book: Book) -> None:
    """An unknown claim, an unknown verdict, no claim, no reason: nothing is decided."""
    say(book, [claim()])
    for identifiers, verdict, reason, error in (
        ([claim().id, "unknown"], "accepted", "", NotFoundError),
        ([claim().id], "perhaps", "", InputError),
        ([claim().id], "proposed", "", InputError),
        ([], "accepted", "", InputError),
        ([claim().id], "refused", " ", InputError),
        ([claim().id], "refused", "a\0b", InputError),
        ([claim().id], "refused", "\udce4", InputError),
        ([claim().id], "refused", "x" * 5_000, InputError),
    ):
        with pytest.raises(error):
            book.decide(identifiers, verdict, reason=reason, who="chi")  # type: ignore[arg-type]
    assert book.rows("decisions") == []
    assert len(book.log()) == 1


def test_texts_that_no_database_holds(book: Book) -> None:
    """They are refused with their name, and nothing is written."""
    for wrong in ({"origin": "a\0"}, {"who": "\ud800"}, {"reason": "\x07"}):
        with pytest.raises(InputError, match="cannot be written"):
            book.add([claim()], **{"origin": "f", "who": "an"} | wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        book.note("an", "act", "\0")
    assert book.statements() == []


def test_texts_that_look_like_commands(book: Book) -> None:
    """What a stranger writes is text in every place."""
    hostile = "'); DROP TABLE claims; --{{7*7}}%s:x"
    claimed = claim("name_en", hostile, party=hostile, source=hostile, notes=hostile)
    book.add([claimed], origin=hostile, who=hostile)
    book.decide([claimed.id], "refused", reason=hostile, who=hostile)
    [entry] = book.statements()
    assert (entry.claim, entry.reason) == (claimed, hostile)
    assert book.statements(row_id=hostile) == []
    assert book.log()[0].who == hostile


def test_a_row_that_is_gone_can_be_stated(book: Book) -> None:
    """Existence is a value like others."""
    say(book, [claim(EXISTENCE, GONE)])
    assert book.statements()[0].claim == claim(EXISTENCE, GONE)


# Stores -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "mysql://host/x", "nonsense", "postgresql+asyncpg://h/x"])
def test_other_addresses_are_refused(url: str) -> None:
    """Only SQLite and PostgreSQL are stores."""
    with pytest.raises(InputError, match="address of a database"):
        Book(url)


def test_a_file_that_is_not_a_database(tmp_path: Path) -> None:
    """It is said, and the file stays as it is."""
    path = tmp_path / database.FILE
    path.write_bytes(b"nothing of the kind" * 1_000)
    with pytest.raises(UnavailableError, match="not a database"):
        Book.of(tmp_path).statements()
    assert path.read_bytes() == b"nothing of the kind" * 1_000


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where a file stands in the way of the home folder the reason is said."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be made"):
        Book.of(tmp_path / "file")


def test_a_newer_version_has_written_it(store: str) -> None:
    """Tables of a version to come are left alone."""
    book = Book(store)
    say(book, [claim()])
    with database.writing(book.engine) as connection:
        connection.exec_driver_sql("UPDATE exchange_version SET version_num = '9999'")
    with pytest.raises(UnavailableError, match="newer version"):
        Book(store).statements()


def test_tables_that_are_there_need_no_writer(tmp_path: Path) -> None:
    """While another process writes, a book is opened and read."""
    say(Book.of(tmp_path), [claim()])
    writer = sqlite3.connect(tmp_path / database.FILE, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert len(Book.of(tmp_path).statements()) == 1
    writer.close()


def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that never ends makes others unavailable, and they lose nothing."""
    monkeypatch.setattr(database, "WAIT_S", 0.2)
    book = Book.of(tmp_path)
    say(book, [claim()])
    writer = sqlite3.connect(tmp_path / database.FILE, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="locked"):
        say(book, [claim(value="400", party="Guangxi")])
    writer.close()
    say(book, [claim(value="400", party="Guangxi")])
    assert len(book.statements()) == 2


def test_readers_see_one_state(store: str) -> None:
    """What another one writes between two questions of a reader is not in the second answer."""
    book = Book(store)
    say(book, [claim()])
    count = sqlalchemy.text("SELECT count(*) FROM claims")
    with database.reading(book.engine) as connection:
        before = connection.execute(count).scalar_one()
        say(Book(store), [claim(value="400", party="Guangxi")])
        assert connection.execute(count).scalar_one() == before == 1
    with database.reading(book.engine) as connection:
        assert connection.execute(count).scalar_one() == 2


def test_a_mistake_within_writing_leaves_nothing(store: str) -> None:
    """Whatever ends a change, none of it stands."""
    book = Book(store)
    say(book, [claim()])

    def written(many: list[Claim]) -> None:
        with database.writing(book.engine) as connection:
            connection.exec_driver_sql("DELETE FROM claims")
            raise KeyError(many)

    with pytest.raises(KeyError):
        written([])
    assert len(book.statements()) == 1
