"""Fetch what another side offers: from its server, a folder or a file, within bounds of time and
size.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from geo.errors import InputError, Message, NotFoundError, UnavailableError
from geo.exchange import signing, sniffing

if TYPE_CHECKING:
    import requests

TIMEOUT_S = (10.0, 20.0)
"""To connect, and between two pieces of an answer."""
DEADLINE_S = 120.0
"""For a whole answer, however slowly it drips."""
MOST_PAGES = 200
PIECE = 64 * 1024
INDEX = "/exchange/releases.json"
"""Where a server of Zone Atlas lists its releases."""
_COLLECTION = re.compile(r"/collections/[^/]+/?(items/?)?$")
_RELEASE = re.compile(r"(?P<stem>.*?)(?P<number>\d+)\.zip")


@dataclass(frozen=True)
class Fetched:
    """A file of another side.

    Attributes
    ----------
    name
        What it is called.
    data, signature
        Its bytes, and the text of its signature, empty without one.
    is_release
        Whether it is offered as a release of Zone Atlas rather than as any other file.
    """

    name: str
    data: bytes
    signature: str
    is_release: bool


def is_web(address: str) -> bool:
    """Check whether an address is one of the web."""
    return address.startswith(("http://", "https://"))


def fetch(address: str) -> Fetched:
    """Fetch the newest release, or the file, at an address.

    Parameters
    ----------
    address
        A server of Zone Atlas, a collection of OGC API – Features, a file on the web, or a folder
        or file of this machine.

    Raises
    ------
    NotFoundError
        There is nothing.
    InputError
        The answer is too large or is not what its head says.
    UnavailableError
        The server does not answer, or too slowly.
    """
    if not is_web(address):
        return _local(Path(address).expanduser())
    if _COLLECTION.search(urlsplit(address).path):
        return Fetched("items.geojson", _collection(address), "", False)
    if re.search(r"\.\w{2,8}$", urlsplit(address).path):
        data = get(address)
        name = urlsplit(address).path.rsplit("/", 1)[-1]
        return Fetched(name, data, _optional(address + signing.ENDING), data[:2] == b"PK")
    return _newest_of_server(address.rstrip("/"))


def _newest_of_server(address: str) -> Fetched:
    index = _json(get(address + INDEX), address)
    listed = index.get("releases")
    entries = [
        entry
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
        and isinstance(entry.get("number"), int)
        and isinstance(entry.get("href"), str)
    ]
    if not entries:
        raise NotFoundError(Message("%(address)s has no release yet.", {"address": address}))
    newest = max(entries, key=lambda entry: int(entry["number"]))
    href = urljoin(address + "/", newest["href"])
    _same_server(address, href)
    signature = _optional(href + signing.ENDING)
    return Fetched(f"{newest['number']}.zip", get(href), signature, True)


def _same_server(address: str, other: str) -> None:
    if urlsplit(address)[:2] != urlsplit(other)[:2]:
        raise InputError(Message("%(address)s leads to another server.", {"address": address}))


def _local(path: Path) -> Fetched:
    if path.is_dir():
        numbered = [
            (int(match["number"]), entry)
            for entry in path.iterdir()
            if entry.is_file() and (match := _RELEASE.fullmatch(entry.name))
        ]
        if not numbered:
            raise NotFoundError(Message("%(path)s holds no release.", {"path": path}))
        path = max(numbered)[1]
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    if path.stat().st_size > sniffing.MAX_BYTES:
        raise _too_large(str(path))
    signature = path.with_name(path.name + signing.ENDING)
    data = path.read_bytes()
    return Fetched(
        path.name,
        data,
        signature.read_text(encoding="utf-8", errors="replace")[:10_000]
        if signature.is_file()
        else "",
        b"release.json" in data and data.startswith(b"PK"),
    )


def _collection(address: str) -> bytes:
    """Fetch all items of a collection, page by page."""
    parts = urlsplit(address)
    path = re.sub(r"/items/?$", "", parts.path.rstrip("/")) + "/items"
    page: str | None = parts._replace(path=path, query=parts.query or "limit=1000&f=json").geturl()
    features: list[Any] = []
    size = 0
    for _number in range(MOST_PAGES):
        data = get(str(page))
        size += len(data)
        document = _json(data, address)
        if not isinstance(document.get("features"), list):
            raise InputError(Message("%(address)s holds no features.", {"address": address}))
        features += document["features"]
        page = _next(document, str(page))
        if page is None:
            break
        _same_server(address, page)
        if size > sniffing.MAX_BYTES:
            raise _too_large(address)
    else:
        raise _too_large(address)
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _next(document: dict[str, Any], page: str) -> str | None:
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            href = link.get("href")
            return urljoin(page, href) if isinstance(href, str) else None
    return None


def _json(data: bytes, address: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(Message("%(address)s does not answer as expected.", {"address": address}))
    return document


def _optional(address: str) -> str:
    """Fetch a small text; empty where there is none."""
    with contextlib.suppress(NotFoundError):
        return get(address)[:10_000].decode("utf-8", "replace")
    return ""


def get(address: str) -> bytes:
    """Fetch an answer of the web; errors as :func:`fetch`."""
    import requests

    started = time.monotonic()
    try:
        with requests.get(
            address,
            stream=True,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "Zone Atlas"},
        ) as answer:
            if answer.status_code in (404, 410):
                raise NotFoundError(Message("There is nothing at %(url)s.", {"url": address}))
            if answer.status_code != 200:
                raise UnavailableError(
                    Message(
                        "%(url)s answered %(status)s.",
                        {"url": address, "status": answer.status_code},
                    )
                )
            return b"".join(_pieces(answer, address, started))
    except requests.RequestException as error:
        raise UnavailableError(
            Message(
                "%(url)s cannot be reached: %(reason)s.",
                {"url": address, "reason": type(error).__name__},
            )
        ) from None


def _pieces(answer: requests.Response, address: str, started: float) -> Iterator[bytes]:
    stated = answer.headers.get("Content-Length", "")
    size = 0
    for piece in answer.iter_content(PIECE):
        size += len(piece)
        if size > sniffing.MAX_BYTES:
            raise _too_large(address)
        if time.monotonic() - started > DEADLINE_S:
            raise UnavailableError(
                Message(
                    "%(url)s took longer than %(n)s seconds.",
                    {"url": address, "n": f"{DEADLINE_S:.0f}"},
                )
            )
        yield piece
    if stated.isdecimal() and int(stated) != size:
        raise InputError(
            Message("%(url)s sent a different number of bytes than announced.", {"url": address})
        )


def _too_large(address: str) -> InputError:
    most = sniffing.MAX_BYTES // 1024**2
    return InputError(
        Message("%(file)s is larger than %(most)s MB.", {"file": address, "most": most})
    )
