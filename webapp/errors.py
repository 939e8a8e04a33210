"""Errors as answers: the one table from an error to its status and its name, and the bodies that
people and programs get.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, RequestURITooLarge, SecurityError

from geo.errors import AtlasError, InputError, NotFoundError, PreparingError, UnavailableError
from webapp import i18n, turnstile
from webapp.i18n import gettext
from webapp.i18n import lazy_gettext as _


class Answer(NamedTuple):
    """How an error is answered: its status, and the name that OGC 17-069r4 asks for in ``code``."""

    status: int
    code: str


ANSWERS: dict[type[AtlasError], Answer] = {
    InputError: Answer(400, "InvalidParameterValue"),
    NotFoundError: Answer(404, "NotFound"),
    UnavailableError: Answer(503, "Unavailable"),
}
"""The one table of errors of the library, for the pages, the API and the OGC service."""

HTTP_SENTENCES = {
    404: _("There is no such page."),
    405: _("This address can only be read: use GET."),
    413: _("The request is too large."),
    500: _("Something went wrong on the server. Its log states the reason."),
}
"""What faults of HTTP are called; any other in the words of Werkzeug."""

HEADINGS = {
    400: _("Please check"),
    401: _("Sign in"),
    403: _("Not allowed"),
    404: _("Not found"),
    413: _("Too large"),
    429: _("One moment"),
    500: _("Server fault"),
    503: _("One moment"),
}
"""What heads the page of an answer; others have their number."""

MAX_ADDRESS = 64 * 1024
"""Characters of an address; a trip of 150 stops takes some 20,000, with notes more."""
MOST_FAULTS = 50
"""Faults of a query that an answer names; it counts the others."""


def install(app: Flask) -> None:
    """Let an app answer errors as pages or as JSON."""
    app.register_error_handler(AtlasError, _atlas_error)
    app.register_error_handler(HTTPException, _http_error)


def answer_of(error: AtlasError) -> Answer:
    """Return how an error is answered."""
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))


def body(code: str | int, description: str) -> dict[str, str | int]:
    """Return the document that programs get."""
    return {"code": code, "description": description}


def _wants_json() -> bool:
    return (
        request.path.startswith("/api/")
        or request.path.endswith(".json")
        or request.accept_mimetypes.best_match(["text/html", "application/json"])
        == "application/json"
    )


def _say(
    status: int, message: str, faults: tuple[str, ...] = (), parameters: tuple[str, ...] = ()
) -> tuple[Any, int]:
    if _wants_json():
        return body(status, "\n".join([message, *faults])), status
    if request.args.get("part") == "sheet":
        return render_template("_error.html", message=message, faults=faults), status
    return (
        render_template(
            "error.html",
            heading=HEADINGS.get(status, status),
            message=message,
            faults=faults,
            onward=_onward(parameters),
        ),
        status,
    )


def _onward(parameters: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the links of an error page, text and address: what was asked without its faults, and
    the page before.
    """
    onward = []
    if parameters and request.method == "GET":
        sound = [
            (name, value)
            for name, value in request.args.items(multi=True)
            if name not in parameters
        ]
        onward.append(
            (
                gettext("Continue without the faulty part"),
                request.path + (f"?{urlencode(sound)}" if sound else ""),
            )
        )
    before = urlsplit(request.referrer or "")
    address = f"/{before.path.lstrip('/')}" + (f"?{before.query}" if before.query else "")
    if before.netloc == request.host and address != request.full_path.rstrip("?"):
        onward.append((gettext("Back to the previous page"), address))
    return onward


def _atlas_error(error: AtlasError) -> Response:
    status = answer_of(error).status
    every = getattr(error, "faults", ())
    if not _wants_json():
        every = getattr(error, "in_words", every)
    faults = tuple(map(i18n.said, every[:MOST_FAULTS]))
    if len(every) > MOST_FAULTS:
        faults += (gettext("and %(n)s more", n=len(every) - MOST_FAULTS),)
    message = i18n.said(getattr(error, "message", str(error)))
    response = current_app.make_response(
        _say(status, message, faults, getattr(error, "parameters", ()))
    )
    if status == 503:
        response.headers["Retry-After"] = str(turnstile.RETRY_AFTER_S)
    if (
        isinstance(error, (turnstile.BusyError, PreparingError))
        and request.method == "GET"
        and response.mimetype == "text/html"
    ):
        response.headers["Refresh"] = str(
            turnstile.RETRY_AFTER_S
        )  # a page asks again by itself; scripts of ours read Retry-After
    return response


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError):
        return Response(
            f"{error.description} Set TRUSTED_HOSTS or PUBLIC_URL.\n",
            status=error.code,
            mimetype="text/plain",
        )
    if isinstance(error, RequestURITooLarge):  # a page would repeat the address in its links
        return Response(
            f"The address is longer than {MAX_ADDRESS} characters.\n",
            status=error.code,
            mimetype="text/plain",
        )
    message = str(HTTP_SENTENCES.get(error.code, error.description))
    body, status = _say(error.code, message)
    response = current_app.make_response((body, status))
    return with_headers(response, error)


def with_headers(response: Response, error: HTTPException) -> Response:
    """Add what a fault of HTTP says in the head of its answer: what is allowed, when to ask again,
    how to sign in.
    """
    headers = error.get_response().headers
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        for text in headers.getlist(name):
            response.headers.add(name, text)
    return response
