"""One row is enough for a new kind of destination, or a new criterion: library, form, ranking and
words take it from there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geo.siting.limits import STANDING
from geo.siting.measures import DESTINATIONS, NEEDS, TITLES, criteria, limits

ROWS = """
from geo.siting import measures

measures.DESTINATIONS += (
    measures.Destination(
        "yard", "ports", "time to a yard", "Max. time to yard", ("dry_port",)
    ),
)
measures.MEASURES += (
    measures.Measure(
        "room", "leasable_ha", "benefit", "min_room", "Min. leasable area", "ha", "leasable area"
    ),
)
"""
READ = """
import json, sys
from dataclasses import replace

from geo import Atlas
from geo.siting.sites import columns
from webapp import create_app

atlas = Atlas.open()
wish = replace(atlas.examples()["automobile"], weights={"yard": 2, "room": 1}, limits=())
table, ranked = atlas.sites(), atlas.rank(wish)
app = create_app({"DATA": str(atlas.data), "HOME": sys.argv[1]})
beside = "&".join(f"pick={site}" for site in ranked.order[:2])
query = "edited=1&w_yard=50&w_room=50&max_yard=600&min_room=20&v_yard=linear:30:600"
pages = {name: app.test_client().get(address) for name, address in {
    "form": f"/rank?{query}",
    "vietnamese": f"/rank?{query}&lang=vi",
    "weights": "/weights?pair=yard:room:3",
    "side by side": f"/compare?{beside}",
    "refused": "/rank?edited=1&max_yard=-1&w_yard=x",
}.items()}
json.dump({
    "columns": list(columns()),
    "yards": table["yard_truck"].dropna().unique().tolist(),
    "dry ports": atlas.layer("ports").query("kind == 'dry_port'").index.tolist(),
    "seconds": table["yard_truck_s"].dropna().tolist(),
    "weights": ranked.weights.to_dict(),
    "ranked": len(ranked.order),
    "status": {name: page.status_code for name, page in pages.items()},
    "pages": {name: page.get_data(as_text=True) for name, page in pages.items()},
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def answers(built_home: Path) -> Any:
    """What a fresh Python answers whose tables have one more row each."""
    run = subprocess.run(
        [sys.executable, "-c", ROWS + READ, str(built_home)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"ZONEATLAS_HOME": str(built_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_destination_kind_is_one_row(answers: Any) -> None:
    """Its time and its place are columns, its time weighs and has a limit, and the page beside
    which sites stand names it.
    """
    assert {"yard_truck_s", "yard_truck", "yard_car_s"} <= {*answers["columns"]}
    assert answers["yards"]
    assert {*answers["yards"]} <= {*answers["dry ports"]}
    assert all(seconds >= 0 for seconds in answers["seconds"])
    page = answers["pages"]["form"]
    assert 'name="max_yard"' in page
    assert "Max. time to yard" in page
    assert "time to a yard" in answers["pages"]["side by side"]


def test_a_criterion_is_one_row(answers: Any) -> None:
    """The form asks for it, the library and the page rank by it, and pairs are compared with it."""
    assert answers["status"] == {
        "form": 200,
        "vietnamese": 200,
        "weights": 200,
        "side by side": 200,
        "refused": 400,
    }
    weights = answers["weights"]
    assert (weights["yard"], weights["room"]) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert answers["ranked"] > 3
    page = answers["pages"]["form"]
    for name in ("w_room", "v_room", "v_room_from", "min_room", "w_yard", "v_yard_to"):
        assert f'name="{name}"' in page, name
    assert "<dt>leasable area</dt>" in page
    assert "<dt>time to a yard</dt>" in page
    assert "Min. leasable area 20" in page
    assert "in proportion from 30" in page
    assert "leasable area" in answers["pages"]["weights"]


def test_rows_have_names_of_their_own() -> None:
    """No two limits share a parameter, no two criteria an id, and whatever holds has a title."""
    rows = limits().values()
    assert len({row.id for row in rows}) == len(rows)
    assert {row.id for row in criteria().values()} <= {row.id for row in rows}
    assert {destination.id for destination in DESTINATIONS} <= {*criteria()}
    assert {*NEEDS, *STANDING} == {*TITLES}
