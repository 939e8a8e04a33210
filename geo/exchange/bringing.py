"""From a file that was examined to claims, and what these would change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

from geo.errors import InputError, Message, behind
from geo.exchange import changes as changes_of
from geo.exchange import claims as claims_of
from geo.exchange import standing
from geo.exchange.changes import Change
from geo.exchange.claims import EVERY_ROW, EXISTENCE, GONE, Claim, Statement
from geo.exchange.doctor import WHOLE, Examination
from geo.exchange.quiet import quiet
from geo.exchange.standing import Sources, Standing
from geo.exchange.tables import Tables
from geo.layers import validation
from geo.schema import LAYERS, Layer
from geo.schema.provenance import POSITION, State
from geo.search import fold

Outcome = Literal["new", "fills", "changes", "confirms", "beside", "same", "vanishes", "held back"]
OUTCOMES: dict[Outcome, Message] = {
    "new": Message("a new row"),
    "fills": Message("fills in what was not known"),
    "changes": Message("changes the value"),
    "confirms": Message("confirms the value with a better source"),
    "beside": Message("is kept beside the value"),
    "same": Message("is known already"),
    "vanishes": Message("removes the row"),
    "held back": Message("waits: the new row is not whole"),
}
"""What becomes of a claim, and what that is called."""
_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Terms:
    """Who brings a file and how its values are known.

    Attributes
    ----------
    party, source, kind, as_of
        As in :class:`geo.exchange.claims.Claim`; columns of the file go before ``source`` and
        ``as_of``.
    accuracy_m
        How far its positions may be off where no column says so; None where that is unknown, and
        then no position is taken.
    """

    party: str
    source: str
    kind: str = "page"
    as_of: str = ""
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Brought:
    """The claims of a file.

    Attributes
    ----------
    claims
        What it states.
    rows
        The number of the row in the file that each claim comes from.
    left_out
        Rows that state nothing yet, with the reason.
    """

    claims: tuple[Claim, ...]
    rows: tuple[int, ...]
    left_out: tuple[tuple[int, Message], ...]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The number of the row in the file, by the identifier of the claim."""
        return {claim.id: row for claim, row in zip(self.claims, self.rows, strict=True)}


@dataclass(frozen=True)
class Effect:
    """What becomes of a claim: the statement that it is held against is the one that counts
    now.
    """

    claim: Claim
    outcome: Outcome
    against: Statement | None


@quiet()
def claims(
    exam: Examination, base: Tables, layer_id: str, terms: Terms, rows: Collection[int] = ()
) -> Brought:
    """Read the claims of a file: of rows without an open question.

    Parameters
    ----------
    rows
        Numbers of rows in the file, if not all.
    """
    layer, known = LAYERS[layer_id], base.layers.get(layer_id, {})
    points = exam.sure.geometry.representative_point()
    pairs = zip(points.x.tolist(), points.y.tolist(), strict=True)  # NaN of records
    places = dict(zip(exam.sure.index.tolist(), pairs, strict=True))
    taken = {key for rows_of in base.layers.values() for key in rows_of}
    open_keys = {question.key for question in exam.questions}
    stated: list[Claim] = []
    stating: list[int] = []
    left_out: list[tuple[int, Message]] = []
    for row, site in zip(exam.rows, exam.sites, strict=True):
        at = int(row["_at"])
        if rows and at not in rows:
            continue
        reason = _doubt(exam, open_keys, at, site, places)
        named = row if site else _named(row)
        row_id = site or ("" if reason else new_id(layer, named, taken))
        if not reason and not row_id:
            reason = Message("a new row needs a name")
        if reason:
            left_out.append((at, reason))
            continue
        taken.add(row_id)
        point = places.get(at)
        for claim in _of_row(layer, row_id, named, point, terms):
            if not _says_nothing(claim, known.get(row_id), layer):
                stated.append(claim)
                stating.append(at)
    return Brought(tuple(stated), tuple(stating), tuple(left_out))


def _doubt(
    exam: Examination, open_keys: set[str], at: int, site: str, places: Mapping[int, Any]
) -> Message | None:
    """Return why nothing is taken from a row."""
    if open_keys & WHOLE or open_keys & {f"site:{at}", f"twice:{at}"}:
        return Message("a question about it is open")
    if at in places or (site and not exam.form):
        return None
    if not exam.form:
        return Message("it is not a known site, and the file holds no positions")
    return Message("its position is doubtful")


