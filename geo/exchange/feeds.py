"""Feeds: what another side releases, taken as claims under its name."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from geo.errors import InputError, Message, NotFoundError, behind
from geo.exchange import bringing, doctor, fetching, release_file, signing
from geo.exchange import claims as claims_of
from geo.exchange import tables as tables_of
from geo.exchange.book import Book, now
from geo.exchange.bringing import Terms
from geo.exchange.claims import Claim
from geo.exchange.fetching import Fetched
from geo.exchange.known import Known
from geo.exchange.release_file import Contents
from geo.layers import validation
from geo.schema import LAYERS
from geo.schema.provenance import POSITION

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MOST_NOTICES = 200


@dataclass(frozen=True)
class Feed:
    """What another side is called here, and where its releases are.

    Attributes
    ----------
    key
        Its public key; empty where its releases are not signed.
    layer
        What a file or collection holds that is not a release.
    """

    name: str
    party: str
    address: str
    key: str
    layer: str
    active: bool = True


@dataclass(frozen=True)
class Taken:
    """What was taken of a feed.

    Attributes
    ----------
    release
        Number of the release, 0 for what is not one.
    signed
        Whether a signature was checked.
    new, known, doubtful
        Statements that are new, that were there before, and that wait for a reviewer because of a
        doubt.
    notices
        What is worth telling, line by line.
    """

    release: int
    signed: bool
    new: int
    known: int
    doubtful: int
    notices: tuple[str, ...]


def add(
    book: Book,
    name: str,
    address: str,
    *,
    party: str,
    key: str = "",
    layer: str = "parks",
    who: str,
) -> Feed:
    """Subscribe to another side.

    Raises
    ------
    InputError
        Every one of these that is wrong; a name that is taken.
    """
    wrong = [
        behind(member, fault)
        for member, fault in (
            ("name", None if NAME.fullmatch(name) else Message("must look like quang-ninh")),
            ("address", None if address.strip() else Message("is empty")),
            ("party", None if party.strip() else Message("is empty")),
            ("layer", None if layer in LAYERS else Message("is unknown")),
        )
        if fault
    ]
    if name in {feed.name for feed in every(book)}:
        wrong.append(behind("name", Message("is in use; choose another one")))
    if key:
        signing.public_key(key)
        key = key.strip().splitlines()[-1]
    if wrong:
        raise InputError(Message("The feed cannot be added:"), wrong)
    feed = Feed(name, party.strip(), address.strip(), key, layer)
    row = {"who": who, "at": now(), **vars(feed)}
    book.keep("feeds", row, who, "feed added", f"{name}: {address}")
    return feed


def every(book: Book) -> list[Feed]:
    """Return the feeds of a book."""
    columns = tuple(Feed.__dataclass_fields__)
    return [Feed(*(row[name] for name in columns)) for row in book.rows("feeds")]


def get(book: Book, name: str) -> Feed:
    """Look a feed up by its name; `NotFoundError` lists those there are."""
    feeds = {feed.name: feed for feed in every(book)}
    if name not in feeds:
        raise NotFoundError(
            Message(
                "There is no feed “%(name)s”; there are %(known)s.",
                {"name": name, "known": ", ".join(feeds) or "–"},
            )
        )
    return feeds[name]


def take(book: Book, base: Path, name: str, who: str) -> Taken:
    """Take what a feed offers now as claims under the name of its side; all of it or nothing.

    Statements whose position lies where it cannot are taken as proposals, which do not count before
    a reviewer accepts them. Statements of others that a release passes on are left out: each side
    speaks for itself.

    Raises
    ------
    InputError
        The release is damaged, not signed with the known key, another one than it was when it was
        taken, or older than the last one.
    NotFoundError, UnavailableError
        As :func:`geo.exchange.fetching.fetch`.
    """
    feed = get(book, name)
    fetched = fetching.fetch(feed.address)
    if fetched.is_release:
        return _take_release(book, base, feed, fetched, who)
    return _take_file(book, base, feed, fetched, who)


def _take_release(book: Book, base: Path, feed: Feed, fetched: Fetched, who: str) -> Taken:
    notices: list[str] = []
    signed = _check_signature(feed, fetched, notices)
    contents = release_file.parse_apart(fetched.data)
    checksum = release_file.checksum(fetched.data)
    if _check_history(book, feed, contents, checksum, notices):
        return Taken(contents.about.number, signed, 0, 0, 0, (*notices,))
    own, wrong = _claims(contents)
    notices += wrong
    others = sum(row["party"] != contents.about.party for row in contents.claims)
    if others:
        notices.append(
            Message("%(n)s statements of others that it passes on were left out.", {"n": others})
        )
    taken = _add(book, base, feed, own, who, notices)
    _note(book, feed, contents.about.number, checksum, signed, who)
    return Taken(contents.about.number, signed, *taken, tuple(notices[:MOST_NOTICES]))


def _check_signature(feed: Feed, fetched: Fetched, notices: list[str]) -> bool:
    if feed.key:
        if not fetched.signature:
            raise InputError(Message("The release is not signed, and a key is known for it."))
        signing.verify(fetched.data, fetched.signature, feed.key)
        return True
    notices.append(
        Message("The release is signed, and no key is known to check it with.")
        if fetched.signature
        else Message("The release is not signed: its author is not verified.")
    )
    return False


def _check_history(
    book: Book, feed: Feed, contents: Contents, checksum: str, notices: list[str]
) -> bool:
    """Refuse a release that does not follow the last one; return whether it is the last one."""
    about = contents.about
    if about.party != feed.party:
        names = {"party": about.party, "known": feed.party}
        raise InputError(Message("The release is of “%(party)s”, the feed of “%(known)s”.", names))
    if about.at[:10] > now()[:10]:
        raise InputError(Message("The release is dated %(at)s, still to come.", {"at": about.at}))
    rows = book.rows("taken", feed=feed.name)
    earlier = {row["release"]: row["checksum"] for row in rows}
    last = max(earlier, default=0)
    numbers = {"number": about.number, "last": last}
    if about.number < last:
        raise InputError(
            Message("The feed offers an older release: %(number)s after %(last)s.", numbers)
        )
    if about.number == last:
        if checksum != earlier[last]:
            raise InputError(
                Message("Release %(number)s differs from the copy taken before.", numbers)
            )
        notices.append(Message("Release %(number)s was taken before.", numbers))
        return True
    if last and about.number == last + 1 and about.previous != earlier[last]:
        raise InputError(
            Message("Release %(number)s does not follow release %(last)s as taken.", numbers)
        )
    return False


def _claims(contents: Contents) -> tuple[list[Claim], list[str]]:
    """Read the statements of the side itself, and the faults of those that are wrong."""
    today, claims, wrong = datetime.now(UTC).date(), list[Claim](), list[str]()
    for row in contents.claims:
        if row["party"] != contents.about.party or row["state"] == "refused":
            continue
        claim = Claim(
            *(row["layer"], row["row_id"], row["field"], row["value"] or None, row["party"]),
            *(row["source"], row["source_kind"], row["as_of"]),
            accuracy=validation.number(row["accuracy"]),
            notes=row["notes"],
            stated_at=row["stated_at"] if _AT.fullmatch(row["stated_at"]) else "",
        )
        faults = claims_of.faults(claim, today)
        wrong += [behind(claims_of.named(claim), fault) for fault in faults]
        if not faults:
            claims.append(claim)
    return claims, wrong


def _take_file(book: Book, base: Path, feed: Feed, fetched: Fetched, who: str) -> Taken:
    checksum = release_file.checksum(fetched.data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / re.sub(r"[^\w.-]", "_", fetched.name)
        path.write_bytes(fetched.data)
        exam = doctor.examine(path, Known.read(base, feed.layer), feed.layer)
    terms = Terms(feed.party, feed.address, "page", now()[:10])
    brought = bringing.claims(exam, tables_of.read(base), feed.layer, terms)
    notices = [*exam.notices, *(fault.sentence for fault in exam.faults)]
    notices += [question.text for question in exam.questions]
    notices += bringing.faults(brought)
    taken = _add(book, base, feed, brought.claims, who, notices)
    _note(book, feed, 0, checksum, False, who)
    return Taken(0, False, *taken, tuple(notices[:MOST_NOTICES]))


def _add(
    book: Book,
    base: Path,
    feed: Feed,
    claims: Sequence[Claim],
    who: str,
    notices: list[str],
) -> tuple[int, int, int]:
    """Write claims into the book, those with a doubt as proposals; return how many are new, known
    and doubtful.
    """
    doubts = position_doubts(base, claims)
    sound = [claim for claim in claims if claim.id not in doubts]
    doubtful = [claim for claim in claims if claim.id in doubts]
    notices += [behind(claims_of.named(claim), doubts[claim.id]) for claim in doubtful]
    added = book.add(sound, origin=feed.name, who=who) if sound else None
    waits = book.add(doubtful, origin=feed.name, who=who, state="proposed") if doubtful else None
    new = (added.new if added else 0) + (waits.new if waits else 0)
    return new, len(claims) - new, len(doubtful)


def position_doubts(base: Path, claims: Iterable[Claim]) -> Mapping[str, str]:
    """Find the positions that lie where they cannot, by the identifier of their claim: outside
    their country or province, or far from where they are known.
    """
    import numpy as np

    doubts: dict[str, str] = {}
    claims = list(claims)
    for layer in LAYERS.values():
        points = [
            (claim, point)
            for claim in claims
            if layer.place and claim.layer == layer.id and claim.field == POSITION
            if (point := claims_of.lonlat(claim.value)) is not None
        ]
        if not points:
            continue
        stated: dict[str, dict[str, str]] = {}
        for claim in claims:
            if claim.layer == layer.id and claim.value is not None:
                stated.setdefault(claim.row_id, {})[claim.field] = claim.value
        known = tables_of.read_layer(base, layer)
        rows = [
            {
                **known.get(claim.row_id, {}),
                **stated[claim.row_id],
                "id": claim.row_id,
                "position_accuracy_m": f"{claim.accuracy or 0:g}",
                "_at": number,
            }
            for number, (claim, _) in enumerate(points)
        ]
        lonlat = np.array([point for _, point in points], float)
        texts, _ = Known.read(base, layer.id).region.doubts(rows, lonlat)
        doubts |= {claim.id: text for (claim, _), text in zip(points, texts, strict=True) if text}
    return doubts


def _note(book: Book, feed: Feed, number: int, checksum: str, signed: bool, who: str) -> None:
    row = {
        "feed": feed.name,
        "release": number,
        "checksum": checksum,
        "signed": signed,
        "who": who,
        "at": now(),
    }
    book.keep("taken", row, who, "feed taken", f"{feed.name}: {number or checksum[:12]}")
