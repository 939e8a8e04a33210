"""Every page that says no leads on: to what was asked without its faults, to the page before, to
the map.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from web import Page, read

pytest_plugins = ("web",)


def onward(page: Page) -> dict[str, str]:
    """Return the links of an error page, beyond those that every page has."""
    return {link.text: link.href for link in page.links}


@pytest.mark.parametrize(
    ("path", "sound", "faulty"),
    [
        (
            "/rank",
            {"example": "electronics", "pick": "dong-mai-ip", "min_area": "50"},
            {"w_gate": "many"},
        ),
        ("/rank", {"max_port": "90"}, {"colour": "red", "w_gate": "-1"}),
        ("/table", {"q": "cai", "sort": "area"}, {"kind": "castle"}),
        ("/compare", {"pick": "dong-mai-ip"}, {"currency": "GBP"}),
        ("/planned", {"year": "2035"}, {"profile": "boat"}),
        ("/weights", {}, {"pair": "gate:gate:3"}),
        ("/", {"site": "dong-mai-ip", "sort": "name"}, {"tiles": "yes"}),
        ("/sites/dong-mai-ip/claims", {"text": "30 km"}, {"year": "1999"}),
    ],
)
def test_an_address_with_a_fault_leads_on_without_it(
    client: FlaskClient, path: str, sound: dict[str, str], faulty: dict[str, str]
) -> None:
    """The link keeps everything that could be read, and works."""
    page = read(client, path, 400, **sound, **faulty)
    address = urlsplit(onward(page)["Continue without the faulty part"])
    assert address.path == path
    assert dict(parse_qsl(address.query)) == sound
    assert client.get(address.geturl()).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sites/nowhere", 404),
        ("/nothing", 404),
        ("/rank?method=none", 400),
        ("/compare?pick=nowhere", 404),
    ],
)
def test_a_fault_leads_back_to_the_page_before(client: FlaskClient, path: str, status: int) -> None:
    """Where the browser says from where, a link leads there with its state; and always to the map,
    the ranking and the table.
    """
    before = "/rank?example=electronics&pick=dong-mai-ip"
    answer = client.get(path, headers={"Referer": f"http://localhost{before}"})
    assert answer.status_code == status
    links = onward(Page(answer.text))
    assert links["Back to the previous page"] == before
    assert {"/", "/rank", "/table"} <= set(links.values())


@pytest.mark.parametrize(
    "before",
    [
        "http://elsewhere.example/rank",
        "https://localhost.example/",
        "//x",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_fault_leads_to_no_other_host(client: FlaskClient, before: str) -> None:
    """What another page says of itself becomes no link."""
    page = Page(client.get("/nothing", headers={"Referer": before}).text)
    assert "Back to the previous page" not in onward(page)


def test_a_crooked_referrer_stays_on_this_host(client: FlaskClient) -> None:
    """A path that a browser would take for another host is led back to ours."""
    page = Page(
        client.get(
            "/nothing", headers={"Referer": "http://localhost//elsewhere.example/x?a=1"}
        ).text
    )
    assert onward(page)["Back to the previous page"] == "/elsewhere.example/x?a=1"


def test_the_page_that_failed_is_not_the_way_back(client: FlaskClient) -> None:
    """A page loaded anew names itself; that link would lead nowhere."""
    page = Page(
        client.get("/rank?w_gate=x", headers={"Referer": "http://localhost/rank?w_gate=x"}).text
    )
    assert "Back to the previous page" not in onward(page)


def state(page: Page, lang: str) -> list[tuple[str, str]]:
    """Return what the link to a language keeps."""
    link = next(link for link in page.links if link.attributes.get("data-lang") == lang)
    return [(name, value) for name, value in parse_qsl(urlsplit(link.href).query) if name != "lang"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (
            "/",
            {
                "q": "cai",
                "sort": "area",
                "tiles": "1",
                "kind": ["bonded_zone"],
                "site": "dong-mai-ip",
                "year": "2035",
            },
        ),
        (
            "/table",
            {"q": "cai", "sector": ["electronics", "textiles"], "sort": "gate", "profile": "car"},
        ),
        (
            "/rank",
            {
                "example": "electronics",
                "edited": "1",
                "max_port": "90",
                "w_gate": "50",
                "pick": ["dong-mai-ip", "hai-yen-ip"],
            },
        ),
        ("/compare", {"pick": ["dong-mai-ip", "hai-yen-ip"], "sort": "money", "q": "vsip"}),
        ("/weights", {"criterion": ["gate", "port"], "pair": "gate:port:3"}),
        ("/planned", {"year": "2035", "opens": "ct01-chilang-huunghi:2031"}),
        ("/sites/dong-mai-ip/claims", {"text": "30 km from Mong Cai gate", "profile": "car"}),
        ("/trip", {"title": "x", "profile": "car"}),
    ],
)
def test_the_other_languages_keep_the_state(
    client: FlaskClient, path: str, query: dict[str, Any]
) -> None:
    """On every page the link to another language keeps every parameter, and the page shows the same
    under it.
    """
    wanted = [
        (name, text)
        for name, value in query.items()
        for text in (value if isinstance(value, list) else [value])
    ]
    page = read(client, path, **query)
    assert state(page, "vi") == wanted
    other = read(client, path, **query, lang="vi")
    fields = [
        sorted(
            (attributes.get("name", ""), attributes.get("value", ""))
            for tag, attributes in form.elements
            if tag == "input" and ("checked" in attributes or attributes.get("type") == "hidden")
        )
        for form in (page, other)
    ]
    assert fields[0] == fields[1]


def test_the_table_keeps_its_search_when_the_layer_changes(client: FlaskClient) -> None:
    """The tabs search the other layers for the same; two values of one filter stay two."""
    page = read(
        client,
        "/table",
        q="mong cai",
        sector=["electronics", "textiles"],
        bbox="100,10,120,30",
        sort="name",
    )
    tabs = {link.href for link in page.links if link.href.startswith("/table?layer=gates")}
    assert tabs == {"/table?layer=gates&q=mong+cai"}
    assert "multiple" in page.one("select", name="sector")
    boxes = [each["value"] for tag, each in page.elements if each.get("name") == "bbox"]
    assert {float(box.split(",")[0]) for box in boxes} == {100.0}
    there = next(link.href for link in page.links if link.text == "on the map")
    assert dict(parse_qsl(urlsplit(there).query))["sort"] == "name"
    assert client.get(there).status_code == 200


def test_no_rows_match_clears_filters_only_where_there_are_some(client: FlaskClient) -> None:
    """Nothing found says so, with a way out that leads to all rows."""
    page = read(client, "/table", q="atlantis")
    assert "No rows match." in page.text
    clear = next(link.href for link in page.links if link.text == "Clear all filters")
    assert len(read(client, clear).rows) > 100
