"""Comparisons and rankings as workbooks and as JSON: what the page shows, as numbers with units,
with their sources, and nothing that a spreadsheet would run.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read, rewrite

from geo import layers
from webapp.catalogues import LANGUAGES

pytest_plugins = ("web",)
COMPARED = "pick=hai-yen-ip&pick=deep-c-hp2-ip&pick=texhong-hai-ha-ip"
RANKED = "edited=1&country=VN&w_port=50&w_area=30&w_people=20&area_needed=20"
QUERIES = {"compare": COMPARED, "rank": RANKED}


def workbook(client: FlaskClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def rows(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def numbers(row: list[Any]) -> list[float]:
    return [cell for cell in row if isinstance(cell, int | float)]


def test_a_comparison_holds_the_numbers_of_the_page(client: FlaskClient) -> None:
    """Each number of the JSON stands in the workbook in the column of its site, as a number,
    below a head with its unit; what is unknown is written so.
    """
    document = client.get(f"/compare.json?{COMPARED}").json
    assert document
    table = rows(workbook(client, f"/compare.xlsx?{COMPARED}").worksheets[0])
    sites = [site["id"] for site in document["sites"]]
    assert table[1][1:4] == sites
    assert table[0][1:4] == [site["name"] for site in document["sites"]]
    heads = {str(row[0]): row for row in table}
    seen = 0
    for part in document["parts"]:
        for row in part["rows"]:
            unit = f" ({row['unit']})" if row["unit"] else ""
            cells = [row["cells"][site] for site in sites]
            ranged = any(cell["low"] != cell["high"] for each in cells for cell in each)
            ends = {"low": ", from", "high": ", to"} if ranged else {"low": ""}
            if all(cell["low"] is None for each in cells for cell in each):
                continue
            for end, suffix in ends.items():
                line = heads[f"{row['title']}{suffix}{unit}"][1:4]
                wanted = [each[0][end] if each else "unknown" for each in cells]
                assert [
                    got == want for got, want in zip(line, wanted, strict=True) if want is not None
                ] == [True] * sum(want is not None for want in wanted), row["title"]
                seen += len(numbers(line))
    assert seen > 25
    assert numbers(heads["Time to container port, to (min)"]) == [205, 12, 185]


def test_the_page_and_its_twins_hold_the_same(client: FlaskClient) -> None:
    """Every text of a cell of the JSON stands on the page, the best ones are the marked ones, and
    hidden rows are missing in all.
    """
    for query in (COMPARED, f"{COMPARED}&equal=hide"):
        page = read(client, f"/compare?{query}")
        document = client.get(f"/compare.json?{query}").json
        assert document
        listed = [row for part in document["parts"] for row in part["rows"]]
        shown = page.text.replace("\N{NO-BREAK SPACE}", " ")
        for row in listed:
            for cell in (cell for cells in row["cells"].values() for cell in cells):
                assert cell["text"].replace("\N{NO-BREAK SPACE}", " ") in shown
        assert page.source.count('class="best-mark"') == sum(bool(row["best"]) for row in listed)
        assert all(row["differs"] for row in listed) == ("equal" in query)


def test_a_source_and_a_date_stand_beside_each_known_value(client: FlaskClient) -> None:
    """Each value of the comparison has a row in the second sheet; what is read or remembered has
    how it is known, and what is read has a source.
    """
    book = workbook(client, f"/compare.xlsx?{COMPARED}")
    heads, *stated = rows(book.worksheets[1])
    assert heads[:7] == ["Site", "Fact", "Value", "Source type", "Date", "Source", "Address"]
    document = client.get(f"/compare.json?{COMPARED}").json
    assert document
    named = {site["id"]: site["name"] for site in document["sites"]}
    pairs = {(row[0], row[1], row[2]) for row in stated}
    for part in document["parts"]:
        for row in part["rows"]:
            for site, cells in row["cells"].items():
                texts = {cell["text"].replace("\N{NO-BREAK SPACE}", " ") for cell in cells}
                assert {(named[site], row["title"], text) for text in texts} <= pairs
    read_on_a_page = [row for row in stated if row[3] == "web source"]
    assert len(read_on_a_page) > 10
    assert all(row[5] or row[7] for row in read_on_a_page)
    assert sum(bool(row[4]) for row in read_on_a_page) > len(read_on_a_page) / 2
    assert any(str(row[6]).startswith("https://") for row in read_on_a_page)


def test_a_ranking_holds_the_sites_of_the_page_in_their_order(client: FlaskClient) -> None:
    """The first rows are the cards of the page with their scores; amounts are numbers with units in
    the head, and each is between the ends that the card shows.
    """
    source = client.get(f"/rank?{RANKED}").text
    cards = re.findall(r'name="pick" value="([^"]+)"', source)
    heads, *table = rows(workbook(client, f"/rank.xlsx?{RANKED}").worksheets[0])
    document = client.get(f"/rank.json?{RANKED}").json
    assert document
    assert [row[1] for row in table][: len(cards)] == cards
    assert [site["id"] for site in document["sites"]] == [row[1] for row in table]
    assert [row[0] for row in table] == list(range(1, len(table) + 1))
    scores = [row[heads.index("Score of 100, from")] for row in table]
    uppers = [row[heads.index("Score of 100, to")] for row in table]
    middles = [low + high for low, high in zip(scores, uppers, strict=True)]
    assert all(a >= b - 0.25 for a, b in pairwise(middles))
    for name in ("Time to container port, from (min)", "Free land, at most (ha)"):
        column = [row[heads.index(name)] for row in table]
        assert numbers(column) == column
        assert min(column) >= 0
    assert document["total"] == len(layers.read(layers.bundled(), "parks"))
    assert document["remaining"] >= document["ranked"] == len(table)
    others = rows(workbook(client, f"/rank.xlsx?{RANKED}").worksheets[2])[1:]
    assert {row[0] for row in others}.isdisjoint(row[1] for row in table)
    assert len(others) + len(table) == document["total"]


def test_free_land_names_what_it_is_counted_from(client: FlaskClient) -> None:
    """Land whose occupancy is unknown has the source of the area; no ranked site has land without
    one.
    """
    book = workbook(client, f"/rank.xlsx?{RANKED}")
    stated = [row for row in rows(book.worksheets[1])[1:] if row[1] == "Free land"]
    assert {row[0] for row in stated} == {row[2] for row in rows(book.worksheets[0])[1:]}
    assert all(row[3] for row in stated)


@pytest.mark.parametrize("page", QUERIES)
def test_the_same_question_gives_the_same_bytes(
    make_app: Callable[..., Flask], client: FlaskClient, page: str
) -> None:
    """Workbook and JSON are those of another server to the byte, and are not sent twice."""
    other = make_app().test_client()
    for ending in ("xlsx", "json"):
        address = f"/{page}.{ending}?{QUERIES[page]}"
        first = client.get(address)
        assert first.status_code == 200
        assert first.data == other.get(address).data
        assert (
            client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", QUERIES)
def test_the_link_inside_opens_the_same_page(client: FlaskClient, page: str, lang: str) -> None:
    """The address in the workbook and in the JSON shows the sites of the file in its language."""
    address = f"{QUERIES[page]}&lang={lang}"
    document = client.get(f"/{page}.json?{address}").json
    assert document
    links = {
        cell
        for row in rows(workbook(client, f"/{page}.xlsx?{address}").worksheets[-1])
        for cell in row
        if isinstance(cell, str) and f"/{page}?" in cell
    }
    assert links == {document["link"]}
    parts = urlsplit(document["link"])
    shown = client.get(f"{parts.path}?{parts.query}")
    assert shown.status_code == 200
    assert f'<html lang="{LANGUAGES[lang].tag}"' in shown.text
    for site in document["sites"][:5]:
        assert site["name"] in Page(shown.text).text


@pytest.mark.parametrize(
    "query",
    [
        "compare?pick=nowhere",
        "compare?pick=hai-yen-ip&currency=GBP",
        "compare?pick=hai-yen-ip&currency=CNY",
        "compare?pick=hai-yen-ip&rate=seven",
        "compare?pick=hai-yen-ip&equal=yes",
        "compare?pick=hai-yen-ip&network=nowhere",
        "compare?colour=red",
        "compare",
        "rank?max_port=soon",
        "rank?edited=1",
        "rank?edited=1&w_port=1&min_area=400000&drop=min_area",
        "rank",
    ],
)
def test_what_is_wrong_on_the_page_is_wrong_in_its_files(client: FlaskClient, query: str) -> None:
    """A file is answered with the status of its page, and JSON says why in JSON."""
    status = client.get(f"/{query}").status_code
    for ending in ("json", "xlsx"):
        page, _mark, rest = query.partition("?")
        answer = client.get(f"/{page}.{ending}?{rest}")
        assert answer.status_code == status
        if status >= 400 and ending == "json":
            assert answer.json
            assert answer.json["description"]


@pytest.mark.parametrize(
    "query",
    ["example=nowhere", "policy=nowhere", "supplies=plant-nowhere&max_plant=60", "pick=nowhere"],
)
def test_an_old_link_opens_and_says_what_is_gone(client: FlaskClient, query: str) -> None:
    """The page is that of the same link without it; a file, which says nothing, is refused."""
    base = "edited=1&w_port=50&w_gate=40&lang=en"
    page = read(client, f"/rank?{base}&{query}")
    name = query.split("&")[0].split("=")[1]
    assert (
        f"No longer in the data: {query.split('=')[0].replace('supplies', 'plant')}".replace(
            "example", "template"
        ).replace("pick", "site")
        in page.text
    )
    assert f"“{name}”" in page.text
    assert page.rows == read(client, f"/rank?{base}").rows
    for ending in ("json", "xlsx", "pdf"):
        assert client.get(f"/rank.{ending}?{base}&{query}").status_code == 400


def test_no_text_of_the_data_is_a_formula(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    """Names, developers and sources that begin like formulas stay texts that no spreadsheet runs,
    and negative numbers stay numbers.
    """
    folder = tmp_path / "data"
    hidden = shutil.ignore_patterns("*.py", "LICENSES", "__pycache__")
    shutil.copytree(layers.bundled(), folder, ignore=hidden)
    texts = {"hai-yen-ip": "=1+1", "deep-c-hp2-ip": "+cmd", "texhong-hai-ha-ip": "@SUM(A1)"}
    rewrite(
        folder / "parks.csv",
        lambda table: [
            row
            | {
                name: texts[row["id"]]
                for name in ("name_en", "developer", "source", "district")
                if row["id"] in texts
            }
            for row in table
        ],
    )
    client = make_app(folder).test_client()
    for page, query in QUERIES.items():
        book = workbook(client, f"/{page}.xlsx?{query}")
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f"]
        written = {cell.value for cell in cells if isinstance(cell.value, str)}
        assert not [text for text in written if text.startswith(("=", "+", "-", "@", "\t"))]
        if page == "compare":
            assert {"'=1+1", "'+cmd", "'@SUM(A1)"} <= written


@pytest.mark.parametrize("lang", ["vi", "zh"])
@pytest.mark.parametrize("page", QUERIES)
def test_a_workbook_speaks_the_language_of_the_reader(
    client: FlaskClient, page: str, lang: str
) -> None:
    """No head of a row or a column is the English one."""

    def words(code: str) -> set[str]:
        book = workbook(client, f"/{page}.xlsx?{QUERIES[page]}&lang={code}")
        table = rows(book.worksheets[0])
        heads = [*table[0], *(row[0] for row in rows(book.worksheets[-1]))]
        heads += [row[0] for row in table] if page == "compare" else []
        sites = set(table[0][1:4] if page == "compare" else ())
        return {str(head) for head in heads if head} - sites

    both = words("en") & words(lang)
    assert not [text for text in both if re.search("[A-Za-z]{4}", text)]
