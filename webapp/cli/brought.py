"""What the command ``bring`` says of the changes that a file would make, and how it keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo.errors import InputError
from geo.schema import SOURCE_KINDS
from geo.schema.provenance import State
from webapp import i18n
from webapp.cli.options import Context, person
from webapp.i18n import gettext

if TYPE_CHECKING:
    from geo.exchange.bringing import Brought, Preview
    from geo.exchange.doctor import Examination

MOST_LINES = 100
_OPTIONS = (
    click.option("--party", help="Who states it. Default: ZONEATLAS_PARTY."),
    click.option("--source", help="Where it comes from. Default: the name of FILE."),
    click.option(
        "--kind",
        type=click.Choice(SOURCE_KINDS),
        default="page",
        show_default=True,
        help="How it is known; a survey goes before a page.",
    ),
    click.option("--as-of", metavar="DATE", default="", help="Year, month or day of the source."),
    click.option(
        "--accuracy",
        type=click.FloatRange(0, 100_000),
        metavar="M",
        help="How far its positions may be off; without it, or a column, none is taken.",
    ),
    click.option("--rows", metavar="N,N-N", help="Rows of FILE to take. Default: all."),
    click.option(
        "--complete", is_flag=True, help="What FILE leaves out of its provinces has gone."
    ),
    click.option(
        "--keep",
        type=click.Choice(["stated", "accepted"]),
        help="Write what it states into the book: as a statement, or accepted at once.",
    ),
    click.option("--reason", default="", help="Why it is accepted."),
    click.option("--who", help="Who does this. Default: your name on this machine."),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who states something and what becomes of it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Outcome:
    """What a file would change; ``kept`` says what was written, None where nothing was."""

    preview: Preview
    brought: Brought
    kept: tuple[int, int] | None

    def lines(self) -> Iterator[str]:
        """Write it for a person."""
        from geo.exchange import bringing

        yield ""
        yield gettext("Effects")
        counts = bringing.counted(self.preview.effects)
        for outcome, count in counts.items():
            yield f"  {i18n.said(bringing.OUTCOMES[outcome])}: {count}"
        shown = [
            f"  {i18n.said(bringing.where(effect))}"
            for effect in self.preview.effects
            if effect.outcome not in ("confirms", "same")
        ]
        left_out = [f"  {i18n.said(fault)}" for fault in bringing.faults(self.brought)]
        waits = [
            f"  {layer}/{row}: {i18n.said(fault)}"
            for (layer, row), faults in self.preview.standing.held_back.items()
            for fault in faults
        ]
        for title, lines in (
            ("", shown),
            (gettext("Skipped rows"), left_out),
            (gettext("Incomplete new rows"), waits),
        ):
            if lines:
                yield title
                yield from lines[:MOST_LINES]
            if len(lines) > MOST_LINES:
                yield "  " + gettext("and %(n)s more", n=len(lines) - MOST_LINES)
        yield ""
        if self.kept is None:
            yield gettext("Nothing was changed.")
        else:
            yield gettext(
                "%(new)s statements were written into the book; %(known)s were there already.",
                new=self.kept[0],
                known=self.kept[1],
            )

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "effects": [
                {
                    "row": self.brought.row_of.get(effect.claim.id),
                    "claim": effect.claim.id,
                    "layer": effect.claim.layer,
                    "id": effect.claim.row_id,
                    "field": effect.claim.field,
                    "value": effect.claim.value,
                    "outcome": effect.outcome,
                    "against": effect.against.claim.value if effect.against else None,
                }
                for effect in self.preview.effects
            ],
            "left_out": [
                {"row": at, "reason": i18n.said(reason)} for at, reason in self.brought.left_out
            ],
            "kept": None if self.kept is None else {"new": self.kept[0], "known": self.kept[1]},
        }


def look(
    context: Context, exam: Examination, layer: str, file: Path, chosen: Mapping[str, Any]
) -> Outcome:
    """Compute what a file would change, and keep what it states where that is wished.

    Raises
    ------
    InputError
        Statements are to be kept, and something that each of them needs is missing or wrong.
    """
    from geo.exchange import bringing, releases, tables

    config = context.config
    party = chosen["party"] or config["PARTY"]
    if chosen["keep"] and not party:
        raise InputError(gettext("Say who states it: --party, or ZONEATLAS_PARTY."))
    terms = bringing.Terms(
        party or "?",
        chosen["source"] or file.name,
        chosen["kind"],
        chosen["as_of"],
        chosen["accuracy"],
    )
    base = tables.read(context.data)
    brought = bringing.claims(exam, base, layer, terms, _rows(chosen["rows"]))
    claims = brought.claims
    if chosen["complete"]:
        claims += bringing.vanished(exam, base, layer, terms)
    book = context.book
    state: State = "accepted" if chosen["keep"] == "accepted" else "stated"
    preview = bringing.preview(
        base, releases.party_of(context.data), book.statements() if book else [], claims, state
    )
    if not chosen["keep"] or not claims:
        return Outcome(preview, brought, None)
    added = context.new_book.add(
        claims, origin=file.name, who=person(chosen["who"]), state=state, reason=chosen["reason"]
    )
    return Outcome(preview, brought, (added.new, added.known))


def _rows(text: str | None) -> set[int]:
    """Read numbers of rows such as 3,5-9."""
    rows: set[int] = set()
    for part in (text or "").split(","):
        first, dash, last = part.strip().partition("-")
        if not part.strip():
            continue
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 20:
            raise InputError(gettext("“%(text)s” does not name rows, such as 3,5-9.", text=part))
        low, high = int(first), int(last or first)
        rows |= set(range(low, min(high, low + 1_000_000) + 1))
    return rows
