"""The table of settings: what the operator can choose, by environment variable or by argument of
``create_app``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo import layers
from geo.errors import InputError, Message, behind
from geo.exchange import database


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
    Setting(
        "HOME",
        "",
        "Folder of road networks and caches. Default: the user's data folder of the platform.",
    ),
    Setting(
        "RELEASE",
        "latest",
        "Release that is opened: its number, “latest”, or “none” for the data package itself.",
    ),
    Setting("PARTY", "", "Name under which this side states and releases, such as its department."),
    Setting(
        "PUBLIC_URL",
        "http://127.0.0.1:8000",
        "Address under which people reach the app; every link and code that leaves a page begins"
        " with it.",
    ),
    Setting(
        "TRUSTED_HOSTS",
        "",
        "More host names, separated by commas, under which the app answers; that of PUBLIC_URL and"
        " localhost always do.",
    ),
    Setting(
        "ONLINE_TILES",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "Tiles of OpenStreetMap that a person may switch on; that host is asked nothing before."
        " “off” takes the switch away.",
    ),
    Setting(
        "PROXY",
        "",
        "IP address of a reverse proxy in front of the app, whose X-Forwarded-For names the client;"
        " without it all visitors count as one.",
    ),
    Setting(
        "ACCESS_LOG",
        "off",
        "“on” writes a line to stderr for each request, with the client's address.",
    ),
    Setting("WORKERS", "1", "Processes that serve. On Windows it is always one."),
    Setting(
        "STORE",
        "",
        "Address of the database of the exchange and of the team, such as"
        " postgresql://user@host/name. Default: a file in HOME.",
    ),
    Setting("TEAM", "off", "“on” lets in only who signs in, as `serve --team` does."),
    Setting(
        "EDITING",
        "off",
        "“on” lets whoever reaches this machine's own server write, as `serve --editing` does;"
        " refused where others can reach it.",
    ),
    Setting(
        "OIDC_ISSUER",
        "",
        "Address of the service by which the people of a team may sign in (OpenID Connect); its"
        " description lies below it, at /.well-known/openid-configuration.",
    ),
    Setting("OIDC_CLIENT", "", "What that service calls this server."),
    Setting("OIDC_SECRET", "", "The secret that this server shares with it, if they have any."),
)
SWITCHES = ("ACCESS_LOG", "TEAM", "EDITING")
"""Settings that are “on” or “off”."""

MOST_WORKERS = 64


def home() -> Path:
    """Return the folder of road networks and caches; it need not exist yet."""
    from platformdirs import user_data_path

    return Path(os.environ.get("ZONEATLAS_HOME") or user_data_path("zone-atlas", appauthor=False))


def is_public(address: str) -> bool:
    """Check whether an address is more than one of this machine for itself, so that another one may
    open it.
    """
    host = urlsplit(address).hostname or "localhost"
    try:
        number = ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
    return not (number.is_loopback or number.is_unspecified)


def resolve(chosen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Settle every setting: the argument before the environment, the environment before the
    default.

    Raises
    ------
    InputError
        Every setting that cannot be used, in one error.
    """
    chosen = chosen or {}
    raw = {
        setting.name: str(
            chosen.get(setting.name) or os.environ.get(setting.variable) or setting.default
        )
        for setting in SETTINGS
    }
    faults: list[str] = []
    public = urlsplit(raw["PUBLIC_URL"].rstrip("/"))
    if (
        public.scheme not in ("http", "https")
        or not public.hostname
        or public.query
        or public.fragment
    ):
        odd = Message("“%(text)s” is not an http or https address", {"text": raw["PUBLIC_URL"]})
        faults.append(behind("PUBLIC_URL", odd))
    elif public.path:
        path = Message(
            "“%(text)s” has a path; the app needs a host name or a port of its own",
            {"text": raw["PUBLIC_URL"]},
        )
        faults.append(behind("PUBLIC_URL", path))
    data = Path(raw["DATA"]).resolve() if raw["DATA"] else layers.bundled()
    if not data.is_dir():
        faults.append(behind("DATA", Message("there is no folder %(path)s", {"path": data})))
    tiles = "" if raw["ONLINE_TILES"] == "off" else raw["ONLINE_TILES"]
    if tiles and not (
        tiles.startswith("https://") and all(part in tiles for part in ("{z}", "{x}", "{y}"))
    ):
        form = Message("must be an https address with {z}, {x} and {y}, or “off”")
        faults.append(behind("ONLINE_TILES", form))
    faults += _of_choices(raw)
    faults += _of_people(raw)
    if faults:
        raise InputError(Message("These settings cannot be used:"), faults)
    place = Path(raw["HOME"]).resolve() if raw["HOME"] else home()
    named = (str(public.hostname), *raw["TRUSTED_HOSTS"].replace(" ", "").split(","))
    return {
        "DATA": released(data, place, raw["STORE"], raw["RELEASE"]),
        "BASE": data,
        "RELEASE": raw["RELEASE"],
        "PARTY": raw["PARTY"].strip(),
        "HOME": place,
        "PUBLIC_URL": raw["PUBLIC_URL"].rstrip("/"),
        "TRUSTED_HOSTS": None,  # that of Flask, which knows neither capitals nor IPv6
        "HOSTS": frozenset({"127.0.0.1", "localhost", "[::1]", *map(_host, filter(None, named))}),
        "ONLINE_TILES": tiles,
        "PROXY": raw["PROXY"],
        "ACCESS_LOG": raw["ACCESS_LOG"] == "on",
        "WORKERS": int(raw["WORKERS"]),
        "STORE": raw["STORE"],
        "TEAM": raw["TEAM"] == "on",
        "EDITING": raw["EDITING"] == "on",
        "OIDC_ISSUER": raw["OIDC_ISSUER"].rstrip("/"),
        "OIDC_CLIENT": raw["OIDC_CLIENT"],
        "OIDC_SECRET": raw["OIDC_SECRET"],
    }


