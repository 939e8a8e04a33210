"""The file of a release: a data package with its statements, changelog and checksums, in an
archive; written, and read from strangers in a process of its own.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo import confined
from geo.errors import InputError, Message, UnavailableError
from geo.exchange import sniffing
from geo.export.archive import zipped
from geo.schema import LAYERS

ABOUT, SUMS, CHANGES, PACKAGE = "release.json", "SHA256SUMS", "CHANGES.md", "datapackage.json"
TEXTS = ("title", "party", "who", "at", "package", "base")
TIMEOUT_S, MEMORY_BYTES = 60, 2 * 1024**3
MOST_CLAIMS = 500_000
"""Statements of a release: a reader keeps them in memory."""


@dataclass(frozen=True)
class About:
    """What a release says of itself.

    Attributes
    ----------
    number, previous
        Counted from 1 by each party; checksum of the release before, empty for the first.
    title, party, who, at
        What is new, whose it is, who released it, and when in UTC.
    package, base
        Name of the data package, and a digest of the one from which the claims set out.
    """

    number: int
    title: str
    party: str
    who: str
    at: str
    package: str
    base: str
    previous: str = ""


@dataclass(frozen=True)
class Contents:
    """A release as it was read.

    Attributes
    ----------
    tables
        The files of its layers as bytes, by layer.
    claims
        The rows of the table ``claims`` as text.
    """

    about: About
    tables: dict[str, bytes]
    claims: tuple[dict[str, str], ...]
    changes: str
    package: dict[str, Any]


def checksum(data: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def pack(about: About, files: Mapping[str, bytes]) -> bytes:
    """Write a release; the same contents are the same bytes."""
    described = json.dumps(vars(about), ensure_ascii=False, indent=1) + "\n"
    files = {**files, ABOUT: described.encode()}
    sums = "".join(f"{checksum(files[name])}  {name}\n" for name in sorted(files))
    return zipped(dict(sorted({**files, SUMS: sums.encode()}.items())))


def parse(data: bytes) -> Contents:
    """Read a release.

    Raises
    ------
    InputError
        It is not one, it is damaged, or a file in it is another one than its checksums say.
    """
    files = sniffing.unpacked(data)
    if not {ABOUT, SUMS, PACKAGE} <= files.keys():
        raise InputError(Message("The file is not a release of Zone Atlas."))
    _check_sums(files)
    tables = {
        name: files[f"{name}.csv"] for name in LAYERS if f"{name}.csv" in files and name != "claims"
    }
    return Contents(
        _about(files[ABOUT]),
        tables,
        _claims(files.get("claims.csv", b"")),
        _text(files.get(CHANGES, b"")),
        _json(files[PACKAGE]),
    )


def _check_sums(files: Mapping[str, bytes]) -> None:
    sums = {
        name: digest
        for digest, _, name in (
            line.partition("  ") for line in _text(files[SUMS]).splitlines() if line
        )
    }
    wrong = sorted(
        name
        for name in files.keys() | sums.keys()
        if name != SUMS and (name not in files or checksum(files[name]) != sums.get(name))
    )
    if wrong:
        raise InputError(
            Message("Files of the release do not fit their checksums:"), wrong[: sniffing.MAX_PARTS]
        )


def _about(data: bytes) -> About:
    stated = _json(data)
    number, previous = stated.get("number"), stated.get("previous")
    texts = {name: stated.get(name) for name in TEXTS}
    sound = (
        isinstance(number, int)
        and not isinstance(number, bool)
        and 0 < number < 10**9
        and all(isinstance(text, str) and len(text) <= 1_000 for text in texts.values())
        and isinstance(previous, str)
        and re.fullmatch(r"([0-9a-f]{64})?", previous)
    )
    if not sound:
        raise InputError(Message("The release has no valid description."))
    return About(number=number, previous=previous, **texts)  # type: ignore[arg-type]


def _json(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(_text(data))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(Message("The release has no valid description."))
    return document


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(sniffing.BROKEN) from None


def _claims(data: bytes) -> tuple[dict[str, str], ...]:
    columns = LAYERS["claims"].names
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    rows: list[dict[str, str]] = []
    try:
        header = next(reader, list(columns))
        if header != list(columns):
            raise InputError(Message("The statements of the release have other columns."))
        for cells in reader:
            if len(cells) != len(columns):
                raise InputError(sniffing.BROKEN)
            if len(rows) >= MOST_CLAIMS:
                raise InputError(
                    Message("A release holds at most %(most)s statements.", {"most": MOST_CLAIMS})
                )
            rows.append(dict(zip(columns, cells, strict=True)))
    except csv.Error:
        raise InputError(sniffing.BROKEN) from None
    return tuple(rows)


def parse_apart(data: bytes) -> Contents:
    """Read a release of a stranger as :func:`parse` does, in a process that may do nothing else.

    Raises
    ------
    InputError
        As :func:`parse`, or it did not come to an end.
    UnavailableError
        No process can be started.
    """
    if len(data) > sniffing.MAX_BYTES:
        most = sniffing.MAX_BYTES // 1024**2
        raise InputError(Message("The release is larger than %(most)s MB.", {"most": most}))
    try:
        reply = json.loads(
            confined.answer("geo.exchange.release_file", data, TIMEOUT_S, {}) or b"{}"
        )
    except subprocess.TimeoutExpired:
        reply = {}
    except OSError:
        raise UnavailableError(
            Message("The reader of files could not be started; try again.")
        ) from None
    if "wrong" in reply:
        raise InputError(Message.of_plain(reply["wrong"]), reply["faults"])
    if "about" not in reply:
        raise InputError(sniffing.BROKEN)
    return Contents(
        About(**reply["about"]),
        {name: base64.b64decode(text) for name, text in reply["tables"].items()},
        tuple(reply["claims"]),
        reply["changes"],
        reply["package"],
    )


def main() -> None:
    """Read a release from the standard input; write what is in it as JSON to the standard
    output.
    """
    confined.confine(MEMORY_BYTES, TIMEOUT_S)
    try:
        contents = parse(sys.stdin.buffer.read(sniffing.MAX_BYTES + 1))
    except InputError as error:
        wrong = error.message
        plain = wrong.plain() if isinstance(wrong, Message) else {"text": wrong, "values": {}}
        sys.stdout.write(json.dumps({"wrong": plain, "faults": list(map(str, error.faults))}))
        return
    answer = {
        "about": vars(contents.about),
        "tables": {
            name: base64.b64encode(table).decode() for name, table in contents.tables.items()
        },
        "claims": contents.claims,
        "changes": contents.changes,
        "package": contents.package,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
