"""Find where the rows of a file lie: as it says, or in another system, which is a question."""

from __future__ import annotations

import numpy as np

from geo.errors import InputError, Message
from geo.exchange import positions, systems
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.formats import NOT_OF_EARTH
from geo.exchange.systems import Evidence, Fit, Points, System

KEY = "coordinates"
MOST_PROPOSED = 6
LEAST_OFF_M = 150.0
"""So far must the rows lie from where they are known to lie before an offset is suspected. Datums
of Viet Nam and WGS 84 differ by 225 m here.
"""
SHIFTING = "CN"
"""The country whose online maps are shifted, by law."""
SHIFTED = Message(
    "Positions in China are shifted by some hundred metres on its online maps, and what is known"
    " here does not tell whether these are. In which system are they written?"
)
COPIED_M = 30.0
"""Rows that lie so near to where they are known were copied from there.
"""
MUCH_NEARER = 0.35
"""So much of the way must be left when an offset is undone."""


def settled(
    pairs: Points,
    form: str,
    stated: System | None,
    evidence: Evidence,
    doubts: Doubts,
    *,
    written: bool = True,
) -> System | None:
    """Return the system of the positions of a file, None while that is an open question.

    Parameters
    ----------
    pairs
        (n, 2) as they are written, NaN where there is none.
    form
        Of :class:`geo.exchange.positions.Written`.
    stated
        The system that the file states, or that its columns imply.
    written
        Whether the file itself states it.
    """
    there = np.flatnonzero(np.isfinite(pairs).all(axis=1))
    if not len(there):
        return None
    few = there[np.linspace(0, len(there) - 1, min(len(there), systems.MOST_TRIED)).astype(int)]
    sample = Evidence(
        evidence.known, [evidence.sites[i] for i in few], [evidence.provinces[i] for i in few]
    )
    usual = _usual(form, evidence.known.region.box or (-180, -90, 180, 90))
    tried = [stated, *usual] if stated else usual
    tried = list({system.choice: system for system in tried if system}.values())
    ranked = sample.ranked(pairs[few], tried)
    own = sample.fit(stated, pairs[few]) if stated else None
    if own and own.system.choice not in {fit.system.choice for fit in ranked}:
        ranked.append(own)
    doubtful = own is None or _doubtful(own, ranked, sample)
    shifted = not (written or doubtful or own is None) and _may_be_shifted(own, sample)
    if KEY not in doubts.answers and own and not doubtful and not shifted:
        return own.system
    ranked = _plausible(ranked, own)
    if shifted and own:
        ranked = [own, *(fit for fit in ranked if fit.system.choice != own.system.choice)]
    proposals = [_proposal(fit, sample, len(few)) for fit in ranked[:MOST_PROPOSED]]
    if own and own.system not in [fit.system for fit in ranked[:MOST_PROPOSED]]:
        proposals.append(_proposal(own, sample, len(few)))
    text = (
        SHIFTED
        if shifted
        else Message(
            "The positions do not fit %(stated)s. In which system are they written?",
            {"stated": own.system.name},
        )
        if own
        else Message("In which system are the positions written?")
    )
    answer = doubts.ask(KEY, text, proposals, free=True)
    return systems.named(answer) if answer else None


def _usual(form: str, box: tuple[float, float, float, float]) -> list[System]:
    if form != positions.METRES:
        return systems.degrees()
    return [
        systems.by_code(code, name, swapped=swapped)
        for code, name in systems.metric(box[0], box[2])
        for swapped in (False, True)
    ]


