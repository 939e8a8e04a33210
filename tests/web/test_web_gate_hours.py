"""What a gate's page says of its hours."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, read

from webapp.explore import gate_hours
from webapp.store import store

pytest_plugins = ("web",)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def states(app: Flask, gate: str, time: str, language: str = "en") -> dict[str, str]:
    """Return what the page of a gate would say at a moment, by whom it concerns."""
    with app.test_request_context(headers={"Accept-Language": language}):
        frame = store().layer("gates").loc[[gate]]
        opening = gate_hours.of(store(), frame, datetime.fromisoformat(time).replace(tzinfo=HANOI))
        return {str(state.whom): str(state.text) for state in opening.states}


def test_a_gate_is_open_or_opens_on_both_clocks(app: Flask) -> None:
    """Tourists pass Bac Luan II until three, and again tomorrow at eight; both clocks stand beside
    every time.
    """
    noon = states(app, "mong-cai-bac-luan-2", "2026-11-25 12:00")
    assert noon["Passengers"] == "open until 15:00 Hà Nội · 16:00 北京"
    evening = states(app, "mong-cai-bac-luan-2", "2026-11-25 16:00")
    assert evening["Passengers"] == "closed; opens tomorrow, 08:00 Hà Nội · 09:00 北京"
    assert evening["Cargo"] == "open until 19:00 Hà Nội · 20:00 北京"
    saturday = states(app, "mong-cai-bac-luan-2", "2026-11-28 12:00")
    assert saturday["Cargo"] == "closed; opens 14:00 Hà Nội · 15:00 北京"
    friday = states(app, "hoanh-mo", "2026-11-27 17:00")
    assert friday["Passengers"] == "closed; opens Nov 30, 2026, 08:00 Hà Nội · 09:00 北京"


def test_what_is_assumed_and_what_is_refused_is_said(app: Flask) -> None:
    """Unknown hours are called unknown by day and by night; a gate that clears no cargo says so; a
    station has no end of its hours.
    """
    assert states(app, "hoanh-mo", "2026-11-25 12:00")["Cargo"].startswith(
        "hours unknown; assumed open in daylight, until 17:"
    )
    assert states(app, "hoanh-mo", "2026-11-25 20:00")["Cargo"].startswith(
        "hours unknown; assumed closed at night, until tomorrow, 06:"
    )
    assert states(app, "mong-cai-bac-luan-1", "2026-11-25 12:00")["Cargo"] == "not served here"
    assert states(app, "dong-dang-rail", "2026-11-25 12:00")["Cargo"] == "open, around the clock"


def test_the_page_shows_hours_with_their_source(client: FlaskClient) -> None:
    """The page of a gate has its hours by traffic, with kind, date and address of the source; other
    places have none.
    """
    page = read(client, "/sites/mong-cai-bac-luan-2")
    assert "Opening hours" in page.headings
    assert {"Passengers", "Cargo"} <= page.facts.keys()
    row = next(cells for cells in page.rows if cells[0].startswith("Passengers"))
    assert "Mo-Su 08:00-15:00" in row[1]
    assert "web source" in row[2]
    assert any("post106867" in link.href for link in page.links if link.text == "en.sggp.org.vn")
    assert any("Sa-Su 08:00-11:00,14:00-17:00" in cells[1] for cells in page.rows[1:])
    assert "2023-01-21" not in page.text  # what is over is not shown
    assert "Opening hours" not in read(client, "/sites/van-don-ez").headings


@pytest.mark.parametrize("gate", ["hoanh-mo", "mong-cai-bac-luan-2"])
def test_hostile_hours_stay_text(besieged: Flask, gate: str) -> None:
    """Attacks in hours, notes, sources and names of clocks come out as text."""
    page = read(besieged.test_client(), f"/sites/{gate}")
    assert HOSTILE.split("<")[0] in page.source
    assert HOSTILE not in page.source
