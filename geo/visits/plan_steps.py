"""A plan as one list of steps (way, gate, visit, lunch, night), each with place, times on two
clocks and words in a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from geo.errors import InputError, Message
from geo.hours import calendars
from geo.hours.gates import Hours
from geo.hours.openings import DayHours
from geo.visits.trip import Crossing, DayPlan, Leg, Place, Plan, Visit

Kind = Literal["begin", "drive", "gate", "visit", "lunch", "night", "end"]

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "begin": "Start",
        "drive": "Drive",
        "gate": "Border gate",
        "visit": "Visit",
        "lunch": "Lunch",
        "night": "Night",
        "end": "End",
        "day": "Day {number}",
        "arrive": "Arrive {times}",
        "leave": "Leave {times}",
        "wait": "Wait {minutes} min",
        "slack": "Up to {minutes} min later is fine",
        "no slack": "Must not be later",
        "on the way": "On the way",
        "assumed": "Opening hours not confirmed; ask before you go",
        "daylight": "Hours not known, daylight assumed: {hours}; ask before you go",
        "open": "Open {hours} ({source})",
        "around the clock": "around the clock",
        "last entry": "{hours}, last entry {time}",
        "closes": "Closes {minutes} min after you enter",
        "last enters": "Last entry {minutes} min after you enter",
        "memory": "remembered; ask before you go",
        "page": "read on a page",
        "code": "from public data",
        "assumption": "assumed",
        "weekdays": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "worked": "worked in exchange for another day off: {countries}",
        "offices": "offices usually closed",
        "holiday": "offices and cargo gates usually closed",
        "undecreed": "public holidays of {year} not officially known yet: {countries}",
        "contact": "Contact: {contact}",
        "coarse": "Driving times are rough: they are from a sketch of the roads.",
        "wrong": "This plan does not hold; look at it again before you leave.",
        "trip": "Field visit",
    },
    "vi": {
        "begin": "Xuất phát",
        "drive": "Đi đường",
        "gate": "Cửa khẩu",
        "visit": "Thăm",
        "lunch": "Nghỉ trưa",
        "night": "Nghỉ đêm",
        "end": "Kết thúc",
        "day": "Ngày {number}",
        "arrive": "Đến lúc {times}",
        "leave": "Khởi hành lúc {times}",
        "wait": "Chờ {minutes} phút",
        "slack": "Có thể muộn hơn tối đa {minutes} phút",
        "no slack": "Không được muộn hơn",
        "on the way": "Dọc đường",
        "assumed": "Giờ mở cửa chưa được xác nhận; hãy hỏi trước khi đi",
        "daylight": (
            "Chưa rõ giờ mở cửa, giả định mở cửa vào ban ngày: {hours}; cần hỏi lại trước khi đi"
        ),
        "open": "Mở cửa {hours} ({source})",
        "around the clock": "suốt ngày đêm",
        "last entry": "{hours}, giờ nhận vào cuối cùng {time}",
        "closes": "Đóng cửa {minutes} phút sau khi vào",
        "last enters": "Hết giờ nhận vào {minutes} phút sau khi vào",
        "memory": "theo trí nhớ; cần hỏi lại trước khi đi",
        "page": "đọc trên trang web",
        "code": "từ dữ liệu công khai",
        "assumption": "giả định",
        "weekdays": "Thứ_hai Thứ_ba Thứ_tư Thứ_năm Thứ_sáu Thứ_bảy Chủ_nhật",
        "worked": "đi làm bù tại {countries}",
        "offices": "cơ quan, văn phòng thường nghỉ",
        "holiday": "cơ quan, doanh nghiệp và cửa khẩu hàng hóa thường nghỉ",
        "undecreed": "chưa công bố lịch nghỉ lễ chính thức năm {year}: {countries}",
        "contact": "Liên hệ: {contact}",
        "coarse": "Thời gian lái xe chỉ là ước tính sơ bộ, lấy từ mạng đường vẽ phác.",
        "wrong": "Kế hoạch này không thực hiện được; hãy xem lại trước khi đi.",
        "trip": "Chuyến khảo sát thực địa",
    },
    "zh": {
        "begin": "出发",
        "drive": "行车",
        "gate": "口岸",
        "visit": "考察",
        "lunch": "午餐",
        "night": "住宿",
        "end": "结束",
        "day": "第{number}天",
        "arrive": "{times} 到达",
        "leave": "{times} 出发",
        "wait": "等候{minutes}分钟",
        "slack": "最多可晚到{minutes}分钟",
        "no slack": "不得晚到",
        "on the way": "途中",
        "assumed": "开放时间尚未核实，出发前请先询问",
        "daylight": "开放时间不详，假定白天开放：{hours}；行前请核实",
        "open": "开放时间 {hours}（{source}）",
        "around the clock": "全天24小时",
        "last entry": "{hours}，最晚入关 {time}",
        "closes": "进入后{minutes}分钟即关闭",
        "last enters": "进入后{minutes}分钟即停止入关",
        "memory": "凭记忆；行前请核实",
        "page": "网页查得",
        "code": "公开数据",
        "assumption": "假定",
        "weekdays": "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        "worked": "调休上班：{countries}",
        "offices": "机关、企业通常休息",
        "holiday": "机关、企业和货运口岸通常休息",
        "undecreed": "{year}年放假安排尚未公布：{countries}",
        "contact": "联系人：{contact}",
        "coarse": "行车时间为粗略估算，依据示意路网。",
        "wrong": "本计划无法执行，出发前请重新检查。",
        "trip": "实地考察",
    },
}
"""Words of the files, by language."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Step:
    """A step of the plan.

    Attributes
    ----------
    label
        Visits are counted over the trip, ``01``; what comes after the third visit and before the
        fourth is ``03a``, ``03b``, so that the order of the labels as text is that of the trip.
    place
        Where it is, or where a way leads; without a position (NaN) for a gate that nobody has
        placed, and for lunch on the way.
    start, end
        On the clock of the place.
    leg
        Number of the way in its day, of a way and of the gate on it: there is a drive to the gate,
        and one on from there.
    hours
        Of a gate, on that day.
    """

    kind: Kind
    day: int
    label: str
    place: Place
    start: datetime
    end: datetime
    arrive: datetime
    wait_s: float = 0.0
    slack_s: float | None = None
    drive_s: float | None = None
    length_m: float | None = None
    hours_known: bool | None = None
    hours: DayHours | None = None
    notes: str = ""
    leg: int | None = None
    origin: Place | None = None

    @property
    def has_position(self) -> bool:
        """Return whether its place can be drawn."""
        return self.place.lon == self.place.lon


