"""A Chromium for each module, the atlas served to it, and tabs that are watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from screen import PATIENCE_MS, SITE, Windows, tabs
from web import browsing, serving

from geo.roads import contraction, gate_overlay, isochrones, snapping, ways
from geo.roads.drive import Drive
from geo.roads.painted_roads import put_in_order
from geo.visits import planner
from webapp import args


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MS)
    with browsing() as started:
        yield started


@pytest.fixture(scope="session")
def site(make_app: Callable[..., Flask]) -> Iterator[str]:
    """The address of an atlas that is served to the tests of this folder alone."""
    for module in (snapping, isochrones, gate_overlay, contraction, ways, planner):
        module.warm_up()  # as `zoneatlas serve` does
    app = make_app()
    for path in ("/", f"/sites/{SITE}", "/access?lon=106.9&lat=21", "/rank?example=electronics"):
        assert app.test_client().get(path).status_code == 200
    for year in (None, *args.YEARS):
        network = app.extensions["zoneatlas"].roads(Drive(year=year))
        for profile in network.profiles if year is None else ():
            put_in_order(network, profile)
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def windows(browser: Any) -> Iterator[Windows]:
    """The windows in which a module opens its tabs."""
    opened = Windows(browser)
    yield opened
    opened.close()


@pytest.fixture
def opened(windows: Windows, site: str) -> Iterator[Callable[..., Any]]:
    """Open a page in a tab of its own; at the end every tab has been quiet."""
    with tabs(windows, site) as open_:
        yield open_
