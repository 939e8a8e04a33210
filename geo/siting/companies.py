"""Companies and what they require: what the columns of a sheet may be called and hold, and what may
be wrong with it.

:mod:`geo.siting.company_sheet` reads such sheets, :mod:`geo.siting.matching` answers them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from geo.schema import SECTORS
from geo.siting.sheet_faults import Fault
from geo.text import bare, fold, one_line

if TYPE_CHECKING:
    import pandas as pd

    from geo.siting.examples import Example

MAX_ROWS, MAX_COLUMNS = 5_000, 40
MAX_TEXT = {"company": 200, "notes": 2_000}

CHOICES = ("sector", "country", "province")
"""Columns of the sheet that are choices, as :data:`geo.siting.measures.CHOICES` has them."""
NUMBERS = {
    "area_ha": ("area_needed", 20_000.0),
    "max_gate_min": ("max_gate", 6_000.0),
    "max_port_min": ("max_port", 6_000.0),
    "max_airport_min": ("max_airport", 6_000.0),
    "max_rent_usd_m2": ("max_rent", 5_000.0),
    "people_60min": ("min_people", 100_000_000.0),
}
"""Columns that are numbers: the limit, as :func:`geo.siting.measures.limits` has it, and the most
there may be.
"""
COLUMNS = ("company", *CHOICES, *NUMBERS, "notes")
HEADERS = {
    "company": (
        "company name, firm, enterprise, investor, công ty, tên công ty, doanh nghiệp, tên doanh"
        " nghiệp, nhà đầu tư, 公司, 公司名称, 企业, 企业名称"
    ),
    "sector": "industry, branch, ngành, lĩnh vực, ngành nghề, 行业, 产业, 所属行业",
    "country": "where, quốc gia, nước, 国家, 目标国家",
    "province": "region, tỉnh, tỉnh thành, địa phương, 省, 省份, 省区",
    "area_ha": (
        "area, land, land area, min area, diện tích, diện tích đất, 面积, 用地面积, 土地面积"
    ),
    "max_gate_min": "max gate, time to gate, cửa khẩu, thời gian đến cửa khẩu, 口岸, 到口岸时间",
    "max_port_min": "max port, time to port, cảng biển, thời gian đến cảng, 港口, 海港, 到港口时间",
    "max_airport_min": (
        "max airport, time to airport, sân bay, thời gian đến sân bay, 机场, 到机场时间"
    ),
    "max_rent_usd_m2": (
        "max rent, rent, land rent, giá thuê, giá thuê đất, giá thuê tối đa, 租金, 最高租金,"
        " 土地租金"
    ),
    "people_60min": (
        "people, workforce, dân số, dân số trong 60 phút, lao động, 人口, 60分钟人口, 劳动力"
    ),
    "notes": "note, remarks, comment, ghi chú, 备注, 说明",
}
"""What a column may be called besides its own name; marks, blanks and case do not count."""
_MINUTES = {"": 1.0} | dict.fromkeys(
    ("min", "mins", "minute", "minutes", "phút", "ph", "分钟", "分"), 1.0
)
_MINUTES |= dict.fromkeys(
    ("h", "hr", "hrs", "hour", "hours", "giờ", "g", "tiếng", "小时", "个小时"), 60.0
)
_PER_M2 = {"": 1.0} | {
    f"{money}{per}": 1.0
    for money in ("usd", "us$", "$", "美元")
    for per in ("", "/m2", "/sqm", "/平方米")
}
UNITS: dict[str, dict[str, float]] = {
    "area_ha": {"": 1.0}
    | dict.fromkeys(("ha", "hecta", "hectare", "hectares", "公顷"), 1.0)
    | dict.fromkeys(("m2", "sqm", "平方米", "平米", "平方"), 1e-4)
    | dict.fromkeys(("万m2", "万平方米", "万平米", "万平方"), 1.0)
    | {"km2": 100, "平方公里": 100, "mu": 1 / 15, "亩": 1 / 15},
    **dict.fromkeys(("max_gate_min", "max_port_min", "max_airport_min"), _MINUTES),
    "max_rent_usd_m2": _PER_M2,
    "people_60min": {
        "": 1.0,
        "people": 1,
        "persons": 1,
        "người": 1,
        "人": 1,
        "万": 1e4,
        "万人": 1e4,
    },
}
"""Units by column, and how much one of it is in the unit of the column's name. Source: 1 mu is 1/15
ha (China, since 1930).
"""
SECTOR_NAMES = dict(
    zip(
        SECTORS,
        (
            "ô tô, 汽车, 汽车零部件, phụ tùng ô tô, auto parts, car parts",
            "hàng không, 航空",
            "vật liệu xây dựng, 建材, 建筑材料",
            "hóa chất, 化工, chemical",
            "điện tử, 电子, 电子信息, linh kiện điện tử, electronic",
            "chế xuất, 出口加工",
            "chế biến thực phẩm, thực phẩm, 食品加工, 食品, food",
            "công nghệ cao, 高新技术, 高科技, high technology",
            "hậu cần, 物流",
            "cơ khí, 机械, 机械制造, 机械工程, mechanics",
            "luyện kim, 冶金, metal",
            "chế biến khoáng sản, 矿产加工, 矿物加工, minerals processing",
            "năng lượng mới, 新能源",
            "dược phẩm, 医药, 制药, pharma",
            "đóng tàu, 造船",
            "công nghiệp hỗ trợ, 配套产业, 配套工业, supporting industries",
            "dệt may, 纺织, 纺织服装, textile",
            "thương mại dịch vụ, thương mại và dịch vụ, 商贸服务, 贸易与服务, 贸易服务,"
            " trade and services",
            "gỗ nội thất, gỗ và nội thất, 木材家具, 木材与家具, wood and furniture, furniture",
        ),
        strict=True,
    )
)
COUNTRY_NAMES = {"VN": "Vietnam, Viet Nam, Việt Nam, 越南", "CN": "China, Trung Quốc, 中国"}
USUAL = {"port": 50.0, "gate": 40.0, "area": 10.0}
"""Weights if none are chosen, and of a company whose sector has no example: what is known of most
sites.

