"""Pages and answers that are kept as bytes: who asks for the same again gets them without waiting.

What an answer depends on stands in its key: the address with its query, the language, who has
signed in, the road networks and the one that goes without saying, and the quarter of an hour,
because of days that begin. It is kept with the package that it was made from, so a new package has
none. Pages that say what is open at this moment are not kept (:func:`of_this_moment`), nor those
with a nonce of the policy."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, request

from geo.errors import NotFoundError
from geo.kept import Kept
from geo.roads import default_network
from webapp import compress, i18n
from webapp.compress import Forms
from webapp.store import Store, store

VIEWS = {
    "pages.table",
    "pages.site",
    "pages.access",
    "rank.rank",
    "rank_files.as_json",
    "rank_files.as_xlsx",
    "compare.compare",
    "compare.as_json",
    "compare.as_xlsx",
    "cost.cost",
    "cost.as_json",
    "cost.as_xlsx",
    "planned_files.as_json",
    "planned_files.as_xlsx",
    "chain.chain",
    "chain.as_json",
    "chain.as_xlsx",
    "api.access_from",
    "api.route",
    "api.areas",
}
"""Views whose answers are kept."""
MOST_BYTES = 64_000_000
"""Bytes of a package's answers that are kept, compressed forms included."""
LASTS_S = 900
"""An answer is made anew in every quarter of an hour: days begin with one in every time zone."""


@dataclass(frozen=True)
class Answer:
    """A whole answer: its bytes, its headers, and what its bytes are recognised by."""

    forms: Forms
    headers: tuple[tuple[str, str], ...]
    etag: str

    @classmethod
    def of(cls, response: Response) -> Answer:
        """Take the answer that a view has made."""
        data = response.get_data()
        headers = tuple((name, text) for name, text in response.headers if name != "Content-Length")
        etag = hashlib.blake2b(data, digest_size=10).hexdigest()
        return cls(Forms(data, compress.KEPT), headers, etag)

    def __len__(self) -> int:
        """Return how many bytes it takes at most: text is compressed to a third or less, in as many
        codings as there are.
        """
        return len(self.forms.data) * (3 + len(compress.CODINGS)) // 3

    def send(self) -> Response:
        """Answer the request: compressed as the client takes it, 304 where it has the bytes."""
        zips = len(self.forms.data) >= compress.LEAST_BYTES
        coding = compress.coding() if zips else None
        response = Response(self.forms.get(coding), headers=list(self.headers))
        if zips:
            compress.vary(response)
        if coding:
            response.headers["Content-Encoding"] = coding
        response.headers.setdefault("Cache-Control", "no-cache")
        response.set_etag(self.etag + compress.mark(coding))
        response.make_conditional(request)
        return response


def install(app: Flask) -> None:
    """Keep the answers of the views that are marked so; a kept one passes their turnstile."""
    for endpoint in VIEWS:
        app.view_functions[endpoint] = _keeping(app.view_functions[endpoint])


def of_this_moment() -> None:
    """Mark the answer to this request as one that holds at this moment only."""
    g.of_this_moment = True


def _keeping(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def answer(**values: Any) -> Any:
        if request.method not in ("GET", "HEAD"):
            return view(**values)
        opened = store()
        kept: Kept = opened.keep("answers", lambda: Kept(most_bytes=MOST_BYTES))
        key = _key(opened)
        ready: Answer | None = kept.peek(key)
        if ready is None:
            response = current_app.make_response(view(**values))
            if not _may_be_kept(response) or key is None or key != _key(opened):
                return response
            ready = Answer.of(response)
        return kept.get(key, lambda: ready).send()

    return answer


def _may_be_kept(response: Response) -> bool:
    whole = response.status_code == 200 and response.is_sequence
    return whole and "Set-Cookie" not in response.headers and "of_this_moment" not in g


def _key(opened: Store) -> Hashable:
    """Return all that an answer from one package depends on; None while networks come and go."""
    networks = opened.networks
    try:
        versions = tuple((name, networks.version(name)) for name in networks.names())
    except NotFoundError:
        return None
    return (
        request.script_root,
        request.path,
        request.query_string,
        i18n.current().code,
        g.get("person"),
        default_network.name(),
        versions,
        int(time.time() // LASTS_S),
    )
