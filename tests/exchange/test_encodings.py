"""Texts in every encoding that departments use come back as they were."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pandas as pd
import pytest
from opencc import OpenCC

from geo.exchange import encodings
from geo.exchange.known import Known

TONES = {"\u0300": 0, "\u0301": 1, "\u0309": 2, "\u0303": 3, "\u0323": 4}
"""Grave, acute, hook, tilde, dot below."""


@pytest.fixture(scope="module")
def words(known: Known) -> frozenset[str]:
    return known.words


def apart(char: str) -> tuple[str, str]:
    """Part a letter into the letter with its shape, and its tone."""
    marks = unicodedata.normalize("NFD", char)
    tone = next((mark for mark in marks if mark in TONES), "")
    return unicodedata.normalize("NFC", marks.replace(tone, "") if tone else marks), tone


# Code pages by hand: TCVN3 in the order grave, hook, tilde, acute, dot ----------------------------

VN3 = {
    "a": "B5 B6 B7 B8 B9",
    "ă": "BB BC BD BE C6",
    "â": "C7 C8 C9 CA CB",
    "e": "CC CE CF D0 D1",
    "ê": "D2 D3 D4 D5 D6",
    "i": "D7 D8 DC DD DE",
    "o": "DF E1 E2 E3 E4",
    "ô": "E5 E6 E7 E8 E9",
    "ơ": "EA EB EC ED EE",
    "u": "EF F1 F2 F3 F4",
    "ư": "F5 F6 F7 F8 F9",
    "y": "FA FB FC FD FE",
}
VN3_PLAIN = dict(zip("ĂÂÊÔƠƯĐăâêôơưđ", range(0xA1, 0xAF), strict=True))
VN3_ORDER = "\u0300\u0309\u0303\u0301\u0323"


def tcvn3(text: str) -> bytes:
    data = b""
    for char in text:
        letter, tone = apart(char)
        if tone and letter in VN3:
            data += bytes.fromhex(VN3[letter].split()[VN3_ORDER.index(tone)])
            continue
        data += bytes([VN3_PLAIN.get(letter, ord(letter) if letter.isascii() else 0)])
        if tone:  # a capital: the tone follows it
            data += bytes([0xB0 + VN3_ORDER.index(tone)])
    return data


def vni(text: str) -> bytes:
    """Write VNI for Windows: a letter, and a sign for its shape and tone together."""
    alone = {"ơ": "ô", "ư": "ö", "đ": "ñ"}
    hats = dict(zip(("\u0302", "\u0306"), (("â", "àáåãä"), ("ê", "èéúüë")), strict=True))
    written = ""
    for char in text:
        letter, tone = apart(char.lower())
        marks = unicodedata.normalize("NFD", letter)
        if letter == "i" and tone:
            part = "ìíæóò"[TONES[tone]]
        elif letter == "y" and tone == "\u0323":
            part = "î"
        elif len(marks) == 2 and marks[1] in hats:
            plain, toned = hats[marks[1]]
            part = marks[0] + (toned[TONES[tone]] if tone else plain)
        else:
            part = alone.get(letter, letter) + ("øùûõï"[TONES[tone]] if tone else "")
        written += part.upper() if char.isupper() else part
    return written.encode("cp1252")


def cp1258(text: str) -> bytes:
    return "".join("".join(apart(char)) for char in text).encode("cp1258")


VIETNAMESE = {"TCVN3": tcvn3, "VNI": vni, "windows-1258": cp1258}


@pytest.mark.parametrize("encoding", VIETNAMESE)
def test_vietnamese_names_come_back(
    encoding: str, parks: pd.DataFrame, words: frozenset[str]
) -> None:
    """Each name by itself, with nothing else to tell its encoding, comes back."""
    write: Callable[[str], bytes] = VIETNAMESE[encoding]
    names = list(parks["name_vi"].dropna())
    right = [
        encodings.decode(write(name), encoding) == name
        and encodings.readings(write(name), words)[0].text == name
        for name in names
    ]
    assert all(right), [name for name, good in zip(names, right, strict=True) if not good]
    whole = "\n".join(names)
    ranked = encodings.readings(write(whole))
    assert ranked[0] == encodings.Reading(encoding, whole, ranked[0].score)
    assert encodings.is_sure(ranked)


@pytest.mark.parametrize("encoding", ["GB18030", "Big5"])
def test_chinese_names_come_back(encoding: str, parks: pd.DataFrame, words: frozenset[str]) -> None:
    """Names in simplified characters come back from GB 18030, in traditional ones from Big5."""
    names = list(parks["name_zh"].dropna())
    if encoding == "Big5":
        traditional = OpenCC("s2t")
        names = [traditional.convert(name) for name in names]
    codec = {"GB18030": "gb18030", "Big5": "big5hkscs"}[encoding]
    wrong = [
        name for name in names if encodings.readings(name.encode(codec), words)[0].text != name
    ]
    assert len(wrong) <= len(names) // 100, wrong
    ranked = encodings.readings("\n".join(names).encode(codec))
    assert ranked[0].text == "\n".join(names)
    assert encodings.is_sure(ranked)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_no_question(codec: str, parks: pd.DataFrame) -> None:
    """Unicode in its usual forms gives one reading."""
    text = parks[["name_vi", "name_zh"]].to_csv(index=False)
    (reading,) = encodings.readings(text.encode(codec))
    assert reading.text == text


@pytest.mark.parametrize("encoding", ["TCVN3", "VNI"])
def test_letters_of_old_fonts_are_seen_in_workbooks(
    encoding: str, parks: pd.DataFrame, words: frozenset[str]
) -> None:
    """Text of an old font that was copied into Unicode is named and undone, other text is not."""
    for name in parks["name_vi"].dropna():
        copied = VIETNAMESE[encoding](name).decode("cp1252", "replace")
        if copied == name or "\ufffd" in copied:
            continue
        options = encodings.legacy(copied, words)
        assert encoding in [option.encoding for option in options], name
        assert encodings.repaired(copied, encoding) == name
    for name in (*parks["name_vi"].dropna(), *parks["name_zh"].dropna(), "Café de l’Île"):
        assert not encodings.legacy(name, words), name


def test_two_names_that_read_well_in_two_encodings_are_a_question() -> None:
    """Where a text is plausible in several encodings, none is sure."""
    ranked = encodings.readings(vni("Lạng Sơn"))
    assert not encodings.is_sure(ranked)
    assert {reading.encoding for reading in ranked[:2]} == {"VNI", "TCVN3"}
