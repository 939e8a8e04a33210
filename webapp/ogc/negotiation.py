"""Which form of an answer a client gets: ``f`` says so, and otherwise the header Accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import g, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from geo.export import FORMATS

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA_JSON = "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.0"
PROFILE = "http://www.opengis.net/def/profile/OGC/0"
JSON_FG = "application/vnd.ogc.fg+json"
"""Of the drafts of JSON-FG; the standard has no type of its own (OGC 21-045r1, 16)."""
OLDER_JSON_FG = "application/fg+json"
FILES = ("fgb", "csv", "gpkg")
"""Formats of export that features are answered in as well."""
PROFILES = ("rfc7946", "jsonfg", "jsonfg-plus")
LONGEST = 200
"""Letters of a header whose meaning is kept."""


@dataclass(frozen=True)
class Way:
    """A form of an answer: what ``f`` calls it, what people call it, its type, and the types by
    which the header Accept may ask for it.
    """

    id: str
    title: str
    media_type: str
    asked: tuple[str, ...]


def _profiled(profile: str) -> tuple[str, ...]:
    return f"{GEOJSON};profile={profile}", f'{GEOJSON};profile="{PROFILE}/{profile}"'


_JSON = Way(
    "json",
    "JSON",
    GEOJSON,
    (
        *(GEOJSON, JSON, SCHEMA_JSON, OPENAPI_JSON, OPENAPI_JSON.partition(";")[0]),
        *_profiled("rfc7946"),
    ),
)
_HTML = Way("html", "HTML", HTML, (HTML,))
_JSON_FG = Way(
    "jsonfg",
    "JSON-FG",
    JSON_FG,
    (JSON_FG, OLDER_JSON_FG, *_profiled("jsonfg"), *_profiled("jsonfg-plus")),
)
PAGES: Mapping[str, Way] = {way.id: way for way in (_JSON, _HTML)}
"""The forms of every answer."""
FEATURES: Mapping[str, Way] = {
    **PAGES,
    _JSON_FG.id: _JSON_FG,
    **{
        name: Way(name, str(FORMATS[name].title), media, (media,))
        for name in FILES
        for media in (FORMATS[name].media_type,)
    },
}
"""The forms of an answer that holds features."""


def chosen(ways: Mapping[str, Way] = PAGES) -> Way:
    """Return the form that is asked for: JSON where anything will do.

    Raises
    ------
    NotAcceptable
        The header Accept names none of them.
    """
    asked = request.args.get("f")
    if asked is not None:
        return ways.get(asked, _JSON)  # what is not known is refused with the other parameters
    header = request.environ.get("HTTP_ACCEPT", "")
    choose = _best if len(header) <= LONGEST else _best.__wrapped__
    name = choose(header, tuple(ways))
    if name is None:
        known = ", ".join(f"{way.media_type} (f={way.id})" for way in ways.values())
        raise NotAcceptable(
            f"There are {known}; choose one with the header Accept or the parameter f."
        )
    return ways[name]


@lru_cache(200)
def _best(header: str, names: tuple[str, ...]) -> str | None:
    """Return the form of the highest quality, the first of those that are as good; None where all
    are refused. Of the ranges that a type lies in, the most specific one counts (RFC 9110, 12.5.1).
    """
    if not header:
        return names[0]
    accepted = parse_accept_header(header, MIMEAccept)
    quality = {name: max(map(accepted.quality, FEATURES[name].asked)) for name in names}
    best = max(names, key=lambda name: quality[name])
    return best if quality[best] > 0 else None


def way() -> Way:
    """Return the form of the answer to this request, which was chosen before all else."""
    return g.get("ogc_way", _JSON)


def json_fg_profile() -> str | None:
    """Return the profile of JSON-FG that is asked for, by ``f``, ``profile`` or the header."""
    profile = request.args.get("profile", "")
    if way() is _JSON_FG:
        return profile if profile.startswith("jsonfg") else "jsonfg"
    return profile if way() is _JSON and profile.startswith("jsonfg") else None


def json_fg_type() -> str:
    """Return the media type of JSON-FG: of its several ones, that which is asked for."""
    if way() is not _JSON_FG:
        return GEOJSON
    if "f" in request.args:
        return JSON_FG
    accepted = parse_accept_header(request.environ.get("HTTP_ACCEPT", ""), MIMEAccept)
    return max(_JSON_FG.asked, key=accepted.quality).partition(";")[0]
