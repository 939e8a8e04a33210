"""Read the texts of a trip: lengths of time, times of the day, moments, spans, numbers; each error
is a sentence that names the cure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from geo.errors import Message
from geo.layers.validation import number as finite
from geo.text import short
from geo.visits.trip import LEAST_WEIGHT, MOST_RESERVE_S, MOST_WEIGHT

YEARS = range(2000, 2090)
LONGEST_S = 24 * 3600.0
MOST_LISTED = 10
"""Of fewer words than these, all are listed for one that is unknown."""
_HOURS = r"(?:h|hr|hrs|hour|hours|giờ|小时)"
_MINUTES = r"(?:m|min|mins|minute|minutes|phút|分钟|分)"
_LENGTH = re.compile(rf"(?:(\d{{1,3}})\s*{_HOURS})?\s*(?:(\d{{1,4}})\s*{_MINUTES})?", re.IGNORECASE)
_PERIOD = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d+)?)S)?", re.IGNORECASE)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)\s*(Z|[+-]\d\d:?\d\d)?")
_BARE = re.compile(r"\d+(?:[.,]\d+)?")
_FULL_WIDTH = str.maketrans("：，；－–—～", ":,;----")

Span = tuple[datetime, datetime]


def _wrong(text: str, message: Message, **values: Any) -> ValueError:
    """Return an error about a text, which is cut where it is long."""
    return ValueError(Message(message.text, {"text": short(text), **values}))


def _outside(text: str, least: Any, most: Any) -> ValueError:
    return _wrong(
        text, Message("“%(text)s” is not between %(least)s and %(most)s"), least=least, most=most
    )


def _no_moment(text: str) -> ValueError:
    return _wrong(
        text, Message("“%(text)s” is no moment; write date and time, such as “2026-12-01T08:00”")
    )


def seconds(text: str) -> float:
    """Read a length of time: ``45 min``, ``1 h 30 min``, ``PT45M``."""
    match = _LENGTH.fullmatch(text) or _PERIOD.fullmatch(text)
    if not match or not any(match.groups()):
        if _BARE.fullmatch(text):
            raise _wrong(
                text,
                Message("“%(text)s” has no unit; write “%(minutes)s” or “%(hours)s”"),
                minutes=f"{text} min",
                hours=f"{text} h",
            )
        raise _wrong(
            text, Message("“%(text)s” is no length of time; write it like “45 min” or “1 h 30 min”")
        )
    parts = zip(match.groups("0"), (3600.0, 60.0, 1.0), strict=False)
    length_s = sum(float(part) * factor for part, factor in parts)
    if not 60 <= length_s <= LONGEST_S:
        raise _wrong(text, Message("“%(text)s” is not between a minute and a day"))
    return length_s


def said_seconds(length_s: float) -> str:
    """Write a length of time so that :func:`seconds` gives it back."""
    return f"{int(length_s // 60)} min" if length_s % 60 == 0 else f"PT{said_number(length_s)}S"


def time_of_day(text: str) -> time:
    """Read a time of the day, ``07:30``."""
    match = _TIME.fullmatch(text.translate(_FULL_WIDTH))
    if not match:
        if _BARE.fullmatch(text):
            raise _wrong(
                text,
                Message(
                    "“%(text)s” is a bare number; write a time as hours and minutes, such as"
                    " “07:30”"
                ),
            )
        raise _wrong(
            text,
            Message("“%(text)s” is no time; write hours and minutes of 24 hours, such as “07:30”"),
        )
    return time(int(match[1]), int(match[2]))


def times_of_day(text: str) -> tuple[time, time]:
    """Read from when to when within a day, ``07:30-18:00``."""
    parts = [part.strip() for part in text.translate(_FULL_WIDTH).split("-")]
    if len(parts) != 2:
        raise _wrong(
            text,
            Message(
                "“%(text)s” is no span of hours; write from when to when, such as “07:30-18:00”"
            ),
        )
    first, last = map(time_of_day, parts)
    return first, last


def day(text: str) -> date:
    """Read a date, ``2026-12-01``."""
    try:
        when = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        raise _wrong(text, Message("“%(text)s” is no day of the calendar")) from None
    if when is None:
        raise _wrong(
            text, Message("“%(text)s” is no date; write year, month and day, such as “2026-12-01”")
        )
    if when.year not in YEARS:
        raise _outside(text, YEARS.start, YEARS.stop - 1)
    return when


def span(text: str, zone: ZoneInfo) -> tuple[Span, bool]:
    """Read from when to when, ``2026-12-01T08:00/2026-12-01T11:30+07:00``; the second may be a time
    alone.

    A zone at one of the two holds for both. Returned on the clock of `zone`, with whether no zone
    was written, so that it is local."""
    parts = [part.strip() for part in text.translate(_FULL_WIDTH).split("/")]
    if len(parts) != 2:
        raise _wrong(
            text,
            Message(
                "“%(text)s” is not from when to when; write it like"
                " “2026-12-01T08:00/2026-12-01T11:30”"
            ),
        )
    first = _MOMENT.fullmatch(parts[0])
    last = _MOMENT.fullmatch(
        parts[1] if "-" in parts[1][:5] or not first else f"{first[1]}T{parts[1]}"
    )
    if not first or not last:
        raise _no_moment(parts[1] if first else parts[0])
    start = _moment(first, first[3] or last[3], zone)
    end = _moment(last, last[3] or first[3], zone)
    if end < start:
        raise _wrong(text, Message("“%(text)s” ends before it begins"))
    if end == start:
        raise _wrong(text, Message("“%(text)s” has no length"))
    return (start, end), not (first[3] or last[3])


def _moment(match: re.Match[str], offset: str | None, zone: ZoneInfo) -> datetime:
    day(match[1])
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{offset or ''}")
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        raise _no_moment(match[0]) from None


def said_span(start: datetime, end: datetime) -> str:
    """Write from when to when with the offset of both, so that :func:`span` gives it back."""
    return "/".join(
        moment.isoformat(timespec="auto" if moment.microsecond or moment.second else "minutes")
        for moment in (start, end)
    )


def said_hours(start: datetime, end: datetime) -> str:
    """Write from when to when within a day so that :func:`times_of_day` gives it back, or else as
    :func:`said_span` does.
    """
    odd = any(moment.second or moment.microsecond or moment.fold for moment in (start, end))
    if odd or start.date() != end.date() or start >= end:
        return said_span(start, end)
    return f"{start:%H:%M}-{end:%H:%M}"


def number(text: str) -> float:
    """Read a number."""
    value = finite(text)
    if value is None:
        raise _wrong(text, Message("“%(text)s” is not a number"))
    return value


def said_number(value: float) -> str:
    """Write a number so that :func:`number` gives it back."""
    return repr(float(value)).removesuffix(".0")


def count(text: str) -> int:
    """Read a whole number from 1."""
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise _wrong(text, Message("“%(text)s” is not a whole number from 1"))
    return int(text)


def yes(text: str) -> bool:
    """Read yes or no."""
    word = text.lower()
    if word in ("yes", "true"):
        return True
    if word in ("no", "false"):
        return False
    raise _wrong(text, Message("“%(text)s” is neither yes nor no"))


def line(text: str, longest: int = 2000) -> str:
    """Read words for people: of a fair length and without control characters."""
    if len(text) > longest:
        raise ValueError(
            Message(
                "has %(count)s characters; %(most)s are allowed",
                {"count": len(text), "most": longest},
            )
        )
    if any(
        (ord(sign) < 32 and sign not in "\n\t")
        or 0x7F <= ord(sign) < 0xA0
        or 0xD800 <= ord(sign) < 0xE000
        for sign in text
    ):
        raise ValueError(Message("holds control characters"))
    return text


def name(text: str) -> str:
    """Read a short text."""
    return line(text, 200)


def country(text: str) -> str:
    """Read the code of a country."""
    if not re.fullmatch("[A-Z]{2}", text):
        raise _wrong(
            text, Message("“%(text)s” is no country; write two capital letters, such as “VN”")
        )
    return text


def within(limit: float) -> Callable[[str], float]:
    """Make a reader of numbers that are not farther from zero than this."""

    def parse(text: str) -> float:
        value = number(text)
        if abs(value) > limit:
            raise _outside(text, f"-{limit:g}", f"{limit:g}")
        return value

    return parse


def weight(text: str) -> float:
    """Read the weight of a stop."""
    value = number(text)
    if not LEAST_WEIGHT <= value <= MOST_WEIGHT:
        raise _outside(text, f"{LEAST_WEIGHT:f}", f"{MOST_WEIGHT:.0f}")
    return value


def reserve(text: str) -> float:
    """Read a reserve at gates: a length of time, of which none at all is one."""
    match = _LENGTH.fullmatch(text)
    if text in ("0", "no", "none") or (
        match and any(match.groups()) and not any(map(int, match.groups("0")))
    ):
        return 0.0
    length_s = seconds(text)
    if length_s > MOST_RESERVE_S:
        raise _outside(text, 0, said_seconds(MOST_RESERVE_S))
    return length_s


def positive(text: str) -> float:
    """Read a number above zero."""
    value = number(text)
    if value <= 0:
        raise _wrong(text, Message("“%(text)s” is not above 0"))
    return value


def one_of(known: Sequence[str]) -> Callable[[str], str]:
    """Make a reader of one of some words."""

    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(
                unknown(Message("there is no “%(text)s”", {"text": short(text)}), text, known)
            )
        return text

    return parse


def unknown(
    message: Message, word: str, known: Sequence[str], most_listed: int = MOST_LISTED
) -> Message:
    """Add to a fault which known words may be meant; where none is close and they are few, all."""
    close = difflib.get_close_matches(word, list(known), 2, 0.6)
    if close:
        return proposed(message, close)
    if len(known) >= most_listed:
        return message
    return Message("%(fault)s; there are %(known)s", {"fault": message, "known": ", ".join(known)})


def proposed(message: Message, close: Sequence[str]) -> Message:
    """Add to a fault the question that proposes up to two words; without any, return it as it
    is.
    """
    if not close:
        return message
    first, *more = close
    if more:
        return Message(
            "%(fault)s; did you mean “%(word)s” or “%(other)s”?",
            {"fault": message, "word": first, "other": more[0]},
        )
    return Message("%(fault)s; did you mean “%(word)s”?", {"fault": message, "word": first})
