"""The table of settings: what the operator can choose, by environment variable or by argument of ``create_app``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo import layers
from geo.errors import InputError


@dataclass(frozen=True)
class Setting:
    """One choice of the operator. Its environment variable is ``ZONEATLAS_`` and its name."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        return f"ZONEATLAS_{self.name}"


SETTINGS = (
    Setting("DATA", "", "Folder of the data package. Default: the one that comes with Zone Atlas."),
    Setting("HOME", "", "Folder of road networks and caches. Default: the user's data folder of the platform."),
    Setting(
        "PUBLIC_URL", "http://127.0.0.1:8000", "Address under which people reach the app; every link that leaves a page begins with it."
    ),
    Setting(
        "TRUSTED_HOSTS",
        "",
        "More host names, separated by commas, under which the app answers; that of PUBLIC_URL and localhost always do.",
    ),
    Setting(
        "ONLINE_TILES",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "Tiles of OpenStreetMap that a person may switch on; that host is asked nothing before. “off” takes the switch away.",
    ),
)


def home() -> Path:
    """Give the folder of road networks and caches; it need not exist yet."""
    from platformdirs import user_data_path

    return Path(os.environ.get("ZONEATLAS_HOME") or user_data_path("zone-atlas", appauthor=False))


def resolve(given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Settle every setting: the argument before the environment, the environment before the default.

    Raises
    ------
    InputError
        Every setting that cannot be used, in one error.
    """
    given = given or {}
    raw = {one.name: str(given.get(one.name) or os.environ.get(one.variable) or one.default) for one in SETTINGS}
    faults = []
    public = urlsplit(raw["PUBLIC_URL"].rstrip("/"))
    if public.scheme not in ("http", "https") or not public.hostname or public.query or public.fragment:
        faults.append(f"PUBLIC_URL: “{raw['PUBLIC_URL']}” is no http or https address")
    data = Path(raw["DATA"]).resolve() if raw["DATA"] else layers.bundled()
    if not data.is_dir():
        faults.append(f"DATA: there is no folder {data}")
    tiles = "" if raw["ONLINE_TILES"] == "off" else raw["ONLINE_TILES"]
    if tiles and not (tiles.startswith("https://") and all(part in tiles for part in ("{z}", "{x}", "{y}"))):
        faults.append("ONLINE_TILES: must be an https address with {z}, {x} and {y}, or “off”")
    if faults:
        raise InputError("These settings cannot be used:", faults)
    hosts = {"127.0.0.1", "localhost", "[::1]", str(public.hostname), *filter(None, raw["TRUSTED_HOSTS"].replace(" ", "").split(","))}
    return {
        "DATA": data,
        "HOME": Path(raw["HOME"]).resolve() if raw["HOME"] else home(),
        "PUBLIC_URL": raw["PUBLIC_URL"].rstrip("/"),
        "TRUSTED_HOSTS": sorted(hosts),
        "ONLINE_TILES": tiles,
    }