def _doubtful(own: Fit, ranked: list[Fit], evidence: Evidence) -> bool:
    """Check whether another system fits better than the one that the file states."""
    rows = len(own.lonlat)
    if 2 * own.inside < rows:
        return True
    if evidence.count and 2 * own.fits < evidence.count:
        return True
    others = [fit for fit in ranked if fit.system.choice != own.system.choice]
    if any(fit.fits > own.fits + rows // 10 for fit in others):
        return True
    return any(_is_offset(own, fit) for fit in others)


def _is_offset(own: Fit, other: Fit) -> bool:
    """Check whether the rows lie off consistently, by what another system would undo."""
    if not own.by_name or other.fits < own.fits or not np.isfinite(other.off_m):
        return False
    rough = 2 * own.scatter_m / np.sqrt(own.by_name)
    return own.off_m >= max(LEAST_OFF_M, rough) and other.off_m <= MUCH_NEARER * own.off_m


def _may_be_shifted(own: Fit, evidence: Evidence) -> bool:
    """Check whether rows lie in China, and what is known does not tell whether they are shifted as
    on its maps: no site is known there, or none so well.
    """
    there = evidence.in_country(own.lonlat, SHIFTING)
    if 2 * int(there.sum()) < len(own.lonlat):
        return False
    accuracies = [evidence.known.accuracy_m[sites[0]] for sites in evidence.sites if sites]
    if not own.by_name:
        return True
    if own.off_m < COPIED_M:
        return False
    rough = max(own.scatter_m, float(np.median(accuracies))) / np.sqrt(own.by_name)
    return not own.off_m + rough < LEAST_OFF_M


def _plausible(ranked: list[Fit], own: Fit | None) -> list[Fit]:
    """Leave out systems in which far fewer rows lie in the region than in the best."""
    most = max((fit.inside for fit in ranked), default=0)
    return [fit for fit in ranked if fit is own or 2 * fit.inside >= most]


def _proposal(fit: Fit, evidence: Evidence, total: int) -> Proposal:
    """Write where a system would put the rows, and how many of them fit."""
    there = np.flatnonzero(np.isfinite(fit.lonlat).all(axis=1))
    if not len(there):
        return Proposal(
            fit.system.choice, Message("%(name)s: nowhere on Earth", {"name": fit.system.name})
        )
    first = int(there[0])
    place, province, apart_m = evidence.place(fit.lonlat[first])
    values = {
        "name": fit.system.name,
        "fits": fit.fits,
        "total": total,
        "inside": fit.inside,
        "row": f"{fit.lonlat[first][1]:.5f}, {fit.lonlat[first][0]:.5f}",
        "km": f"{apart_m / 1000:.1f}",
        "place": place,
        "province": province,
    }
    return Proposal(
        fit.system.choice,
        Message(
            "%(name)s: %(fits)s of %(total)s rows lie near their site or in their province,"
            " %(inside)s in the region; the first at %(row)s, %(km)s km from %(place)s,"
            " %(province)s",
            values,
        ),
    )


def stated_system(text: str) -> System | None:
    """Return the system that a file states, as GDAL names it; None where it states none.

    Raises
    ------
    InputError
        It is not a system of positions on the Earth.
    """
    import pyproj

    if not text:
        return None
    try:
        system = pyproj.CRS(text)
        earth = system.ellipsoid is None or abs(system.ellipsoid.semi_major_metre - 6.378e6) < 2e4
    except pyproj.exceptions.CRSError:
        earth, system = False, None
    if not earth or system is None:
        raise InputError(NOT_OF_EARTH)
    code = system.to_epsg(min_confidence=60)
    if code is None:
        return None
    return systems.by_code(code)


def swapped_rows(pairs: Points, lonlat: Points, evidence: Evidence) -> list[int]:
    """Find rows whose coordinates look exchanged while those of others are not: only exchanged do
    they lie in the region.
    """
    outside = evidence.known.region.outside(lonlat) | ~np.isfinite(lonlat).all(axis=1)
    degrees = np.isfinite(pairs).all(axis=1) & (np.abs(pairs) <= 180).all(axis=1)
    within = np.zeros(len(pairs), np.bool_)
    for turned in (pairs, pairs[:, ::-1]):
        far = evidence.known.region.outside(np.nan_to_num(turned))
        within |= (np.abs(turned[:, 1]) <= 90) & np.logical_not(far)
    return [int(row) for row in np.flatnonzero(outside & degrees & within)]
