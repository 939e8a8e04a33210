"""Small trips and plans made by hand: two parks on either side of the border, a night and a passage
of the gate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo.visits.trip import Crossing, Day, DayPlan, Leg, Lunch, Place, Plan, Stop, Trip, Visit

HANOI = "Asia/Ho_Chi_Minh"
BEIJING = "Asia/Shanghai"
HALONG = Place(
    "ha-long",
    {"en": "Ha Long", "vi": "Hạ Long", "zh": "下龙"},
    107.0734,
    20.9505,
    1000.0,
    "VN",
    HANOI,
)
MONGCAI = Place(
    "mong-cai",
    {"en": "Mong Cai", "vi": "Móng Cái", "zh": "芒街"},
    107.9662,
    21.5247,
    1000.0,
    "VN",
    HANOI,
)
TEXHONG = Place(
    "texhong-hai-ha-ip",
    {"en": "Texhong Hai Ha", "vi": "KCN Texhong Hải Hà", "zh": "天虹海河工业园"},
    107.735,
    21.392,
    2500.0,
    "VN",
    HANOI,
)
HAIYEN = Place(
    "hai-yen-ip",
    {"en": "Hai Yen", "vi": "KCN Hải Yên", "zh": "海安工业园"},
    107.9161,
    21.5413,
    400.0,
    "VN",
    HANOI,
    "Ms Lan",
)
JIANGPING = Place(
    "jiangping-ip",
    {"en": "Jiangping", "vi": "KCN Giang Bình", "zh": "江平工业园"},
    108.12,
    21.61,
    3000.0,
    "CN",
    BEIJING,
)


def at(day: int, time: str, zone: str = HANOI) -> datetime:
    """Return a time of a day of December 2026 on a clock."""
    return datetime.fromisoformat(f"2026-12-{day:02}T{time}").replace(tzinfo=ZoneInfo(zone))


def leg(
    start: Place, goal: Place, depart: datetime, minutes: float, crossing: Crossing | None = None
) -> Leg:
    """Make a way of some minutes behind the wheel; a passage of the gate comes on top, with its
    wait.
    """
    passing = timedelta(0) if crossing is None else crossing.leave - crossing.arrive
    arrive = (depart + timedelta(minutes=minutes) + passing).astimezone(goal.zone)
    if crossing is None:
        return Leg(start, goal, depart, arrive, minutes * 60, minutes * 1000)
    before_s = (crossing.arrive - depart).total_seconds()
    return Leg(
        start,
        goal,
        depart,
        arrive,
        minutes * 60,
        minutes * 1000,
        crossing,
        before_s=before_s,
        before_m=before_s / 60 * 1000,
    )


def visit(
    stop: Stop,
    arrive: datetime,
    start: datetime,
    lunch: tuple[datetime, datetime] | None = None,
    slack_s: float = 1500,
) -> Visit:
    """Make a visit that ends when its length is over, and with lunch after it if that is later."""
    end = start + timedelta(seconds=stop.visit_s)
    return Visit(
        stop, arrive, start, end, lunch[1] if lunch and lunch[1] > end else end, lunch, slack_s
    )


def two_days() -> Plan:
    """Make a plan: Ha Long, Texhong with lunch, night at Mong Cai; Hai Yen, over the gate to
    Jiangping, back to Mong Cai.
    """
    texhong = Stop(TEXHONG, 5400, notes="gate 2, ask for <the> map & key", order=1)
    hai_yen = Stop(HAIYEN, 3600, ((at(2, "08:00"), at(2, "11:30")),))
    jiangping = Stop(JIANGPING, 3600, must=False, weight=2)
    left = Stop(
        Place("point-1", {"vi": "Kho hàng"}, 107.7, 21.4, None, "VN", HANOI), 1800, must=False
    )
    days = (
        Day(at(1, "07:30"), at(1, "18:00"), HALONG, (MONGCAI,)),
        Day(at(2, "07:30"), at(2, "18:00"), None, (MONGCAI, HALONG)),
    )
    trip = Trip(
        "Mong Cai & Đông Hưng; two days",
        (texhong, hai_yen, jiangping, left),
        days,
        Lunch(2700),
        vehicle_country="VN",
    )
    outward = Crossing(
        "mong-cai-bac-luan-2",
        "CN",
        at(2, "09:30"),
        at(2, "09:40"),
        at(2, "10:10"),
        hours_known=True,
    )
    back = Crossing(
        "mong-cai-bac-luan-2",
        "VN",
        at(2, "12:20"),
        at(2, "12:20"),
        at(2, "12:50"),
        hours_known=False,
    )
    first = DayPlan(
        0,
        HALONG,
        MONGCAI,
        (leg(HALONG, TEXHONG, at(1, "07:30"), 120), leg(TEXHONG, MONGCAI, at(1, "12:15"), 45)),
        (visit(texhong, at(1, "09:30"), at(1, "10:00"), (at(1, "11:30"), at(1, "12:15"))),),
    )
    second = DayPlan(
        1,
        MONGCAI,
        MONGCAI,
        (
            leg(MONGCAI, HAIYEN, at(2, "07:45"), 15),
            leg(HAIYEN, JIANGPING, at(2, "09:00"), 60, outward),
            leg(JIANGPING, MONGCAI, at(2, "12:40", BEIJING), 60, back),
        ),
        (
            visit(hai_yen, at(2, "08:00"), at(2, "08:00")),
            visit(jiangping, at(2, "11:40", BEIJING), at(2, "11:40", BEIJING), slack_s=0),
        ),
    )
    on_road_s = sum(
        leg.drive_s + (leg.crossing.service_s if leg.crossing else 0)
        for day in (first, second)
        for leg in day.legs
    )
    return Plan(trip, (first, second), (left,), "proven", on_road_s)


def lunches_elsewhere() -> Plan:
    """Make the same plan with lunch on the way to Mong Cai on the first day, and in Mong Cai before
    setting out on the second.
    """
    plan = two_days()
    first, second = plan.days
    texhong = replace(first.visits[0], lunch=None, leave=at(1, "11:30"))
    on = replace(
        first.legs[1],
        depart=at(1, "11:30"),
        arrive=at(1, "13:00"),
        lunch=(at(1, "11:45"), at(1, "12:30")),
    )
    days = (
        replace(first, legs=(first.legs[0], on), visits=(texhong,)),
        replace(second, lunch=(at(2, "07:00"), at(2, "07:45"))),
    )
    return replace(plan, days=days)
