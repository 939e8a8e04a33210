"""Where the facts of a site come from, in the reader's words."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from web import read

from geo import layers
from webapp.catalogues import LANGUAGES
from webapp.explore.provenance import in_words

pytest_plugins = ("web",)
RAW = re.compile(r"\b(occ|pos|est)\b|:(page|code|memory)\b|\ball:")


def said(app: Flask, note: str, language: str = "en") -> str:
    with app.test_request_context(), force_locale(LANGUAGES[language].locale):
        return in_words(note)


def test_a_note_is_written_in_words(app: Flask) -> None:
    """Codes become words; amounts with commas and remarks in brackets stay whole."""
    words = said(
        app,
        "area (1,279 km2, as of 2016),leasable,est:page; occ,pos:memory (code pin 107.7,21.3 lies"
        " offshore; asked)",
    )
    assert (
        words == "read on a page: area (1,279 km2, as of 2016), leasable area, year established; "
        "remembered: occupancy, position (code pin 107.7,21.3 lies offshore; asked)"
    )
    assert said(app, "page says about 1,000 ha") == "page says about 1,000 ha"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_note_of_the_data_shows_its_codes(app: Flask, language: str) -> None:
    """All notes, in three languages; nothing of a note is lost but its codes."""
    for note in layers.read(layers.bundled(), "parks")["provenance"].dropna().unique():
        words = said(app, note, language)
        assert not RAW.search(words), words
        assert set(re.findall(r"\d+", note)) == set(re.findall(r"\d+", words))


def test_ports_and_airports_have_no_former_province(client: FlaskClient) -> None:
    """A layer without the column shows nothing, not an empty bracket."""
    for layer in ("ports", "airports", "cities", "gates"):
        for site in layers.read(layers.bundled(), layer).index[:12]:
            assert "(formerly )" not in read(client, f"/sites/{site}", lang="en").text
