"""What is doubtful in a file: questions with proposals, and faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from geo.errors import InputError, Message
from geo.text import short


@dataclass(frozen=True)
class Proposal:
    """An answer to a question: what one answers with, and what speaks for it."""

    choice: str
    text: str


@dataclass(frozen=True)
class Question:
    """A doubt that only a person can settle, with proposals, the best first.

    ``free`` questions take other answers than the proposals, too."""

    key: str
    text: str
    proposals: tuple[Proposal, ...]
    free: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row or a cell. Without a row, with the whole column; without a column,
    with the whole row.
    """

    row: int
    column: str
    text: str

    @property
    def sentence(self) -> Message:
        """Where it is, and what is wrong."""
        if self.row and self.column:
            where = Message("row %(row)s, %(column)s", {"row": self.row, "column": self.column})
        elif self.row:
            where = Message("row %(row)s", {"row": self.row})
        else:
            where = Message("column %(column)s", {"column": self.column})
        return Message("%(where)s: %(fault)s", {"where": where, "fault": self.text})


@dataclass
class Doubts:
    """The questions and faults of a file, and the answers to them.

    Attributes
    ----------
    answers
        Choices by the key of a question.
    asked
        Every question that came up, answered or not.
    notices
        What is worth telling, in order.
    """

    answers: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Question] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def ask(
        self, key: str, text: str, proposals: Iterable[Proposal], *, free: bool = False
    ) -> str | None:
        """Return the answer to a question, None while it is open.

        Raises
        ------
        InputError
            The answer is not one of the proposals.
        """
        question = Question(key, text, tuple(proposals), free)
        self.asked[key] = question
        answer = self.answers.get(key)
        choices = [proposal.choice for proposal in question.proposals]
        if answer is None or free or answer in choices:
            return answer
        raise InputError(
            Message(
                "“%(answer)s” does not answer %(key)s; choose from: %(known)s.",
                {"answer": short(answer), "key": key, "known": ", ".join(choices)},
            )
        )

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions without an answer."""
        return tuple(question for key, question in self.asked.items() if key not in self.answers)

    def fault(self, row: int, column: str, text: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(row, column, text))
