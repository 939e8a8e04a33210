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
    ("stated", "field", "others"),
    [
        ({"v_gate": "linear:180:30"}, "v_gate_from", {"v_gate_to": "30"}),
        ({"v_gate": "linear", "v_gate_from": "180", "v_gate_to": "30"}, "v_gate_from", {}),
        ({"v_gate": "step"}, "v_gate_to", {"v_gate_from": ""}),
        ({"v_gate": "step", "v_gate_from": "5", "v_gate_to": "60"}, "v_gate_from", {}),
        ({"v_area": "step:5", "v_area_to": "60"}, "v_area_to", {}),
        ({"v_area_from": "50", "area_needed": "20"}, "v_area_from", {}),
    ],
)
def test_a_range_that_cannot_be_marks_its_field(
    client: FlaskClient, stated: dict[str, str], field: str, others: dict[str, str]
) -> None:
    """What was typed stays, and the ranking is the one of a form in which no range is stated."""
    wish = {"w_gate": "50", "w_area": "30", "edited": "1", "lang": "en"}
    needed = {name: stated[name] for name in ("area_needed",) if name in stated}
    answer = client.get("/rank", query_string=wish | stated)
    assert answer.status_code == 400
    page = Page(answer.text)
    assert [*invalid(page)] == [field]
    typed = stated | others | ({field: "180"} if "180:30" in stated.get("v_gate", "") else {})
    inputs = {element.get("name"): element for tag, element in page.elements if tag == "input"}
    for name, value in typed.items():
        if name.endswith(("_from", "_to")):
            assert inputs[name].get("value", "") == value
    assert page.rows == Page(client.get("/rank", query_string=wish | needed).text).rows


@pytest.mark.parametrize("path", ["/rank.json", "/rank.xlsx", "/where", "/where.json"])
def test_a_range_that_cannot_be_has_a_way_on_elsewhere(client: FlaskClient, path: str) -> None:
    """Files refuse it by its name, and a page of an error leads to the same without the range."""
    query = {"w_gate": "50", "edited": "1", "lang": "en"}
    query |= {"lon": "107", "lat": "21.5"} if path == "/where.json" else {}
    stated = query | {"v_gate_from": "180", "v_gate_to": "30"}
    answer = client.get(path, query_string=stated)
    assert answer.status_code == 400
    assert "180 is not less than 30" in answer.text
    if path.endswith(".json"):
        return
    onward = [
        element["href"]
        for tag, element in Page(answer.text).elements
        if tag == "a" and element.get("href", "").startswith(path)
    ]
    sound = [href for href in onward if "w_gate=50" in href and "v_gate" not in href]
    assert sound
    assert client.get(sound[0]).status_code == 200


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
