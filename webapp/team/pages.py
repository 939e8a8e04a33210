"""The pages on which one signs in and out."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from webapp import team
from webapp.i18n import gettext as _
from webapp.team import accounts, cookies, entering, sessions
from webapp.team.attempts import TooManyError
from webapp.team.entering import engine

pages = Blueprint("team", __name__)


@pages.get("/sign-in")
def sign_in() -> str | Response:
    """Ask for name and password."""
    onward = request.args.get("next", "/")
    if team.person():
        return redirect(entering.own_path(onward), 303)
    return _form(onward)


def _form(onward: str, name: str = "", fault: str = "") -> str:
    return render_template(
        "team/sign_in.html",
        onward=entering.own_path(onward),
        name=name,
        fault=fault,
        elsewhere=current_app.config["OIDC_ISSUER"],
        empty=not accounts.every(engine()),
    )


def refused(fault: str, onward: str = "/", name: str = "", status: int = 403) -> Response:
    """Return the page that asks again, with what was wrong."""
    return make_response(_form(onward, name[:100], fault), status)


@pages.post("/sign-in")
def enter() -> Response:
    """Take name and password, and begin a session."""
    name, password = (request.form.get(field, "") for field in ("name", "password"))
    onward = request.form.get("next", "/")
    try:
        account = entering.proven(name, password)
    except TooManyError as error:
        answer = refused(str(error.description), onward, name, error.code or 500)
        answer.headers["Retry-After"] = str(getattr(error, "retry_after", 60))
        return answer
    if account is None:
        return refused(_("Name and password do not fit together."), onward, name)
    return entering.welcome(account, onward)


@pages.post("/sign-out")
def leave() -> Response:
    """End this session."""
    if "session" in g:
        sessions.end(engine(), g.account, g.account.name, g.session)
    response = redirect(url_for("team.sign_in"), 303)
    cookies.drop(response, cookies.SESSION)
    return response
