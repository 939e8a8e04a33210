"""Find the places that the rows of a file refer to: a project by its park, a body by its gates."""

from __future__ import annotations

import unicodedata

from geo.errors import Message
from geo.exchange.doubts import Doubts, Proposal
from geo.exchange.known import Known, keys_of
from geo.exchange.values import EMPTY, Cells
from geo.schema import LAYERS, Field, unfold
from geo.text import one_line, short

MOST_PROPOSED = 12
FEWEST_LETTERS = 2
"""Letters of a name that is looked for inside of others."""
MOST_LOOKED_FOR = 300
"""Names of a column that are looked for inside of others; more are a wrong column, and a file may
hold a hundred thousand.
"""
NONE = "none"


def read(cells: Cells, field: Field, known: Known, doubts: Doubts) -> list[tuple[str, str | None]]:
    """Read a column of names or identifiers of places: for each row the field, and the
    identifiers or None. A name that several places may mean is a question.
    """
    there = known.of(field.refers)
    meant: dict[str, str | None] = {}
    texts: list[list[str]] = []
    for cell in cells.values:
        text = unicodedata.normalize("NFC", one_line(cell))
        plain = text.replace("；", ";").replace("、", ";") if field.type == "list" else text
        parts = unfold(plain) if field.type == "list" else [plain]
        texts.append([part for part in parts if part.casefold() not in EMPTY])
    for row, parts in enumerate(texts):
        for text in parts:
            if text not in meant:
                meant[text] = _place(
                    text, cells, there, doubts, inside=len(meant) < MOST_LOOKED_FOR
                )
            if meant[text] == "":
                doubts.fault(
                    cells.rows[row],
                    cells.key,
                    Message(
                        "“%(text)s” is not the name of a place of %(layer)s",
                        {"text": short(text), "layer": Message(LAYERS[field.refers].title)},
                    ),
                )
    keys = [[key for text in parts if (key := meant[text])] for parts in texts]
    return [(field.name, ";".join(row) or None) for row in keys]


def _place(text: str, cells: Cells, there: Known, doubts: Doubts, *, inside: bool) -> str | None:
    """Return the place that a text names: empty for none, None while that is an open question;
    looked for also ``inside`` of names.
    """
    if text in there.at:
        return text
    sites, full = there.called([text])
    if full and len(sites) == 1:
        return sites[0]
    if not sites and inside:
        sites = there.containing(keys_of([text])[0][1], FEWEST_LETTERS)
    if not sites:
        return ""
    proposals = [Proposal(site, there.titles[site]) for site in sites[:MOST_PROPOSED]]
    answer = doubts.ask(
        f"place:{cells.key}:{text}",
        Message(
            "Which place is “%(name)s” in the column “%(column)s”?",
            {"name": short(text), "column": cells.key},
        ),
        [*proposals, Proposal(NONE, Message("none of them; leave it out"))],
    )
    return None if answer in (None, NONE) else str(answer)
