"""How far travel times and lengths by road are off, measured.

Source: ``bench/truth.py``, which asks 38 pairs of places of the built-in roads, by car and without
the time at the border, and compares with the middle of the range that a local would give
(``bench/README.md``). Short and long ways are off alike. Nothing of the kind is known for
trucks, nor for roads that somebody imports: the same is taken for them."""

from __future__ import annotations

TIME_RANGE = (0.87, 1.16)
"""In nine of ten pairs the time of a local lies between these multiples of ours."""
TIME_SHARE = 0.10
"""One standard deviation of a travel time, as a share of it."""
LENGTH_SHARE = 0.11
"""One standard deviation of a length by road, as a share of it."""


def minutes_between(time_s: float) -> tuple[int, int]:
    """Return the range in which a travel time lies, rounded outwards as it is shown: to whole
    minutes, from half an hour on to five.
    """
    minutes = float(time_s) / 60
    step = 1 if minutes * TIME_RANGE[1] < 30 else 5
    return (
        max(int(minutes * TIME_RANGE[0] // step * step), 1),
        max(int(-(-minutes * TIME_RANGE[1] // step) * step), 1),
    )
