"""A process that is ended at any moment, or whose disk is full: what it has confirmed is there,
whole, and the next one goes on.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from parties import claim, say

from geo.errors import UnavailableError
from geo.exchange import database, release_file, releases
from geo.exchange.book import Book

ROUNDS = int(os.environ.get("ZONEATLAS_KILLS", "12"))
"""Of ``kill -9``. A round takes a second, so few of them are taken by default."""

WRITES = """
import os, sys
from pathlib import Path
import geo.package_check
from geo.exchange import releases
from geo.exchange.book import Book
from geo.exchange.claims import Claim

home, toy, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
book = Book.of(home)
book.engine, book._tables


def write(number):
    n = 0
    while True:
        n += 1
        claims = [
            Claim("parks", "west-park", field, value, f"p{number}", f"s{n}", "survey", "2026-01",
                  notes="x" * 500)
            for field, value in (("area_ha", str(n)), ("name_en", f"West {n}"))
        ]
        added = book.add(claims, origin="f", who="an")
        print("batch", added.batch, *(claim.id for claim in claims), flush=True)
        book.decide([claims[0].id], "refused" if n % 2 else "accepted", reason="r", who="an")
        print("decided", claims[0].id, "refused" if n % 2 else "accepted", flush=True)
        if n % 2:
            frozen = releases.release(book, toy, home, title=f"{number} {n}", party="A", who="an")
            print("release", frozen.number, frozen.checksum, flush=True)


for number in range(kills):  # a child for each round, so that libraries are loaded once
    child = os.fork()
    if not child:
        write(number)
    print("child", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
LIMITED = """
import resource, sys
from pathlib import Path
from geo.errors import UnavailableError
from geo.exchange import releases
from geo.exchange.book import Book
from geo.exchange.claims import Claim

home, toy, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
book = Book.of(home)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
n = 0
try:
    while True:
        n += 1
        claims = [Claim("parks", "west-park", "area_ha", str(n), "A", f"s{n}", "survey", "2026",
                        notes="x" * 3000)]
        book.add(claims, origin="f", who="an")
        print("batch", 0, claims[0].id, flush=True)
        if n % 8 == 1:
            frozen = releases.release(book, toy, home, title=f"{n}", party="A", who="an")
            print("release", frozen.number, frozen.checksum, flush=True)
except UnavailableError as error:
    print("full", error, flush=True)
"""


def whole(home: Path, lines: list[str]) -> None:
    """Check that the book holds what was confirmed, and nothing half."""
    with sqlite3.connect(home / database.FILE) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    book = Book.of(home)
    states = {entry.claim.id: entry.state for entry in book.statements()}
    every = {entry.number: entry.checksum for entry in releases.every(book)}
    for words in map(str.split, lines):
        if words[0] == "batch":
            assert set(words[2:]) <= states.keys()
        elif words[0] == "decided":
            assert states[words[1]] == words[2]
        elif words[0] == "release":
            assert every[int(words[1])] == words[2]
    numbers = [row["batch"] for row in book.rows("claims")]
    assert len({numbers.count(number) for number in numbers}) <= 1  # no batch is there in part
    assert list(every) == list(range(1, len(every) + 1))


def opened(home: Path) -> None:
    """Check that each release can be read, and follows the one before."""
    book, before = Book.of(home), ""
    for entry in releases.every(book):
        data = releases.content(book, entry.number)
        assert release_file.checksum(data) == entry.checksum
        assert release_file.parse(data).about.previous == before
        before = entry.checksum
    for folder in (home / releases.FOLDER).glob("[0-9]*"):
        assert (folder / release_file.PACKAGE).is_file()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no kill -9")
def test_kill_9_at_any_moment(tmp_path: Path, toy: Path) -> None:
    """A process that adds, decides and releases is killed at a random moment, again and again."""
    rng = random.Random(9)
    command = [sys.executable, "-c", WRITES, str(tmp_path), str(toy), str(ROUNDS)]
    lines: list[str] = []
    done, child, left = 0, 0, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        for line in parent.stdout:
            if line.startswith("child"):
                child, left = int(line.split()[1]), rng.randrange(8)
            elif line.startswith("ended"):
                whole(tmp_path, lines)
                done += 1
                continue
            else:
                lines.append(line)
                left -= 1
            if left == 0:  # so many steps are done, and one is under way
                time.sleep(rng.uniform(0, 0.2))
                os.kill(child, signal.SIGKILL)
    assert parent.returncode == 0
    assert done == ROUNDS
    assert {line.split()[0] for line in lines} == {"batch", "decided", "release"}
    opened(tmp_path)
    book = Book.of(tmp_path)
    say(book, [claim()])  # the next one goes on
    releases.release(book, toy, tmp_path, title="after", party="A", who="binh")
    assert len(book.statements()) == len({entry.claim.id for entry in book.statements()})


@pytest.mark.parametrize("limit", [300_000, 600_000])
def test_a_full_disk(tmp_path: Path, toy: Path, limit: int) -> None:
    """Once no file may grow it is said, nothing is there by half, and later all goes on."""
    pytest.importorskip("resource", reason="Windows lacks such limits")
    say(Book.of(tmp_path), [claim()])
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), str(toy), str(limit)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("full The database of the exchange cannot be used")
    assert len(lines) > 3
    whole(tmp_path, lines)
    opened(tmp_path)
    book = Book.of(tmp_path)
    say(book, [claim(value="400", party="Guangxi")])
    releases.release(book, toy, tmp_path, title="after", party="A", who="an")


def test_a_release_on_a_full_disk(
    tmp_path: Path, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder of a release cannot be written this is said, and no part of it stays."""
    book = Book.of(tmp_path)
    say(book, [claim()])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(releases, "_put", full)
        with pytest.raises(UnavailableError, match="No space left"):
            releases.release(book, toy, tmp_path, title="t", party="A", who="an")
    assert releases.every(book) == []
    assert list((tmp_path / releases.FOLDER).iterdir()) == []
    releases.release(book, toy, tmp_path, title="t", party="A", who="an")
    with monkeypatch.context() as patch:
        patch.setattr(releases, "_put", full)
        with pytest.raises(UnavailableError, match="No space left"):
            releases.opened(tmp_path, toy, "", "latest")
    assert list((tmp_path / releases.FOLDER).iterdir()) == []
    folder = releases.opened(tmp_path, toy, "", "latest")
    assert (folder / release_file.PACKAGE).is_file()
