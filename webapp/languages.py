"""The languages of the web app: which one an answer is in, and what its templates write with."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from webapp import i18n, labels
from webapp.catalogues import ENGLISH, LANGUAGES, Language, catalogue, of_tag
from webapp.i18n import current

COOKIE = "lang"
YEAR_S = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Let an app and its templates speak the language that each visitor asks for."""
    babel = Babel(app, locale_selector=_choose)
    babel.domain_instance = Catalogues()
    app.after_request(_say_language)
    app.jinja_env.globals.update(_=write, gettext=write)
    app.jinja_env.filters.update(
        label=labels.label,
        duration=labels.duration,
        kilometres=labels.kilometres,
        quantity=labels.quantity,
        decimal=labels.decimal,
        known=labels.is_known,
        name=labels.name,
        all_names=labels.all_names,
        translated=i18n.translated,
        province=i18n.province,
        said=i18n.said,
        in_script=i18n.in_script,
        listed=i18n.listed,
        bracketed=i18n.bracketed,
        clauses=i18n.clauses,
        sentences=i18n.sentences,
        day=i18n.day,
        weekday=i18n.weekday,
    )
    app.jinja_env.globals.update(language=i18n.current, languages=switches, comma=i18n.comma)


def of_request() -> Language | None:
    """Return the language of this request; None outside of one."""
    if not has_request_context():
        return None
    of_this = g._get_current_object()  # once: asked with each text
    language: Language | None = of_this.get("language")
    if language is None:
        language = of_this.language = _of_locale(get_locale())
    return language


@cache
def _of_locale(locale: Locale | None) -> Language:
    return next((known for known in LANGUAGES.values() if known.locale == str(locale)), ENGLISH)


i18n.ask(of_request)


def _choose() -> str:
    """Take the language from the address, else from the cookie, else from the browser; what names
    no language of ours counts nowhere.

    That an address names one that is none is told by :func:`webapp.args.parse`.
    """
    if not has_request_context():
        return ENGLISH.locale
    named = (LANGUAGES.get(request.args.get("lang", "")), LANGUAGES.get(_cookie()))
    preferred = (of_tag(tag) for tag, quality in request.accept_languages if quality > 0)
    return next(filter(None, (*named, *preferred)), ENGLISH).locale  # the dearest first


def _cookie() -> str:
    return request.cookies.get(COOKIE, "")


def _say_language(response: Response) -> Response:
    """Head pages and errors with their language, and remember the one that a page's address names.

    Layers, downloads and files hold codes, not texts: they are the same in every language and may
    be kept for all."""
    page = response.mimetype == "text/html"
    if not page and response.mimetype != "application/pdf" and response.status_code < 400:
        return response
    if (
        request.method != "POST"
    ):  # the browser alone keeps an answer to a form, for Back, and finds it again by the cookie
        response.vary.update(("Accept-Language", "Cookie"))
    response.headers["Content-Language"] = current().tag
    asked = request.args.get("lang")
    if (
        page
        and response.status_code < 400
        and asked in LANGUAGES
        and asked != request.cookies.get(COOKIE)
        and "part" not in request.args
    ):
        response.set_cookie(
            COOKIE, asked, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response


def switches() -> list[tuple[Language, list[tuple[str, str]]]]:
    """Return each language with the query of this page in it, for links that keep everything
    else.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [(other, [*kept, ("lang", other.code)]) for other in LANGUAGES.values()]


@pass_eval_context
def write(context: EvalContext, text: str, /, **values: Any) -> str:
    """Translate a text of a template and fill in its values, which are escaped: what Jinja's own
    extension does, in a tenth of the time.
    """
    locale = current().locale
    if not context.autoescape:
        return str(i18n.in_locale(text, locale) % values)
    if not values:
        return _unfilled(text, locale)
    plain = {
        name: value if type(value) in (int, float) else escape(i18n.in_script(value))
        for name, value in values.items()
    }
    return Markup(i18n.in_locale(text, locale) % plain)


@lru_cache(10_000)
def _unfilled(text: str, locale: str) -> Markup:
    return Markup(i18n.in_locale(text, locale) % {})


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's way to a catalogue, without compiled files."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(str(locale)) if locale else NullTranslations()
