"""Filters with their counts: they keep what the rule for rows keeps, and count it."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from geo import layers
from geo.errors import InputError
from geo.facets import FILTERED, Facets

FOLDER = layers.bundled()


@pytest.mark.parametrize("layer_id", ["parks", "gates", "ports", "corridors"])
def test_a_choice_keeps_what_narrowing_keeps(layer_id: str) -> None:
    """Any choice of values of any filters keeps the rows that :func:`geo.layers.narrow` keeps."""
    frame = layers.read(FOLDER, layer_id)
    facets, dice = Facets(frame), random.Random(7)
    assert facets.names
    for _ in range(60):
        filters = {
            name: dice.sample([*facets.counts(name), "nowhere"], dice.choice((1, 1, 2)))
            for name in dice.sample(facets.names, dice.randint(0, len(facets.names)))
        }
        kept = frame[facets.matching(filters)]
        assert list(kept.index) == list(layers.narrow(frame, filters).index), filters


def test_counts_are_those_of_the_rows() -> None:
    """Each value is counted once for each row that has it, in a list too, the most frequent
    first.
    """
    frame = layers.read(FOLDER, "parks")
    facets = Facets(frame)
    half = np.random.default_rng(2).random(len(frame)) < 0.5
    for kept in (None, half, np.zeros(len(frame), bool)):
        rows = frame if kept is None else frame[kept]
        for name in facets.names:
            cells = [layers.unfold(cell) for cell in rows[FILTERED[name]].dropna()]
            counts = facets.counts(name, kept)
            assert counts == Counter(value for parts in cells for value in set(parts))
            assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_a_filter_that_a_layer_lacks_is_refused() -> None:
    """A column that the layer does not have is an error, as for rows, and no empty answer."""
    frame = layers.read(FOLDER, "airports")
    for keep in (Facets(frame).matching, lambda filters: layers.narrow(frame, filters)):
        with pytest.raises(InputError):
            keep({"sector": ["electronics"]})
