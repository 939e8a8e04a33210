"""The front door: an opened package answers with one call each, and loads no web."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geo import Atlas, Drive
from geo.errors import InputError, NotFoundError
from geo.roads import access
from geo.visits.trip import Plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """The package that comes with Zone Atlas, without saved networks."""
    return Atlas.open(home=tmp_path_factory.mktemp("home"))


def test_five_lines_open_find_drive_rank_and_plan() -> None:
    """The lines of the README run as they stand there and do what it promises."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names: dict[str, Any] = {}
    exec(lines, names)
    assert len(lines.split("\n\n", 1)[1].splitlines()) == 5

    near, ways, best, plan = (names[name] for name in ("near", "ways", "best", "plan"))
    assert len(near) == 5
    assert near["distance_m"].is_monotonic_increasing
    assert set(ways["to_id"]) <= set(names["atlas"].layer("ports").index)
    assert best.scores.loc[best.order].dropna().is_monotonic_decreasing
    assert isinstance(plan, Plan)
    assert plan.feasible


def test_an_atlas_answers_as_the_modules_do(atlas: Atlas) -> None:
    """Nothing is computed in another way behind the front door."""
    park = atlas.layer("parks").loc[["texhong-hai-ha-ip"]]
    ways = access.travel_times(atlas.network(), park, atlas.layer("gates"), profile="car")
    assert ways.equals(atlas.access("texhong-hai-ha-ip", drive=Drive("car")))
    lon, lat = park.geometry.get_coordinates().to_numpy()[0]
    assert atlas.nearest("ports", (lon, lat))["to_id"].tolist() == (
        atlas.nearest("ports", park)["to_id"].tolist()
    )


def test_a_closed_gate_is_not_passed(atlas: Atlas) -> None:
    """A drive names what it does not pass, and today's roads stay as they are."""
    gate = atlas.network().manifest.gates[0]
    shut = atlas.roads(Drive(closed=(gate,)))
    assert shut is atlas.roads(Drive(closed=(gate,)))
    assert shut is not atlas.roads()
    with pytest.raises(InputError, match="no-gate"):
        atlas.roads(Drive(closed=("no-gate",)))
    with pytest.raises(NotFoundError, match="there are main-roads"):
        atlas.roads(Drive(network="no-network"))


def test_a_bad_day_at_the_border_takes_a_lorry_longer(atlas: Atlas) -> None:
    """Where a way passes a gate it takes as much longer as the table says, elsewhere and by car as
    long as ever; the quickest is what no one asked for.
    """
    rows = atlas.table("crossings").query("profile == 'truck' and kind == 'international'")
    takes_s = rows.set_index("pace")["service_time_s"]
    assert takes_s["quick"] < takes_s["usual"] < takes_s["bad"]
    quick = atlas.access("hai-yen-ip", to="ports")
    for pace in ("usual", "bad"):
        slow = atlas.access("hai-yen-ip", to="ports", drive=Drive(pace=pace))
        longer = slow["travel_time_s"] - quick["travel_time_s"]
        abroad = quick["gates"].notna() & (quick["gates"] != "")
        assert abroad.any()
        assert (~abroad).any()
        assert longer[~abroad].dropna().abs().max() < 1e-6
        once = abroad & ~quick["gates"].fillna("").str.contains(";")
        assert longer[once].dropna().tolist() == pytest.approx(
            [takes_s[pace] - takes_s["quick"]] * int(longer[once].notna().sum())
        )
    by_car = [
        atlas.access("hai-yen-ip", to="ports", drive=Drive("car", pace=pace))
        for pace in ("quick", "bad")
    ]
    assert by_car[0]["travel_time_s"].equals(by_car[1]["travel_time_s"])


def test_a_vehicle_ranks_by_its_own_times(atlas: Atlas) -> None:
    """Limits and criteria of an example are those of the vehicle."""
    by_car = atlas.rank("automobile", Drive("car"))
    assert {criterion.column for criterion in by_car.criteria} >= {"gate_car_s", "port_car_s"}
    with pytest.raises(NotFoundError, match="automobile"):
        atlas.rank("no-example")


def test_a_map_of_layers(atlas: Atlas) -> None:
    """It holds the layers that are asked for."""
    page = atlas.map("parks", "gates").get_root().render()
    assert "texhong-hai-ha-ip" in page or "Texhong" in page


def test_the_front_door_opens_without_the_web() -> None:
    """``import geo`` loads no pandas; an atlas loads no Flask."""
    code = (
        "import sys, geo; assert 'pandas' not in sys.modules; atlas = geo.Atlas.open();"
        " atlas.nearest('gates', (107.9, 21.5)); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"flask", "flask_babel", "werkzeug", "numba", "folium"} & set(done.stdout.split())
