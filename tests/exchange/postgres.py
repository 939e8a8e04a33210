"""A PostgreSQL with PostGIS of the tests' own, from the packages of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

USER = "postgres"
"""Who runs it where the tests run as root, which PostgreSQL refuses."""


def _programs() -> Path | None:
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    program = shutil.which("initdb") or next(iter(map(str, known)), None)
    return Path(program).resolve().parent if program else None


class Server:
    """A server in a folder of its own that is reached through a socket there.

    Skips the test that asks for it, with the reason, where none can be started.
    """

    def __init__(self) -> None:
        pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
        programs = _programs()
        if programs is None:
            pytest.skip("PostgreSQL is not installed")
        self._programs, self._numbers = programs, count(1)
        self._root = hasattr(os, "geteuid") and os.geteuid() == 0
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a path of a socket has to be
        if self._root:
            try:
                shutil.chown(self.folder, USER)
            except LookupError:
                self.end()
                pytest.skip("PostgreSQL does not run as root, and there is no other user")
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "atlas", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *words: str) -> None:
        before: Sequence[str] = ("runuser", "-u", USER, "--") if self._root else ()
        done = subprocess.run(
            [*before, str(self._programs / program), *words],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what the server keeps open is not waited for
            stderr=subprocess.DEVNULL,
            timeout=120,
        )
        if done.returncode:
            raise OSError(f"{program} ended with {done.returncode}")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=60"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def end(self) -> None:
        if (self.data / "postmaster.pid").is_file():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql://atlas@/{name}?host={self.folder}"

    def database(self, template: str = "template1") -> str:
        """Make a database, and return its address."""
        import psycopg

        name = f"book{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)
