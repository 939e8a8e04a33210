"""Words of brochures in three languages, as patterns of folded text: without case and diacritics, đ
as d; Latin words stand alone, Chinese ones anywhere.
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """Make one pattern of words; Latin ones stand alone, Chinese ones anywhere."""
    each = words.split(", ")
    return (
        "(?:"
        + "|".join(
            rf"(?<![a-z0-9])(?:{one})(?![a-z0-9])" if re.search("[a-z]", one) else f"(?:{one})"
            for one in each
        )
        + ")"
    )


UNITS: dict[tuple[str, float], str] = {
    ("m", 1000): "km, kms, kilometres?, kilometers?, ki ?lo ?-?met, cay so, 公里, 千米",
    ("m", 1): "m, metres?, meters?, met, 米",
    ("s", 60): "mins?, minutes?, phut, 分钟",
    ("s", 3600): "h, hrs?, hours?, gio, tieng, 个?小时, 个?钟头",
}
"""Units, by what they measure and how much of it they are."""


SPELT = {
    1800.0: "half an hour, nua gio, nua tieng, 半个?小时",
    3600.0: "an hour, one hour, mot gio, mot tieng, 一个?小时",
}


KIND_WORDS: dict[tuple[str, ...], str] = {
    ("gates",): (
        "(?:border )?(?:gate|crossing|checkpoint)s?, border, cua khau, loi mo, bien gioi, 口岸,"
        " 通道, 边境"
    ),
    ("airports",): "airport, san bay, cang hang khong, 机场",
    (
        "ports",
    ): "(?:sea ?|dry )?ports?, harbou?r, (?:ben )?cang(?: bien| can)?, 海港, 港口, 码头, 港",
    ("ports", "gates"): "(?:railway |train )?station, (?:nha )?ga, 火车站, 站",
    ("cities",): "city, town, downtown, thanh pho, tp, thi xa, thi tran, trung tam, 市区, 市, 县城",
}
"""Words beside a name that say what kind of place is meant, by layer."""


FILLERS = (
    "international, main, cent(?:re|er), of, the, at, in, quoc te, quoc gia, duong bo, o, tai,"
    " road, cargo, general, tong hop, 国际, 市"
)


GENERIC = (
    "international, main, general, quoc te, tong hop, container, rail(?:way)?, yard, freight, cargo"
    " lane, icd, berths?, 国际, 铁路, 港区"
)
"""Words without which a place is called by its name too, beside those of ``KIND_WORDS``."""


BEFORE = {
    "at_most": (
        "within, under, less than, below, up to, at most, duoi, chua den, khong qua, toi da, trong"
        " vong, 不到, 不足, 少于"
    ),
    "at_least": "over, more than, at least, above, hon, tren, it nhat, toi thieu, 超过, 至少",
    "about": (
        r"about, approx(?:imately|\.)?, around, roughly, nearly, almost, khoang, gan, chung, 大约,"
        r" 大概, 约, 近, [~≈]"
    ),
}
"""Words before a number, and what they make of it."""


TO_WORDS = "from, to, of, den, toi, tu, 离, 距, 到, 至"
"""Words after a quantity by which its place comes next."""


GAP = r"\s{0,5}"


_NUMBER = r"\d{1,3}(?:[.,]\d{3}){1,2}(?:[.,]\d{1,3})?|\d{1,7}(?:[.,]\d{1,3})?"


_UNIT, _SPELT = (
    "|".join(
        f"(?P<{letter}{i}>{words.replace(', ', '|')})" for i, words in enumerate(table.values())
    )
    for letter, table in (("u", UNITS), ("s", SPELT))
)


QUANTITY = re.compile(
    rf"(?<![a-z0-9+])(?<![0-9][.,])(?P<first>{_NUMBER})(?:{GAP}(?:[-–—~]|to|den|至|到){GAP}(?P<second>{_NUMBER}))?{GAP}-?{GAP}(?:{_UNIT})"
    rf"(?:(?<=[a-z])(?![a-z0-9])|(?<![a-z])|(?<=h)(?=\d\d(?![a-z0-9])))"
    rf"(?!{GAP}/{GAP}(?:h|s|gio|小时)(?![a-z]))(?!{GAP}(?:(?:per|an|moi|mot)(?![a-z])|每))"
    rf"|(?<![a-z0-9])(?:{_SPELT})(?![a-z])"
)


MINUTES = re.compile(
    rf"{GAP}(?:and|va)?{GAP}(?P<m>\d\d?){GAP}(?:mins?|minutes?|phut|分钟?|p)(?![a-z0-9])|(?P<n>\d\d)(?![a-z0-9])"
)


BOUND_BEFORE = {bound: re.compile(_any(words) + r"[\s:]*$") for bound, words in BEFORE.items()}


INSIDE = re.compile(GAP + _any("以内, 之内, 内, or less, tro xuong, tro lai"))
"""Words after a quantity that make it the most it may be."""


SIZE_AFTER = re.compile(
    rf"{GAP}-?"
    + _any("wide, long, deep, high, tall, rong, dai, sau, cao(?! toc), [宽长深], 高(?!速)")
)
SIZE_BEFORE = re.compile(_any("(?<!cai )rong, dai, width, length, depth, [宽长深高]") + r"[\s:]*$")
"""Words by which a quantity is a size, not a way."""


# further quantities, up to three words, then the word: (45 min) by car from
PLACE_NEXT = re.compile(
    rf"(?:(?:{GAP}[,/(])?(?:{GAP}(?:and|or|va|hoac)(?![a-z]))?{GAP}\0\x01*(?:{GAP}\))?){{0,5}}(?:{GAP}\))?{GAP}"
    rf"(?:(?!(?:and|or|va)\s)[a-z]{{1,12}}[\s-]{{1,5}}|车程|路程){{0,3}}{_any(TO_WORDS)}"
)


END = re.compile(r"[;!?。|•]|(?<!tp)(?<!tx)(?<!approx)\.(?=\s|$)")


CUT = re.compile(r"[\0\x01,、\n]+|\b(?:and|or|va|hoac)\b|和")


PIECE = re.compile(r",(?!\d)|、|\n")


_FILL = rf"(?:{_any(FILLERS)}[\s.:-]*)*"


KIND_AFTER = {
    layer: re.compile(rf"[\s-]*{_FILL}{_any(words)}") for layer, words in KIND_WORDS.items()
}


KIND_BEFORE = {
    layer: re.compile(rf"{_any(words)}[\s.:-]*{_FILL}$") for layer, words in KIND_WORDS.items()
}


OTHER_AFTER = re.compile(
    r"[\s-]*"
    + _any(
        "bay, bridge, river, island, province, district, (?:express|high)way, industrial, park,"
        " economic, [省湾岛], 大?桥, 高速, 工业, 经济"
    )
)
OTHER_BEFORE = re.compile(
    _any(
        "cau, song, vinh, dao, tinh, huyen, cao toc, quoc lo, nut giao, khu cong nghiep, kcn, khu"
        " kinh te"
    )
    + r"[\s.:-]*$"
)
"""Words by which a name stands for something that is in no layer of places."""


COMMON = re.compile(_any(", ".join([*KIND_WORDS.values(), GENERIC]).replace(", 市,", ",")))


KINDS = re.compile(_any(", ".join(KIND_WORDS.values())))


KNOWN = re.compile(_any(", ".join([*KIND_WORDS.values(), FILLERS, TO_WORDS, *BEFORE.values()])))
