"""The page of a short list: what a link names, in its order; what is gone is said; nothing is kept
here.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, read

from webapp.catalogues import LANGUAGES, in_script
from webapp.scripts import STATIC
from webapp.siting.shortlist import MOST_SAVED
from webapp.siting.wish import MOST_PICKED

pytest_plugins = ("web",)
PICK = ["hai-yen-ip", "nowhere", "dong-mai-ip", "song-khoai-ip"]
GONE = {
    "en": "no longer in the atlas",
    "vi": "không còn trong bản đồ",
    "zh": "已不在本图集中",
    "zh-Hant": "已不在本圖集中",
}


def listed(source: str) -> list[str]:
    return re.findall(r'<li data-id="([^"]*)"', source)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_shows_its_sites_in_their_order(app: Flask, client: FlaskClient, lang: str) -> None:
    """Commas or repeated, each site once, by its name in the language; one that is unknown is said
    to be gone and cannot be compared.
    """
    parks = app.extensions["zoneatlas"].layer("parks")
    answers = [
        client.get(f"/shortlist?{query}", headers={"Accept-Language": lang})
        for query in (f"pick={','.join(PICK)}", "&".join(f"pick={key}" for key in [*PICK, PICK[0]]))
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert listed(answer.text) == PICK
        assert answer.text.count(GONE[lang]) == 1
        assert re.findall(r'name="pick" value="([^"]+)"', answer.text) == [PICK[0], *PICK[2:]]
        for key in (PICK[0], *PICK[2:]):
            name = parks.loc[key, f"name_{LANGUAGES[lang].data}"]
            assert in_script(name, LANGUAGES[lang].locale) in answer.text


def test_as_many_are_ticked_as_can_be_compared(app: Flask, client: FlaskClient) -> None:
    """Of a long list the first five are ticked, and of one that is too long the first hundred are
    shown, with a sentence.
    """
    keys = list(app.extensions["zoneatlas"].layer("parks").index[: MOST_SAVED + 7])
    source = client.get(f"/shortlist?pick={','.join(keys)}").text
    assert listed(source) == keys[:MOST_SAVED]
    assert len(re.findall(r'name="pick" value="[^"]+" checked', source)) == MOST_PICKED
    assert f"at most {MOST_SAVED} sites; 7 more are left out" in source
    script = (STATIC / "saved.js").read_text(encoding="utf-8")
    assert f"const MOST = {MOST_SAVED};" in script


@pytest.mark.parametrize("pick", [HOSTILE, "a b", "A", "../x", "x" * 20_000, "a,,B", "=1+1"])
@pytest.mark.parametrize("part", [{}, {"part": "sheet"}])
def test_what_is_no_id_is_a_sentence(client: FlaskClient, pick: str, part: dict[str, str]) -> None:
    """400, and nothing of it becomes part of the page."""
    answer = client.get("/shortlist", query_string={"pick": pick} | part)
    assert answer.status_code == 400
    assert "<img" not in answer.text


def test_only_the_list_of_a_browser_has_notes(client: FlaskClient) -> None:
    """The part that the script asks for has an empty note for each site that is there; a link has
    none.
    """
    query = {"pick": ",".join(PICK)}
    part = client.get("/shortlist", query_string=query | {"part": "sheet"}).text
    assert len(re.findall(r"<textarea[^>]*></textarea>", part)) == 3
    assert part.count("<textarea") == 3
    assert part.count("data-remove") == len(PICK)
    assert "<html" not in part
    assert "<textarea" not in client.get("/shortlist", query_string=query).text


def test_an_empty_list_says_what_to_do(client: FlaskClient) -> None:
    """The bare page names the way to a site."""
    page = read(client, "/shortlist")
    assert "Press ☆" in page.text
    assert {"/rank", "/"} <= {link.href for link in page.links}


@pytest.mark.parametrize(
    "address",
    ["/sites/dong-mai-ip", "/compare?pick=dong-mai-ip", "/rank?edited=1&w_gate=1&country=VN"],
)
def test_each_site_can_be_saved_where_it_stands(client: FlaskClient, address: str) -> None:
    """Sheet, comparison and cards have a button for each site, with its name or beside it; a gate
    has none.
    """
    page = read(client, address)
    buttons: list[dict[str, Any]] = [
        attributes for tag, attributes in page.elements if "data-save" in attributes
    ]
    assert buttons
    assert all(button["aria-pressed"] == "false" for button in buttons)
    if not address.startswith("/sites"):
        names = [button["aria-label"] for button in buttons]
        assert len(set(names)) == len(names)
        boxes = re.findall(r'<input type="checkbox" name="pick" value="([^"]+)"', page.source)
        assert [button["data-save"] for button in buttons] == (boxes or ["dong-mai-ip"])
    assert "data-save" not in client.get("/sites/mong-cai-bac-luan-2").text


def test_ids_behind_commas_are_ids_everywhere(client: FlaskClient) -> None:
    """A comparison by commas is that of repeated ids."""
    several = client.get("/compare.json?pick=dong-mai-ip&pick=hai-yen-ip")
    assert several.json == client.get("/compare.json?pick=dong-mai-ip,hai-yen-ip").json
