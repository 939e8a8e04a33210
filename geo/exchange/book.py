"""The book of an exchange: every claim, every decision, every release and every step, with who and
when. Nothing is ever taken out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geo.errors import InputError, Message, NotFoundError, behind
from geo.exchange import claims as claims_of
from geo.exchange import database
from geo.exchange.claims import Claim, Statement
from geo.exchange.quiet import quiet
from geo.schema.provenance import VERDICTS, State

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

MOST_FAULTS = 200
AT_ONCE = 5_000
"""Rows of a statement to the database, well below its limits."""
PARTS = tuple(part.name for part in fields(Claim) if part.init)


@dataclass(frozen=True)
class Step:
    """A line of the log: when, who, what, and of what."""

    number: int
    at: str
    who: str
    act: str
    subject: str


@dataclass(frozen=True)
class Added:
    """What became of claims: how many are new, and how many stood in the book before."""

    batch: int
    new: int
    known: int


def now() -> str:
    """Return the time in UTC, to a second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Book:
    """The book of a home folder, or of a database that a team shares.

    Parameters
    ----------
    url
        Address of the database, see :func:`geo.exchange.database.address`.

    Raises
    ------
    InputError
        The address is not that of a database.
    UnavailableError
        From every method: the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = database.connect(url)

    @classmethod
    def of(cls, home: Path, store: str = "") -> Book:
        """Return the book of a home folder, or of the store that is chosen; the same one each
        time, so that its tables are looked at once.
        """
        return _opened(database.address(home, store))

    @classmethod
    def held(cls, home: Path, store: str = "") -> Book | None:
        """Return the same, or None where nothing was ever written."""
        return cls.of(home, store) if store or (home / database.FILE).is_file() else None

    @cached_property
    def engine(self) -> Engine:
        """The database with its tables in their newest form."""
        database.migrate(self._engine)
        return self._engine

    # Claims

    @quiet()
    def add(
        self,
        claims: Sequence[Claim],
        *,
        origin: str,
        who: str,
        state: State = "stated",
        reason: str = "",
    ) -> Added:
        """Write claims into the book, all or none; those that stand in it stay as they are, but one
        that only was proposed is stated from now on where it is stated here.

        Parameters
        ----------
        origin
            What they come from, such as the name of a file or a feed.
        state
            ``stated``, ``proposed``, or ``accepted`` for a decision that is made at once.

        Raises
        ------
        InputError
            Every claim that is wrong, and every value of which a party states two things.
        """
        refuse(claims)
        _refuse_texts(origin=origin, who=who, reason=reason)
        at = now()
        with database.writing(self.engine) as connection:
            batch = connection.execute(
                self._table("batches").insert(),
                {"origin": origin, "who": who, "at": at},
            ).inserted_primary_key
            number = int(batch[0]) if batch else 0
            insertion = self._insert("claims")
            stands = insertion.table.c.proposed & ~insertion.excluded.proposed
            insertion = insertion.on_conflict_do_update(
                index_elements=["id"], set_={"proposed": False}, where=stands
            )
            for part in _parts(sorted(claims, key=lambda claim: claim.id)):  # no deadlock of two
                rows = [
                    {name: getattr(claim, name) for name in PARTS}
                    | {"id": claim.id, "batch": number, "proposed": state == "proposed"}
                    | {"stated_at": claim.stated_at or at}
                    for claim in part
                ]
                connection.execute(insertion, rows)
            new = self._count(connection, number)
            if state == "accepted":
                self._decide(connection, [claim.id for claim in claims], state, reason, who)
            self._log(connection, who, f"claims {state}", f"{origin}: {new} of {len(claims)} new")
        return Added(number, new, len(claims) - new)

    @quiet()
    def statements(
        self, layer: str = "", row_id: str = "", identifiers: Sequence[str] | None = None
    ) -> list[Statement]:
        """Return claims with what was decided of them, in the order in which they came; of one
        layer, one row, or those that are named.
        """
        if identifiers is not None and len(identifiers) > AT_ONCE:
            wanted = set(identifiers)
            return [entry for entry in self.statements(layer, row_id) if entry.claim.id in wanted]
        table = self._table("claims")
        columns = [table.c[name] for name in ("id", "proposed", *PARTS)]
        chosen = table.select().with_only_columns(*columns).order_by(table.c.batch, table.c.id)
        if layer:
            chosen = chosen.where(table.c.layer == layer)
        if row_id:
            chosen = chosen.where(table.c.row_id == row_id)
        if identifiers is not None:
            chosen = chosen.where(table.c.id.in_(identifiers))
        with database.reading(self.engine) as connection:
            decided = self._decided(connection)
            rows = connection.execute(chosen).all()
        return [_statement(*row, decided=decided) for row in rows]

    def decide(self, identifiers: Sequence[str], verdict: State, *, reason: str, who: str) -> None:
        """Accept or refuse claims, or take such a decision back with ``stated``.

        Raises
        ------
        NotFoundError
            Some of the claims are not in the book; nothing is decided.
        InputError
            Another verdict, or none of the claims is named, or a refusal has no reason.
        """
        if verdict not in VERDICTS.values():
            raise InputError(
                Message(
                    "“%(verdict)s” is not a decision; choose from: %(known)s.",
                    {"verdict": verdict, "known": ", ".join(VERDICTS.values())},
                )
            )
        if not identifiers:
            raise InputError(Message("Choose at least one statement to decide on."))
        if verdict == "refused" and not reason.strip():
            raise InputError(Message("Give a reason for the refusal."))
        _refuse_texts(reason=reason, who=who)
        with database.writing(self.engine) as connection:
            table = self._table("claims")
            known = {
                key
                for part in _parts(identifiers)
                for (key,) in connection.execute(
                    table.select().with_only_columns(table.c.id).where(table.c.id.in_(part))
                )
            }
            missing = [key for key in identifiers if key not in known]
            if missing:
                raise NotFoundError(Message("These statements are not in the book:"), missing)
            self._decide(connection, identifiers, verdict, reason, who)
            self._log(connection, who, f"claims {verdict}", f"{', '.join(identifiers)}: {reason}")

    def _decide(
        self,
        connection: Connection,
        identifiers: Sequence[str],
        verdict: str,
        reason: str,
        who: str,
    ) -> None:
        same = {"verdict": verdict, "reason": reason, "who": who, "at": now()}
        for part in _parts(identifiers):
            rows = [{"claim": key} | same for key in part]
            connection.execute(self._table("decisions").insert(), rows)

    def _decided(self, connection: Connection) -> dict[str, Any]:
        """Return the last decision of each claim of which there is one."""
        table = self._table("decisions")
        rows = connection.execute(table.select().order_by(table.c.number)).mappings()
        return {row["claim"]: row for row in rows}

    def _count(self, connection: Connection, batch: int) -> int:
        """Count the claims that came with a batch."""
        from sqlalchemy import func, select

        table = self._table("claims")
        chosen = select(func.count()).select_from(table).where(table.c.batch == batch)
        return int(connection.execute(chosen).scalar_one())

    # Releases

    def release_rows(self) -> list[dict[str, Any]]:
        """Return all releases without their contents, the first one first."""
        table = self._table("releases")
        columns = [column for column in table.columns if column.name != "content"]
        chosen = table.select().with_only_columns(*columns).order_by(table.c.number)
        with database.reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(chosen).mappings()]

    def keep_release(self, row: dict[str, Any], who: str) -> None:
        """Write a release into the book.

        Raises
        ------
        InputError
            Another one of the same number came first.
        """
        from sqlalchemy.exc import IntegrityError

        try:
            self.keep("releases", row, who, "release", f"{row['number']}: {row['title']}")
        except IntegrityError:
            raise InputError(
                Message("Another release was made at the same time; look at it first.")
            ) from None

    # Log

    def log(self, most: int = 1_000) -> list[Step]:
        """Return the last steps, the newest first."""
        table = self._table("log")
        with database.reading(self.engine) as connection:
            rows = connection.execute(table.select().order_by(table.c.number.desc()).limit(most))
            return [Step(**row) for row in rows.mappings()]

    def note(self, who: str, act: str, subject: str) -> None:
        """Write a step into the log."""
        _refuse_texts(who=who, subject=subject)
        with database.writing(self.engine) as connection:
            self._log(connection, who, act, subject)

    def _log(self, connection: Connection, who: str, act: str, subject: str) -> None:
        line = {"at": now(), "who": who, "act": act, "subject": subject[:1_000]}
        connection.execute(self._table("log").insert(), line)

    # Tables

    @cached_property
    def _tables(self) -> dict[str, Table]:
        from sqlalchemy import MetaData

        known = MetaData()
        known.reflect(self.engine)
        return dict(known.tables)

    def _table(self, name: str) -> Table:
        return self._tables[name]

    def _insert(self, name: str) -> Any:
        """Return an insertion that may pass over rows that are there."""
        if self.engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql

            return postgresql.insert(self._table(name))
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(self._table(name))

    def rows(self, table: str, **equal: Any) -> list[dict[str, Any]]:
        """Return the rows of a table of the book, by its first column, that equal some values."""
        known = self._table(table)
        chosen = known.select().order_by(*known.primary_key.columns)
        for name, value in equal.items():
            chosen = chosen.where(known.c[name] == value)
        with database.reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(chosen).mappings()]

    def keep(self, table: str, row: dict[str, Any], who: str, act: str, subject: str) -> None:
        """Write a row into a table of the book, and the step into the log."""
        texts = {name: text for name, text in row.items() if isinstance(text, str)}
        _refuse_texts(**texts | {"who": who, "subject": subject})
        with database.writing(self.engine) as connection:
            connection.execute(self._table(table).insert(), row)
            self._log(connection, who, act, subject)


@cache
def _opened(url: str) -> Book:
    return Book(url)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Part rows into as many as the database takes at once."""
    return (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))


