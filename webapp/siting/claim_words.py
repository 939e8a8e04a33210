"""Claims of brochures in words: sentences, and the numbers that were compared."""

from __future__ import annotations

import math
from collections.abc import Callable

from geo.siting.claim_reading import ASSUMPTIONS, Claim
from webapp.i18n import N_
from webapp.i18n import gettext as _
from webapp.labels import TEXTS, decimal, duration, is_known, kilometres

SENTENCES = {
    "loose": N_(
        "Plausible but unproven: our road estimate is %(road)s ± %(share)s %% (claim: "
        "%(difference)s)."
    ),
    "road": N_("Matches our road estimate: %(road)s."),
    "straight_or_road": N_("Plausible: straight line and road are too close to tell apart here."),
    "straight_line": N_("This is the straight-line distance. By road it is %(road)s."),
    "straight_alone": N_("This is the straight-line distance. The road distance is unknown."),
    "between": N_("Longer than the straight line, but shorter than the known road: %(road)s."),
    "faster_than_road": N_(
        "Faster than our road estimate (%(road)s), but not impossible: roads and speeds may be "
        "better."
    ),
    "longer": N_("Longer than by road: %(road)s."),
    "longer_time": N_("Slower than by road: %(road)s, without queues and traffic."),
    "road_unknown": N_(
        "Not shorter than the straight line. No road of the model is near enough to say more."
    ),
    "no_way": N_("Not shorter than the straight line. The roads of the model do not lead there."),
    "unsure": N_(
        "Shorter than the straight line, but not ruled out: the accuracy of the two positions "
        "is unknown."
    ),
    "unsure_time": N_(
        "Too fast even in a straight line, but not ruled out: the accuracy of the two "
        "positions is unknown."
    ),
    "impossible": N_(
        "Impossible: even the straight line is %(least)s, with both positions accurate to "
        "%(accuracy)s together."
    ),
    "impossible_time": N_(
        "Impossible at %(speed)s km/h, the highest speed assumed here: even in a straight line "
        "it takes %(least)s."
    ),
    "other_thing": N_(
        "Cannot check: the name means something else here, such as a bay or an expressway."
    ),
    "no_place": N_("Cannot check: the place is not recognised."),
}
"""One or two sentences for each of ``geo.siting.claims.VERDICTS``, some of their own for times."""


def sentence(claim: Claim, top_kph: float) -> str:
    """Return what is to be held of a claim."""
    code, amount = claim.verdict, amount_of(claim)
    if code == "road" and is_loose(claim):
        code = "loose"
    elif code == "straight_line" and not math.isfinite(claim.road_m):
        code = "straight_alone"
    elif claim.measure == "time" and f"{code}_time" in SENTENCES:
        code = f"{code}_time"
    return _(
        SENTENCES[code],
        road=road_amount(claim),
        share=decimal(100 * share(claim)),
        rounding=amount(claim.rounding),
        difference=over(claim.over_road, amount),
        speed=speed(top_kph),
        least=amount(straight(claim)),
        accuracy=length(claim.accuracy_m),
    )


def amount_of(claim: Claim) -> Callable[[float], str]:
    """Return what writes the amounts of a claim."""
    return clock if claim.measure == "time" else length


def straight(claim: Claim) -> float:
    """Return what a claim is held against as the crow flies, in its unit."""
    return claim.fastest_s if claim.measure == "time" else claim.straight_m


def speed(top_kph: float) -> str:
    return decimal(top_kph) if math.isfinite(top_kph) else _("unknown")


def share(claim: Claim) -> float:
    """Return within which share a claim is held to fit the road."""
    return ASSUMPTIONS["time_share" if claim.measure == "time" else "length_share"].value


def is_loose(claim: Claim) -> bool:
    """Return whether a claim fits the road only because positions are inexact."""
    road = claim.road_s if claim.measure == "time" else claim.road_m
    return abs(claim.over_road) > claim.rounding + share(claim) * road


def numbers(claim: Claim, top_kph: float) -> list[tuple[str, str]]:
    """List what was compared."""
    amount = amount_of(claim)
    rows = [
        (_("Claimed"), claimed(claim)),
        (_("rounding of the claim"), f"± {amount(claim.rounding)}"),
        (_("Straight line"), length(claim.straight_m)),
        (_("accuracy of both positions"), length(claim.accuracy_m)),
    ]
    if claim.measure == "time":
        title = _(
            "Straight line at %(speed)s km/h, the highest speed assumed", speed=speed(top_kph)
        )
        rows.append((title, clock(claim.fastest_s)))
    rows += [
        (_("Length by road"), road_length(claim)),
        (_("Time by road"), road_time(claim)),
        (_("assumed accuracy by road"), f"± {decimal(100 * share(claim))} %"),
        (_("Claim against the straight line"), over(claim.over_straight, amount)),
    ]
    if math.isfinite(claim.road_m):
        rows.append((_("Claim against the road"), over(claim.over_road, amount)))
    return rows


def claimed(claim: Claim) -> str:
    """Write what was claimed, as it was understood."""
    amount = amount_of(claim)
    if claim.bound == "at_most":
        return _("at most %(amount)s", amount=amount(claim.high))
    if claim.bound == "at_least":
        return _("at least %(amount)s", amount=amount(claim.low))
    if claim.low != claim.high:
        return f"{amount(claim.low)} – {amount(claim.high)}"
    return (
        _("about %(amount)s", amount=amount(claim.low))
        if claim.bound == "about"
        else amount(claim.low)
    )


def over(value: float, amount: Callable[[float], str]) -> str:
    """Write a difference."""
    if math.isnan(value):
        return _("unknown")
    if not value:
        return _("no difference")
    size = amount(abs(value))
    return _("%(amount)s less", amount=size) if value < 0 else _("%(amount)s more", amount=size)


def road_amount(claim: Claim) -> str:
    return road_time(claim) if claim.measure == "time" else road_length(claim)


def road_length(claim: Claim) -> str:
    return _by_road(claim.road_m, kilometres)


def road_time(claim: Claim) -> str:
    return _by_road(claim.road_s, duration)


def _by_road(value: float, write: Callable[[float], str]) -> str:
    if math.isinf(value):
        return _("none by road")
    return write(value) if is_known(value) else _("unknown")


def length(metres: float) -> str:
    """Write a length as exactly as claims are made: with one decimal where it is not a whole
    number of kilometres.
    """
    if not is_known(metres):
        return _("unknown")
    if metres < 1000:
        return kilometres(metres)
    km = round(metres / 1000, 1)
    return (
        str(TEXTS["km"])
        .format(n=decimal(km, 0 if km == int(km) else 1))
        .replace(" ", "\N{NO-BREAK SPACE}")
    )


def clock(seconds: float) -> str:
    """Write a time to the minute, with one decimal below ten minutes."""
    if not is_known(seconds):
        return _("unknown")
    minutes = round(seconds / 60, 1)
    if minutes < 10 and minutes != int(minutes):
        return str(TEXTS["min"]).format(m=decimal(minutes, 1)).replace(" ", "\N{NO-BREAK SPACE}")
    hours, rest = divmod(round(seconds / 60), 60)
    form = "min" if not hours else "h.min" if rest else "h"
    return str(TEXTS[form]).format(h=hours, m=rest).replace(" ", "\N{NO-BREAK SPACE}")
