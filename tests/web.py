"""Helpers of the web tests: pages read as a person reads them, data packages made for a test, a
server, a browser.

A plugin of the test modules (``pytest_plugins``) that they import as well, hence
PYTEST_DONT_REWRITE."""

from __future__ import annotations

import csv
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo import layers
from geo.kept import Kept
from geo.schema import LAYERS, TABLES, Field
from webapp import create_app, server
from webapp.jobs import Desk

HOSTILE = "{{7*7}}<img src=x onerror=alert(1)>${1}"
"""Runs on a server that compiles it, in a page that inserts it, and in a script that interpolates
it.
"""
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
NOT_IN_CHROMIUM = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "AimEnabled"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
)
"""Two pages of Chromium's own that hang below the address of each window, though nobody sees it:
they take as long as ours. The others are what Playwright leaves out, whose list this replaces.
"""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(NOT_IN_CHROMIUM)}",
)
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}

SITES = len(layers.read(layers.bundled(), "parks"))
"""How many sites the map holds."""

# Pages --------------------------------------------------------------------------------------------


@dataclass
class Link:
    """An anchor: where it leads, what it says, and its attributes."""

    href: str
    text: str
    attributes: dict[str, str]


@dataclass
class Page(HTMLParser):
    """A page or fragment, read: what it says, where it leads, its tables, and every element with
    its attributes.
    """

    source: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._term = ""
        self.feed(self.source)
        self.close()

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a" and "href" in attributes:
            self.links.append(Link(attributes["href"], "", attributes))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
        if tag == "script":
            self.scripts.append("")
        if tag == "dt":
            self._term = ""
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.scripts[-1] += data
            return
        if "style" in self._open:
            return
        if self._open and self._open[-1] == "textarea":
            self.elements[-1][1]["value"] = self.elements[-1][1].get("value", "") + data
        self.parts.append(data)
        clean = " ".join(data.split())
        if "a" in self._open and self.links:
            self.links[-1].text += clean
        if ("td" in self._open or "th" in self._open) and self.rows and self.rows[-1]:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {clean}".strip()
        if self.headings and {"h1", "h2", "h3"} & set(self._open):
            self.headings[-1] = f"{self.headings[-1]} {clean}".strip()
        if "dt" in self._open:
            self._term = f"{self._term} {clean}".strip()
        elif "dd" in self._open and self._term:
            self.facts[self._term] = f"{self.facts.get(self._term, '')} {clean}".strip()

    def one(self, tag: str, **wanted: str) -> dict[str, str]:
        """Return the attributes of the only element of this kind."""
        matches = [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]
        assert len(matches) == 1, f"{len(matches)} × {tag} {wanted}"
        return matches[0]


def read(client: FlaskClient, path: str, expected: int = 200, /, **query: Any) -> Page:
    """Ask for a page and read it."""
    answer = client.get(path, query_string=urlencode(query, doseq=True) or None)
    assert answer.status_code == expected, (
        f"{path} {query}: {answer.status_code} {Page(answer.text).text[:300]}"
    )
    assert answer.mimetype == "text/html"
    return Page(answer.text)


# Data packages ------------------------------------------------------------------------------------


def tables_of(folder: Path) -> Iterator[tuple[Path, tuple[Field, ...]]]:
    """Return every table of a data package with its fields."""
    for name, fields in ({layer.id: layer.fields for layer in LAYERS.values()} | TABLES).items():
        if (folder / f"{name}.csv").is_file():
            yield folder / f"{name}.csv", fields


