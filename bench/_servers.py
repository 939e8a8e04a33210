"""The servers that the benchmarks load: Zone Atlas, pygeoapi and tipg, each on a free port of this
machine, stopped at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geo import Atlas, export
from webapp import turnstile

READY_S = 300
ITEMS = "/collections/parks/items?f=json&limit={limit}"
TIPG_ITEMS = "/collections/public.parks/items?f=geojson&limit={limit}"
POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian puts each version of PostgreSQL."""
SQL_TYPES = {"float64": "double precision", "Int64": "bigint", "boolean": "boolean"}


Served = tuple[subprocess.Popen[bytes], str]
"""A server: its process, and its address."""


@contextmanager
def zone_atlas(
    folder: Path, *, data: Path | None = None, workers: int | None = None
) -> Iterator[Served]:
    """Serve a package, by default the bundled one, its roads prepared beforehand."""
    home = folder / "home"
    atlas = Atlas.open(data, home=home) if data else Atlas.open(home=home)
    atlas.networks.main_roads.prepare(atlas.targets())
    command = [sys.executable, "-m", "webapp.cli.main"]
    command += ["--data", str(data)] if data else []
    command += ["serve", *(["--workers", str(workers)] if workers else []), "--port"]
    environment = os.environ | {"ZONEATLAS_HOME": str(home)}
    with running(command, environment, ready="/sites/van-don-ez") as served:
        # what is read before the first visitor, by each worker
        time.sleep(30 if workers and workers > 1 else 10)
        yield served


@contextmanager
def pygeoapi(folder: Path, python: str) -> Iterator[str]:
    """Serve the parks with pygeoapi from a GeoJSON file, in an environment of its own."""
    atlas = Atlas.open()
    parks = folder / "parks.geojson"
    parks.write_bytes(export.write(atlas.layer("parks"), "geojson", atlas.about("parks")))
    port = free_port()
    config = folder / "pygeoapi.json"
    config.write_text(json.dumps(settings(parks, port)), encoding="utf-8")
    document = folder / "openapi.json"
    environment = os.environ | {
        "PYGEOAPI_CONFIG": str(config),
        "PYGEOAPI_OPENAPI": str(document),
        "PYTHONPATH": "",
    }
    command = [python, "-m", "pygeoapi", "openapi", "generate", str(config), "-of", str(document)]
    command[1:3] = ["-c", "from pygeoapi import cli; cli()"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"pygeoapi does not start:\n{made.stderr[-2000:]}")
    serve = (
        "import sys, waitress; from pygeoapi.flask_app import APP;"
        f" waitress.serve(APP, host='127.0.0.1', port=int(sys.argv[-1]),"
        f" threads={turnstile.THREADS})"
    )
    command = [python, "-c", serve]
    with running(command, environment, ready=ITEMS.format(limit=1), port=port) as (_, address):
        yield address


@contextmanager
def tipg(python: str) -> Iterator[str]:
    """Serve the parks with tipg, in an environment of its own, from a PostGIS of this machine that
    is made for it: one process of uvicorn, up to ten connections to the database.
    """
    with postgis() as (port, sql):
        frame = Atlas.open().layer("parks")
        types = {name: SQL_TYPES.get(str(kind), "text") for name, kind in frame.dtypes.items()}
        columns = ", ".join(
            f'"{name}" {kind}' for name, kind in types.items() if name != frame.geometry.name
        )
        rows = frame.drop(columns=frame.geometry.name).assign(wkt=frame.geometry.to_wkt())
        sql(
            "CREATE EXTENSION postgis;"
            f" CREATE TABLE parks (id text PRIMARY KEY, {columns}, wkt text);"
        )
        sql("\\copy parks FROM pstdin WITH (FORMAT csv, HEADER)", rows.to_csv())
        sql(
            "ALTER TABLE parks ADD COLUMN geom geometry(Geometry, 4326);"
            " UPDATE parks SET geom = ST_GeomFromText(wkt, 4326);"
            " ALTER TABLE parks DROP COLUMN wkt;"
            " CREATE INDEX ON parks USING gist (geom);"
        )
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": ""}
        command = [python, "-m", "uvicorn", "tipg.main:app", "--log-level", "error", "--port"]
        with running(command, environment, ready=TIPG_ITEMS.format(limit=1)) as (_, address):
            yield address


@contextmanager
def postgis() -> Iterator[tuple[int, Callable[..., None]]]:
    """Run a database server in a folder of its own; yields its port, and what runs SQL there.

    It must not run as root: then the user ``postgres`` runs it."""
    binaries = max(POSTGRES.glob("*/bin"), key=lambda path: int(path.parent.name))
    user = "postgres" if os.geteuid() == 0 else None
    folder, port = Path(tempfile.mkdtemp(prefix="zone-atlas-postgis-")), free_port()
    if user:
        shutil.chown(folder, user)
    options = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories= -p {port}"

    def run(*command: str) -> None:
        subprocess.run(
            [str(binaries / command[0]), "-D", str(folder / "data"), *command[1:]],
            user=user,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def sql(statement: str, rows: str | None = None) -> None:
        psql = [str(binaries / "psql"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        psql += ["-v", "ON_ERROR_STOP=1", "-q", "-d", "postgres", "-c", statement]
        subprocess.run(psql, input=rows, text=True, check=True)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8")
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield port, sql
        finally:
            run("pg_ctl", "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings(parks: Path, port: int) -> dict[str, Any]:
    """Return a configuration of pygeoapi with one collection."""
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US"],
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 10000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "Parks",
                "description": "Parks",
                "keywords": ["parks"],
                "keywords_type": "theme",
                "terms_of_service": "https://creativecommons.org/",
                "url": "http://127.0.0.1",
            },
            "license": {"name": "ODbL-1.0", "url": "https://opendatacommons.org/"},
            "provider": {"name": "Zone Atlas", "url": "http://127.0.0.1"},
            "contact": {"name": "Zone Atlas"},
        },
        "resources": {
            "parks": {
                "type": "collection",
                "title": "Parks",
                "description": "Parks",
                "keywords": ["parks"],
                "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                "providers": [
                    {"type": "feature", "name": "GeoJSON", "data": str(parks), "id_field": "id"}
                ],
            }
        },
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], *, ready: str, port: int | None = None
) -> Iterator[Served]:
    """Run a server, the port behind its command, and stop it at the end."""
    port = port or free_port()
    server = subprocess.Popen(
        [*command, str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + READY_S
        while not answers(address + ready):
            if time.monotonic() > until or server.poll() is not None:
                raise SystemExit(f"{command[:3]} does not start.")
            time.sleep(0.2)
        yield server, address
    finally:
        server.terminate()
        server.wait()


def answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(address, timeout=60).status == 200)
    except OSError:
        return False


def features(address: str) -> dict[str, Any]:
    """Return the geometries of a page by the ids of their features."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        document = json.load(answer)
    return {feature["id"]: feature["geometry"] for feature in document["features"]}


def compare(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Stop where two pages differ in their features or the geometry of some."""
    if mine != theirs:
        raise SystemExit(f"The answers differ: {len(mine)} and {len(theirs)} features.")
