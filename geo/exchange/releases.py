"""Releases: versions of the layers that are frozen, compared, opened again and sent to others."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from geo import export, layers, package_check
from geo.errors import InputError, Message, NotFoundError, UnavailableError, behind
from geo.exchange import changes as changes_of
from geo.exchange import claims as claims_of
from geo.exchange import release_file, signing, standing
from geo.exchange import tables as tables_of
from geo.exchange.book import Book, now
from geo.exchange.changes import Change
from geo.exchange.quiet import quiet
from geo.exchange.release_file import About, Contents
from geo.exchange.signing import Key
from geo.exchange.standing import Standing
from geo.exchange.tables import Tables
from geo.schema import LAYERS, Layer, resource
from geo.text import short

FOLDER = "releases"
_NOT_OF_A_NAME = re.compile(r"[^\w-]+")
NOT_COPIED = re.compile(r".*\.(py|pyc)|__pycache__")
LEFT_S = 3_600
"""After so long a folder that is being written is one that a process has left when it was ended."""


@dataclass(frozen=True)
class Release:
    """A release of the book, without its contents."""

    number: int
    title: str
    package: str
    who: str
    at: str
    checksum: str
    signature: str


def party_of(base: Path) -> str:
    """Return the name under which the values of a data package stand: whoever made it."""
    package = layers.describe(base)
    makers = package.get("contributors")
    first = makers[0] if isinstance(makers, list) and makers else {}
    maker = first.get("title") if isinstance(first, dict) else None
    return str(maker or package.get("title") or package.get("name") or base.name)


@quiet()
def standing_of(book: Book, base: Path) -> Standing:
    """Compute what follows from a data package and all claims of a book."""
    return standing.follow(tables_of.read(base), book.statements(), party_of(base))


def every(book: Book) -> list[Release]:
    """Return the releases of a book, the first one first."""
    columns = tuple(Release.__dataclass_fields__)
    return [Release(*(row[name] for name in columns)) for row in book.release_rows()]


def content(book: Book, number: int) -> bytes:
    """Return the file of a release.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    rows = book.rows("releases", number=number)
    if not rows:
        raise NotFoundError(Message("There is no release %(number)s.", {"number": number}))
    return bytes(rows[0]["content"])


def state(book: Book, base: Path, number: int) -> Tables:
    """Return the layers as they were in a release; those of the package itself for number 0."""
    if number == 0:
        return tables_of.read(base)
    return _tables(release_file.parse(content(book, number)))


@quiet()
def compare(book: Book, base: Path, old: int, new: int) -> list[Change]:
    """List what differs between two releases; 0 is the package itself."""
    return changes_of.compare(state(book, base, old), state(book, base, new))


def _tables(contents: Contents) -> Tables:
    with tempfile.TemporaryDirectory() as folder:
        for name, table in contents.tables.items():
            (Path(folder) / f"{name}.csv").write_bytes(table)
        return tables_of.read(Path(folder))


@quiet()
def pending(book: Book, base: Path) -> tuple[Standing, list[Change]]:
    """Return what the next release would hold, and what it would change."""
    last = max((release.number for release in every(book)), default=0)
    following = standing_of(book, base)
    return following, changes_of.compare(state(book, base, last), following.tables)


@quiet()
def release(
    book: Book, base: Path, home: Path, *, title: str, party: str, who: str, key: Key | None = None
) -> Release:
    """Freeze what follows from all claims as the next release.

    Parameters
    ----------
    title
        What is new, in words of the person who releases.
    party
        Whose release it is.
    key
        Signs it.

    Raises
    ------
    InputError
        No title or party; nothing has changed since the last release; or the layers would have
        faults. Nothing is released then.
    UnavailableError
        The release cannot be written, such as to a disk that is full.
    """
    missing = [
        behind(name, fault)
        for name, text in (("title", title), ("party", party))
        if (fault := _name_fault(text)) is not None
    ]
    if missing:
        raise InputError(Message("A release needs a title and the name of its side."), missing)
    earlier = every(book)
    following, changes = pending(book, base)
    about = About(
        number=len(earlier) + 1,
        title=title.strip(),
        party=party.strip(),
        who=who,
        at=now(),
        package=str(layers.describe(base).get("name", "")),
        base=digest(base),
        previous=earlier[-1].checksum if earlier else "",
    )
    data = release_file.pack(about, _files(base, following, about, changes))
    if earlier and not _differs(book, earlier[-1].number, data):
        raise InputError(Message("Nothing has changed since the last release."))
    _check(base, home, data)
    frozen = Release(
        *(about.number, about.title, about.package, who, about.at),
        release_file.checksum(data),
        signing.sign(data, key, f"release {about.number} of {about.party}") if key else "",
    )
    book.keep_release(vars(frozen) | {"content": data}, who)
    return frozen


