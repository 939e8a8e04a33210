"""Read a file that a stranger brings in a process of its own, which may do nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from geo import confined
from geo.errors import InputError, Message, NotFoundError, UnavailableError
from geo.exchange import formats, sniffing
from geo.exchange.table import Table

TIMEOUT_S = 120
MEMORY_BYTES = 3 * 1024**3
NOWHERE = "http://127.0.0.1:9"
"""A proxy that no request gets beyond."""


def read_apart(
    path: str | os.PathLike[str], part: str = "", encoding: str = "", words: Iterable[str] = ()
) -> Table:
    """Read as :func:`geo.exchange.formats.read` does, in a process that may neither write, connect
    nor start anything, with few drivers and limits of time and memory.

    Raises
    ------
    NotFoundError
        The file does not exist.
    InputError
        The file is too large or cannot be read, or the reader did not come to an end.
    UnavailableError
        No process can be started.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    if path.stat().st_size > sniffing.MAX_BYTES:
        raise InputError(
            Message(
                "%(file)s is larger than %(most)s MB.",
                {"file": path.name, "most": sniffing.MAX_BYTES // 1024**2},
            )
        )
    question = {"part": part, "encoding": encoding, "words": sorted(words)}
    try:
        answer = confined.answer(
            "geo.exchange.reading",
            json.dumps(question).encode() + b"\n" + path.read_bytes(),
            TIMEOUT_S,
            _settings(),
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            Message(
                "Reading the file took longer than %(n)s seconds and was stopped.",
                {"n": TIMEOUT_S},
            )
        ) from None
    except OSError:
        raise UnavailableError(
            Message("The reader of files could not be started; try again.")
        ) from None
    try:
        reply = json.loads(answer)
        wrong = Message.of_plain(reply["wrong"]) if "wrong" in reply else None
        table = None if wrong else Table(**reply)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(sniffing.BROKEN) from None
    if table is None:
        raise InputError(wrong or sniffing.BROKEN)
    return table


@cache
def _settings() -> dict[str, str]:
    """Return what GDAL is told before it starts: the drivers to leave out, and no way out."""
    import pyogrio

    others = [name for name in pyogrio.list_drivers() if name not in formats.DRIVERS]
    return {
        "GDAL_SKIP": ",".join(others),
        "GDAL_HTTP_PROXY": NOWHERE,
        "http_proxy": NOWHERE,
        "https_proxy": NOWHERE,
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "DXF_ENCODING": "ISO-8859-1",  # byte by byte; what is stated is often wrong
        "OGR_GEOJSON_MAX_OBJ_SIZE": "50",
        "LIBKML_RESOLVE_STYLE": "NO",
    }


def _without_network() -> None:
    """Leave the network, where the system lets a process do so."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)  # CLONE_NEWUSER, CLONE_NEWNET


def main() -> None:
    """Read a line of JSON and the file from the standard input; write the table as JSON to the
    standard output.
    """
    import openpyxl  # noqa: F401  before the doors are shut
    import pyogrio.raw

    if set(pyogrio.list_drivers()) - set(formats.DRIVERS):
        raise SystemExit("GDAL may open more than it should.")
    _without_network()
    confined.confine(MEMORY_BYTES, TIMEOUT_S)
    question = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(sniffing.MAX_BYTES + 1)
    try:
        words = frozenset(question["words"])
        answer = vars(formats.read(data, question["part"], question["encoding"], words))
    except InputError as error:
        answer = {"wrong": _plain(error.message)}
    sys.stdout.write(json.dumps(answer))


def _plain(message: str) -> object:
    return message.plain() if isinstance(message, Message) else {"text": message, "values": {}}


if __name__ == "__main__":
    main()
