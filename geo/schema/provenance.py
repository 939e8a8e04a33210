"""The tables that say field by field where a value comes from, and who states what of it."""

from __future__ import annotations

from typing import Literal

from geo.schema.fields import AS_OF_UNKNOWN, ID, NOTES, SOURCE, Field, Layer

State = Literal["stated", "accepted", "refused", "proposed"]
"""A claim is stated until it is accepted or refused. One that is proposed, by a person whose claims
a reviewer looks at first, and one that is refused do not count."""
VERDICTS: dict[str, State] = {"accept": "accepted", "refuse": "refused", "withdraw": "stated"}
"""What a reviewer may do with claims, and what they are then."""
POSITION = "position"
"""What the table calls the point or line of a row, which no column holds alone."""
ROW = (
    Field("layer", "Layer", "Layer or table of records of the value.", required=True),
    Field("row_id", "Row", "Identifier of the row in that layer.", required=True),
)
PROVENANCE = Layer(
    "provenance",
    "Sources field by field",
    "Where single values come from: a row for each source of a value. A value without one has the"
    " source of its own row.",
    None,
    (
        ID,
        *ROW,
        Field(
            "field",
            "Field",
            "Name of the field; `position` for the point or line that is drawn.",
            required=True,
        ),
        Field(
            "accuracy",
            "Accuracy",
            "Estimated error of the number that this source gives, in the unit of its field; of a"
            " position in metres. Empty means unknown, or as the row of the position says.",
            type="number",
            minimum=0,
            maximum=1e12,
        ),
        NOTES,
        *SOURCE,
        AS_OF_UNKNOWN,
    ),
    shown=("row_id", "layer", "field", "accuracy"),
    optional=True,
)
CLAIMS = Layer(
    "claims",
    "Statements of departments",
    "What departments and others state of single values, also where another statement counts: a row"
    " for each statement of a value of which there are several.",
    None,
    (
        ID,
        *ROW,
        Field(
            "field",
            "Field",
            "Name of the field; `position` for the point or line that is drawn, `existence` for the"
            " row itself.",
            required=True,
        ),
        Field(
            "value",
            "Value",
            "As in the file of the layer; of a position longitude and latitude in degrees (WGS 84)."
            " Empty means that the party states that it is not known.",
        ),
        Field("party", "Department", "Department that makes the statement.", required=True),
        Field(
            "state",
            "State",
            "What the side that released it decided of the statement.",
            required=True,
            allowed=tuple(VERDICTS.values()),
        ),
        Field("counts", "Counts", "Whether this statement sets the value.", type="boolean"),
        Field("reason", "Reason", "Reason for the decision."),
        Field(
            "stated_at",
            "Stated at",
            "When it was written down, in UTC. Empty for what the package itself says.",
            pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        ),
        Field(
            "accuracy",
            "Accuracy",
            "Error of the number, in the unit of its field; of a position in metres.",
            type="number",
            minimum=0,
            maximum=1e12,
        ),
        NOTES,
        *SOURCE,
        AS_OF_UNKNOWN,
    ),
    shown=("row_id", "layer", "field", "value", "party", "state"),
    optional=True,
)
