"""Find which column of a file is which field of a layer, by its name in three languages."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geo.schema import LAYERS, Field, Layer
from geo.text import fold, one_line

MAX_TITLES = 20
"""Rows among which the header is looked for."""
NAME, X, Y, PAIR = "name", "x", "y", "position"
"""What a column may be besides a field: a name in whatever language, the numbers of a position in
whatever order and system, and both in one cell."""
VIRTUAL = (NAME, X, Y, PAIR)
OF_POSITION = (X, Y, PAIR, "lon", "lat")
CLOSE = 0.82
ALIASES = {
    "park": "industrial park, kcn, khu công nghiệp, khu cụm công nghiệp, thuộc kcn, 园区, 所在园区",
    "place": "location, address, địa điểm, địa điểm thực hiện, địa chỉ, vị trí, 地点, 项目地点,"
    " 建设地点, 位置",
    "investor": "owner, chủ đầu tư, nhà đầu tư, doanh nghiệp, 投资方, 投资商, 投资主体, 业主",
    "capital": "investment, total investment, vốn, vốn đầu tư, tổng vốn, tổng vốn đầu tư, tổng mức"
    " đầu tư, vốn đăng ký, 投资额, 总投资, 总投资额, 投资总额",
    "capital_unit": "currency, đơn vị tiền, đơn vị vốn, 币种, 投资单位",
    "status_date": "ngày cấp, ngày cấp phép, năm cấp phép, thời gian cấp, date of licence,"
    " 批准日期, 签约日期",
    NAME: "park, zone, site, project name, tên, tên khu, tên kcn, tên khu công nghiệp, khu công"
    " nghiệp, tên dự án, tên gọi, tên địa điểm, label, title, 名称, 园区, 园区名称, 项目名称,"
    " 地名, text",
    "name_en": "english name, name in english, tên tiếng anh, 英文名, 英文名称",
    "name_vi": "vietnamese name, tên tiếng việt, 越文名, 越南文名称, 越文名称",
    "name_zh": "chinese name, tên tiếng trung, 中文名, 中文名称",
    "id": "identifier",
    "kind": "type, class, category, loại, loại hình, 类型, 类别",
    "country": "nation, quốc gia, nước, 国家",
    "province_en": "province, region, tỉnh, tỉnh thành, tỉnh thành phố, địa phương, 省, 省份, 省区",
    "district": "county, city, huyện, quận, quận huyện, thành phố, 市, 县, 市县, 区县",
    "commune": "ward, xã, phường, xã phường, 乡镇",
    "lon": "long, lng, longitude, east longitude, kinh độ, kinh độ đông, 经度, 东经",
    "lat": "latitude, north latitude, vĩ độ, vĩ độ bắc, 纬度, 北纬",
    X: "x coordinate, coord x, toạ độ x, tọa độ x, x m, easting, east, x坐标, 横坐标, x vn2000",
    Y: "y coordinate, coord y, toạ độ y, tọa độ y, y m, northing, north, y坐标, 纵坐标, y vn2000",
    PAIR: "coordinates, coordinate, lat lon, lat long, toạ độ, tọa độ, vị trí, 坐标, 经纬度, 位置",
    "position_accuracy_m": "accuracy, position error, sai số, độ chính xác, 精度",
    "status": "state, stage, trạng thái, tình trạng, hiện trạng, 状态, 现状",
    "area_ha": "area, total area, gross area, land area, planned area, diện tích, tổng diện tích,"
    " diện tích quy hoạch, quy mô, 面积, 总面积, 规划面积, 占地面积",
    "leasable_ha": "leasable, leasable area, diện tích cho thuê, diện tích đất công nghiệp, "
    "可出租面积, 可租面积",
    "occupancy_pct": "occupancy, occupancy rate, tỷ lệ lấp đầy, tỉ lệ lấp đầy, 入驻率, 出租率",
    "established_year": "year, established, founded, năm thành lập, năm, 成立年份, 设立年份",
    "developer": "investor, owner, infrastructure developer, chủ đầu tư, nhà đầu tư, 开发商,"
    " 投资方, 业主",
    "sectors": "sector, industries, industry, ngành, lĩnh vực, ngành nghề, 行业, 产业, 主导产业",
    "utilities": "infrastructure, hạ tầng, tiện ích, 配套, 基础设施",
    "notes": "note, remarks, comment, ghi chú, 备注, 说明",
    "source": "reference, nguồn, nguồn số liệu, 来源, 资料来源",
    "as_of": "date, updated, ngày, ngày cập nhật, thời điểm, 日期, 更新日期",
    "opening_hours": "hours, working hours, giờ mở cửa, giờ làm việc, giờ hoạt động, 开放时间,"
    " 通关时间, 工作时间",
    "operator": "đơn vị vận hành, 运营方, 运营商",
}
"""What the columns of departments are called besides the names and titles of fields.

