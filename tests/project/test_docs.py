"""README and documentation name whatever a person can set, call, open or read.

After the tests of Datasette of that name: the tables in the code are walked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.schema import LAYERS, TABLES
from webapp.cli.main import main
from webapp.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "/basemap.pmtiles",
    "/favicon.ico",
    "/frame.js",
    "/health",
    "/preview.png",
    "/robots.txt",
    "/static/{filename}",
    "/sw.js",
    "/trip/edit",
    "/trip/plan",
    "/trip/plan.{extension}",
    "/trip/ways",
    "/trip/why",
}
"""What the pages ask for by themselves."""
FORMS = "/team/"
"""Where the forms of the page of a team are sent."""


@cache
def prose(*names: str) -> str:
    """Read these files, and the pages of these folders that are written by hand."""
    files: list[Path] = []
    for path in (ROOT / name for name in names):
        files += [path] if path.is_file() else path.rglob("*.md")
    by_hand = [
        file for file in files if not {"build", "generated"} & set(file.relative_to(ROOT).parts)
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(by_hand))


def commands(group: click.Group, *above: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield " ".join((*above, name))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_readme_names_each_setting(setting: Setting) -> None:
    """Who runs the atlas reads in one place what can be set."""
    assert f"`{setting.variable}`" in prose("README.md")


def test_the_readme_names_no_other_setting() -> None:
    """A variable that is read no more is gone from the README."""
    named = set(re.findall(r"ZONEATLAS_[A-Z_]+", prose("README.md", "CONTRIBUTING.md", "docs")))
    of_tests = {"ZONEATLAS_TEST_OSM", "ZONEATLAS_TEST_QGIS"}
    assert named <= {setting.variable for setting in SETTINGS} | of_tests


@pytest.mark.parametrize("command", list(commands(main)))
def test_the_docs_name_each_command(command: str) -> None:
    """Each command stands in the README or the documentation as it is typed."""
    assert re.search(rf"zoneatlas {command}\b", prose("README.md", "docs"))


def test_the_docs_show_no_other_command() -> None:
    """What the documentation shows as a command can be called."""
    shown = r"^(?:\.venv/bin/)?zoneatlas ((?:(?:feed|roads|team|trip) )?[a-z][a-z-]*)"
    named = set(re.findall(shown, prose("README.md", "docs"), re.MULTILINE))
    assert named <= set(commands(main))


def test_every_address_is_documented(make_app: Callable[..., Flask], client: FlaskClient) -> None:
    """An address is a page of the list of pages, an operation of OpenAPI, or a part of a page."""
    team = make_app(TEAM="on", OIDC_ISSUER="https://login.example", OIDC_CLIENT="x")
    addresses = {
        re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule) for rule in team.url_map.iter_rules()
    }
    pages = set(re.findall(r"^\| `(/[^`]*)`", prose("docs/pages.md"), re.MULTILINE))
    operations = set(client.get("/ogc/api").json["paths"])  # type: ignore[index]
    assert pages <= addresses
    others = {path for path in addresses - pages - operations if not path.startswith(FORMS)}
    assert {address for address in others if not address.startswith("/ogc/")} == PARTS


def test_the_filters_in_the_docs_are_read(client: FlaskClient) -> None:
    """Each address of items that the page for GIS users shows is answered."""
    queries = re.findall(r"^(filter=.*)$", prose("docs/start/gis.md"), re.MULTILINE)
    assert len(queries) > 3
    for query in queries:
        asked = dict(part.split("=", 1) for part in re.split("&(?=filter-crs)", query))
        answer = client.get("/ogc/collections/parks/items", query_string=asked)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("table", [*LAYERS, *TABLES])
def test_the_page_of_the_data_names_each_table(table: str) -> None:
    """Each layer and each table stands in the page about the data."""
    assert f"`{table}" in prose("data/README.md")


def test_what_to_touch_is_there() -> None:
    """Each file that the page about additions names exists, and holds the table that it names."""
    page = prose("docs/howto/extend.md")
    for path in re.findall(r"`((?:geo|webapp|data|docs)/[\w./]+)`", page):
        assert (ROOT / path).exists(), path
    for name, path in re.findall(r"`(\w+)` (?:in|of) `([\w/]+\.py)`", page):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8")), (name, path)
