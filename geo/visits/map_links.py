"""Links that show a place in map programs, in China and elsewhere."""

from __future__ import annotations

from urllib.parse import quote

from geo.export import DECIMALS
from geo.visits.plan_steps import clean
from geo.visits.trip import Place


def links(place: Place, language: str = "zh") -> dict[str, str]:
    """Return links that show a place: ``geo`` for any map program, ``amap``, ``baidu`` and
    ``tencent`` for those maps.

    All take WGS 84 and say so, because the three maps shift what they take for their own
    coordinates by some hundred metres.

    Source
    ------
    RFC 5870 (``geo:``, ``u`` is the uncertainty in metres);
    lbs.amap.com/api/uri-api/guide/mobile-web/point (2023-10-31);
    lbs.qq.com/webApi/uriV1/uriGuide/uriWebMarker; for Baidu the parameters of lbsyun.baidu.com
    ``uri/api/web`` as quoted at juejin.cn/post/6844903976375173134."""
    name = clean(place.name(language))
    title = quote(name, safe="")
    lon, lat = (f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") for value in (place.lon, place.lat))
    within = "" if place.position_accuracy_m is None else f";u={place.position_accuracy_m:.0f}"
    plain = name.translate(str.maketrans(":;|", "   "))  # these part the properties of a marker
    marker = quote(f"coord:{lat},{lon};title:{plain};addr:{plain}", safe=":,;")
    return {
        "geo": f"geo:{lat},{lon}{within}",
        "amap": (
            f"https://uri.amap.com/marker?position={lon},{lat}&name={title}&src=zone-atlas"
            "&coordinate=wgs84&callnative=0"
        ),
        "baidu": (
            f"https://api.map.baidu.com/marker?location={lat},{lon}&title={title}&content={title}"
            "&output=html&coord_type=wgs84&src=webapp.zone-atlas.trip"
        ),
        "tencent": (
            f"https://apis.map.qq.com/uri/v1/marker?marker={marker}&coord_type=1&referer=zone-atlas"
        ),
    }
