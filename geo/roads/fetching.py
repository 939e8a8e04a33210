"""Large files from a server of files: asked for politely, resumed where they were cut off, and
checked.

A file that is there and has its checksum is not asked for again. One that is on its way is kept
beside the goal, with what tells editions of it apart, so that the next call goes on with it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import geo
from geo.errors import InputError, Message, UnavailableError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
BUSY = (429, 500, 502, 503, 504)
"""Answers of a server that may serve later."""
BLOCK = 1 << 14
"""Bytes that are written together; of a connection that is cut, less than these are lost."""
MOST_WAIT_S = 900.0
"""A server that asks for more patience is left alone."""
MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")

OnBytes = Callable[[int, int | None], None]
"""Called with the bytes that are there, and how many there will be, None if unknown."""


@dataclass(frozen=True)
class Source:
    """A file on a server, and what it is checked by: the checksum itself, or the address of a file
    beside it that holds its MD5; neither is needed.
    """

    url: str
    md5_url: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Patience:
    """How often one asks without getting a byte, how long one waits before asking again, which
    doubles each time, and for how long an answer may stop.
    """

    attempts: int = 5
    pause_s: float = 10
    timeout_s: float = 60


class _Again(Exception):
    """The server is worth asking again, after a pause that it may name."""

    def __init__(self, reason: str, wait_s: float = 0, waits: bool = True) -> None:
        self.wait_s, self.waits = wait_s, waits
        super().__init__(reason)


def fetch(
    source: Source,
    path: Path,
    *,
    on_bytes: OnBytes = lambda _, __: None,
    on_step: Callable[[str], None] = lambda _: None,
    patience: Patience = Patience(),
) -> bool:
    """Download a file unless it is there already, complete and unchanged.

    Returns
    -------
    bool
        Whether it was downloaded.

    Raises
    ------
    InputError
        An address is not one.
    UnavailableError
        The server cannot be reached, does not have the file or stays busy, or the file does not
        have its checksum; such a file is removed.
    """
    import requests

    with requests.Session() as session:
        session.headers["User-Agent"] = f"zone-atlas/{geo.__version__}"
        session.headers["Accept-Encoding"] = "identity"
        return _Fetch(session, source, path, on_bytes, on_step, patience).run()


@dataclass
class _Fetch:
    session: requests.Session
    source: Source
    path: Path
    on_bytes: OnBytes
    on_step: Callable[[str], None]
    patience: Patience
    reached: bool = False

    @property
    def part(self) -> Path:
        """What has arrived of the file."""
        return self.path.with_name(f"{self.path.name}.part")

    def run(self) -> bool:
        wanted = self._checksum()
        if wanted and self.path.is_file() and _digest(self.path, wanted[0]) == wanted[1]:
            return False
        if not self._patiently(lambda: self._pull(bool(wanted))):
            return False
        if wanted and not self._is_right(wanted):
            self.part.unlink()
            raise UnavailableError(
                Message(
                    "What came from %(address)s does not have its checksum and was removed; try"
                    " again later.",
                    {"address": self.source.url},
                )
            )
        self.part.replace(self.path)
        _note(self.part).replace(_note(self.path))
        return True

    # Checksums

    def _checksum(self) -> tuple[str, str] | None:
        """Return by which sum the file is checked, and what it must be; None if nobody says."""
        if self.source.sha256:
            return "sha256", self.source.sha256.lower()
        if not self.source.md5_url:
            return None
        match = MD5.search(self._patiently(self._ask_md5))
        if not match:
            raise UnavailableError(
                Message("%(address)s holds no checksum.", {"address": self.source.md5_url})
            )
        return "md5", match[0].lower()

    def _ask_md5(self) -> str:
        import requests

        with self._ask(self.source.md5_url, {}) as answer:
            if answer.status_code != 200:
                raise self._refused(answer)
            try:
                return next(answer.iter_content(1000), b"").decode("latin-1")
            except requests.RequestException as error:
                raise _Again(type(error).__name__) from None

    def _is_right(self, wanted: tuple[str, str]) -> bool:
        """Check what has arrived. The file may have changed on the server since its checksum was
        asked for; then it has another one now.
        """
        kind, known = wanted
        here = _digest(self.part, kind)
        return here == known or (kind == "md5" and (kind, here) == self._checksum())

    # Asking

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        import requests

        try:
            answer = self.session.get(
                url, headers=headers, stream=True, timeout=self.patience.timeout_s
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            if self.reached:
                raise _Again(type(error).__name__) from None
            raise UnavailableError(
                Message(
                    "%(address)s cannot be reached (%(reason)s). Without internet, bring a file and"
                    " read it with “zoneatlas roads import FILE”.",
                    {"address": url, "reason": type(error).__name__},
                )
            ) from None
        except requests.TooManyRedirects:
            raise UnavailableError(
                Message("%(address)s leads in a circle.", {"address": url})
            ) from None
        except (requests.RequestException, ValueError):
            raise InputError(
                Message(
                    "“%(address)s” is not the address of a file; one begins with https:// or"
                    " http://.",
                    {"address": url},
                )
            ) from None
        self.reached = True
        if answer.status_code in BUSY:
            answer.close()
            raise _Again(f"{answer.status_code} {answer.reason}", self._wait_s(answer))
        return answer

    def _wait_s(self, answer: requests.Response) -> float:
        """Return for how long the server asks for patience."""
        wait_s = _seconds(answer.headers.get("Retry-After", ""))
        if wait_s > MOST_WAIT_S:
            raise UnavailableError(
                Message(
                    "%(address)s is busy and asks to come back in %(minutes)s minutes.",
                    {"address": self.source.url, "minutes": f"{wait_s / 60:.0f}"},
                )
            )
        return wait_s

    def _refused(self, answer: requests.Response) -> UnavailableError:
        return UnavailableError(
            Message(
                "%(address)s does not give the file (%(status)s %(reason)s).",
                {"address": answer.url, "status": answer.status_code, "reason": answer.reason},
            )
        )

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer; each time something has arrived the counting begins
        anew.
        """
        failed = 0
        while True:
            before = self._arrived()
            try:
                return ask()
            except _Again as error:
                failed = 1 if self._arrived() > before else failed + 1
                if failed >= self.patience.attempts:
                    raise UnavailableError(
                        Message(
                            "%(address)s did not serve us in %(attempts)s attempts (%(reason)s);"
                            " the same command goes on where it stopped.",
                            {
                                "address": self.source.url,
                                "attempts": self.patience.attempts,
                                "reason": error,
                            },
                        )
                    ) from None
                if not error.waits:
                    continue
                wait_s = max(self.patience.pause_s * 2 ** (failed - 1), error.wait_s)
                self.on_step(
                    Message(
                        "The server does not serve (%(reason)s); asking again in %(seconds)s s",
                        {"reason": error, "seconds": f"{wait_s:.0f}"},
                    )
                )
                time.sleep(wait_s)

    def _arrived(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    # The file

    def _pull(self, checked: bool) -> bool:
        """Ask for what is missing and append it; return whether the whole file is in the part.

        Without a checksum a file that is there is asked for on condition that it has changed.
        """
        import requests

        start, headers = self._begin(checked)
        with self._ask(self.source.url, headers) as answer:
            if answer.status_code == 304 and self.path.is_file():
                return False
            if answer.status_code == 416:  # all of it is here already, or it has become shorter
                if _range(answer) == (None, start):
                    return True
                return self._anew()
            if answer.status_code == 206 and _range(answer)[0] != start:
                return self._anew()
            if answer.status_code not in (200, 206):
                raise self._refused(answer)
            if answer.status_code == 200:
                start = 0
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remember(answer)
            length = answer.headers.get("Content-Length", "")
            total = start + int(length) if length.isdigit() else None
            with self.part.open("ab" if start else "wb") as file:
                try:
                    self.on_bytes(start, total)
                    for block in answer.iter_content(BLOCK):
                        file.write(block)
                        start += len(block)
                        self.on_bytes(start, total)
                except requests.RequestException as error:
                    raise _Again(type(error).__name__) from None
        if total is not None and start < total:
            raise _Again("the connection was cut")
        return True

    def _begin(self, checked: bool) -> tuple[int, dict[str, str]]:
        """Return where to go on, and what to ask under: a part is only continued where the server
        can tell that it is of the same edition.
        """
        if (start := self._arrived()) and (edition := self._edition(self.part)):
            return start, {"Range": f"bytes={start}-", "If-Range": edition}
        if self.path.is_file() and not checked and (edition := self._edition(self.path)):
            return 0, {"If-None-Match" if edition.startswith('"') else "If-Modified-Since": edition}
        return 0, {}

    def _edition(self, path: Path) -> str:
        """Read by what the edition of a file is known; empty where it is not, or where the file
        came from another address.
        """
        try:
            note = json.loads(_note(path).read_text(encoding="utf-8"))
            return str(note["edition"]) if note["url"] == self.source.url else ""
        except (OSError, ValueError, TypeError, KeyError):
            return ""

    def _remember(self, answer: requests.Response) -> None:
        """Write by what the edition is known: a strong tag, or the time of its last change."""
        tag, changed = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        edition = tag if tag.startswith('"') else changed
        text = json.dumps({"url": self.source.url, "edition": edition})
        _note(self.part).write_text(text, encoding="utf-8")

    def _anew(self) -> bool:
        self.part.unlink(missing_ok=True)
        raise _Again("the part does not fit", waits=False)


def _note(path: Path) -> Path:
    """Return the file that says from where another has come, and of what edition it is."""
    return path.with_name(f"{path.name}.json")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(kind, usedforsecurity=False)
        ).hexdigest()


def _range(answer: requests.Response) -> tuple[int | None, int | None]:
    """Read where the part that is answered begins, and how long all of it is; None for what is not
    said.
    """
    text = answer.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(?:(\d+)|\*)", text.strip())
    first, total = match.groups() if match else (None, None)
    return (int(first) if first else None), (int(total) if total else None)


def _seconds(text: str) -> float:
    """Read the header Retry-After: seconds, or the time of the day; 0 if it is neither.

    >>> _seconds("120")
    120.0
    """
    if text.strip().isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