def released(base: Path, place: Path, store: str, release: str) -> Path:
    """Return the folder of the release that is opened, or of the data package itself; the home
    folder and the store say which there are.
    """
    nothing = not store and not (place / database.FILE).is_file()
    if release == "none" or (nothing and release == "latest"):
        return base  # sooner than with all that the exchange needs
    from geo.exchange import releases

    return releases.opened(place, base, store, release)


def _of_choices(raw: Mapping[str, str]) -> Iterator[str]:
    """Return the faults of the settings that are a number, a switch or an address of a machine."""
    if raw["PROXY"] and not _is_address(raw["PROXY"]):
        odd = Message("“%(text)s” is not an IP address", {"text": raw["PROXY"]})
        yield behind("PROXY", odd)
    for name in SWITCHES:
        if raw[name] not in ("on", "off"):
            odd = Message("must be “on” or “off”, not “%(text)s”", {"text": raw[name]})
            yield behind(name, odd)
    if not (raw["WORKERS"].isdecimal() and 1 <= int(raw["WORKERS"]) <= MOST_WORKERS):
        odd = Message(
            "“%(text)s” is not a whole number from 1 to %(most)s",
            {"text": raw["WORKERS"], "most": MOST_WORKERS},
        )
        yield behind("WORKERS", odd)
    if not re.fullmatch(r"latest|none|[1-9]\d{0,8}", raw["RELEASE"]):
        odd = Message("“%(text)s” is neither a number nor latest or none", {"text": raw["RELEASE"]})
        yield behind("RELEASE", odd)


def _of_people(raw: Mapping[str, str]) -> Iterator[str]:
    """Return the faults of the settings that state who may do what."""
    others = is_public(raw["PUBLIC_URL"]) or raw["TRUSTED_HOSTS"] or raw["PROXY"]
    if raw["EDITING"] == "on" and raw["TEAM"] != "on" and others:
        yield behind("EDITING", ONLY_HERE)
    issuer = urlsplit(raw["OIDC_ISSUER"])
    if raw["OIDC_ISSUER"] and not (
        issuer.scheme == "https" or (issuer.scheme == "http" and not is_public(raw["OIDC_ISSUER"]))
    ):
        odd = Message("“%(text)s” is not an https address", {"text": raw["OIDC_ISSUER"]})
        yield behind("OIDC_ISSUER", odd)
    if bool(raw["OIDC_ISSUER"]) != bool(raw["OIDC_CLIENT"]):
        yield behind("OIDC_CLIENT", Message("stands together with OIDC_ISSUER"))


ONLY_HERE = Message("is for a server of this machine alone; others sign in, with TEAM")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _host(name: str) -> str:
    """Write a host as browsers do in the header Host: small letters, ASCII, IPv6 in brackets."""
    plain = name.strip("[]").lower()
    if ":" in plain:
        return f"[{plain}]"
    try:
        return plain.encode("idna").decode("ascii") if not plain.startswith(".") else plain
    except UnicodeError:
        return plain


def trusts(hosts: frozenset[str], header: str | None) -> bool:
    """Return whether a header Host, with or without a port, names one of the hosts; one that begins
    with a dot stands for all below it.
    """
    match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^:\[\]/@\s]+)(:\d{1,5})?", (header or "").lower())
    return match is not None and (
        match[1] in hosts or any(host.startswith(".") and match[1].endswith(host) for host in hosts)
    )
