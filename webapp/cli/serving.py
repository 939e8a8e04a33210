"""The commands that need the web app: ``serve`` and ``map``, which alone load Flask."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo.errors import AtlasError, InputError, UnavailableError, behind
from geo.visits import warming
from webapp.catalogues import LANGUAGES
from webapp.cli.options import Context, profile_option
from webapp.cli.output import refuse, warn
from webapp.i18n import gettext
from webapp.settings import MOST_WORKERS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from flask import Flask

    from webapp.store import Store
    from webapp.workers import Worker


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help="Processes that serve; on Windows it is always one. Default: ZONEATLAS_WORKERS, else 1.",
)
@click.option("--team", is_flag=True, help="Let in only who signs in; see “zoneatlas team”.")
@click.option(
    "--editing",
    is_flag=True,
    help="Let whoever reaches this machine's own server write, in your name, without a team.",
)
@click.pass_obj
def serve(
    context: Context, host: str, port: int, workers: int | None, team: bool, editing: bool
) -> None:
    """Serve the web app until Ctrl+C; a data package with faults is not served."""
    from webapp import create_app, server, settings

    name = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    shown = f"http://{name}:{port}"
    config: dict[str, object] = {"DATA": context.given, "WORKERS": workers}
    config |= {name: "on" for name, chosen in (("TEAM", team), ("EDITING", editing)) if chosen}
    config |= {} if os.environ.get("ZONEATLAS_PUBLIC_URL") else {"PUBLIC_URL": shown}
    chosen = settings.resolve(config)
    _check_people(chosen, host)
    count = chosen["WORKERS"]
    server.spare_memory()
    with contextlib.ExitStack() as stack:
        sockets = _bound(host, port, name)
        for each in sockets:
            stack.callback(each.close)
        worker = _worker(count)
        app = create_app(config)
        _check(app.config["DATA"], app.config["HOME"])
        serving = server.create(app, worker.holds_more if worker else None, sockets=sockets)
        if worker is None or worker.first:
            _begin(app, worker)
            _greet(app, host)
        if worker is None:
            serving.run()
        else:
            _work(app, worker, serving.run)


def _check_people(chosen: Mapping[str, Any], host: str) -> None:
    """Refuse to let everyone write where others can reach the server."""
    from webapp import settings

    everywhere = host in ("0.0.0.0", "::", "")
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    if chosen["EDITING"] and not chosen["TEAM"] and (everywhere or settings.is_public(address)):
        raise InputError(behind("--editing", settings.ONLY_HERE))


def _work(app: Flask, worker: Worker, run: Callable[[], None]) -> None:
    """Serve as one of several workers; only the first one answers before it is warm."""
    from webapp.handover import Handover, SharedTurns
    from webapp.jobs import KEPT
    from webapp.turnstile import PATIENCE_S

    app.extensions["zoneatlas.handover"] = Handover(worker.folder, KEPT)
    app.extensions["zoneatlas.turns"] = SharedTurns(worker.folder, worker.count, PATIENCE_S)
    if not worker.first:
        _prepare(app, threading.Event())
    worker.serves()
    run()
    worker.leave()


def _bound(host: str, port: int, name: str) -> list[socket.socket]:
    from webapp import server

    try:
        return server.bind(host, port)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UnavailableError(
            gettext(
                "%(address)s cannot be used: %(reason)s. Try another --host or --port.",
                address=f"{name}:{port}",
                reason=why,
            )
        ) from None


def _worker(count: int) -> Worker | None:
    """Become one of several workers; None where a single process serves."""
    if count == 1:
        return None
    if not hasattr(os, "fork"):
        click.echo(gettext("On Windows a single process serves."), err=True)
        return None
    from webapp import workers

    return workers.divide(count)


def _begin(app: Flask, worker: Worker | None) -> None:
    """Prepare in the background while the server answers; returns once everybody who asks for a
    road is told so.
    """
    ready = threading.Event()

    def prepare() -> None:
        try:
            _prepare(app, ready)
        finally:
            if worker:
                worker.prepared()

    threading.Thread(target=prepare, daemon=True).start()
    ready.wait()


def _greet(app: Flask, host: str) -> None:
    click.echo(
        f"Zone Atlas serves {app.config['DATA']} at {app.config['PUBLIC_URL']} — Ctrl+C stops it."
    )
    warn(app.config["DATA"])
    if app.config["TEAM"]:
        _greet_team(app)
    if host in ("0.0.0.0", "::") and not os.environ.get("ZONEATLAS_TRUSTED_HOSTS"):
        click.echo(
            "Set ZONEATLAS_PUBLIC_URL or ZONEATLAS_TRUSTED_HOSTS to the name under which others"
            " reach it; other names get 400.",
            err=True,
        )


def _greet_team(app: Flask) -> None:
    """Print what keeps a team from signing in, or from doing so safely."""
    from webapp import settings
    from webapp.cli.team import nobody_yet
    from webapp.team import accounts, tables

    if not accounts.every(tables.opened(app.config)):
        click.echo(nobody_yet(), err=True)
    address = app.config["PUBLIC_URL"]
    if settings.is_public(address) and not address.startswith("https:"):
        warning = gettext("Passwords travel as they are: people are to sign in under https.")
        click.echo(gettext("Warning: %(text)s", text=warning), err=True)


def _check(folder: Path, home: Path) -> None:
    """Refuse a data package with faults; one that had none when it was served last is not looked
    through again.
    """
    from geo import digest

    mark = home / "checked"
    files = digest.of_files(sorted(path for path in folder.rglob("*") if path.is_file()))
    with contextlib.suppress(OSError, UnicodeError):
        if mark.read_text(encoding="utf-8") == files:
            return
    from geo import package_check

    refuse(package_check.check(folder), folder)
    with contextlib.suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        mark.write_text(files, encoding="utf-8")


FIRST = ("/", "/basemap.pmtiles", "/api/map/corridors.json")
"""What the first page is made of, besides the sites."""


def _prepare(app: Flask, ready: threading.Event) -> None:
    """Compile what requests need and prepare the main roads: a minute once, and a moment from then
    on. Whoever asks for a road or a plan meanwhile reads how far it is.
    """
    store: Store = app.extensions["zoneatlas"]
    with store.planning.by_this_thread() as begin_planning:
        _prepare_roads(app, ready)
        warming.warm_up(begin_planning)
    _warm(app)


def _prepare_roads(app: Flask, ready: threading.Event) -> None:
    from webapp.explore import drawn

    store: Store = app.extensions["zoneatlas"]
    with store.networks.preparing() as begin:
        ready.set()
        # whoever comes first waits for this, and for no roads
        _ask(app, [*FIRST, drawn.sites_address(store)])
        from geo.roads import contraction, gate_overlay, isochrones, nearest, snapping, ways, within
        from geo.siting import draws

        for module in (
            snapping,
            isochrones,
            gate_overlay,
            contraction,
            ways,
            nearest,
            within,
            draws,
        ):
            begin(module.__name__)
            module.warm_up()
        with contextlib.suppress(AtlasError):  # told when somebody asks for it
            store.network()


def _warm(app: Flask) -> None:
    """Prepare what the first visitor needs before they come."""
    from geo.roads.drive import Drive
    from geo.roads.painted_roads import put_in_order
    from webapp import server
    from webapp.explore import drawn

    store: Store = app.extensions["zoneatlas"]
    with contextlib.suppress(AtlasError, OSError):
        store.networks.main_roads.prepare(store.targets())
    for name in store.networks.names():
        with contextlib.suppress(
            AtlasError
        ):  # a network that cannot be opened is told of when somebody asks for it
            store.surfaces(name)
            for profile in store.network(name).profiles:
                put_in_order(store.network(name), profile)
    with contextlib.suppress(AtlasError):
        for profile in store.vehicles:
            store.sites(Drive(profile=profile))
        store.index()
    paths = ["/table", *(f"/sites/{key}" for key in store.layer("parks").index[:1])]
    if drawn.large(store):  # the times of all sites, in whose order a list may be asked for
        paths.append("/api/sites.json?q=a&sort=gate")
    with contextlib.suppress(AtlasError):
        _ask(app, paths)
        _ask(app, [*_files(app), *_drawn(store)])  # compressed once and well
    gc.collect()
    server.spare_memory()
    gc.freeze()  # all this stays; looking through it for garbage takes a tenth of a second


def _ask(app: Flask, paths: list[str]) -> None:
    """Ask for pages as a browser does, but as nobody: no visitor of this machine waits for it."""
    from webapp.team.gate import WARMING

    with app.test_client() as client:
        for path in paths:
            client.get(
                path,
                base_url=app.config["PUBLIC_URL"],
                headers={"Accept-Encoding": "br"},
                environ_overrides={"REMOTE_ADDR": "", WARMING: True},
            ).close()


def _files(app: Flask) -> list[str]:
    """Return the addresses of the static files that are text."""
    folder = Path(str(app.static_folder))
    kinds = (".css", ".js", ".mjs", ".svg")
    files = sorted(path for path in folder.rglob("*") if path.suffix in kinds)
    return [f"{app.static_url_path}/{path.relative_to(folder).as_posix()}" for path in files]


def _drawn(store: Store) -> list[str]:
    """Return the addresses of the layers that the map draws whole."""
    from webapp.explore import drawn

    large = drawn.large(store)
    return [f"/api/map/{name}.json" for name in drawn.DRAWN if name not in large]


@click.command("map")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file to write.",
)
@profile_option
@click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default="en",
    show_default=True,
    help="Language of the map.",
)
@click.pass_obj
def single_map(context: Context, output: Path, profile: str, lang: str) -> None:
    """Write the map as one HTML file that opens without a server or a network."""
    from geo import export as writers
    from webapp import create_app
    from webapp.explore import offline_map

    app = create_app({"DATA": context.given})
    with app.test_request_context(base_url=app.config["PUBLIC_URL"], query_string={"lang": lang}):
        page = offline_map.render(profile)
    writers.save(output, page.encode())
    click.echo(f"{output}: {len(page.encode()) / 1e6:.1f} MB, opens in any browser.", err=True)


COMMANDS = (serve, single_map)