def put(folder: Path, frozen: Release, data: bytes) -> Path:
    """Write a release into a folder, with its signature beside it; return its path."""
    name = f"{_NOT_OF_A_NAME.sub('-', frozen.package)}-{frozen.number}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    if frozen.signature:
        (folder / f"{name}{signing.ENDING}").write_text(frozen.signature, encoding="utf-8")
    beside = folder / f"{name}.part"
    beside.write_bytes(data)
    return beside.replace(folder / name)


def words_of(data: bytes) -> str:
    """Return the changelog of a release."""
    return release_file.parse(data).changes


def about(base: Path, old: int, new: int) -> export.About:
    """Describe the differences between two releases for an export."""
    package = layers.describe(base)
    licences = package.get("licenses")
    named = [entry for entry in (licences or []) if isinstance(entry, dict)]
    return export.About(
        layer=f"changes-{old}-{new}",
        title=f"What changed from release {old} to release {new}",
        description=str(package.get("title", "")),
        licence=", ".join(str(entry.get("title") or entry.get("name")) for entry in named),
    )


def _name_fault(text: str) -> str | None:
    return claims_of.text_fault(text, claims_of.MOST_NAME) if text.strip() else Message("is empty")


def digest(base: Path) -> str:
    """Return a digest of the layers of a data package."""
    sums = hashlib.sha256()
    for name in sorted(LAYERS):
        path = base / f"{name}.csv"
        if path.is_file():
            sums.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return sums.hexdigest()[:16]


def _differs(book: Book, number: int, data: bytes) -> bool:
    """Check whether layers or statements differ from those of a release."""
    old = release_file.parse(content(book, number))
    new = release_file.parse(data)
    return old.tables != new.tables or old.claims != new.claims


def _files(
    base: Path, following: Standing, about: About, changes: list[Change]
) -> dict[str, bytes]:
    """Return the files of a release by name."""
    claims = LAYERS["claims"]
    files = {
        f"{name}.csv": _written(base, following, LAYERS[name], rows)
        for name, rows in following.tables.layers.items()
    }
    files["provenance.csv"] = tables_of.write(LAYERS["provenance"], following.provenance)
    files["claims.csv"] = tables_of.write(claims, standing.statement_rows(following.values))
    package = layers.describe(base)
    named = {part.get("name") for part in package["resources"]}
    package["resources"] = package["resources"] + [
        resource(LAYERS[name]) for name in ("provenance", "claims") if name not in named
    ]
    package["version"] = f"{package.get('version', '0')}+{about.number}"
    package["created"] = about.at
    text = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    files[release_file.PACKAGE] = text.encode()
    lines = [f"# {about.title}", "", f"Release {about.number} of {about.party}, {about.at}."]
    lines += changes_of.words(changes) or ["", "No value has changed."]
    files[release_file.CHANGES] = ("\n".join(lines) + "\n").encode()
    return files


def _written(base: Path, following: Standing, layer: Layer, rows: tables_of.Rows) -> bytes:
    """Return the file of a layer: that of the package as it is where no row has changed."""
    if rows == following.base.layers[layer.id]:
        return (base / f"{layer.id}.csv").read_bytes()
    return tables_of.write(layer, rows.values())


def _check(base: Path, home: Path, data: bytes) -> None:
    """Refuse a release whose data package would have faults that that of the base has not."""
    with _beside(home, "check-") as folder:
        _fill(folder, release_file.parse(data), base)
        faults = _faults(folder)
        if faults:  # faults of the package itself are left aside
            before = set(map(str, _faults(base)))
            faults = [fault for fault in faults if str(fault) not in before]
    if faults:
        raise InputError(Message("The layers would have faults; nothing was released:"), faults)


