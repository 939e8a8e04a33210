"""Read a sheet that a stranger brings in a process of its own, which may do nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

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
    kept = {
        name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ
    }
    settings = {
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OPENPYXL_LXML": "False",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "geo.siting.sheet_process"],
            input=json.dumps(known).encode() + b"\n" + data,
            cwd=Path(__file__).resolve().parents[2],
            env=kept | settings,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise SheetError([Fault("slow", values={"n": TIMEOUT_S})]) from None
    except OSError:
        raise UnavailableError(
            Message("The reader of sheets could not be started; try again.")
        ) from None
    try:
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
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


ALLOWED = (
    *(
        "array.",
        "import",
        "compile",
        "exec",
        "open",
        "object.",
        "code.",
        "marshal.",
        "sys._getframe",
        "builtins.",
    ),
    *("os.listdir", "os.scandir"),
)
"""Beginnings of the audit events that the reader may cause: it loads code and reads files, and
files only to read them.
"""


def _confine() -> None:
    """Take from this process what a reader does not need; there is no way back."""
    try:
        import resource
    except ImportError:  # Windows has none
        pass
    else:
        for what, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, TIMEOUT_S),
            (resource.RLIMIT_FSIZE, 0),
        ):
            resource.setrlimit(what, (most, most))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        written = event == "open" and (
            set(str(args[1] or "")) & set("wax+")
            or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if written or not event.startswith(ALLOWED):
            raise PermissionError(f"A reader of sheets does not do this: {event}")

    sys.addaudithook(refuse)


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
