"""Chinese in simplified and in traditional characters, by OpenCC."""

from __future__ import annotations

import functools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from opencc import OpenCC

_HAN = re.compile("[\u3400-\u9fff]")
_MISREAD = {
    "得分割槽間": "得分區間",
    "連線": "連接",
    "物件": "對象",
    "型別": "類型",
    "程式碼": "代碼",
    "排程": "調度",
    "檔案提": "文件提",
    "免籤": "免簽",
    "支援政策": "支持政策",
    "甯": "寧",
    "嶽圩": "岳圩",
    "亭佔": "亭占",
    "裡板": "里板",
    "裡火": "里火",
    "箇舊": "個舊",
}
"""Words that OpenCC 1.4 misreads here, mostly as words of programming: roads are joined, not on
line. Each was met in a text or a name of Zone Atlas.
"""
_MISTAKES = re.compile("|".join(_MISREAD))


@functools.cache
def _converter(name: str) -> OpenCC:
    """Load a conversion: s2twp costs some 45 MB and 0.15 s once, t2s 5 MB."""
    from opencc import OpenCC

    return OpenCC(name)


_ALONE = {"里": "里", "岳": "岳", "占": "占", "签": "簽"}
"""Characters that stay, or become another, in names of places and of documents."""


@functools.cache
def simplified() -> Mapping[str, str]:
    """Return the simplified character of each traditional one."""
    return _one_by_one("t2s", map(chr, range(0x3400, 0xA000)))


@functools.cache
def traditional_characters() -> Mapping[str, str]:
    """Return the traditional character of each simplified one in common use, for the map's script:
    it writes names character by character.
    """
    common = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    pairs = {**_one_by_one("s2tw", (pair.decode("gb2312", "ignore") for pair in common)), **_ALONE}
    return {old: new for old, new in pairs.items() if old != new}


def _one_by_one(name: str, chars: Iterable[str]) -> Mapping[str, str]:
    """Convert characters, each in a line of its own, so that no phrase is taken for granted."""
    old = "\n".join(filter(None, chars))
    pairs = zip(old.split("\n"), _converter(name).convert(old).split("\n"), strict=True)
    return MappingProxyType({a: b for a, b in pairs if a != b and len(b) == 1 and b <= "\uffff"})


@functools.lru_cache(20_000)
def traditional(text: str, *, own_words: bool = False) -> str:
    """Return a text in the traditional characters of Taiwan, its own words for computing too if
    asked for: 软件 becomes 軟體. Law and names of places keep their words.
    """
    if not _HAN.search(text):
        return text
    new = _converter("s2twp" if own_words else "s2tw").convert(text)
    return _MISTAKES.sub(lambda match: _MISREAD[match[0]], new)
