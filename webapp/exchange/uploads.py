"""Files that are brought, kept for as long as their questions are answered: few, and not for
long.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import InputError, NotFoundError
from geo.exchange import sniffing
from webapp.i18n import gettext as _

FOLDER = "brought"
MOST = 40
MOST_BYTES = 512 * 1024**2
LASTS_S = 24 * 3600
TOKEN = re.compile(r"[\w-]{32}")


@dataclass(frozen=True)
class Upload:
    """A file with what was said of it: ``name`` as it was called, ``terms`` by field of the
    form.
    """

    token: str
    path: Path
    name: str
    terms: Mapping[str, str]


def keep(home: Path, name: str, data: bytes, terms: Mapping[str, str]) -> Upload:
    """Keep a file under a new token; the oldest ones go where there are too many.

    Raises
    ------
    InputError
        It is empty or too large.
    """
    if not data:
        raise InputError(_("Choose a file."))
    if len(data) > sniffing.MAX_BYTES:
        most = sniffing.MAX_BYTES // 1024**2
        raise InputError(_("The file is larger than %(most)s MB.", most=most))
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    _make_room(folder, len(data))
    token = secrets.token_urlsafe(24)
    place = folder / f"{token}.part"
    place.mkdir()
    (place / "file").write_bytes(data)
    about = {"name": name[:200], "terms": dict(terms)}
    (place / "about.json").write_text(json.dumps(about), encoding="utf-8")
    place.rename(folder / token)
    return get(home, token)


def get(home: Path, token: str) -> Upload:
    """Return the file of a token.

    Raises
    ------
    NotFoundError
        There is none any more.
    """
    place = home / FOLDER / token
    try:
        if not TOKEN.fullmatch(token):
            raise FileNotFoundError
        about: dict[str, Any] = json.loads((place / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotFoundError(_("This file is no longer kept: bring it again.")) from None
    return Upload(token, place / "file", about["name"], about["terms"])


def _make_room(folder: Path, size: int) -> None:
    """Take away files that are too old, and the oldest ones where room is missing."""
    kept = []
    for place in folder.iterdir():
        try:
            kept.append((place.stat().st_mtime, (place / "file").stat().st_size, place))
        except OSError:
            continue
    kept.sort(reverse=True)
    room = MOST_BYTES - size
    for count, (changed, bytes_, place) in enumerate(kept, 1):
        room -= bytes_
        if count >= MOST or room < 0 or time.time() - changed > LASTS_S:
            shutil.rmtree(place, ignore_errors=True)