Land is light (see :data:`geo.siting.ranking.LIGHT`), so that a site of unknown area stays. Source:
a Zone Atlas assumption. """


@dataclass(frozen=True)
class Company:
    """One row of the sheet. Choices are tuples of codes, empty where any will do; numbers are None
    where nothing is required.
    """

    row: int
    company: str
    sector: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    area_ha: float | None = None
    max_gate_min: float | None = None
    max_port_min: float | None = None
    max_airport_min: float | None = None
    max_rent_usd_m2: float | None = None
    people_60min: float | None = None
    notes: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Company:
        """Take it from JSON."""
        values: dict[str, Any] = {
            one.name: tuple(given[one.name]) if one.name in CHOICES else given[one.name]
            for one in fields(cls)
        }
        return cls(**values)

    @property
    def wish(self) -> tuple[Any, ...]:
        """Return all that is required, which companies may share."""
        return tuple(getattr(self, name) for name in (*CHOICES, *NUMBERS))


@dataclass(frozen=True)
class Sheet:
    """A sheet that was read: its companies, notes on how it was understood, and the faults of the
    rows that were left out.
    """

    companies: tuple[Company, ...]
    notes: tuple[Fault, ...] = ()
    left_out: tuple[Fault, ...] = ()


Words = dict[str, dict[str, str]]
"""For each choice, what may stand in its cells, folded, and the code it stands for; ``former`` are
provinces that are part of others.
"""

NO_LIMIT = frozenset(
    (
        *("any", "all", "nolimit", "none", "na", "nil", "no"),
        *("khong", "khonggioihan", "khongyeucau", "khonghanche", "batky", "tatca", "tuy", "tuyy"),
        *("不限", "无", "無", "没有", "无要求", "无限制", "不限制", "均可", "都可以", "皆可"),
    )
)
"""What stands in a cell that sets no limit, folded."""
_DASHES = frozenset("-‐–—―−－/／_ ")
"""Signs of which a cell that sets no limit may consist."""


class Formula(str):
    """The text of a formula, which is never computed."""


def language_of(text: str) -> str:
    """Find the language of a header by its letters: ``en``, ``vi`` or ``zh``."""
    if re.search(r"[\u2e80-\uffff]", text):
        return "zh"
    return "en" if text.isascii() else "vi"


def is_unlimited(cell: Any) -> bool:
    """Check whether a cell is empty or holds a word that sets no limit."""
    text = one_line(cell)
    if isinstance(cell, Formula) or text.startswith("#"):  # “#N/A” is a fault of the spreadsheet
        return False
    return set(text) <= _DASHES or fold(text) in NO_LIMIT


def words(
    examples: Mapping[str, Example],
    parks: pd.DataFrame,
    names_of: Callable[[str], Iterable[str]] = lambda name: (name,),
) -> Words:
    """Return what may stand in the columns of choices.

    Parameters
    ----------
    names_of
        Gives all names of a province whose English name the parks hold. A former province stands
        for the one it is part of today, unless there is one of that name.
    """
    sector = {
        fold(name): code
        for code, names in SECTOR_NAMES.items()
        for name in (code, *names.split(", "))
    }
    for id_, example in examples.items():
        sector |= dict.fromkeys(
            map(fold, (id_, example.name_en, example.name_vi, example.name_zh)), id_
        )
    codes = sorted(parks["country"].dropna().unique())
    country = {
        fold(name): code
        for code in codes
        for name in (code, *COUNTRY_NAMES.get(code, "").split(", "))
        if name
    }
    former: dict[str, str] = {}
    if "province_former_en" in parks:
        pairs = parks[["province_former_en", "province_en"]].dropna().drop_duplicates()
        former = {
            fold(name): now for old, now in pairs.itertuples(index=False) for name in names_of(old)
        }
    province = {
        fold(name): one
        for one in sorted(parks["province_en"].dropna().unique())
        for name in names_of(one)
    }
    former, province = (
        {bare(name): code for name, code in table.items()} | table for table in (former, province)
    )
    return {
        "sector": sector,
        "country": country,
        "province": former | province,
        "former": {one: now for one, now in former.items() if one not in province},
    }
