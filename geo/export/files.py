"""Files that are whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from geo.errors import InputError, Message


def save(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file whole or not at all: beside it first, then in its place.

    Raises
    ------
    InputError
        The file cannot be written there.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with _nameless(beside) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise InputError(
            Message(
                "%(path)s cannot be written: %(reason)s.",
                {"path": path, "reason": error.strerror},
            )
        ) from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _nameless(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that gets its name at the end, where the system can: what is killed before
    leaves nothing behind.
    """
    try:
        if not os.path.isdir("/proc/self/fd"):
            raise AttributeError
        handle = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):  # Linux only, and not on every file system
        with path.open("xb") as file:
            yield file
        return
    with open(handle, "wb") as file:
        yield file
        os.link(
            f"/proc/self/fd/{handle}", path, src_dir_fd=handle
        )  # a folder given, Python has the link followed
