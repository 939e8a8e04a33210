"""The planner's compiled code: compiled once on a machine, which takes half a minute."""

from __future__ import annotations

from collections.abc import Callable

from geo.errors import Message
from geo.preparation import Preparation

STEPS = 3
"""Best plans, plans of many stops, reasons."""


def preparation() -> Preparation:
    """Return what those who ask for a plan read while :func:`warm_up` runs."""
    return Preparation(
        lambda percent: Message(
            "The planner of visits is being prepared: %(percent)s %%.", {"percent": percent}
        ),
        STEPS,
    )


def warm_up(on_step: Callable[[str], None]) -> None:
    """Compile what plans need, or load what was compiled before, ahead of the first plan.

    Parameters
    ----------
    on_step
        Called when each of the steps begins.
    """
    from geo.visits import feasibility, planner  # load Numba

    planner.warm_up(on_step)
    on_step("reasons")
    feasibility.warm_up()
