"""Places of one's own: what is typed, pasted and kept in an address."""

from __future__ import annotations

import pytest

from geo.errors import InputError
from geo.siting import own_places
from geo.siting.own_places import ROLES, OwnPlace, Reader

READER = Reader(
    lambda text: {"dongxing": ("dongxing",), "hai phong": ("a", "b")}.get(text.lower(), ()),
    {role: role for role in ROLES} | {"供应商": "supplier"},
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("where", ["port-lach-huyen-hict", (107.97123, 21.55), (-70.5, -33.0)])
@pytest.mark.parametrize("amount", [(None, "trips"), (40.0, "trips"), (600.5, "t")])
@pytest.mark.parametrize("way", ["", "in", "out"])
def test_an_address_holds_a_place_whole(role: str, where: object, amount: tuple, way: str) -> None:
    """What is written is read again, and a way that goes without saying is not written."""
    place = OwnPlace(role, where, "Parts & Co, 东兴", *amount, way)  # type: ignore[arg-type]
    again = own_places.read(place.text())
    assert again.text() == place.text()
    assert (again.where, again.name, again.amount) == (place.where, place.name, place.amount)
    assert again.comes_in == place.comes_in


@pytest.mark.parametrize(
    "text",
    [
        *("", "supplier", "supplier~", "thief~107.9,21.5", "supplier~107.9", "supplier~200,21"),
        *("supplier~107.9,21.5~a~-4", "supplier~107.9,21.5~a~0", "supplier~107.9,21.5~a~1e9"),
        *("supplier~107.9,21.5~a~4~up", "supplier~107.9,21.5~a~4~in~x", "port~Not A Slug"),
        *("supplier~nan,21.5", "supplier~107.9,21.5~" + "x" * 61, "supplier~{{7*7}}"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """An address is read strictly."""
    with pytest.raises(InputError):
        own_places.read(text)


def test_one_place_however_its_coordinates_are_written() -> None:
    """Decimals, degrees and minutes, seconds, letters before, behind, or in other languages."""
    written = [
        *("21.5375, 107.97", "107.97, 21.5375", "21.5375 107.97", "21°32.25'N 107°58.2'E"),
        *("21°32′15″ N, 107°58′12″ E", "N21 32.25 E107 58.2", "21 32 15 107 58 12"),
        *("北纬21°32′15″，东经107°58′12″", "21°32′15″ B; 107°58′12″ Đ", "107°58.2'E, 21°32.25'N"),
    ]
    assert {own_places.position(text) for text in written} == {(107.97, 21.5375)}
    assert own_places.position("33.5 S, 70.5 W") == (-70.5, -33.5)
    for name in ("Dongxing", "KCN 1", "21.5", "21.5 N, 107 N", ""):
        assert own_places.position(name) is None
    for nowhere in ("95, 95", "21°61'N 107°0'E"):
        with pytest.raises(InputError):
            own_places.position(nowhere)


def test_a_list_is_read_line_by_line() -> None:
    """Every line becomes a place or a fault that names it."""
    places, faults = READER.lines(
        "Parts; 21.55, 107.97; 供应商; 40 趟\n\nDongxing\tcustomer\t600 t\nnothing here\n"
        "Hai Phong; port\nX; 21.5, 107.9; port; lots"
    )
    assert [place.text() for place in places] == [
        "supplier~107.97,21.55~Parts~40",
        "customer~dongxing~~600t",
    ]
    assert [fault.split(":")[0] for fault in faults] == ["line 4", "line 5", "line 6"]
    assert "a, b" in faults[1]


def test_twelve_places_are_kept() -> None:
    """Each counts once, and those beyond are named apart."""
    places = [OwnPlace("supplier", (100.0 + n, 20.0)) for n in range(40)]
    kept, over = own_places.first([places[0], *places])
    assert kept == places[:12]
    assert over == places[12:]