@dataclass(frozen=True)
class Itinerary:
    """A plan made ready to be written.

    Parameters
    ----------
    language
        ``en``, ``vi`` or ``zh``.
    gates
        The layer ``gates``, for names and positions; without it a gate has its id.
    hours
        A :class:`geo.hours.gates.Hours`, for the hours of the gates; without it there is only
        whether they are known.
    clocks
        Names of the clocks to be shown, by IANA zone, such as ``{"Asia/Ho_Chi_Minh": "Hà Nội"}``;
        without it those of the plan.
    """

    plan: Plan
    language: str = "en"
    gates: Any = None
    clocks: Mapping[str, str] = field(default_factory=dict)
    hours: Hours | None = None
    steps: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.language not in WORDS:
            raise InputError(
                Message(
                    "There is no language “%(language)s”; there are %(known)s.",
                    {"language": self.language, "known": ", ".join(WORDS)},
                )
            )
        object.__setattr__(self, "steps", tuple(self._labelled()))
        zones = dict.fromkeys([*self.clocks, *(step.place.timezone for step in self.steps)])
        object.__setattr__(
            self,
            "clocks",
            {
                zone: self.clocks.get(zone, zone.rpartition("/")[2].replace("_", " "))
                for zone in zones
            },
        )

    @property
    def title(self) -> str:
        """Return the title of the trip, or what it is."""
        return clean(self.plan.trip.title) or self.word("trip")

    def word(self, key: str, **values: Any) -> str:
        """Return a word in the language."""
        return WORDS[self.language][key].format(**values)

    def name(self, place: Place) -> str:
        """Return the name of a place in the language."""
        return clean(place.name(self.language))

    def other_names(self, place: Place) -> str:
        """Return its names in the other languages; empty where there are none."""
        shown = place.name(self.language)
        return " · ".join(
            dict.fromkeys(clean(name) for name in place.names.values() if name != shown)
        )

    def times(self, moment: datetime) -> str:
        """Write a moment on every clock, that of where it stands first: ``16:30 Hà Nội · 17:30
        北京``.
        """
        here = moment.tzinfo.key if isinstance(moment.tzinfo, ZoneInfo) else ""
        zones = sorted(self.clocks, key=lambda zone: zone != here)
        return " · ".join(
            f"{moment.astimezone(ZoneInfo(zone)):%H:%M} {self.clocks[zone]}" for zone in zones
        )

    def said(self, step: Step) -> list[str]:
        """Say everything about a step that its name and its times do not say, one sentence a
        line.
        """
        lines = [
            self.other_names(step.place),
            self.word("leave" if step.kind == "begin" else "arrive", times=self.times(step.arrive)),
        ]
        if step.wait_s >= 60:
            lines.append(self.word("wait", minutes=round(step.wait_s / 60)))
        if step.slack_s is not None:
            minutes = int(step.slack_s // 60)
            lines.append(self.word("slack", minutes=minutes) if minutes else self.word("no slack"))
        if step.hours is not None:
            lines += self._hours(step.hours, step)
        elif step.hours_known is False:
            lines.append(self.word("assumed"))
        if step.place.contact:
            lines.append(self.word("contact", contact=clean(step.place.contact)))
        return [line for line in (*lines, clean(step.notes)) if line]

    def said_with_lunch(self, step: Step) -> list[str]:
        """Return what :meth:`said` says of a step, after the lunch since the visit, gate, night or
        beginning before it.
        """
        before: list[Step] = []
        for other in self.steps[: self.steps.index(step)]:
            before = [*before, other] if other.kind in ("drive", "lunch") else []
        meals = [other for other in before if other.kind == "lunch"]
        lines = [
            f"{self.word('lunch')} ({self.name(meal.place)}): {self.times(meal.start)} –"
            f" {self.times(meal.end)}"
            for meal in meals
        ]
        return [*lines, *self.said(step)]

    def _hours(self, hours: DayHours, step: Step) -> list[str]:
        """Write the hours of a gate with their source, and how soon it closes where that is
        near.
        """
        times = hours.text() or self.word("around the clock")
        if hours.last_entry and hours.last_entry != hours.closes:
            times = self.word("last entry", hours=times, time=f"{hours.last_entry:%H:%M}")
        lines = [
            (
                self.word("daylight", hours=times)
                if hours.notice is None
                else self.word("open", hours=times, source=self._source(hours))
            )
        ]
        if hours.last_entry and hours.is_near(step.start):
            minutes = int((hours.last_entry - step.start).total_seconds() // 60)
            lines.append(
                self.word(
                    "closes" if hours.last_entry == hours.closes else "last enters", minutes=minutes
                )
            )
        return lines

    def _source(self, hours: DayHours) -> str:
        notice = hours.notice
        assert notice is not None
        kind = notice.source_kind or ""
        return ", ".join(
            filter(
                None,
                (*notice.hosts(), notice.as_of, self.word(kind) if kind in WORDS["en"] else kind),
            )
        )

    def date_remarks(self, number: int) -> list[str]:
        """Write what is odd about the date of a day in the countries of the trip: weekend,
        holidays, holidays not decreed yet.
        """
        day = self.date(number)
        found = [
            calendars.day_in(country, day, self.language) for country in self.plan.trip.countries
        ]
        lines = []
        if any(one.weekend for one in found):
            weekday = self.word("weekdays").split()[day.weekday()].replace("_", " ")
            worked = ", ".join(one.country for one in found if one.worked)
            lines.append(
                f"{weekday}, {self.word('worked', countries=worked)}" if worked else weekday
            )
        lines += [f"{one.name} ({one.country})" for one in found if one.holiday]
        if any(one.holiday for one in found):
            lines.append(self.word("holiday"))
        elif any(one.weekend and not one.worked for one in found):
            lines.append(self.word("offices"))
        unknown = ", ".join(one.country for one in found if not one.decreed)
        return (
            [*lines, self.word("undecreed", year=day.year, countries=unknown)] if unknown else lines
        )

    def remarks(self) -> list[str]:
        """Return what holds for the whole plan."""
        return [
            self.word(word)
            for word, holds in (("wrong", not self.plan.feasible), ("coarse", self.plan.coarse))
            if holds
        ]

    def of_day(self, number: int) -> list[Step]:
        """Return the steps of a day."""
        return [step for step in self.steps if step.day == number]

    def date(self, number: int) -> date:
        """Return the date of a day."""
        return self.plan.trip.days[number].date

    # The steps in the order of time ---------------------------------------------------------------

    def _labelled(self) -> Iterator[Step]:
        width = max(2, len(str(sum(len(day.visits) for day in self.plan.days))))
        seen, between = 0, 0
        for step in self._all():
            if step.kind == "visit":
                seen, between = seen + 1, 0
                label = f"{seen:0{width}}"
            else:
                label = f"{seen:0{width}}{_letters(between)}"
                between += step.kind != "drive"
            yield Step(**{**step.__dict__, "label": label})

    def _all(self) -> Iterator[Step]:
        for number, day in enumerate(self.plan.days):
            wished = self.plan.trip.days[day.number]
            depart = day.legs[0].depart if day.legs else wished.start.astimezone(day.start.zone)
            if day.lunch:
                yield _lunch(day, day.start, day.lunch)
            yield Step("begin", day.number, "", day.start, depart, depart, depart)
            for leg_number, leg in enumerate(day.legs):
                yield from self._leg(day, leg_number, leg)
                if leg_number < len(day.visits):
                    yield from _visit(day, day.visits[leg_number])
            arrive = day.legs[-1].arrive if day.legs else depart
            last = number == len(self.plan.days) - 1
            if last:
                yield Step("end", day.number, "", day.goal, arrive, arrive, arrive)
            else:
                after = self.plan.days[number + 1]
                leave = (
                    after.legs[0].depart if after.legs else self.plan.trip.days[after.number].start
                )
                yield Step(
                    "night",
                    day.number,
                    "",
                    day.goal,
                    arrive,
                    max(arrive, leave.astimezone(day.goal.zone)),
                    arrive,
                )

    def _leg(self, day: DayPlan, number: int, leg: Leg) -> Iterator[Step]:
        crossing = leg.crossing
        meal = [] if leg.lunch is None else [_lunch(day, _on_the_way(leg.lunch[0]), leg.lunch)]
        if crossing is None:
            yield _drive(
                day,
                number,
                leg.start,
                leg.goal,
                (leg.depart, leg.arrive),
                leg.drive_s,
                leg.length_m,
            )
            yield from meal
            return
        gate = self._gate(crossing)
        behind = bool(meal) and meal[0].start >= crossing.leave
        yield _drive(
            day, number, leg.start, gate, (leg.depart, crossing.arrive), leg.before_s, leg.before_m
        )
        yield from [] if behind else meal
        yield self._passage(day, number, crossing, gate)
        yield _drive(
            day, number, gate, leg.goal, (crossing.leave, leg.arrive), leg.behind_s, leg.behind_m
        )
        yield from meal if behind else []

    def _passage(self, day: DayPlan, number: int, crossing: Crossing, gate: Place) -> Step:
        trip, hours = self.plan.trip, None
        if self.hours is not None:
            hours = self.hours.of_day(
                crossing.gate, crossing.towards, trip.kind, trip.vehicle_country, crossing.enter
            )
        return Step(
            "gate",
            day.number,
            "",
            gate,
            crossing.enter.astimezone(gate.zone),
            crossing.leave.astimezone(gate.zone),
            crossing.arrive.astimezone(gate.zone),
            wait_s=crossing.wait_s,
            hours_known=crossing.hours_known,
            hours=hours,
            leg=number,
        )

    def _gate(self, crossing: Crossing) -> Place:
        zone = str(getattr(crossing.arrive.tzinfo, "key", None) or "UTC")
        if self.gates is None or crossing.gate not in self.gates.index:
            return Place(
                crossing.gate, {"en": crossing.gate}, float("nan"), float("nan"), None, "", zone
            )
        row = self.gates.loc[crossing.gate]
        point = self.gates.geometry.loc[crossing.gate]
        names = {one: str(row[f"name_{one}"]) for one in WORDS if pd.notna(row[f"name_{one}"])}
        return Place(
            crossing.gate,
            names,
            point.x,
            point.y,
            float(row["position_accuracy_m"]),
            str(row["country"]),
            zone,
        )


def _drive(
    day: DayPlan,
    number: int,
    start: Place,
    goal: Place,
    moments: tuple[datetime, datetime],
    drive_s: float,
    length_m: float,
) -> Step:
    depart, arrive = (moment.astimezone(goal.zone) for moment in moments)
    return Step(
        "drive",
        day.number,
        "",
        goal,
        depart,
        arrive,
        arrive,
        drive_s=drive_s,
        length_m=length_m,
        leg=number,
        origin=start,
    )


def _visit(day: DayPlan, visit: Visit) -> Iterator[Step]:
    place = visit.stop.place
    lunch = () if visit.lunch is None else (_lunch(day, place, visit.lunch),)
    eaten_s = (
        (visit.lunch[1] - visit.lunch[0]).total_seconds()
        if visit.lunch and visit.lunch[1] <= visit.start
        else 0.0
    )
    wait_s = (visit.start - visit.arrive).total_seconds() - eaten_s
    at = Step(
        "visit",
        day.number,
        "",
        place,
        visit.start,
        visit.end,
        visit.arrive,
        wait_s,
        visit.slack_s,
        notes=visit.stop.notes,
    )
    yield from (*lunch, at) if eaten_s else (at, *lunch)


def _lunch(day: DayPlan, place: Place, meal: tuple[datetime, datetime]) -> Step:
    return Step("lunch", day.number, "", place, *meal, meal[0])


def _on_the_way(moment: datetime) -> Place:
    """Return a place without a position, on the clock of a moment."""
    zone = str(getattr(moment.tzinfo, "key", None) or "UTC")
    return Place(
        "on-the-way",
        {one: words["on the way"] for one, words in WORDS.items()},
        float("nan"),
        float("nan"),
        None,
        "",
        zone,
    )


def _letters(number: int) -> str:
    """Return a, b, …, z, za, zb, …: as text in the order of the numbers."""
    return "z" * (number // 25) + chr(ord("a") + number % 25)


def clean(text: str) -> str:
    """Take out control characters, which neither XML nor iCalendar can hold; line feeds and tabs
    stay.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
