from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.schema import LAYERS, SECTORS
from geo.siting import examples
from geo.siting.limits import Limit
from geo.siting.measures import criteria
from geo.siting.screening import FAILS, PASSES, UNKNOWN, Funnel, screen
from geo.siting.sites import columns


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Five sites: small and near, large and far, of unknown area, without a way to a gate, and one
    of which nothing is known.
    """
    return pd.DataFrame(
        {
            "area_ha": [50.0, 500.0, np.nan, 200.0, np.nan],
            "gate_truck_s": [600.0, 7200.0, 1200.0, np.inf, np.nan],
            "status": pd.array(
                ["operating", "operating", "planned", "under_construction", None], dtype="str"
            ),
            "sectors": pd.Series(
                [
                    ("textiles",),
                    ("chemicals", "electronics"),
                    None,
                    ("logistics", "textiles"),
                    None,
                ],
                dtype=object,
            ),
            "utilities": pd.array(
                ["110 kV station", "Wastewater plant", None, "22 kV", None], dtype="str"
            ),
        }
    ).set_index(pd.Index(["small", "large", "vague", "cut", "blank"], name="id"))


def counts(funnel: Funnel) -> list[tuple[int, ...]]:
    return [
        (step.before, step.passed, step.failed, step.unknown, step.removed, step.remaining)
        for step in funnel.steps
    ]


def test_limits_are_applied_in_their_order(table: pd.DataFrame) -> None:
    """Each limit sees what the one before has left, and counts who passes, fails and is unknown."""
    funnel = screen(
        table, [Limit("area_ha", "at_least", 100), Limit("gate_truck_s", "at_most", 3600)]
    )
    assert counts(funnel) == [(5, 2, 1, 2, 1, 4), (4, 1, 2, 1, 2, 2)]
    assert list(funnel.remaining) == ["vague", "blank"]
    assert list(funnel.unsure) == ["vague", "blank"]


def test_unknown_is_dropped_only_where_one_says_so(table: pd.DataFrame) -> None:
    """The switch of a limit removes unknown sites, and they are counted as unknown, not as
    failing.
    """
    funnel = screen(table, [Limit("area_ha", "at_least", 100, unknown="drop")])
    assert counts(funnel) == [(5, 2, 1, 2, 3, 2)]
    assert funnel.states.loc["vague", 0] == UNKNOWN
    assert funnel.removed["unknown"].to_dict() == {"small": False, "vague": True, "blank": True}


def test_a_site_says_which_limit_it_failed_and_by_how_much(table: pd.DataFrame) -> None:
    """The first limit and all of them, with the shortfall in the unit of the column; without a way
    it is endless.
    """
    limits = [
        Limit("area_ha", "at_least", 100),
        Limit("gate_truck_s", "at_most", 600),
        Limit("sectors", "includes", "textiles"),
    ]
    funnel = screen(table, limits)
    removed = funnel.removed
    assert removed["first"].to_dict() == {"small": 0, "large": 1, "vague": 1, "cut": 1}
    assert removed["shortfall"].tolist() == [50, 6600, 600, math.inf]
    assert removed["fails"].to_dict() == {
        "small": (0,),
        "large": (1, 2),
        "vague": (1,),
        "cut": (1,),
    }
    assert removed.loc["vague", "unknowns"] == (0, 2)
    assert funnel.shortfalls[2].isna().all()
    assert np.isnan(funnel.shortfalls.loc["small", 1])  # it passes


def test_the_limit_itself_passes(table: pd.DataFrame) -> None:
    """At least and at most include the value."""
    limits = [Limit("gate_truck_s", "at_most", 600), Limit("area_ha", "at_least", 50)]
    assert (screen(table, limits).states.loc["small"] == PASSES).all()


def test_no_way_is_known_to_fail(table: pd.DataFrame) -> None:
    """A site that no road joins to a gate fails every limit of time; one of which it is not known
    does not.
    """
    states = screen(table, [Limit("gate_truck_s", "at_most", 1e9)]).states[0]
    assert (states["cut"], states["blank"]) == (FAILS, UNKNOWN)


def test_texts_and_lists(table: pd.DataFrame) -> None:
    """One of some texts; a list that holds at least one code; an empty cell is unknown."""
    states = screen(
        table,
        [
            Limit("status", "one_of", ["operating", "planned"]),
            Limit("sectors", "includes", ["chemicals", "logistics"]),
        ],
    ).states
    assert states[0].tolist() == [PASSES, PASSES, PASSES, FAILS, UNKNOWN]
    assert states[1].tolist() == [FAILS, PASSES, UNKNOWN, PASSES, UNKNOWN]


def test_remarks_that_do_not_mention_a_thing_do_not_deny_it(table: pd.DataFrame) -> None:
    """Free text either names what is sought, whatever its case, or leaves it unknown."""
    states = screen(table, [Limit("utilities", "includes", "wasteWATER")]).states[0]
    assert states.tolist() == [UNKNOWN, PASSES, UNKNOWN, UNKNOWN, UNKNOWN]


def test_no_limit_removes_nothing(table: pd.DataFrame) -> None:
    """Without limits all sites remain, and no sites make no funnel fail."""
    funnel = screen(table, [])
    assert list(funnel.remaining) == list(table.index)
    assert funnel.steps == ()
    assert funnel.removed.empty
    assert funnel.relax() == []
    empty = screen(table.iloc[:0], [Limit("area_ha", "at_least", 1)])
    assert counts(empty) == [(0, 0, 0, 0, 0, 0)]
    assert empty.removed.empty
    assert not empty.relax()[0].enough


def test_every_fault_of_the_limits_is_named(table: pd.DataFrame) -> None:
    """Unknown columns, kinds and values and a minimum above the maximum come in one list."""
    wrong: list[Any] = [
        Limit("area_hat", "at_least", 5),
        Limit("area_ha", "at_least", "abc"),  # type: ignore[arg-type]
        Limit("area_ha", "beside", 5),  # type: ignore[arg-type]
        Limit("gate_truck_s", "at_least", 900),
        Limit("gate_truck_s", "at_most", 600),
        Limit("gate_truck_s", "at_most", math.nan),
        Limit("status", "one_of", ["operational"]),
        Limit("status", "at_most", 5),
        Limit("sectors", "includes", []),  # type: ignore[arg-type]
        Limit("area_ha", "at_most", -5, unknown="ask"),  # type: ignore[arg-type]
        Limit("area_ha", "at_least", True),
        Limit(["area_ha"], ["at_least"], 10**400),  # type: ignore[arg-type]
    ]
    with pytest.raises(InputError) as caught:
        screen(table, wrong)
    text = str(caught.value)
    for part in (
        "limit 1 (area_hat): there is no such column; did you mean “area_ha”?",
        "limit 2 (area_ha): at_least abc: the value is not a number",
        "limit 3 (area_ha): “beside” is no kind of limit",
        "limit 6 (gate_truck_s): at_most nan",
        "“operational” is unknown",
        "limit 8 (status): at_most cannot be asked of a text column",
        "limit 9 (sectors): includes (): the value is not a list of texts",
        "the column begins at 0",
        "not “ask”",
        "limit 11 (area_ha): at_least True",
        "limit 12",
        "gate_truck_s: the minimum 900 is above the maximum 600",
    ):
        assert part in text
    assert len(caught.value.faults) >= 13


def test_a_column_that_was_added_can_be_limited(table: pd.DataFrame) -> None:
    """A score beside the known columns is a number like the others."""
    assert list(
        screen(table.assign(score=[1.0, 2, 3, 4, 5]), [Limit("score", "at_least", 4)]).remaining
    ) == ["cut", "blank"]


def test_the_funnel_says_which_limit_to_relax(table: pd.DataFrame) -> None:
    """Where all fall out, the limit that gives way least is named first, with the value that lets
    one site in.
    """
    limits = [
        Limit("area_ha", "at_least", 400, "drop"),
        Limit("gate_truck_s", "at_most", 6600, "drop"),
    ]
    funnel = screen(table, limits)
    assert not len(funnel.remaining)
    first, second = funnel.relax()
    assert (first.position, first.enough, first.value, first.change, first.sites) == (
        1,
        True,
        7200,
        600,
        ("large",),
    )
    assert first.share == pytest.approx(600 / 6600)
    assert (second.position, second.value, second.change, second.by_keeping_unknown) == (
        0,
        50,
        350,
        1,
    )


def test_no_single_limit_may_be_enough(table: pd.DataFrame) -> None:
    """Where two limits must give way, or no road leads there, no change is made up."""
    cut = table.loc[["cut"]]
    for change in screen(
        cut, [Limit("area_ha", "at_least", 300), Limit("gate_truck_s", "at_most", 600)]
    ).relax():
        assert not change.enough
        assert change.value is None
        assert math.isnan(change.change)
    assert not screen(cut, [Limit("gate_truck_s", "at_most", 600)]).relax()[0].enough


def test_what_already_passes_needs_no_change(table: pd.DataFrame) -> None:
    """With enough sites left every change is zero."""
    (change,) = screen(table, [Limit("area_ha", "at_least", 100)]).relax(4)
    assert (change.enough, change.change, change.value) == (True, 0, 100)
    (more,) = screen(table, [Limit("area_ha", "at_least", 100)]).relax(5)
    assert (more.value, more.change, more.sites) == (50, 50, ("small",))
    with pytest.raises(InputError):
        screen(table, []).relax(0)


def test_a_list_is_relaxed_by_the_code_that_lets_most_in(table: pd.DataFrame) -> None:
    """Of the codes and texts that might be allowed besides, the one with most sites comes first."""
    (change,) = screen(table, [Limit("sectors", "includes", "aviation", "drop")]).relax(2)
    assert (change.added, change.sites, change.by_keeping_unknown) == (
        ("textiles",),
        ("small", "cut"),
        2,
    )
    assert change.value == ("aviation", "textiles")
    assert math.isnan(change.change)
    (three,) = screen(table, [Limit("sectors", "includes", "aviation", "drop")]).relax(3)
    assert three.added == ("textiles", "chemicals")
    (status,) = screen(table, [Limit("status", "one_of", "planned", "drop")]).relax(3)
    assert status.added == ("operating",)


KINDS = LAYERS["parks"].field("kind").allowed[:4]


def random_case(rng: np.random.Generator) -> tuple[pd.DataFrame, list[Limit]]:
    n = int(rng.integers(0, 30))
    numbers = {
        name: np.where(
            rng.random(n) < 0.2,
            np.nan,
            np.where(rng.random(n) < 0.1, np.inf, rng.integers(0, 10, n)),
        )
        for name in ("area_ha", "gate_truck_s")
    }
    words = [
        None if rng.random() < 0.2 else tuple(rng.choice(SECTORS[:5], rng.integers(1, 3)))
        for _ in range(n)
    ]
    kinds = [None if rng.random() < 0.2 else str(rng.choice(KINDS)) for _ in range(n)]
    columns_ = {"sectors": pd.Series(words, dtype=object), "kind": pd.Series(kinds, dtype=object)}
    table = pd.DataFrame(numbers | columns_, index=pd.RangeIndex(n))
    limits = [
        Limit("area_ha", "at_least", float(rng.integers(0, 10))),
        Limit("gate_truck_s", "at_most", float(rng.integers(0, 10))),
        Limit("sectors", "includes", tuple(rng.choice(SECTORS[:5], 2))),
        Limit("kind", "none_of", tuple(rng.choice(KINDS, 2))),
    ]
    return table, [
        replace(limit, unknown=str(rng.choice(["keep", "drop"])))
        for limit in rng.permutation(np.array(limits, object))
    ]  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(60))
def test_the_counts_of_a_funnel_add_up(seed: int) -> None:
    """At every step passed, failed and unknown are all there were; removed and remaining too; the
    order changes no result.
    """
    table, limits = random_case(np.random.default_rng(seed))
    funnel = screen(table, limits)
    left = len(table)
    for step in funnel.steps:
        assert (
            step.before
            == left
            == step.passed + step.failed + step.unknown
            == step.removed + step.remaining
        )
        assert step.removed == step.failed + (step.unknown if step.limit.unknown == "drop" else 0)
        left = step.remaining
    assert left == len(funnel.remaining)
    assert len(funnel.remaining) + len(funnel.removed) == len(table)
    assert sorted([*funnel.remaining, *funnel.removed.index]) == list(table.index)
    assert set(funnel.unsure) <= set(funnel.remaining)
    for position, step in enumerate(funnel.steps):
        assert (funnel.removed["first"] == position).sum() == step.removed
    assert set(screen(table, limits[::-1]).remaining) == set(funnel.remaining)


def test_what_is_excluded_fails_and_what_is_unknown_stays_unknown() -> None:
    """A limit that excludes kinds lets every other kind pass; to relax it means to exclude
    fewer.
    """
    table = pd.DataFrame({"kind": [*KINDS[:3], None]}, index=[*"abcd"])
    funnel = screen(table, [Limit("kind", "none_of", KINDS[:2])])
    assert funnel.states[0].tolist() == [FAILS, FAILS, PASSES, UNKNOWN]
    assert list(funnel.remaining) == ["c", "d"]
    (change,) = funnel.relax(3)
    assert (change.value, change.added, change.sites) == (
        (KINDS[0],),
        (KINDS[1],),
        ("b",),
    )  # the one that comes first by name, where both let in as many
    assert list(screen(table, [Limit("kind", "none_of", change.value)]).remaining) == [
        "b",
        "c",
        "d",
    ]
    assert len(screen(table, [Limit("kind", "none_of", ())]).remaining) == 4
    with pytest.raises(InputError, match="cannot be asked of a number column"):
        screen(table.assign(area_ha=1.0), [Limit("area_ha", "none_of", ("x",))])


@pytest.mark.parametrize("seed", range(40))
def test_a_relaxed_limit_is_the_smallest_that_is_enough(seed: int) -> None:
    """With the new value enough sites pass; with one a little stricter they do not."""
    rng = np.random.default_rng(1000 + seed)
    table, limits = random_case(rng)
    funnel, n = screen(table, limits), int(rng.integers(1, 6))
    for change in funnel.relax(n):
        if not change.enough:
            continue
        assert change.value is not None

        def passing(value: Any, position: int = change.position) -> int:
            return len(
                screen(
                    table,
                    [
                        replace(old, value=value) if i == position else old
                        for i, old in enumerate(limits)
                    ],
                ).remaining
            )

        assert passing(change.value) >= n
        assert passing(change.value) == len(funnel.remaining) + len(change.sites)
        if not isinstance(change.value, tuple) and change.change > 0:
            assert passing(change.value + (0.5 if change.limit.kind == "at_least" else -0.5)) < n


# Examples of requirements -------------------------------------------------------------------------


def test_the_examples_are_assumptions_and_can_be_applied() -> None:
    """Every sector of the source documents has its example, labelled as one, with limits that the
    table of sites has.
    """
    profiles = examples.read(layers.bundled())
    assert len(profiles) == 13
    blank = pd.DataFrame(
        {
            name: pd.Series(dtype=float if column.type == "number" else object)
            for name, column in columns().items()
        }
    )
    for profile in profiles.values():
        assert profile.source_kind == "assumption"
        assert profile.as_of
        assert profile.notes
        assert profile.name_zh != profile.name_en
        assert set(profile.weights) <= set(criteria())
        assert screen(blank, profile.limits).steps


def test_a_sector_that_the_data_do_not_know_says_so() -> None:
    """Electricity stands for no sector of the data, and its example seeks none; the others name
    those they stand for.
    """
    profiles = examples.read(layers.bundled())
    electricity = profiles["electricity"]
    assert (electricity.sectors, electricity.sectors_match) == ((), "none")
    assert "sectors" not in {limit.column for limit in electricity.limits}
    assert profiles["consumer-goods-food"].sectors_match == "part"
    for profile in profiles.values():
        assert [limit.value for limit in profile.limits if limit.column == "sectors"] == (
            [profile.sectors] if profile.sectors else []
        )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the first example of the data, changed, as the only one."""
    row = json.loads((layers.bundled() / "profiles.json").read_text(encoding="utf-8"))["profiles"][
        0
    ]

    def write(*changes: dict[str, Any], drop: tuple[str, ...] = ()) -> Path:
        rows = [
            {key: value for key, value in (row | change).items() if key not in drop}
            for change in changes
        ]
        (tmp_path / "profiles.json").write_text(json.dumps({"profiles": rows}), encoding="utf-8")
        return tmp_path

    return write