Source: headers of published lists of parks of Viet Nam and Guangxi, from memory."""
AREA_UNITS = {
    "ha": 1.0,
    "m2": 1e-4,
    "km2": 100.0,
    "mu": 1 / 15,
    "10000mu": 10_000 / 15,
}
"""Hectares in each unit of area; 15 mu are a hectare."""
_UNIT_WORDS = {
    **dict.fromkeys(("ha", "hecta", "hectare", "hectares", "hécta", "héc-ta", "公顷"), "ha"),
    **dict.fromkeys(("m2", "m²", "sqm", "sq.m", "mét vuông", "平方米", "平米", "㎡"), "m2"),
    **dict.fromkeys(("km2", "km²", "sqkm", "平方公里", "平方千米"), "km2"),
    **dict.fromkeys(("亩", "mu", "畝"), "mu"),
    "万亩": "10000mu",
}
UNIT_OF = {unicodedata.normalize("NFKC", word): unit for word, unit in _UNIT_WORDS.items()}


def _called() -> dict[str, tuple[str, ...]]:
    """Return what a header may be, folded, and the fields that it may name."""
    called: dict[str, list[str]] = {}
    for layer in LAYERS.values():
        for field in layer.fields:
            for text in (field.name, field.title):
                called.setdefault(fold(text), []).append(field.name)
    for name, texts in ALIASES.items():
        for text in (name, *texts.split(", ")):
            called.setdefault(fold(text), []).append(name)
    return {text: tuple(dict.fromkeys(names)) for text, names in called.items()}


CALLED = _called()
_COUNTERS = frozenset(map(fold, ("stt", "tt", "no", "nr", "số tt", "số thứ tự", "序号", "fid")))


def is_counter(header: str) -> bool:
    """Check for a column of running numbers, which is left out without a word."""
    return fold(header) in _COUNTERS


@dataclass
class Column:
    """A column of a file.

    Attributes
    ----------
    at
        Its place, from 0.
    header
        As it is written.
    field
        A field of the layer or one of ``VIRTUAL``; empty where it is left out.
    unit
        Of area, as the header states it.
    close
        The field that may be meant, where none is.
    """

    at: int
    header: str
    field: str = ""
    unit: str = ""
    close: str = ""


def parts_of(header: str) -> tuple[str, str]:
    """Part a header into its name and the unit behind it, in brackets or after a sign."""
    text = unicodedata.normalize("NFKC", one_line(header))
    bracket = re.fullmatch(r"([^(\[]+)[(\[]([^)\]]*)[)\]]\s*", text)
    if bracket:
        return bracket[1].strip(), bracket[2].strip()
    tail = re.fullmatch(r"(.+?)[\s,/:]+([^\s,/:]+)", text)
    if tail and tail[2].lower() in UNIT_OF:
        return tail[1], tail[2]
    return text, ""


def fields_called(header: str) -> tuple[str, ...]:
    """Return the fields of whatever layer that a header names."""
    name, _ = parts_of(header)
    return CALLED.get(fold(header)) or CALLED.get(fold(name), ())


def named_cells(cells: Sequence[Any]) -> int:
    """Count the cells of a row that name a field known here."""
    return len(
        {names for cell in cells if isinstance(cell, str) and (names := fields_called(cell))}
    )


def header_at(rows: Sequence[Sequence[Any]]) -> int:
    """Find the header of a sheet: the first of the rows that name most fields, else the first with
    a cell.
    """
    counts = [named_cells(row) for row in rows[:MAX_TITLES]]
    if any(counts):
        return counts.index(max(counts))
    return next((at for at, row in enumerate(rows) if any(cell is not None for cell in row)), 0)


def mapped(
    header: Sequence[str], layer: Layer, chosen: Mapping[str, str]
) -> tuple[list[Column], dict[str, list[Column]]]:
    """Find the field of each column.

    Parameters
    ----------
    chosen
        Fields by header, from a kept mapping; empty for a column that is left out. They win.

    Returns
    -------
    tuple
        The columns, and those that are called like one field, by it; all but the first of these are
        left out.
    """
    columns = []
    for at, text in enumerate(header):
        column = Column(at, one_line(text))
        if column.header in chosen:
            column.field = chosen[column.header]
        elif column.header:
            fields = [name for name in fields_called(column.header) if is_of(name, layer)]
            column.field = fields[0] if fields else ""
            if not fields:
                column.close = _close(column.header, layer)
        column.unit = _unit(column, layer)
        columns.append(column)
    return columns, _doubled(columns, chosen)


def is_of(name: str, layer: Layer) -> bool:
    """Check whether a column of this layer may be called so."""
    return name in VIRTUAL or layer.has(name)


def _doubled(columns: list[Column], chosen: Mapping[str, str]) -> dict[str, list[Column]]:
    doubled: dict[str, list[Column]] = {}
    for column in columns:
        if column.field:
            doubled.setdefault(column.field, []).append(column)
    doubled = {name: rivals for name, rivals in doubled.items() if len(rivals) > 1}
    for rivals in doubled.values():
        kept = next((column for column in rivals if column.header in chosen), rivals[0])
        for column in rivals:
            if column is not kept:
                column.field = ""
    return doubled


def _close(header: str, layer: Layer) -> str:
    known = {text: name for text, names in CALLED.items() for name in names if is_of(name, layer)}
    like = difflib.get_close_matches(fold(parts_of(header)[0]), known, 1, CLOSE)
    return known[like[0]] if like else ""


def _unit(column: Column, layer: Layer) -> str:
    """Return the unit of area that a header states; “?” for one that is not known."""
    if not is_area(column.field, layer):
        return ""
    if fold(column.header) == fold(column.field):
        return "ha"
    _, unit = parts_of(column.header)
    return UNIT_OF.get(unit.lower(), "?") if unit else ""


def is_area(name: str, layer: Layer) -> bool:
    """Check whether a field holds hectares."""
    return layer.has(name) and layer.field(name).unit == "ha"


def field_of(name: str, layer: Layer) -> Field | None:
    """Return the field of a layer, None for what is none of its fields."""
    return layer.field(name) if layer.has(name) else None
