"""The page to take along: complete, in three languages, as a page and as PDF."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.errors import NotFoundError, UnavailableError
from webapp import factsheet, pictures
from webapp.languages import LANGUAGES

pytest_plugins = ("web",)
SITE = "texhong-hai-ha-ip"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_factsheet_has_it_all(client: FlaskClient, language: str) -> None:
    """Map, code, access, facts, policies and sources, in the language of the address; the code leads to the page of the site."""
    page = client.get(f"/sites/{SITE}/factsheet?lang={language}").get_data(as_text=True)
    assert f'<html lang="{LANGUAGES[language].tag}">' in page
    assert page.count("<svg") == 2
    assert page.count('<tr><th scope="row">') > 15
    assert f"/sites/{SITE}?lang={language}</title>" in page
    assert "Decision 33/2009" in page
    assert "investinquangninh.vn" in page


@pytest.mark.parametrize("site", ["mong-cai-bac-luan-2", "port-fangchenggang", "ha-noi"])
def test_every_place_has_one(client: FlaskClient, site: str) -> None:
    """Gates, ports and cities as well as parks."""
    assert client.get(f"/sites/{site}/factsheet").status_code == 200


def test_nowhere_has_none(client: FlaskClient) -> None:
    """404 for a site that is not there, 400 for a parameter that is not known."""
    assert client.get("/sites/nowhere/factsheet").status_code == 404
    assert client.get("/sites/nowhere/factsheet.pdf").status_code == 404
    assert client.get(f"/sites/{SITE}/factsheet?colour=red").status_code == 400


def test_the_map_shows_what_is_near_and_nothing_far(app: Flask) -> None:
    """Marks lie inside the picture, and names do not come out of the data as markup."""
    with app.test_request_context("/"):
        drawn = str(pictures.locator(app.extensions["zoneatlas"], (107.735, 21.392)))
    marks = [(float(x), float(y)) for x, y in re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="8"', drawn)]
    assert len(marks) > 5
    assert all(0 <= x <= pictures.WIDTH and 0 <= y <= pictures.HEIGHT for x, y in marks)
    assert "Bac Phong Sinh" in drawn
    assert "Lao Cai" not in drawn


def test_a_pdf_is_made_where_a_browser_is(client: FlaskClient) -> None:
    """A4, of one or two pages, named after the site and the language."""
    if not any(shutil.which(name) for name in factsheet.BROWSERS):
        pytest.skip("no browser")
    answer = client.get(f"/sites/{SITE}/factsheet.pdf?lang=vi")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert f"zone-atlas-{SITE}-vi.pdf" in answer.headers["Content-Disposition"]
    width, height = (float(one) for one in re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", answer.data).groups())  # type: ignore[union-attr]
    assert (round(width), round(height)) in [(595, 842), (596, 842), (595, 841)]


def test_without_a_browser_it_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence, not an error page of the server; the page itself is still there."""
    monkeypatch.setattr(factsheet, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    answer = client.get(f"/sites/{SITE}/factsheet.pdf")
    assert answer.status_code == 404
    assert "Print the page instead" in answer.get_data(as_text=True)


def test_a_browser_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is given up, with a sentence."""
    slow = tmp_path / "chromium"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(factsheet, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: str(slow))
    monkeypatch.setattr(factsheet, "TIMEOUT_S", 0.3)
    from webapp import create_app

    with create_app({}).test_request_context("/"), pytest.raises(UnavailableError):
        factsheet.make_pdf("<p>hello")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with create_app({}).test_request_context("/"), pytest.raises(NotFoundError):
        factsheet.make_pdf("<p>hello")


def test_a_sheet_of_a_place_at_the_end_of_the_world(app: Flask) -> None:
    """Far from all land and roads the map is empty, and is drawn."""
    with app.test_request_context("/"):
        drawn: Any = pictures.locator(app.extensions["zoneatlas"], (-170.0, 60.0))
    assert "<circle" in drawn