def _statement(identifier: str, proposed: bool, *parts: Any, decided: dict[str, Any]) -> Statement:
    claim = Claim(*parts)
    vars(claim)["id"] = identifier  # as it was written: it need not be computed again
    before: State = "proposed" if proposed else "stated"
    last = decided.get(identifier)
    if last is None:
        return Statement(claim, before)
    return Statement(
        claim,
        before if last["verdict"] == "stated" else cast("State", last["verdict"]),
        last["number"],
        last["reason"],
        last["who"],
        last["at"],
    )


def _refuse_texts(**texts: str) -> None:
    """Raise an `InputError` that lists what no database can hold."""
    faults = [
        behind(name, fault)
        for name, text in texts.items()
        if (fault := claims_of.text_fault(text)) is not None
    ]
    if faults:
        raise InputError(Message("This cannot be written into the book:"), faults)


def refuse(claims: Iterable[Claim]) -> None:
    """Raise an `InputError` that lists what is wrong with claims; do nothing where nothing is."""
    claims = list(claims)
    faults = list(_faults(claims)) or claims_of.contradictions(claims)
    if not faults:
        return
    shown = faults[:MOST_FAULTS]
    if len(faults) > MOST_FAULTS:
        shown.append(Message("and %(n)s more", {"n": len(faults) - MOST_FAULTS}))
    raise InputError(Message("Some statements are wrong; none was taken:"), shown)


def _faults(claims: Iterable[Claim]) -> Iterator[str]:
    today = datetime.now(UTC).date()
    for claim in claims:
        for fault in claims_of.faults(claim, today):
            yield behind(claims_of.named(claim), fault)
