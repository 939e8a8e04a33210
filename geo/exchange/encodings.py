"""Choose the encoding of a text from a department by how plausible it reads, in Vietnamese and in
Chinese."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from geo.chinese import simplified

ENCODINGS = ("UTF-8", "UTF-16", "GB18030", "Big5", "windows-1258", "TCVN3", "VNI")
"""What a text may be written in, the more usual first."""
SURE = 0.8
"""So large a share of the characters beyond ASCII must be in plausible words."""
AHEAD = 0.15
"""So far must the best encoding be ahead of the next."""
MOST_LETTERS = 20_000
"""So many characters beyond ASCII are looked at."""

_CODECS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "GB18030": "gb18030", "Big5": "big5hkscs"}
_CODECS["windows-1258"] = "cp1258"

TCVN3 = (
    "\xa0ĂÂÊÔƠƯĐăâêôơưđẰ"
    "\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽ"
    "éẹềểễếệìỉỄẾỒĩíịò"
    "Ổỏõóọồổỗốộờởỡớợù"
    "ỖủũúụừửữứựỳỷỹýỵỐ"
)
"""The upper half of TCVN 5712, from A0 on, in which the fonts called .Vn… write; capitals with a
tone are a capital and a tone, or small letters in a font of capitals. Below A0 stand the signs of
Windows-1252.

Source: TCVN 5712:1993, as glibc has it under the name TCVN5712-1."""

_MARKED = {  # each letter with grave, acute, hook, tilde and dot below
    "a": "aø aù aû aõ aï",
    "â": "aà aá aå aã aä",
    "ă": "aè aé aú aü aë",
    "e": "eø eù eû eõ eï",
    "ê": "eà eá eå eã eä",
    "i": "ì í æ ó ò",
    "o": "oø où oû oõ oï",
    "ô": "oà oá oå oã oä",
    "ơ": "ôø ôù ôû ôõ ôï",
    "u": "uø uù uû uõ uï",
    "ư": "öø öù öû öõ öï",
    "y": "yø yù yû yõ î",
}
_PLAIN = {"â": "aâ", "ă": "aê", "ê": "eâ", "ô": "oâ", "ơ": "ô", "ư": "ö", "đ": "ñ"}
_TONES = "\u0300\u0301\u0309\u0303\u0323"


@cache
def vni() -> dict[str, str]:
    """Return the letters of VNI for Windows, one or two characters of Windows-1252 each, and what
    they mean, in small letters and capitals.

    Source: VNI-Windows as its fonts (VNI-Times and others) draw it, from memory; agrees with the
    tables that several public converters carry.
    """
    small = {written: letter for letter, written in _PLAIN.items()}
    for letter, marked in _MARKED.items():
        for tone, written in zip(_TONES, marked.split(), strict=True):
            small[written] = unicodedata.normalize("NFC", letter + tone)
    table = dict(small)
    for written, letter in small.items():
        table[written.upper()] = letter.upper()
        table[written[0].upper() + written[1:]] = letter.upper()
    return table


@cache
def _vni_letters() -> re.Pattern[str]:
    return re.compile("|".join(sorted(vni(), key=len, reverse=True)))


@dataclass(frozen=True)
class Reading:
    """A text as one encoding reads it, and how plausible it is: from 0 to 1, and above where it
    holds words that are known.
    """

    encoding: str
    text: str
    score: float


def decode(data: bytes, encoding: str) -> str | None:
    """Decode a text; None where its bytes cannot be in this encoding."""
    try:
        if encoding == "TCVN3":
            text = "".join(_tcvn3(byte) for byte in data)
        elif encoding == "VNI":
            text = _vni_letters().sub(lambda match: vni()[match[0]], _windows(data))
        else:
            text = data.decode(_CODECS[encoding])
    except UnicodeDecodeError:
        return None
    text = unicodedata.normalize("NFC", text) if encoding in ("TCVN3", "windows-1258") else text
    return None if re.search("[\0-\x08\x0e-\x1f]", text) else text


def _tcvn3(byte: int) -> str:
    return TCVN3[byte - 0xA0] if byte >= 0xA0 else _windows(bytes((byte,)))


def _windows(data: bytes) -> str:
    """Decode Windows-1252, with the five bytes that it leaves open as they are."""
    return data.decode("cp1252", "surrogateescape").translate(
        {0xDC00 + byte: byte for byte in range(0x80, 0xA0)}
    )


def readings(data: bytes, words: Collection[str] = ()) -> list[Reading]:
    """Read a text in every encoding that it may be in, the most plausible first.

    A mark at its beginning, plain ASCII and well-formed UTF-8 leave no choice: they give one
    reading.

    Parameters
    ----------
    words
        Known words, as :func:`words_of` finds them in names.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = decode(data, "UTF-16")
        return [Reading("UTF-16", text, 1.0)] if text is not None else []
    if (text := decode(data, "UTF-8")) is not None:
        return [Reading("UTF-8", text, 1.0)]
    wide = _without_mark(data)
    if wide is not None:
        return [Reading("UTF-16", wide, 1.0)]
    if b"\0" in data:
        return []
    possible = [
        Reading(encoding, text, plausibility(text, words))
        for encoding in ENCODINGS[2:]
        if (text := decode(data, encoding)) is not None
    ]
    return sorted(possible, key=lambda reading: -reading.score)


