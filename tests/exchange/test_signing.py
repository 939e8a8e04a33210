"""Signatures: against the program minisign, and against whoever changes something."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.errors import InputError, NotFoundError
from geo.exchange import signing

DATA = b"a release\n" * 100
MINISIGN = shutil.which("minisign")
needs_minisign = pytest.mark.skipif(MINISIGN is None, reason="minisign is not installed")


def minisign(*words: str, fails: bool = False) -> None:
    done = subprocess.run([str(MINISIGN), *words], capture_output=True, timeout=60, text=True)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr


@needs_minisign
def test_minisign_checks_what_is_signed_here(tmp_path: Path) -> None:
    """The program takes our signature with our public key, and not that of another file."""
    key = signing.make(tmp_path)
    file = tmp_path / "release.zip"
    file.write_bytes(DATA)
    (tmp_path / "release.zip.minisig").write_text(signing.sign(DATA, key, "release 1 of\nA 广西"))
    minisign("-V", "-m", str(file), "-P", key.public)
    minisign("-V", "-m", str(file), "-p", str(tmp_path / "exchange.pub"))
    file.write_bytes(DATA + b"!")
    minisign("-V", "-m", str(file), "-P", key.public, fails=True)


@needs_minisign
@pytest.mark.parametrize("way", ["-S", "-Sl"])
def test_what_minisign_signs_is_checked_here(tmp_path: Path, way: str) -> None:
    """Keys and signatures of the program, with a hash and without, are read; its key signs here."""
    secret, public = tmp_path / signing.FILE, tmp_path / "key.pub"
    minisign("-G", "-W", "-p", str(public), "-s", str(secret))
    file, signature = tmp_path / "file", tmp_path / "file.minisig"
    file.write_bytes(DATA)
    minisign(way, "-s", str(secret), "-m", str(file), "-t", "by the program")
    text = signature.read_text()
    assert signing.verify(DATA, text, public.read_text()) == "by the program"
    with pytest.raises(InputError, match="changed"):
        signing.verify(DATA[1:], text, public.read_text())
    key = signing.read(tmp_path)
    assert public.read_text().splitlines()[1] == key.public
    signature.write_text(signing.sign(DATA, key, "by us"))
    minisign("-V", "-m", str(file), "-p", str(public))


@needs_minisign
def test_minisign_signs_with_a_key_made_here(tmp_path: Path) -> None:
    """Whoever has the program can go on with our key."""
    key = signing.make(tmp_path)
    file = tmp_path / "file"
    file.write_bytes(DATA)
    minisign("-S", "-s", str(tmp_path / signing.FILE), "-m", str(file), "-t", "on")
    assert signing.verify(DATA, (tmp_path / "file.minisig").read_text(), key.public) == "on"


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    """The second one is refused, the first one is as it was, and nothing is left beside it."""
    key = signing.make(tmp_path / "home")
    before = (tmp_path / "home" / signing.FILE).read_bytes()
    with pytest.raises(InputError, match="not replaced"):
        signing.make(tmp_path / "home")
    assert (tmp_path / "home" / signing.FILE).read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [
        "exchange.key",
        "exchange.pub",
    ]
    assert signing.read(tmp_path / "home") == key


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_reads_a_secret_key(tmp_path: Path) -> None:
    """Whatever the system would allow to new files."""
    before = os.umask(0)
    try:
        signing.make(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / signing.FILE).stat().st_mode) == 0o600


def test_no_key(tmp_path: Path) -> None:
    """A key that is missing, damaged, or not one is said to be that."""
    with pytest.raises(NotFoundError):
        signing.read(tmp_path)
    signing.make(tmp_path)
    path = tmp_path / signing.FILE
    comment, line = path.read_text().splitlines()
    raw = bytearray(base64.b64decode(line))
    for at in (0, 4, 60, 100, 150):
        changed = raw.copy()
        changed[at] ^= 1
        path.write_text(f"{comment}\n{base64.b64encode(changed).decode()}\n")
        with pytest.raises(InputError):
            signing.read(tmp_path)
    for text in ("", "x", comment, f"{comment}\n{line[:40]}", f"{comment}\n§"):
        path.write_text(text)
        with pytest.raises(InputError):
            signing.read(tmp_path)


def lines(change: Callable[[list[str]], None], text: str) -> str:
    parts = text.splitlines()
    change(parts)
    return "\n".join(parts) + "\n"


def flipped(line: str, at: int) -> str:
    raw = bytearray(base64.b64decode(line))
    raw[at] ^= 1
    return base64.b64encode(raw).decode()


def test_every_change_is_noticed(tmp_path: Path) -> None:
    """A changed file, comment, signature, number of a key or key; one cut short; one of another."""
    key, other = signing.make(tmp_path / "a"), signing.make(tmp_path / "b")
    text = signing.sign(DATA, key, "release 1")
    assert signing.verify(DATA, text, key.public) == "release 1"
    assert signing.verify(DATA, text.replace("\n", "\r\n"), key.public) == "release 1"
    wrong: list[tuple[bytes, str, str]] = [
        (DATA + b" ", text, key.public),
        (DATA, text, other.public),
        (DATA, signing.sign(DATA, other, "release 1"), key.public),
        (DATA, text.replace("release 1", "release 2"), key.public),
        (DATA, "", key.public),
        (DATA, "\n".join(text.splitlines()[:3]), key.public),
        (DATA, text, ""),
        (DATA, text, key.public[:-4]),
        (DATA, text, flipped(key.public, 12)),
    ]
    for at in range(74):
        wrong.append(
            (DATA, lines(lambda p, at=at: p.__setitem__(1, flipped(p[1], at)), text), key.public)
        )  # type: ignore[misc]
    for at in range(64):
        wrong.append(
            (DATA, lines(lambda p, at=at: p.__setitem__(3, flipped(p[3], at)), text), key.public)
        )  # type: ignore[misc]
    for data, signature, public in wrong:
        with pytest.raises(InputError):
            signing.verify(data, signature, public)
