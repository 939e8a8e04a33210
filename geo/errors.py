"""The three ways in which Zone Atlas says no.

Each is a sentence for a person. The command line prints it and exits with 1, the web app answers
with the status that stands in ``webapp.errors.ANSWERS``."""

from __future__ import annotations

from collections.abc import Iterable


class AtlasError(Exception):
    """What the three errors have in common; raise one of the three instead."""


class InputError(AtlasError):
    """Something given to us is wrong.

    Parameters
    ----------
    message
        What was wrong, as one sentence.
    faults
        Every fault found, one line each, in the order of the input. They follow the message in
        ``str()``.
    """

    def __init__(self, message: str, faults: Iterable[str] = ()) -> None:
        self.message = message
        self.faults = tuple(faults)
        super().__init__("\n".join([message, *(f"  {fault}" for fault in self.faults)]))


class NotFoundError(AtlasError):
    """A layer, feature, network or file that was asked for by name does not exist."""


class UnavailableError(AtlasError):
    """Something outside, such as a road server or an optional package, cannot be reached."""
