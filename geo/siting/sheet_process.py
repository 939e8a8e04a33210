"""Read a sheet that a stranger brings in a process of its own, which may do nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

from geo import confined
from geo.errors import Message, UnavailableError
from geo.siting.companies import Company, Sheet, Words
from geo.siting.company_sheet import MAX_BYTES, read
from geo.siting.sheet_faults import Fault, SheetError

TIMEOUT_S = 20


MEMORY_BYTES = 1024**3


def read_apart(data: bytes, known: Words) -> Sheet:
    """Read as :func:`read` does, in a process that may neither write, connect nor start anything,
    with limits of time and memory.

    Raises
    ------
    SheetError
        As :func:`read`; also where the reader did not come to an end.
    UnavailableError
        No process can be started.
    """
    if len(data) > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    try:
        reply = confined.answer(
            "geo.siting.sheet_process", json.dumps(known).encode() + b"\n" + data, TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise SheetError([Fault("slow", values={"n": TIMEOUT_S})]) from None
    except OSError:
        raise UnavailableError(
            Message("The reader of sheets could not be started; try again.")
        ) from None
    try:
        answer = json.loads(reply) if reply else {}
        wrong, notes, left_out = (
            tuple(Fault(**fault) for fault in answer.get(name, ()))
            for name in ("wrong", "notes", "left_out")
        )
        companies = tuple(Company.of(company) for company in answer.get("companies", ()))
        written = [
            str(fault) for fault in (*wrong, *notes, *left_out)
        ]  # a sentence that cannot be written is not of ours
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        wrong, companies, written = (), (), []
    if not written and not companies:
        raise SheetError([Fault("broken")])
    if wrong:
        raise SheetError(wrong)
    return Sheet(companies, notes, left_out)


def _confine() -> None:
    """Take from this process what a reader does not need."""
    confined.confine(MEMORY_BYTES, TIMEOUT_S)


def main() -> None:
    """Read what may stand in the sheet, a line of JSON, and the sheet from the standard input;
    write JSON to the standard output.
    """
    import openpyxl  # noqa: F401  before the doors are shut

    _confine()
    known = json.loads(sys.stdin.buffer.readline())
    try:
        answer = asdict(read(sys.stdin.buffer.read(MAX_BYTES + 1), known))
    except SheetError as error:
        answer = {"wrong": [asdict(fault) for fault in error.found]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
