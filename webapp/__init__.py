"""The web app: HTTP and nothing else. What it answers with comes from :mod:`geo`, through the store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException, SecurityError

from geo.errors import AtlasError, InputError, NotFoundError, UnavailableError
from webapp import labels, languages, settings
from webapp.compress import compressor

STATUS: dict[type[AtlasError], int] = {InputError: 400, NotFoundError: 404, UnavailableError: 503}
"""The one table from error to status."""

HTTP_SENTENCES = {
    404: _("There is no such page."),
    405: _("This address is only read: ask for it with GET."),
    413: _("So large a request is not read."),
    500: _("The server failed. The operator finds the reason in its log."),
}
"""What faults of HTTP are called; any other in the words of Werkzeug."""

MAX_BODY_BYTES = 1024 * 1024


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app.

    Parameters
    ----------
    config
        Settings by name (see ``settings.SETTINGS``) and any of Flask's own; they go before the environment.

    Raises
    ------
    InputError
        A setting cannot be used.
    NotFoundError
        The data folder is no data package.
    """
    from geo import storage
    from webapp import api, args, claims, compare, factsheet, match, ogc, pages, planned, rank, sheet, takealong, trip, weights
    from webapp.served import Served
    from webapp.store import Store

    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES, BABEL_DEFAULT_LOCALE="en")
    app.config.update(config or {})
    app.config.update(settings.resolve(config))
    app.extensions["zoneatlas"] = Store(app.config["DATA"], app.config["HOME"], app.config["PUBLIC_URL"])
    storage.sweep(app.config["HOME"] / "networks")
    app.extensions["zoneatlas.served"] = served = Served(app)
    labels.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(switch_query=sheet.switch_query, map_query=sheet.map_query, toggled=sheet.toggled)
    app.jinja_env.globals.update(years=args.YEARS, assumed_years=planned.assumed, planned_query=planned.query)
    for blueprint in (planned.pages, trip.pages, takealong.pages):
        app.register_blueprint(blueprint)
    for blueprint in (pages.pages, rank.pages, compare.pages, claims.pages, weights.pages, match.pages, factsheet.pages, api.api, ogc.ogc):
        app.register_blueprint(blueprint)
    app.before_request(_new_nonce)
    app.before_request(served.before_request)
    app.after_request(_headers)
    app.after_request(compressor())
    app.register_error_handler(AtlasError, _atlas_error)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _headers(response: Response) -> Response:
    tiles = current_app.config["ONLINE_TILES"]
    host = " " + "/".join(tiles.split("/")[:3]).replace("{s}", "*") if tiles else ""
    nonce = getattr(g, "nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:{host}; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), payment=()")
    return response


def _wants_json() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _say(status: int, message: str, faults: tuple[str, ...] = ()) -> tuple[Any, int]:
    if _wants_json():
        return {"code": status, "description": "\n".join([message, *faults])}, status
    if request.args.get("part") == "sheet":
        return render_template("_error.html", message=message, faults=faults), status
    return render_template("error.html", status=status, message=message, faults=faults), status


def _atlas_error(error: AtlasError) -> tuple[Any, int]:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return _say(status, languages.said(getattr(error, "message", str(error))), tuple(map(languages.said, getattr(error, "faults", ()))))


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError):  # a foreign host: Flask has routed nothing, so no page with links can be made
        return Response(f"{error.description} Set TRUSTED_HOSTS or PUBLIC_URL.\n", status=error.code, mimetype="text/plain")
    answer = error.get_response()
    message = str(HTTP_SENTENCES.get(error.code, error.description))
    body, status = _say(error.code, message)
    response = current_app.make_response((body, status))
    for name in ("Allow", "Retry-After"):
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    return response
