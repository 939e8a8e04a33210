"""What is done about statements: decide on them, release what follows, take what others release."""

from __future__ import annotations

from flask import Blueprint, current_app, request

from geo.errors import AtlasError, InputError
from geo.exchange import feeds, releases, signing
from geo.schema.provenance import VERDICTS
from webapp import args, kept_pages, team
from webapp.exchange import books, pages
from webapp.i18n import gettext as _
from webapp.i18n import said

actions = Blueprint("deciding", __name__)

MOST = 500


def _after(error: AtlasError | None, done: str = "") -> tuple[str, int]:
    """Show the page of the exchange again, with what came of it."""
    kept_pages.of_this_moment()
    if error is None:
        return pages.page(done=done), 200
    faults = [said(fault) for fault in error.faults]
    return pages.page(fault=said(error.message), faults=faults), 400


@actions.post("/exchange/decide")
@team.needs("reviewer")
def decide() -> tuple[str, int]:
    """Accept or refuse statements, or withdraw such a decision."""
    args.parse(request.args, ())
    verdict = VERDICTS.get(request.form.get("verdict", ""))
    try:
        if verdict is None:
            raise InputError(_("Choose: accept, refuse or withdraw."))
        books.opened().decide(
            request.form.getlist("statement")[:MOST],
            verdict,
            reason=request.form.get("reason", "")[:MOST],
            who=team.who(),
        )
    except AtlasError as error:
        return _after(error)
    return _after(None, _("Decided. The layers change with the next release."))


@actions.post("/exchange/release")
@team.needs("keeper")
def release() -> tuple[str, int]:
    """Freeze what follows from all statements."""
    args.parse(request.args, ())
    config = current_app.config
    home = config["HOME"]
    try:
        frozen = releases.release(
            books.opened(),
            config["BASE"],
            home,
            title=request.form.get("title", ""),
            party=request.form.get("party", "") or config["PARTY"],
            who=team.who(),
            key=signing.read(home) if (home / signing.FILE).is_file() else None,
        )
    except AtlasError as error:
        return _after(error)
    return _after(None, _("Released: number %(number)s.", number=frozen.number))


@actions.post("/exchange/take")
@team.needs("keeper")
def take() -> tuple[str, int]:
    """Take what a feed offers now."""
    args.parse(request.args, ())
    name = request.form.get("feed", "")
    try:
        taken = feeds.take(books.opened(), current_app.config["BASE"], name, team.who())
    except AtlasError as error:
        return _after(error)
    return _after(
        None,
        _(
            "%(name)s: %(new)s new statements, %(known)s known ones, %(doubtful)s wait for a"
            " decision.",
            name=name,
            new=taken.new,
            known=taken.known,
            doubtful=taken.doubtful,
        ),
    )