def test_every_fault_of_the_examples_is_named(write: Callable[..., Path]) -> None:
    """Ids, sectors, weights, limits and the kind of source are checked together."""
    folder = write(
        {
            "id": "Bad Id",
            "source_kind": "page",
            "sectors": ["cars"],
            "weights": {"gate": -1, "taste": 2},
            "colour": "red",
        },
        {
            "id": "two",
            "sectors_match": "none",
            "weights": {"gate": 0},
            "limits": [{"column": "area", "kind": "at_least", "value": "big"}],
        },
        {
            "id": "two",
            "limits": [{"column": "area_ha", "unit": "ha"}],
            "weights": [1],
            "as_of": "yesterday",
            "name_vi": "",
        },
    )
    with pytest.raises(InputError) as caught:
        examples.read(folder)
    text = str(caught.value)
    for part in (
        "column “colour” is unknown",
        "has not the form",
        "“page” is unknown; allowed are assumption",
        "“cars” is unknown",
        "weights: gate: -1 is no number from 0",
        "“taste” is no criterion",
        "sectors: there are some",
        "weights: none is above 0",
        "limits: limit 1 (area): there is no such column",
        "at_least big: the value is not a number",
        "limits: limit 1: “kind” is missing",
        "limits: limit 1: “unit” is unknown",
        "weights: is no object",
        "name_vi: is empty",
        "id: stands already in profile 2",
    ):
        assert part in text, part


@pytest.mark.parametrize("text", ["", "[]", '{"profiles": 3}', '{"profiles": [3]}', "[" * 100_000])
def test_what_is_no_list_of_examples_is_refused(tmp_path: Path, text: str) -> None:
    """A file of another form is one sentence, not a traceback."""
    (tmp_path / "profiles.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no list of profiles"):
        examples.read(tmp_path)


def test_a_package_need_not_bring_examples(tmp_path: Path, write: Callable[..., Path]) -> None:
    """Without the file there are none to be found; a field that is missing everywhere is missed by
    name.
    """
    with pytest.raises(NotFoundError):
        examples.read(tmp_path)
    with pytest.raises(InputError, match="“notes” is missing"):
        examples.read(write({}, drop=("notes",)))