def _faults(folder: Path) -> list[Message]:
    """List the faults of a data package, each behind the table it is in."""
    report = package_check.check(folder)
    return [behind(name, fault) for name, faults in report.items() for fault in faults]


@contextmanager
def _beside(home: Path, prefix: str) -> Iterator[Path]:
    """Make a folder among the releases that is gone at the end, unless it was moved."""
    folder = home / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in (*folder.glob("check-*"), *folder.glob("new-*")):
            with suppress(FileNotFoundError):  # another process was first
                if time.time() - left.stat().st_mtime > LEFT_S:
                    shutil.rmtree(left, ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise UnavailableError(
            Message(
                "The folder %(path)s cannot be written to: %(reason)s.",
                {"path": folder, "reason": error.strerror or str(error)},
            )
        ) from None


def unpack(data: bytes, base: Path, home: Path) -> Path:
    """Put a release into a folder as a whole data package, and return it: with the roads, outlines
    and map of the package it set out from. One that is there already stays.

    Raises
    ------
    UnavailableError
        The folder cannot be written, such as to a disk that is full.
    """
    contents = release_file.parse(data)
    goal = _folder(home, contents.about.number, release_file.checksum(data))
    if (goal / release_file.PACKAGE).is_file():
        return goal
    with _beside(home, "new-") as place:
        _fill(place, contents, base)
        try:
            place.rename(goal)
        except OSError:
            if not (goal / release_file.PACKAGE).is_file():  # no other process was first
                raise
    return goal


def _folder(home: Path, number: int, checksum: str) -> Path:
    """Return where the data package of a release is put."""
    return home / FOLDER / f"{number}-{checksum[:12]}"


def _fill(place: Path, contents: Contents, base: Path) -> None:
    """Write the data package of a release."""
    _copy(base, place)
    for layer_id in LAYERS:
        table = contents.tables.get(layer_id)
        if table is None:  # the package has it since only
            (place / f"{layer_id}.csv").unlink(missing_ok=True)
        else:
            _put(place / f"{layer_id}.csv", table)
    rows = [{name: cell or None for name, cell in row.items()} for row in contents.claims]
    _put(place / "claims.csv", tables_of.write(LAYERS["claims"], rows))
    text = json.dumps(contents.package, ensure_ascii=False, indent=1) + "\n"
    _put(place / release_file.PACKAGE, text.encode())


def _copy(base: Path, place: Path) -> None:
    """Link or copy the files of a package, without the home folder where it lies in there."""
    base, place = base.resolve(), place.resolve()
    home = place.relative_to(base).parts[:1] if place.is_relative_to(base) else ()

    def link(source: str, goal: str) -> None:
        try:
            os.link(source, goal)
        except OSError:
            shutil.copyfile(source, goal)

    def left_out(folder: str, names: list[str]) -> list[str]:
        here = home if Path(folder) == base else ()
        return [name for name in names if name in here or NOT_COPIED.fullmatch(name)]

    shutil.copytree(base, place, ignore=left_out, copy_function=link, dirs_exist_ok=True)


def _put(path: Path, data: bytes) -> None:
    """Write a file in place of a link, without touching what it links to."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def opened(home: Path, base: Path, store: str, which: str) -> Path:
    """Return the folder of the data package that is meant: of a release, or the package itself.

    Parameters
    ----------
    which
        ``latest``, a number, or ``none`` for the package itself.

    Raises
    ------
    NotFoundError
        Such a release does not exist.
    """
    if which == "none":
        return base
    book = Book.held(home, store)
    package = str(layers.describe(base).get("name", ""))
    known = {
        str(entry.number): entry
        for entry in (every(book) if book else [])
        if entry.package == package
    }
    if which == "latest" and not known:
        return base
    chosen = known.get(next(reversed(known)) if which == "latest" else which)
    if book is None or chosen is None:
        raise NotFoundError(Message("There is no release %(number)s.", {"number": short(which)}))
    folder = _folder(home, chosen.number, chosen.checksum)
    if (folder / release_file.PACKAGE).is_file():
        return folder
    return unpack(content(book, chosen.number), base, home)
