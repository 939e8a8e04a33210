"""The rule by which a value follows from statements, tested from outside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import parties
import pytest
from parties import Parties, claim

from geo import layers
from geo.exchange import changes, claims, standing, tables
from geo.exchange.claims import EXISTENCE, GONE, Claim, Statement
from geo.exchange.standing import Standing
from geo.exchange.tables import Tables
from geo.schema import LAYERS, SOURCE_KINDS
from geo.schema.provenance import POSITION

SEEDS = range(12)
MAKERS = "the makers"
TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def toy_tables(toy: Path) -> Tables:
    return tables.read(toy)


@pytest.fixture(scope="module")
def bundled() -> Tables:
    return tables.read(layers.bundled())


def follow(base: Tables, entries: list[Statement]) -> Standing:
    return standing.follow(base, entries, MAKERS)


def written(state: Standing) -> dict[str, bytes]:
    """Write all tables that follow, as a release does."""
    files = {
        name: tables.write(LAYERS[name], rows.values())
        for name, rows in state.tables.layers.items()
    }
    files["provenance"] = tables.write(LAYERS["provenance"], state.provenance)
    files["claims"] = tables.write(LAYERS["claims"], standing.statement_rows(state.values))
    return files


def stated(*entries: Claim) -> list[Statement]:
    return [Statement(entry) for entry in entries]


def area(state: Standing) -> str | None:
    return state.tables.layers["parks"]["west-park"]["area_ha"]


# Whatever is stated -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_statements_decides_nothing(toy_tables: Tables, seed: int) -> None:
    """However statements are ordered, every table that follows is the same bytes."""
    people = Parties(toy_tables, seed)
    entries = people.statements(60)
    once = written(follow(toy_tables, entries))
    assert once != written(follow(toy_tables, []))
    for _ in range(3):
        assert written(follow(toy_tables, people.shuffled(entries))) == once


@pytest.mark.parametrize("state", ["refused", "proposed"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_does_not_count_changes_no_layer(toy_tables: Tables, seed: int, state: str) -> None:
    """Statements that are refused or only proposed are beside the layers, never in them."""
    people = Parties(toy_tables, seed)
    entries = people.statements(40)
    idle = [Statement(claimed, state, 99) for claimed in people.claims(40)]  # type: ignore[arg-type]
    known = {entry.claim.id for entry in entries}
    idle = [entry for entry in idle if entry.claim.id not in known]
    assert idle
    before, after = follow(toy_tables, entries), follow(toy_tables, entries + idle)
    assert after.tables == before.tables
    assert after.held_back == before.held_back
    passed_on = {str(row["id"]) for row in standing.statement_rows(after.values)}
    assert {f"claim-{entry.claim.id}" in passed_on for entry in idle} == {state == "refused"}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_decision_goes_before_all(toy_tables: Tables, seed: int) -> None:
    """A statement of the weakest kind that is accepted last is what its value becomes; without it
    all is as it was.
    """
    people = Parties(toy_tables, seed)
    entries = people.statements(60)
    for claimed in people.claims(20):
        weak = replace(claimed, source_kind="estimate", as_of="", party="Somebody", stated_at="")
        state = follow(toy_tables, [*entries, Statement(weak, "accepted", 1_000)])
        best = state.values[weak.key][0]
        assert best.claim == weak
        row = state.tables.layers[weak.layer].get(weak.row_id)
        if weak.field == EXISTENCE:
            assert (row is None) == (weak.value == GONE or weak.key[:2] in state.held_back)
        elif row is not None:
            value = tables.value(LAYERS[weak.layer], row, weak.field)
            assert claims.same(value, weak.value, LAYERS[weak.layer], weak.field)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weaker_statement_never_displaces_a_stronger(toy_tables: Tables, seed: int) -> None:
    """To any state of the layers a statement is added that is weaker than the one that counts: of a
    weaker kind, or of the same kind and older, or as old and less exact. No layer changes.
    """
    people = Parties(toy_tables, seed)
    entries = people.statements(60)
    before = follow(toy_tables, entries)
    tried = 0
    for ordered in list(before.values.values()):
        if not ordered or not ordered[0].counts:
            continue
        best = ordered[0].claim
        other = replace(best, party="Somebody", value=None, stated_at="")
        place = SOURCE_KINDS.index(best.source_kind)
        weaker = [replace(other, source_kind=kind) for kind in SOURCE_KINDS[place + 1 :]]
        if best.as_of:
            weaker += [replace(other, as_of=day) for day in ("", "1999", "1999-12-31")]
        if best.accuracy is not None:
            weaker += [replace(other, accuracy=more) for more in (best.accuracy + 1, None)]
        for claimed in weaker:
            assert follow(toy_tables, [*entries, Statement(claimed)]).tables == before.tables
            tried += 1
    assert tried > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_every_statement_stays_visible(toy_tables: Tables, seed: int) -> None:
    """Each statement but proposals is in the table of statements once, and exactly one of a value
    counts where any may.
    """
    entries = Parties(toy_tables, seed).statements(80)
    rows = standing.statement_rows(follow(toy_tables, entries).values)
    identifiers = [str(row["id"]) for row in rows]
    assert len(set(identifiers)) == len(identifiers)
    assert {f"claim-{entry.claim.id}" for entry in entries if entry.state != "proposed"} <= set(
        identifiers
    )
    by_value: dict[tuple[object, ...], list[bool]] = {}
    for row in rows:
        counts = by_value.setdefault((row["layer"], row["row_id"], row["field"]), [])
        counts.append(row["counts"] == "true")
    assert {sum(counts) for counts in by_value.values()} <= {0, 1}
    for entry in entries:
        if entry.counts:
            assert sum(by_value[entry.claim.key]) == 1


# The same again -----------------------------------------------------------------------------------


def test_the_package_again_from_memory_changes_nothing(bundled: Tables) -> None:
    """Every value of the package stated by another party from memory: cells and sources of all
    that is better known are what they were, and no value changes.
    """
    entries = stated(*parties.restated(bundled, "Somebody", "memory", accuracy=1e6))
    assert len(entries) > 5_000
    state = follow(bundled, entries)
    assert changes.compare(bundled, state.tables) == []
    weaker = set(state.won)
    rows = {key[:2] for key in weaker}
    assert 0 < len(weaker) < len(entries) / 10
    for name, held in state.tables.layers.items():
        assert [row for key, row in held.items() if (name, key) not in rows] == [
            row for key, row in bundled.layers[name].items() if (name, key) not in rows
        ]
    for key in weaker:
        [own] = [entry.claim for entry in state.values[key][1:]]
        assert (own.source_kind, own.as_of) == ("memory", "") or own.source_kind == "estimate"
    kept = [row for row in state.provenance if row["source"] != "its own files"]
    gone = [row for row in bundled.provenance if row not in kept]
    assert all((row["layer"], row["row_id"], row["field"]) in weaker for row in gone)


def test_the_package_again_as_a_survey_changes_the_sources_only(bundled: Tables) -> None:
    """The same as a new survey: each value is what it was, and each has the new source."""
    entries = stated(*parties.restated(bundled, "Somebody", "survey", "2026-11"))
    state = follow(bundled, entries)
    assert changes.compare(bundled, state.tables) == []
    assert list(state.tables.layers) == list(bundled.layers)
    sources = {
        (row["layer"], row["row_id"], row["field"]): row["source"]
        for row in state.provenance
        if row["source"] == "its own files"
    }
    assert sources.keys() == {entry.claim.key for entry in entries}
    for name, rows in state.tables.layers.items():
        changed = {
            column
            for row_id, row in rows.items()
            for column in row
            if row[column] != bundled.layers[name][row_id].get(column)
        }
        assert changed <= {"lon", "lat", "position_accuracy_m"}


def test_the_package_again_in_its_own_words_is_nothing_new(bundled: Tables) -> None:
    """What the other side passes on of the package itself stands once, and changes nothing."""
    whole = follow(
        bundled, [Statement(c, "refused") for c in parties.restated(bundled, "A", "page")]
    )
    own = [entry.claim for entries in whole.values.values() for entry in entries[:1]]
    assert {claimed.party for claimed in own} == {MAKERS}
    state = follow(bundled, stated(*own))
    assert state.tables == follow(bundled, []).tables
    assert all(len(entries) == 1 for entries in state.values.values())
    assert not state.won


# Single cases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"source_kind": "survey"}, {"source_kind": "page", "as_of": "2026-05"}),
        ({"as_of": "2025"}, {"as_of": "2024-12-31"}),
        ({"as_of": "2025-02"}, {"as_of": "2025"}),
        ({"as_of": "2025-02-01"}, {"as_of": "2025-02"}),
        ({"as_of": "1900"}, {"as_of": ""}),
        ({"accuracy": 0.5}, {"accuracy": 5.0}),
        ({"accuracy": 500.0}, {"accuracy": None}),
        ({"stated_at": "2026-01-02T00:00:00Z"}, {"stated_at": "2026-01-01T23:59:59Z"}),
    ],
)
def test_of_two_statements(toy_tables: Tables, better: dict, worse: dict) -> None:  # type: ignore[type-arg]
    """A better kind, a newer date, a smaller error, a later word: whoever states it."""
    for first, second in (("A", "B"), ("B", "A")):
        good = claim(value="111", party=first, **better)
        bad = claim(value="222", party=second, **worse)
        assert area(follow(toy_tables, stated(good, bad))) == "111"
        assert area(follow(toy_tables, stated(bad, good))) == "111"


def test_a_statement_under_the_makers_name_brings_its_source(toy_tables: Tables) -> None:
    """The makers of a package correct it as anybody does."""
    state = follow(toy_tables, stated(claim(party=MAKERS)))
    assert area(state) == "300"
    [row] = [row for row in state.provenance if row["field"] == "area_ha"]
    assert row["source"] == "land register"


def test_a_value_can_become_unknown(toy_tables: Tables) -> None:
    """“Not known” by a survey empties the cell; no source is named for it."""
    state = follow(toy_tables, stated(claim(value=None)))
    assert area(state) is None
    assert not [row for row in state.provenance if row["field"] == "area_ha"]


def test_a_row_goes_and_comes_back(toy_tables: Tables) -> None:
    """A row that is gone leaves the layer; a newer statement that it is present brings it back as
    it was, with all that is stated of it since.
    """
    gone = claim(EXISTENCE, GONE, as_of="2025-01")
    present = claim(EXISTENCE, claims.PRESENT, as_of="2025-02")
    state = follow(toy_tables, stated(gone, claim()))
    assert "west-park" not in state.tables.layers["parks"]
    assert not [row for row in state.provenance if row["row_id"] == "west-park"]
    back = follow(toy_tables, stated(gone, claim(), present))
    assert back.tables.layers == follow(toy_tables, stated(claim())).tables.layers


def test_a_new_row_waits_until_it_is_whole(toy_tables: Tables) -> None:
    """Claims of a new row that lacks required values are held back with what is missing."""
    values = {"name_en": "New", "kind": "bonded_zone", "country": "AA", "province_en": "West"}
    entries = [claim(name, value, row_id="new-park") for name, value in values.items()]
    state = follow(toy_tables, stated(*entries))
    assert "new-park" not in state.tables.layers["parks"]
    assert {fault.split(":")[0] for fault in state.held_back["parks", "new-park"]} == {
        *("lon", "lat", "position_accuracy_m", "status")
    }
    entries.append(claim("status", "operating", row_id="new-park"))
    entries.append(claim(POSITION, "100.05 0.01", row_id="new-park", accuracy=5.0))
    whole = follow(toy_tables, stated(*entries))
    row = whole.tables.layers["parks"]["new-park"]
    assert (row["lon"], row["position_accuracy_m"]) == ("100.0500000", "5")
    assert not whole.held_back
    assert list(whole.tables.layers["parks"])[:-1] == list(toy_tables.layers["parks"])


# Values -------------------------------------------------------------------------------------------


def test_a_statement_is_the_same_however_it_is_written() -> None:
    """Blanks, 5 and 5.0, nothing and an empty text are the same statement."""
    assert claim(value=" 300 ").id == claim(value="300").id
    assert claim(accuracy=5).id == claim(accuracy=5.0).id
    assert claim(value="  ").id == claim(value="").id == claim(value=None).id
    assert claim(value="300").id != claim(value="300.0").id
    assert claim(stated_at="").id == claim().id


@pytest.mark.parametrize(
    ("field", "value", "same", "other"),
    [
        ("area_ha", "250", "2.5e2", "250.1"),
        ("sectors", "logistics; trade_services", "logistics;trade_services", "logistics"),
        (POSITION, "107.1 21.0", "107.1000000 21.0000000", "107.1000002 21"),
        ("name_en", "Park", " Park ", "park"),
        ("open_to_tenants", "true", "TRUE", "false"),
        ("area_ha", None, "", "0"),
    ],
)
def test_values_that_are_written_otherwise(
    field: str, value: str | None, same: str, other: str
) -> None:
    """The same number, list, place or text is not a change; what differs is."""
    layer = LAYERS["parks"]
    assert claims.same(value, claim(field, same).value, layer, field)
    assert not claims.same(value, claim(field, other).value, layer, field)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"layer": "castles"}, "layer"),
        ({"layer": "claims"}, "layer"),
        ({"row_id": "West Park"}, "row_id"),
        ({"row_id": ""}, "row_id"),
        ({"field": "moat_m"}, "field"),
        ({"field": "lon"}, "field"),
        ({"field": "source"}, "field"),
        ({"layer": "policies", "field": POSITION, "accuracy": 1.0}, "field"),
        ({"party": " "}, "party"),
        ({"party": "x" * 201}, "party"),
        ({"source": "\0"}, "source"),
        ({"source": "\ud800"}, "source"),
        ({"source_kind": "rumour"}, "source_kind"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-12"}, "as_of"),
        ({"as_of": "2025-02-30"}, "as_of"),
        ({"accuracy": -1.0}, "accuracy"),
        ({"accuracy": float("nan")}, "accuracy"),
        ({"accuracy": float("inf")}, "accuracy"),
        ({"notes": "x" * 4_001}, "notes"),
        ({"value": "-5"}, "area_ha"),
        ({"value": "a lot"}, "area_ha"),
        ({"field": "kind", "value": None}, "kind"),
        ({"field": "kind", "value": "castle"}, "kind"),
        ({"field": EXISTENCE, "value": "maybe"}, EXISTENCE),
        ({"field": POSITION, "value": "21 107", "accuracy": 1.0}, POSITION),
        ({"field": POSITION, "value": "0 0", "accuracy": 1.0}, POSITION),
        ({"field": POSITION, "value": None, "accuracy": 1.0}, POSITION),
        ({"field": POSITION, "value": "107.1 21.1"}, "accuracy"),
    ],
)
def test_a_wrong_statement_is_refused(wrong: dict[str, object], word: str) -> None:
    """Each fault is named by the member that it is in."""
    parts = {"field": "area_ha", "value": "300"} | wrong
    faults = claims.faults(claim(**parts), TODAY)  # type: ignore[arg-type]
    assert [fault.split(":")[0] for fault in faults] == [word]


def test_right_statements_have_no_fault(bundled: Tables) -> None:
    """What the package says itself can be stated."""
    entries = parties.restated(bundled, "Somebody", "survey")
    assert not [fault for claimed in entries for fault in claims.faults(claimed, TODAY)]
