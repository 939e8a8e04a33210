"""The port that a local would name: where the containers of a park go, not the quay next door."""

from __future__ import annotations

from typing import Any

import pytest

from geo import Atlas
from geo.roads.drive import Drive

CAI_LAN = {"port-cai-lan"}
HAI_PHONG = {
    *("port-lach-huyen-hict", "port-lach-huyen-34", "port-lach-huyen-56"),
    *("port-dinh-vu", "port-tan-vu", "port-nam-dinh-vu", "port-nam-hai-dinh-vu"),
    *("port-vip-green", "port-vimc-dinh-vu", "port-chua-ve"),
}
FANGCHENGGANG = {"port-fangchenggang"}
BEIBU_GULF = FANGCHENGGANG | {"port-qinzhou-dalanping"}
NEVER = {
    *("port-vat-cach", "port-mui-chua", "port-cam-pha", "port-hon-net"),  # coal, bulk, small ships
    *("port-van-gia", "port-cai-rong"),  # an anchorage, a pier
    *("port-van-ninh", "port-hai-ha", "port-nam-do-son"),  # not built
    *("port-hoang-dieu", "port-deep-c3", "port-qisha", "port-qinzhou-jingu"),  # no containers
    *("port-tieshan", "port-beihai", "port-ptsc-dinh-vu"),  # nobody knows
}
"""What no exporter sends a container to, as he sees it who knows the coast."""
QUANG_NINH = {
    **dict.fromkeys(("phuong-nam-ip", "quan-trieu-ip", "kim-sen-ic"), HAI_PHONG),
    **dict.fromkeys(("quang-yen-ez", "dong-mai-ip", "song-khoai-ip"), HAI_PHONG | CAI_LAN),
    **dict.fromkeys(("nam-tien-phong-ip", "bac-tien-phong-ip", "bach-dang-ip"), HAI_PHONG),
    **dict.fromkeys(("cai-lan-ip", "viet-hung-ip", "hoanh-bo-ip", "ha-khanh-ic"), CAI_LAN),
    **dict.fromkeys(("cam-thinh-ic", "van-don-ez", "tien-yen-ip", "nam-son-ba-che-ic"), CAI_LAN),
    **dict.fromkeys(("hoanh-mo-dong-van-bgez", "bac-phong-sinh-bgez"), CAI_LAN | FANGCHENGGANG),
    **dict.fromkeys(("texhong-hai-ha-ip", "hai-ha-seaport-ip"), CAI_LAN | FANGCHENGGANG),
    **dict.fromkeys(("mong-cai-bgez", "hai-yen-ip"), CAI_LAN | FANGCHENGGANG),
    "mong-cai-dongxing-cbecz": CAI_LAN | FANGCHENGGANG,
}
DONGXING = {
    **dict.fromkeys(("dongxing-border-ecz", "dongxing-experimental-zone"), FANGCHENGGANG),
    **dict.fromkeys(("dongxing-cbecz", "jiangping-ip", "fangchenggang-etdz"), FANGCHENGGANG),
    **dict.fromkeys(("fangchenggang-hitech", "fangchenggang-bonded-b"), BEIBU_GULF),
}


@pytest.fixture(scope="module", params=["truck", "car"])
def ports(request: pytest.FixtureRequest) -> Any:
    """The port of each site, by each vehicle."""
    atlas = Atlas.open()
    profile = request.param
    named = atlas.sites(Drive(profile))[f"port_{profile}"]
    return named.where(named.notna(), None).to_dict()


def test_every_park_of_quang_ninh_is_named() -> None:
    """All parks there were of the province when the list was written: 24."""
    parks = Atlas.open().layer("parks")
    assert len(QUANG_NINH) == 24
    assert {*QUANG_NINH} <= {*parks.index[parks["province_en"] == "Quang Ninh"]}


@pytest.mark.parametrize("site", [*QUANG_NINH, *DONGXING])
def test_the_port_is_the_one_a_local_names(ports: dict[str, str | None], site: str) -> None:
    """Cai Lan or Hai Phong in Quang Ninh, Fangchenggang on the other side of Mong Cai."""
    assert ports[site] in (QUANG_NINH | DONGXING)[site] | {None}
    assert ports[site] is not None or site not in QUANG_NINH


def test_no_coal_quay_is_a_port(ports: dict[str, str | None]) -> None:
    """Of all sites, none is sent to a quay without containers, to one that is not built, or to one
    of which nothing is known.
    """
    assert not NEVER & {*ports.values()}


def test_what_is_not_the_port_is_still_a_quay() -> None:
    """Any quay, and a depot inland, are rows beside it: never slower than the port, never a ship's
    berth.
    """
    atlas = Atlas.open()
    table, kinds = atlas.sites(), atlas.layer("ports")["kind"]
    both = table[["port_truck_s", "quay_truck_s"]].dropna()
    assert (both["quay_truck_s"] <= both["port_truck_s"] + 1e-6).all()
    assert {*kinds[table["quay_truck"].dropna()]} == {*kinds[table["port_truck"].dropna()]}
    assert "seaport" not in {*kinds[table["depot_truck"].dropna()]}
    assert len(both) > 180
