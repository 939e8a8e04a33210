"""Numbers that are typed into a form and cannot be read: the field is marked, and the rest of the
page stays.
"""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from web import HOSTILE, Page

pytest_plugins = ("web",)
PICKED = {"pick": ["song-khoai-ip", "nam-tien-phong-ip"]}


def invalid(page: Page) -> dict[str, str]:
    """Read which fields are marked, and what stands in them."""
    return {
        field["name"]: field["value"]
        for tag, field in page.elements
        if tag == "input" and field.get("aria-invalid") == "true"
    }


@pytest.mark.parametrize("typed", ["abc", "1,5", "1e3", "-4", "٣", HOSTILE])
def test_a_limit_that_is_not_a_number_marks_its_field(client: FlaskClient, typed: str) -> None:
    """The page says which field in its own words, keeps what was typed, and ranks by the rest as if
    the field were empty.
    """
    wish = {"max_gate": "120", "w_gate": "50", "w_port": "50", "edited": "1", "lang": "en"}
    answer = client.get("/rank", query_string=wish | {"max_port": typed})
    assert answer.status_code == 400
    page = Page(answer.text)
    assert invalid(page) == {"max_port": typed}
    assert "Max. time to container port: " in page.text
    assert "max_port:" not in page.text
    without = Page(client.get("/rank", query_string=wish).text)
    assert page.rows == without.rows
    assert len(page.rows) > 5


def test_every_field_that_is_wrong_is_marked(client: FlaskClient) -> None:
    """Two limits and an end of a worth at once; in Vietnamese and Chinese too."""
    query = {
        "max_port": "abc",
        "area_needed": "viel",
        "w_gate": "50",
        "v_gate": "linear",
        "v_gate_from": "x",
        "edited": "1",
    }
    for language in ("en", "vi", "zh"):
        page = Page(client.get("/rank", query_string=query | {"lang": language}).text)
        assert set(invalid(page)) == {"max_port", "area_needed", "v_gate_from"}
    part = client.get("/rank", query_string=query | {"part": "sheet", "lang": "en"})
    assert {
        line["data-slip"]
        for tag, line in Page(part.text).elements
        if tag == "li" and "data-slip" in line
    } == set(invalid(page))


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("years_left", "Years left of the lease"),
        ("rate", "Exchange rate"),
        ("offer_value", "Price per m²"),
    ],
)
def test_money_that_is_not_a_number_marks_its_field(
    client: FlaskClient, field: str, label: str
) -> None:
    """Sites side by side stay side by side."""
    offer = (
        {"offer_site": PICKED["pick"][1], "offer_basis": "factory_month", "offer_currency": "VND"}
        if field == "offer_value"
        else {}
    )
    answer = client.get("/compare", query_string=PICKED | offer | {field: "about 5", "lang": "en"})
    assert answer.status_code == 400
    page = Page(answer.text)
    assert invalid(page) == {field: "about 5"}
    assert label in page.text
    assert "Song Khoai" in page.text
    if offer:
        assert "<option selected>VND</option>" in answer.text
        assert f'<option value="{PICKED["pick"][1]}" selected>' in answer.text


def test_what_is_not_typed_by_people_is_refused_as_before(client: FlaskClient) -> None:
    """A parameter that only a link holds is a fault of the address, beside which typed ones are
    named too.
    """
    answer = client.get("/rank", query_string={"profile": "tank", "max_port": "abc", "lang": "en"})
    assert answer.status_code == 400
    assert "profile" in answer.text
    assert "max_port" in answer.text
