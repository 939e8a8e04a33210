"""Planned corridors and matches as files for programs: what the pages show, in numbers."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from test_web_match import GOOD, post
from web import HOSTILE, read

pytest_plugins = ("web",)

YEAR = "year=2030"


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def json_of(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def seconds(client: FlaskClient, site: str, more: str) -> dict[str, float]:
    return dict(json_of(client, f"/api/times?site={site}{more}")["travel_time_s"])


def test_changes_are_those_of_the_times_of_both_years(client: FlaskClient) -> None:
    """The minutes of a change lie around what the times from that site say, today and then."""
    document = json_of(client, f"/planned.json?{YEAR}")
    assert document["year"] == 2030
    assert len(document["changes"]) > 5
    for change in document["changes"][:: len(document["changes"]) // 5]:
        site = change["site"]["id"]
        for key, more in (("today", "&network=main-roads"), ("then", f"&{YEAR}")):
            if change[key] is not None:
                minutes = seconds(client, site, more)[change[key]["id"]] / 60
                assert change[key]["low"] <= minutes <= change[key]["high"]


def test_the_workbook_of_changes_holds_the_same(client: FlaskClient) -> None:
    """The rows of the workbook are the changes and openings of the JSON."""
    document = json_of(client, f"/planned.json?{YEAR}")
    answer = client.get(f"/planned.xlsx?{YEAR}")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    changes, openings, _about = (
        list(sheet.iter_rows(values_only=True, min_row=2)) for sheet in book.worksheets
    )
    assert [row[0] for row in changes] == [change["site"]["id"] for change in document["changes"]]
    for row, change in zip(changes, document["changes"], strict=True):
        assert row[7:9] == (change["then"]["low"], change["then"]["high"])
        if change["today"]:
            assert row[4:6] == (change["today"]["low"], change["today"]["high"])
    assert [row[1] for row in openings] == [each["name"] for each in document["corridors"]]
    assert client.get(f"/planned.xlsx?{YEAR}").data == answer.data


def test_without_a_year_only_the_openings_are_told(client: FlaskClient) -> None:
    """Nobody is told that nothing changes: it was not asked."""
    document = json_of(client, "/planned.json")
    assert document["changes"] == []
    assert document["sites_that_gain"] is None
    assert document["corridors"]
    assumed = json_of(client, f"/planned.json?opens={document['corridors'][-1]['id']}:2029")
    assert [each["id"] for each in assumed["corridors"] if each["assumed_by_you"]] == [
        document["corridors"][-1]["id"]
    ]


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_the_page_of_a_year_leads_to_its_files(client: FlaskClient, lang: str) -> None:
    """The links keep what the page was asked."""
    page = read(client, f"/planned?{YEAR}&wait=1&to=mong-cai-bac-luan-2&lang={lang}")
    for end in ("json", "xlsx"):
        (link,) = (each.href for each in page.links if each.href.startswith(f"/planned.{end}?"))
        answer = client.get(link)
        assert answer.status_code == 200
        if end == "json":
            assert answer.get_json()["to"] == "mong-cai-bac-luan-2"


@pytest.mark.parametrize("end", ["json", "xlsx"])
@pytest.mark.parametrize(
    ("query", "status"), [("year=2031", 400), ("to=nowhere", 404), ("network=x", 400)]
)
def test_what_cannot_be_planned_is_refused(
    client: FlaskClient, end: str, query: str, status: int
) -> None:
    """A year, a place or a network that is unknown is answered with a sentence."""
    answer = client.get(f"/planned.{end}?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.get_json()["description"]


def test_matches_for_programs_are_those_of_the_workbook(client: FlaskClient) -> None:
    """Companies, sites and their order are the same, and so are the words."""
    document = post(client, GOOD, onto="/match.json").get_json()
    book = openpyxl.load_workbook(io.BytesIO(post(client, GOOD, format="xlsx").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True, min_row=2))
    listed = [(row[0], row[3]) for row in rows if row[3]]
    assert listed == [
        (company["company"], site["id"])
        for company in document["companies"]
        for site in company["sites"]
    ]
    assert len(listed) > 2
    words = [plain(str(row[7])) for row in rows if row[3]]
    sites = [site for company in document["companies"] for site in company["sites"]]
    for text, site in zip(words, sites, strict=True):
        for each in (*site["reasons"], *site["strengths"]):
            if each.get("known", True):
                assert plain(each["text"]) in text
        assert site["score_low"] <= site["score_high"]


def test_a_sheet_that_cannot_be_read_is_refused_with_its_faults(client: FlaskClient) -> None:
    """The faults come as one description, in the language of who asks."""
    answer = post(client, "company;area_ha\nA;five\nB;-5\n", onto="/match.json")
    if answer.status_code == 200:  # the rows that can be read are matched, the others are named
        assert len(answer.get_json()["left_out"]) == 2
    refused = post(client, "", onto="/match.json")
    assert refused.status_code == 400
    assert refused.get_json()["description"]
    again = post(client, "title\n", onto="/match.json", lang="vi")
    assert again.status_code == 400
    assert "company" not in again.get_json()["description"].lower()


def test_a_sheet_of_attacks_comes_back_as_text(client: FlaskClient) -> None:
    """A formula and markup are given back as they are."""
    document = post(client, f"company;notes\n=1+1;{HOSTILE}\n", onto="/match.json").get_json()
    assert document["companies"][0]["notes"] == HOSTILE
