"""The gate before every page: who asks, and whether they may."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from webapp import team
from webapp.i18n import gettext as _
from webapp.team import forgery

OPEN = {"static", "service.health", "pages.service_worker"}
"""What everyone may ask for, and what asks the database nothing."""
SIGNING_IN = {"team.sign_in", "team.enter", "elsewhere.begin", "elsewhere.back"}
"""Where nobody has signed in yet."""
CHOOSING = {"account.own", "account.password", "team.leave", "team.sign_in"}
"""Where those may go whose password was chosen by someone else."""
WARMING = "zoneatlas.warming"
"""In the environment of requests by which the server prepares itself; nobody can send it."""
PROGRAMS = ("/api/",)
"""Addresses that no person opens."""


def install(app: Flask) -> None:
    """Stand before every page of an app."""
    app.jinja_env.globals.update(csrf_field=forgery.field, person=team.person, may=team.may)
    if not (app.config["TEAM"] or app.config["EDITING"]):
        return
    from webapp.team import tables

    tables.prepare(tables.opened(app.config))
    app.after_request(forgery.remember)
    if app.config["TEAM"]:
        from webapp.team import account_pages, keeper_pages, pages

        if app.config["OIDC_ISSUER"]:
            from webapp.team import elsewhere

            elsewhere.install(app)
            app.register_blueprint(elsewhere.blueprint)
        for each in (pages, account_pages, keeper_pages):
            app.register_blueprint(each.pages)
        app.before_request(_enter)
        app.after_request(_private)


def _enter() -> AnyResponse | None:
    """Let in who has signed in; lead others to where they can."""
    from webapp.team import entering

    g.person = None
    if request.endpoint in OPEN or request.environ.get(WARMING):
        return None
    entering.recognise()
    if request.endpoint in SIGNING_IN or g.person is not None:
        forgery.check()
        return _to_new_password()
    if _is_navigation():
        return redirect(f"{url_for('team.sign_in')}?next={quote(_asked())}", 303)
    raise Unauthorized(_("Sign in to go on."), www_authenticate=_challenges())


def _to_new_password() -> AnyResponse | None:
    """Let a person whose password someone else has chosen do nothing before they choose one."""
    if g.person is None or not g.account.fresh or request.endpoint in CHOOSING:
        return None
    if _is_navigation():
        return redirect(url_for("account.own"), 303)
    raise Forbidden(_("Choose a password of your own first."))


def _is_navigation() -> bool:
    """Check whether a person opens a page, rather than a script or a program."""
    return (
        request.method in ("GET", "HEAD")
        and not request.path.startswith(PROGRAMS)
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        and any(kind == "text/html" for kind, _quality in request.accept_mimetypes)
    )


def _asked() -> str:
    query = request.query_string.decode("latin-1")
    return request.path + (f"?{query}" if query else "")


def _challenges() -> list[WWWAuthenticate]:
    """Return what a program may answer; a script of a page is not to make the browser ask for a
    password.
    """
    bearer = WWWAuthenticate("bearer", {"realm": "Zone Atlas"})
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return [bearer]
    return [WWWAuthenticate("basic", {"realm": "Zone Atlas", "charset": "UTF-8"}), bearer]


def _private(response: Response) -> Response:
    """Let nothing between server and browser keep what only a team may read."""
    if request.endpoint in OPEN:
        return response
    response.vary.update(("Cookie", "Authorization"))
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    else:
        response.cache_control.private = True
    return response