def is_sure(ranked: list[Reading]) -> bool:
    """Check whether the best of several readings needs no question."""
    best, *others = ranked
    if others and others[0].text == best.text:
        others = others[1:]
    return not others or (best.score >= SURE and best.score >= others[0].score + AHEAD)


def legacy(text: str, words: Collection[str] = ()) -> list[Reading]:
    """Find the encodings that a text in Unicode was copied from byte by byte, as letters of an old
    Vietnamese font are when they get into a workbook; none where it reads well as it is.
    """
    as_it_is = plausibility(text, words)
    if as_it_is >= SURE or text.isascii():
        return []
    try:
        data = "".join(char if char < "\u0300" else "" for char in text).encode("cp1252", "ignore")
    except UnicodeEncodeError:
        return []
    if data.isascii():
        return []
    options = (
        Reading(encoding, decoded, plausibility(decoded, words))
        for encoding in ("TCVN3", "VNI")
        if (decoded := decode(data, encoding)) is not None
    )
    better = [reading for reading in options if reading.score >= max(SURE, as_it_is + AHEAD)]
    return sorted(better, key=lambda reading: -reading.score)


def repaired(text: str, encoding: str) -> str:
    """Undo that a text was copied from an old font; it stays where it cannot have been."""
    try:
        data = text.encode("cp1252")
    except UnicodeEncodeError:
        return text
    decoded = decode(data, encoding)
    return text if decoded is None else decoded


def _without_mark(data: bytes) -> str | None:
    """Decode UTF-16 that begins without its mark: every second byte of its ASCII is zero."""
    head = data[:4096]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[first::2].count(0)
        if zeros * 4 > len(head) // 2 and not head[1 - first :: 2].count(0):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


# How plausible a text is --------------------------------------------------------------------------

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+")
_SIGNS = "–—‘’“”…°²³·×，。（）：；、％％【】《》－～\xa0"
_ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx]"
_VOWELS = (
    "oai|oay|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|iêu|yêu|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe"
    "|oi|oo|ôi|ơi|ua|uâ|uê|ui|uô|uơ|uy|ưa|ươ|ưi|ưu|yê|[aăâeêioôơuưy]"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_VOWELS})(?P<end>ch|ng|nh|[cmnpt])?")


def words_of(text: str) -> set[str]:
    """Return the words beyond ASCII of a text in small letters: of Chinese, pairs of characters."""
    words = set()
    for run in _RUNS.findall(unicodedata.normalize("NFC", text).lower()):
        if run.isascii():
            continue
        words |= (
            {run[at : at + 2] for at in range(max(len(run) - 1, 1))} if run >= "\u3400" else {run}
        )
    return words


def plausibility(text: str, words: Collection[str] = ()) -> float:
    """Return the share of the characters beyond ASCII that are in plausible words, and half of the
    share of the words that are known; 1 where there are none.
    """
    seen = plausible = 0
    for match in _RUNS.finditer(text):
        run = match[0]
        if run.isascii():
            continue
        seen += len(run)
        if run >= "\u3400":
            if not text[match.start() - 1 : match.start()].islower():  # as in “B鞋 Ninh”
                plausible += sum(_is_common(char) for char in run)
        elif _is_vietnamese(run):
            plausible += len(run)
        if seen > MOST_LETTERS:
            break
    rest = _RUNS.sub("", text[: 2 * MOST_LETTERS])
    odd = sum(char not in _SIGNS for char in unicodedata.normalize("NFKC", rest) if char > "\x7f")
    held = words_of(text[: 2 * MOST_LETTERS]) if words else set()
    known = len(held.intersection(words)) / len(held) if held else 0.0
    return (plausible / (seen + odd) if seen + odd else 1.0) + known / 2


@cache
def _is_common(char: str) -> bool:
    """Check for a character of the first level of GB 2312, or a traditional form of one."""
    plain = simplified().get(char, char)
    try:
        lead = plain.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7


@cache
def _is_vietnamese(word: str) -> bool:
    """Check for a syllable: what it begins with, its vowels, its end, and a tone that may stand
    before that end.
    """
    if not (word.islower() or word.istitle() or word.isupper()):
        return False
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [char for char in apart if char in _TONES]
    match = _SYLLABLE.fullmatch(
        unicodedata.normalize("NFC", "".join(char for char in apart if char not in _TONES))
    )
    if not match or len(tones) > 1:
        return False
    return match["end"] not in ("c", "ch", "p", "t") or (tones or [""])[0] in "\u0301\u0323"