def rewrite(path: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Change the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(change(rows))


REFERENCES = {
    "corridor",
    "row_id",
    "field",
    "policies",
    "id",
    "profile",
    "road_class",
    "gate",
    "closed_on",
    "workdays",
}
"""Text that other rows look up; all other free text may say anything, opening hours in a comment.
"""
KEYS = {
    ("crossings", "kind"),
    ("provenance", "layer"),
    ("provenance", "source"),
    ("claims", "layer"),
}
"""Further such text, by table: the sources of one value differ."""


SHORTENED = {"roads": 300, "population": 300}
"""Rows of the long tables of a copy that is checked: all of them take seconds to read."""


def copy_package(folder: Path, *left_out: str) -> Path:
    """Copy the bundled data to be broken and checked, of its long tables only the first rows;
    without what is left out.
    """
    ignore = shutil.ignore_patterns("*.py", "LICENSES", "__pycache__", *left_out)
    shutil.copytree(layers.bundled(), folder, ignore=ignore)
    for name, count in SHORTENED.items():
        with (folder / f"{name}.csv").open(encoding="utf-8") as whole:
            first = list(islice(whole, count + 1))
        (folder / f"{name}.csv").write_text("".join(first), encoding="utf-8")
    return folder


def many_parks(folder: Path, count: int) -> Path:
    """Copy the data that come with Zone Atlas with so many parks, nearly: each several times, the
    copies some ten kilometres away.
    """
    shutil.copytree(layers.bundled(), folder)
    path = folder / "parks.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    dice = np.random.default_rng(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for copy in range(count // len(rows)):
            for row in rows:
                dx, dy = dice.normal(0, 0.1, 2) if copy else (0, 0)
                lon, lat = float(row["lon"]) + dx, float(row["lat"]) + dy
                writer.writerow(
                    row | {"id": f"{row['id']}-{copy}", "lon": f"{lon:.4f}", "lat": f"{lat:.4f}"}
                )
    return folder


def make_hostile(folder: Path) -> Path:
    """Copy the bundled data with the hostile text in every text field that is free, also in the
    package's own words.
    """
    shutil.copytree(
        layers.bundled(), folder, ignore=shutil.ignore_patterns("*.py", "LICENSES", "__pycache__")
    )
    row = {"id": "claim-1", "layer": "parks", "row_id": "dong-mai-ip", "field": "developer"}
    row |= {"state": "stated", "counts": "true", "source_kind": "page", "as_of": "2026"}
    with (folder / "claims.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, LAYERS["claims"].names, restval="x")
        writer.writeheader()
        writer.writerow(row | {"accuracy": "1", "stated_at": "2026-01-01T00:00:00Z"})
    for path, fields in tables_of(folder):
        free = [
            each.name
            for each in fields
            if each.type in ("string", "list") and not (each.allowed or each.pattern or each.refers)
        ]
        free = [name for name in free if name not in REFERENCES and (path.stem, name) not in KEYS]
        texts = dict.fromkeys(free, HOSTILE) | {
            "opening_hours": '24/7 "' + HOSTILE.replace('"', "'") + '"'
        }
        rewrite(
            path,
            lambda rows, texts=texts: [
                row | {name: texts[name] for name in texts.keys() & row.keys()} for row in rows
            ],
        )  # type: ignore[misc]
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package |= {"title": HOSTILE, "description": HOSTILE}
    for resource in package["resources"]:
        resource |= {"title": HOSTILE, "description": HOSTILE}
        for credit in (*resource.get("sources", ()), *resource.get("licenses", ())):
            credit["title"] = HOSTILE
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data package in which every free text is an attack."""
    return make_hostile(tmp_path_factory.mktemp("hostile") / "data")


@pytest.fixture(scope="session")
def besieged(make_app: Callable[..., Flask], hostile: Path) -> Flask:
    """The app on data in which every free text is an attack."""
    return make_app(hostile)


# The app, a server --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def make_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Flask]:
    """Make the app with an empty home folder; errors come out as answers, as they do when it
    serves.
    """

    planned = Kept()

    def make(data: Path | None = None, **config: Any) -> Flask:
        home = tmp_path_factory.mktemp("home")
        app = create_app({"HOME": str(home), "DATA": str(data or layers.bundled()), **config})
        app.config["PROPAGATE_EXCEPTIONS"] = False
        if data is None:  # the same for all: a year to come takes seconds to build
            app.extensions["zoneatlas"].networks._planned = planned
        app.extensions["zoneatlas"].keep(
            "desk", lambda: Desk(patience_s=120)
        )  # compiled the first time, plans take long
        return app

    return make


@pytest.fixture(scope="session")
def app(make_app: Callable[..., Flask]) -> Flask:
    """The app on the data that comes with Zone Atlas."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the app with waitress in a thread, on a free port; gives its address."""
    from waitress import wasyncore

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    opened = app.extensions["zoneatlas"]
    before = getattr(opened, "public_url", ""), app.config.get("PUBLIC_URL", "")
    opened.public_url = app.config["PUBLIC_URL"] = url
    waitress = server.create(app, sockets=[listener])
    thread = threading.Thread(target=waitress.run)
    thread.start()
    try:
        yield url
    finally:
        waitress.trigger.pull_trigger(lambda: wasyncore.close_all(waitress._map, ignore_all=True))
        thread.join(10)
        waitress.task_dispatcher.shutdown(timeout=2)
        listener.close()
        opened.public_url, app.config["PUBLIC_URL"] = before


# A browser ----------------------------------------------------------------------------------------


def find_browser() -> str | None:
    """Find a Chromium of the machine; None leaves it to Playwright's own."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def browsing() -> Iterator[Any]:
    """Start Chromium. One module at a time: Playwright's loop would be in the way of others."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        path = find_browser()
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("There is no Chromium on this machine: “python tests/run.py” installs one.")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except Error as error:  # pragma: no cover
            raise RuntimeError(f"Chromium does not start: {error.message}") from None
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a tab did beyond showing a page: what it wrote to the console, what it asked for, what
    it opened.
    """

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def on(self, page: Any) -> Any:
        for event, heard in self._ears.items():
            page.on(event, heard)
        return page

    def off(self, page: Any) -> None:
        for event, heard in self._ears.items():
            page.remove_listener(event, heard)

    def __post_init__(self) -> None:
        def dismiss(dialog: Any) -> None:
            self.dialogs.append(dialog.message)
            dialog.dismiss()

        self._ears: dict[str, Callable[[Any], None]] = {
            "console": lambda message: self.console.append(f"{message.type}: {message.text}"),
            "pageerror": lambda error: self.errors.append(str(error)),
            "dialog": dismiss,
            "request": lambda request: self.requests.append(request.url),
        }

    def quiet(self, url: str) -> None:
        """Hold the tab to what is allowed: no script error, no policy broken, no dialog, no other
        host.
        """
        odd = [
            line
            for line in self.console
            if line.startswith(("error", "warning"))
            and "registration blocked by Playwright" not in line
        ]  # where a test keeps the service worker out
        foreign = [
            request for request in self.requests if not request.startswith((url, "data:", "blob:"))
        ]
        for seen in (self.errors, self.dialogs, odd, foreign):
            assert not seen, seen
