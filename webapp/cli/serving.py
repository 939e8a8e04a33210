"""The commands that need the web app: ``serve`` and ``map``, which alone load Flask."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import click

from geo.errors import AtlasError, UnavailableError
from webapp.cli.options import Context, profile_option
from webapp.cli.output import refuse, warn
from webapp.i18n import gettext


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the web app until Ctrl+C; a data package with faults is not served."""
    import os

    from geo import package_check
    from webapp import create_app, server

    name = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    shown = f"http://{name}:{port}"
    config = {"DATA": context.given} | (
        {} if os.environ.get("ZONEATLAS_PUBLIC_URL") else {"PUBLIC_URL": shown}
    )
    app = create_app(config)
    refuse(package_check.check(app.config["DATA"]), app.config["DATA"])
    try:
        serving = server.create(app, host=host, port=port)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UnavailableError(
            gettext(
                "%(address)s cannot be used: %(reason)s. Try another --host or --port.",
                address=f"{name}:{port}",
                reason=why,
            )
        ) from None
    _compile(app)
    threading.Thread(target=_warm, args=(app,), daemon=True).start()
    click.echo(
        f"Zone Atlas serves {app.config['DATA']} at {app.config['PUBLIC_URL']} — Ctrl+C stops it."
    )
    warn(app.config["DATA"])
    if host in ("0.0.0.0", "::") and not os.environ.get("ZONEATLAS_TRUSTED_HOSTS"):
        click.echo(
            "Set ZONEATLAS_PUBLIC_URL or ZONEATLAS_TRUSTED_HOSTS to the name under which others"
            " reach it; other names get 400.",
            err=True,
        )
    serving.run()


def _compile(app: Any) -> None:
    """Compile what requests will need, so that none waits for it: some seconds once, and a moment
    from then on.
    """
    from geo.roads import contraction, gate_overlay, isochrones, snapping

    snapping.warm_up()
    isochrones.warm_up()
    if len(app.extensions["zoneatlas"].networks.names()) > 1:
        gate_overlay.warm_up()
        contraction.warm_up()


def _warm(app: Any) -> None:
    """Make what the first visitor needs before they come."""
    from geo.roads import isochrones
    from geo.visits import feasibility, planner

    store = app.extensions["zoneatlas"]
    with app.test_client() as client:
        for path in ("/", "/api/map/parks.json", "/api/map/corridors.json", "/basemap.pmtiles"):
            client.get(path, base_url=app.config["PUBLIC_URL"]).close()
    for name in store.networks.names():
        with contextlib.suppress(
            AtlasError
        ):  # a network that cannot be opened is told of when somebody asks for it
            store.surfaces(name)
            for profile in store.network(name).profiles:
                isochrones.put_in_order(store.network(name), profile)
    planner.warm_up()  # last: compiled the first time, they take half a minute
    feasibility.warm_up()


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
    type=click.Choice(["en", "vi", "zh"]),
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
