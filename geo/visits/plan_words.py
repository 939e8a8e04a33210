"""What is said of a step and of a date in the files of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from geo.errors import Message
from geo.hours import calendars
from geo.hours.openings import DayHours
from geo.visits.plan_steps import Itinerary, Kind, Step, clean
from geo.visits.trip import Trip

TITLES: Mapping[Kind, Message] = {
    "begin": Message("Start: %(place)s"),
    "drive": Message("Drive: %(place)s"),
    "gate": Message("Border gate: %(place)s"),
    "visit": Message("Visit: %(place)s"),
    "lunch": Message("Lunch: %(place)s"),
    "night": Message("Night: %(place)s"),
    "end": Message("End: %(place)s"),
}
SOURCES: Mapping[str, Message] = {
    "memory": Message("unverified; ask before you go"),
    "page": Message("web source"),
    "code": Message("from public data"),
    "assumption": Message("assumed"),
}
"""How the hours of a gate are known, by ``source_kind``."""
WEEKDAYS = (
    Message("Monday"),
    Message("Tuesday"),
    Message("Wednesday"),
    Message("Thursday"),
    Message("Friday"),
    Message("Saturday"),
    Message("Sunday"),
)


def title(of: Itinerary, step: Step) -> str:
    """Write what a step is and where; of a drive, from where to where."""
    name = of.name(step.place)
    if step.origin:
        name = f"{of.name(step.origin)} → {name}"
    return of.said(Message(TITLES[step.kind], {"place": name}))


def day_title(of: Itinerary, number: int) -> str:
    """Write the number and the date of a day."""
    return f"{of.said(Message('Day %(n)s', {'n': number + 1}))} · {of.date(number)}"


def arrival(of: Itinerary, step: Step) -> str:
    """Write when one arrives, or sets out, on every clock."""
    times = {"times": of.times(step.arrive)}
    return of.said(
        Message("Leave %(times)s", times)
        if step.kind == "begin"
        else Message("Arrive %(times)s", times)
    )


def sentences(of: Itinerary, step: Step) -> list[str]:
    """Write everything about a step that its title does not say, a sentence a line."""
    lines: list[str] = [of.other_names(step.place), arrival(of, step)]
    if step.wait_s >= 60:
        lines.append(Message("Wait %(minutes)s min", {"minutes": round(step.wait_s / 60)}))
    if step.visit:
        minutes = int(step.visit.slack_s // 60)
        lines.append(
            Message("Up to %(minutes)s min later is fine", {"minutes": minutes})
            if minutes
            else Message("Must not be later")
        )
    if step.hours:
        lines += _hours(of, step.hours, step)
    elif step.crossing and not step.crossing.hours_known:
        lines.append(Message("Opening hours not confirmed; ask before you go"))
    if step.place.contact:
        lines.append(Message("Contact: %(contact)s", {"contact": clean(step.place.contact)}))
    if step.visit:
        lines.append(clean(step.visit.stop.notes))
    return [of.said(line) for line in lines if line]


def sentences_with_lunch(of: Itinerary, step: Step) -> list[str]:
    """Write what :func:`sentences` does, after the lunch since the visit, gate, night or beginning
    before it.
    """
    meals: list[Step] = []
    for other in of.steps[: of.steps.index(step)]:
        if other.kind == "lunch":
            meals.append(other)
        elif other.kind != "drive":
            meals.clear()
    lunches = [
        Message(
            "Lunch (%(place)s): %(start)s – %(end)s",
            {
                "place": of.name(meal.place),
                "start": of.times(meal.start),
                "end": of.times(meal.end),
            },
        )
        for meal in meals
    ]
    return [*map(of.said, lunches), *sentences(of, step)]


def _hours(of: Itinerary, hours: DayHours, step: Step) -> Iterator[Message]:
    """Write the hours of a gate with their source, and how soon it closes where that is near."""
    times: str = hours.text() or Message("around the clock")
    last, notice = hours.last_entry, hours.notice
    if last and last != hours.closes:
        times = Message("%(hours)s, last entry %(time)s", {"hours": times, "time": f"{last:%H:%M}"})
    if notice is None:
        yield Message(
            "Hours not known, daylight assumed: %(hours)s; ask before you go", {"hours": times}
        )
    else:
        kind = notice.source_kind or ""
        parts = (*notice.hosts(), notice.as_of, of.said(SOURCES.get(kind, kind)))
        source = ", ".join(filter(None, parts))
        yield Message("Open %(hours)s (%(source)s)", {"hours": times, "source": source})
    if last and hours.is_near(step.start):
        minutes = {"minutes": int((last - step.start).total_seconds() // 60)}
        yield (
            Message("Closes %(minutes)s min after you enter", minutes)
            if last == hours.closes
            else Message("Last entry %(minutes)s min after you enter", minutes)
        )


def remarks(of: Itinerary) -> list[str]:
    """Write what holds for the whole plan."""
    lines = []
    if not of.plan.feasible:
        lines.append(Message("This plan does not hold; look at it again before you leave."))
    return [of.said(line) for line in lines]


def date_remarks(of: Itinerary, number: int) -> list[str]:
    """Write what is odd about the date of a day, countries by their codes."""
    day = of.date(number)
    weekday = of.said(WEEKDAYS[day.weekday()])
    return [
        of.said(remark)
        for remark in remarks_on(
            of.plan.trip, day, of.language, weekday, lambda country: country, _holiday
        )
    ]


def _holiday(day: calendars.DayIn) -> str:
    return f"{day.name} ({day.country})"


def remarks_on(
    trip: Trip,
    day: date,
    language: str,
    weekday: str,
    country: Callable[[str], str],
    holiday: Callable[[calendars.DayIn], str],
) -> Iterator[str]:
    """Write what is odd about a date in the countries of a trip: weekend, holidays, and holidays
    that are not decreed yet.

    Parameters
    ----------
    weekday
        The name of the day.
    country, holiday
        Called with a code, and with a holiday; return what they are called.
    """
    days = [calendars.day_in(code, day, language) for code in trip.countries]
    holidays = [each for each in days if each.holiday]
    if any(each.weekend for each in days):
        worked = ", ".join(country(each.country) for each in days if each.worked)
        yield (
            Message(
                "%(day)s, worked in exchange for another day off: %(countries)s",
                {"day": weekday, "countries": worked},
            )
            if worked
            else weekday
        )
    yield from map(holiday, holidays)
    if holidays:
        yield Message("offices and cargo gates usually closed")
    elif any(each.weekend and not each.worked for each in days):
        yield Message("offices usually closed")
    unknown = ", ".join(country(each.country) for each in days if not each.decreed)
    if unknown:
        yield Message(
            "public holidays of %(year)s not officially known yet: %(countries)s",
            {"year": day.year, "countries": unknown},
        )
