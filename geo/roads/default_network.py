"""The network one drives on where none is named: a name in a file of the home folder."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

BUILT_IN = "main-roads"
"""The network that comes with the data package."""
FILE = "default-network"
_NAME: ContextVar[str] = ContextVar("default network", default=BUILT_IN)


def name() -> str:
    """Return the network that goes without saying: the built-in one, unless :func:`assume` says
    otherwise.
    """
    return _NAME.get()


def assume(home: Path | None) -> None:
    """Let the default network of a home folder go without saying, from now on in this thread; for
    None the built-in one.
    """
    _NAME.set(of(home) if home else BUILT_IN)


def of(home: Path) -> str:
    """Return the default network of a home folder; the built-in one where none is chosen, or where
    the chosen one is not there.
    """
    from geo.roads import storage

    try:
        with open(_path(home), encoding="utf-8") as file:  # asked with each request
            chosen = file.read().strip()
    except (OSError, UnicodeError):
        return BUILT_IN
    folder = home / "networks" / chosen
    known = storage.NAME.fullmatch(chosen) and (folder / storage.MANIFEST).is_file()
    return chosen if known else BUILT_IN


@lru_cache(16)
def _path(home: Path) -> str:
    return str(home / FILE)


def choose(home: Path, chosen: str) -> None:
    """Write the default network of a home folder; the built-in one needs no file."""
    if chosen == BUILT_IN:
        (home / FILE).unlink(missing_ok=True)
        return
    new = home / f".{FILE}.new"
    new.write_text(f"{chosen}\n", encoding="utf-8")
    new.replace(home / FILE)
