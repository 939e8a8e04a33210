"""What the app serves, opened once and kept: an atlas, and the bytes made of it."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import current_app, g

from geo.atlas import Atlas
from webapp import record_words
from webapp.catalogues import province_names


@dataclass(frozen=True)
class Body:
    """Bytes that are sent as they are: made once, compressed once."""

    data: bytes
    zipped: bytes
    etag: str

    @classmethod
    def of(cls, data: bytes) -> Body:
        return cls(data, gzip.compress(data, 6, mtime=0), hashlib.sha256(data).hexdigest()[:20])


class Store(Atlas):
    """The atlas that an app serves, at an address that its pages and files name."""

    def __init__(self, data: Path, home: Path, public_url: str) -> None:
        super().__init__(data, home, _names)
        self.public_url = public_url
        self.version = ""
        """What changes with the files of the package; the same in every process that serves it."""


def _names(name: str) -> tuple[str, ...]:
    """Return all names of a province, or all words for a code of a record."""
    return (*province_names(name), *record_words.names(name))


def store() -> Store:
    """Return the store of the request, which is the same from its beginning to its end; outside of
    one, that of the app.
    """
    opened: Store = g.get("store") or current_app.extensions["zoneatlas"]
    return opened
