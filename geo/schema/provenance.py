"""The table that says field by field where a value comes from."""

from __future__ import annotations

from geo.schema.fields import AS_OF_UNKNOWN, ID, NOTES, SOURCE, Field, Layer

POSITION = "position"
"""What the table calls the point or line of a row, which no column holds alone."""
PROVENANCE = Layer(
    "provenance",
    "Sources field by field",
    "Where single values come from: a row for each source of a value. A value without one has the"
    " source of its own row.",
    None,
    (
        ID,
        Field("layer", "Layer", "Layer or table of records of the value.", required=True),
        Field("row_id", "Row", "Identifier of the row in that layer.", required=True),
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
