"""The network one drives on where none is named: a name in a file of the home folder."""

from __future__ import annotations

from contextvars import ContextVar
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
        chosen = (home / FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return BUILT_IN
    folder = home / "networks" / chosen
    known = storage.NAME.fullmatch(chosen) and (folder / storage.MANIFEST).is_file()
    return chosen if known else BUILT_IN


def choose(home: Path, chosen: str) -> None:
    """Write the default network of a home folder; the built-in one needs no file."""
    if chosen == BUILT_IN:
        (home / FILE).unlink(missing_ok=True)
        return
    new = home / f".{FILE}.new"
    new.write_text(f"{chosen}\n", encoding="utf-8")
    new.replace(home / FILE)
