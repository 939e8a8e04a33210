"""Processes that read what strangers bring and may do nothing else: they neither write, connect nor
start anything, with limits of time and memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

SETTINGS = {
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENPYXL_LXML": "False",
}
"""The whole environment of such a process, but for what the system needs to load libraries."""
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
"""Beginnings of the audit events that a reader may cause: it loads code and reads files, and files
only to read them.
"""


def answer(
    module: str,
    question: bytes,
    timeout_s: float,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return what a module, run as a process with the question as its input, writes; nothing where
    it fails.

    Raises
    ------
    subprocess.TimeoutExpired
        It did not come to an end.
    OSError
        No process can be started.
    """
    kept = {
        name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ
    }
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=question,
        cwd=Path(__file__).resolve().parents[1],
        env={**kept, **SETTINGS, **settings},
        capture_output=True,
        timeout=timeout_s,
    )
    return done.stdout if done.returncode == 0 else b""


def confine(memory_bytes: int, cpu_s: int) -> None:
    """Take from this process what a reader does not need; it cannot be undone."""
    try:
        import resource
    except ImportError:  # Windows has none
        pass
    else:
        for what, most in (
            (resource.RLIMIT_AS, memory_bytes),
            (resource.RLIMIT_CPU, cpu_s),
            (resource.RLIMIT_FSIZE, 0),
        ):
            resource.setrlimit(what, (most, most))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        written = event == "open" and (
            set(str(args[1] or "")) & set("wax+")
            or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if written or not event.startswith(ALLOWED):
            raise PermissionError(f"A reader of files does not do this: {event}")

    sys.addaudithook(refuse)