def _named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the name that a new row has in for an English one that it lacks: Vietnamese without its
    marks, Chinese as it is.
    """
    if row.get("name_en"):
        return row
    vietnamese = unicodedata.normalize("NFD", str(row.get("name_vi") or ""))
    plain = "".join(char for char in vietnamese if not unicodedata.combining(char))
    name = plain.replace("đ", "d").replace("Đ", "D") or row.get("name_zh")
    return {"name_en": name, **row} if name else row


def new_id(layer: Layer, row: Mapping[str, Any], taken: Collection[str]) -> str:
    """Make the identifier of a new row from its English name, or from a digest of what stands in
    for that; empty where it has none.
    """
    name = str(row.get("name_en") or "")
    slug = _NOT_OF_AN_ID.sub("-", fold(name)).strip("-")[:80].strip("-")
    if name and not slug:
        slug = f"{layer.id}-{blake2b(name.encode(), digest_size=5).hexdigest()}"
    number, row_id = 1, slug
    while slug and row_id in taken:
        number += 1
        row_id = f"{slug}-{number}"
    return row_id


def _of_row(
    layer: Layer, row_id: str, row: Mapping[str, Any], point: Any, terms: Terms
) -> Iterator[Claim]:
    source = str(row.get("source") or terms.source)
    as_of = str(row.get("as_of") or terms.as_of)
    origin = (terms.party, source, terms.kind, as_of)
    accuracy = validation.number(str(row.get("position_accuracy_m") or "")) or terms.accuracy_m
    if point is not None and accuracy is not None and layer.geometry == "Point":
        where = claims_of.written(*point)
        yield Claim(layer.id, row_id, POSITION, where, *origin, accuracy=accuracy)
    for name, value in row.items():
        if layer.has(name) and name not in EVERY_ROW and value is not None:
            yield Claim(layer.id, row_id, name, str(value), *origin)


def _says_nothing(claim: Claim, row: Mapping[str, str | None] | None, layer: Layer) -> bool:
    """Check whether a claim only repeats a value without a date of its own."""
    if row is None or claim.field == POSITION or claim.as_of:
        return False
    return claims_of.same(claim.value, row.get(claim.field), layer, claim.field)


def vanished(exam: Examination, base: Tables, layer_id: str, terms: Terms) -> tuple[Claim, ...]:
    """Return claims that the known rows are gone which a file does not name that is said to be
    complete: those of the provinces that it names.

    Raises
    ------
    InputError
        Something is open in the file, so that a row that is not recognised would be taken for one
        that is missing.
    """
    if not exam.is_clear:
        raise InputError(Message("Answer the questions first: what is missing is known only then."))
    known = base.layers.get(layer_id, {})
    here = {site for site in exam.sites if site}
    provinces = {row.get("province_en") for row in exam.rows} | {
        known[site].get("province_en") for site in here if site in known
    }
    origin = (terms.party, terms.source, terms.kind, terms.as_of)
    return tuple(
        Claim(layer_id, row_id, EXISTENCE, GONE, *origin)
        for row_id, row in known.items()
        if row_id not in here and row.get("province_en") in provinces - {None}
    )


@dataclass(frozen=True)
class Preview:
    """What claims would change.

    Attributes
    ----------
    changes
        What differs in the layers.
    effects
        What becomes of each claim.
    standing
        What would follow from all.
    """

    changes: list[Change]
    effects: list[Effect]
    standing: Standing


@quiet()
def preview(
    base: Tables,
    party: str,
    stated: Sequence[Statement],
    new: Sequence[Claim],
    state: State = "stated",
) -> Preview:
    """Compute what claims would change, without writing anything.

    Parameters
    ----------
    party
        Under which name the values of the package stand.
    stated
        What the book holds.
    state
        As what the claims would be taken: ``stated``, ``accepted`` or ``proposed``.
    """
    last = max((entry.decision for entry in stated), default=0) + 1
    decision = last if state == "accepted" else 0
    if state == "accepted":
        ids = {claim.id for claim in new} if stated else set()
        older = [entry for entry in stated if entry.claim.id not in ids]
        fresh = [Statement(claim, state, decision) for claim in new]
    else:
        known = {entry.claim.id for entry in stated}
        older = list(stated)
        fresh = [Statement(claim, state) for claim in new if not known or claim.id not in known]
    sources = Sources(base, party)
    now = standing.follow(base, stated, party, sources)
    then = standing.follow(base, [*older, *fresh], party, sources)
    effects = [_effect(claim, now, then, sources) for claim in new]
    return Preview(changes_of.compare(now.tables, then.tables), effects, then)


def _effect(claim: Claim, now: Standing, then: Standing, sources: Sources) -> Effect:
    against = _against(claim, now, then, sources)
    first = then.values[claim.key][0]
    wins = first.counts and (first.claim is claim or first.claim == claim)
    row = claim.layer, claim.row_id
    if row in then.held_back:
        return Effect(claim, "held back", against)
    same = against is not None and claims_of.same(
        claim.value, against.claim.value, LAYERS[claim.layer], claim.field
    )
    if not wins:
        return Effect(claim, "same" if same else "beside", against)
    if claim.field == EXISTENCE and claim.value == GONE:
        return Effect(claim, "vanishes", against)
    if claim.row_id not in now.tables.layers.get(claim.layer, {}):
        return Effect(claim, "new", against)
    if against is None or against.claim.value is None:
        return Effect(claim, "fills", against)
    return Effect(claim, "confirms" if same else "changes", against)


def _against(claim: Claim, now: Standing, then: Standing, sources: Sources) -> Statement | None:
    """Return the statement that counts now; that of the package where nothing else is stated."""
    statements = now.values.get(claim.key)
    if statements:
        return next((entry for entry in statements if entry.counts), None)
    own = sources.statement(LAYERS[claim.layer], claim.row_id, claim.field)
    return own if any(entry is own for entry in then.values[claim.key]) else None


def counted(effects: Sequence[Effect]) -> dict[Outcome, int]:
    """Count what becomes of claims, without what does not occur."""
    counts = dict.fromkeys(OUTCOMES, 0)
    for effect in effects:
        counts[effect.outcome] += 1
    return {outcome: count for outcome, count in counts.items() if count}


def where(effect: Effect) -> Message:
    """Write what becomes of a claim as a line."""
    claim, against = effect.claim, effect.against
    values = {
        "where": claims_of.named(claim),
        "value": claim.value or "–",
        "outcome": OUTCOMES[effect.outcome],
    }
    if against is None:
        return Message("%(where)s: %(value)s — %(outcome)s", values)
    return Message(
        "%(where)s: %(value)s — %(outcome)s (%(old)s, %(party)s)",
        values | {"old": against.claim.value or "–", "party": against.claim.party},
    )


def faults(brought: Brought) -> list[str]:
    """Write the rows that are left out, with the reason."""
    return [behind(Message("row %(row)s", {"row": at}), reason) for at, reason in brought.left_out]
