"""The map as one HTML file: scripts, styles, layers, basemap and sheets inside, nothing asked of
any server.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import current_app, render_template
from flask_babel import gettext as _
from markupsafe import Markup

from geo import maps
from geo.errors import UnavailableError
from webapp import labels
from webapp.explore import api, site_sheet
from webapp.store import Store, store

SCRIPTS = (
    "vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
    "basemap.js",
    "page.js",
    "search.js",
    "symbols.js",
    "sheet.js",
    "map.js",
)
SHEETS = ("parks", "gates", "ports", "airports", "cities")


def render(profile: str = "truck") -> str:
    """Make the page; needs a request context.

    Every value from the layers lies in it as JSON that :func:`geo.maps.script_json` has escaped,
    the sheets as HTML that Jinja has escaped before. A content security policy allows only the
    scripts that are in the file."""
    opened = store()
    lon, lat, zoom = opened.view()
    frame = maps.frame(lon=lon, lat=lat, zoom=zoom)
    basemap = opened.data / "basemap" / "basemap.pmtiles"
    config = {
        "urls": {"layers": {}, "site": "#"},
        **labels.for_script(opened.layer("parks")["province_en"].unique()),
        "tiles": "",
        "clusterFrom": 10**9,
        "data": {
            "layers": {layer_id: api.drawn(opened, layer_id) for layer_id in api.DRAWN},
            "search": api.searched(opened),
            "sheets": {
                key: html for layer_id in SHEETS for key, html in _sheets(opened, layer_id, profile)
            },
            "basemap": base64.b64encode(basemap.read_bytes()).decode() if basemap.is_file() else "",
        },
    }
    made, hashes = scripts(frame, SCRIPTS)
    static = Path(str(current_app.static_folder))
    styles = "\n".join(
        (static / name).read_text(encoding="utf-8") for name in (*frame.styles, "app.css")
    )
    return render_template(
        "explore/offline_map.html",
        frame_html=Markup(frame.html),
        scripts=made,
        styles=Markup(styles),
        config=Markup(maps.script_json(config)),
        hashes=hashes,
        title=opened.package.get("title") or "Zone Atlas",
        example=opened.package.get("search_example") or _("name, province, district"),
        parks=len(opened.layer("parks")),
    )


def scripts(frame: maps.Frame, names: tuple[str, ...]) -> tuple[list[Markup], str]:
    """Return the scripts of a map's frame and then those of these names, and the hashes by which a
    policy allows them alone.
    """
    static = Path(str(current_app.static_folder))
    texts = [(static / name).read_text(encoding="utf-8") for name in (*frame.scripts, *names)]
    texts.insert(1, frame.script)
    if any("</script" in text.lower() for text in texts):
        raise UnavailableError(
            "A script cannot be put into the file, because it ends the element it would stand in."
        )
    return [Markup(text) for text in texts], " ".join(map(hash_of, texts))


def hash_of(text: str) -> str:
    """Return the source by which a content security policy allows a script or a style of this
    text.
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _sheets(opened: Store, layer_id: str, profile: str) -> list[tuple[str, str]]:
    from geo import layers

    layer, frame = layers.get(layer_id), opened.layer(layer_id)
    best = site_sheet.headline(opened, profile) if layer_id == "parks" else {}
    names = {target: labels.names(opened.layer(target)) for target in best}
    made = []
    for key, row in frame.iterrows():
        head = [
            (target, *best[target][key], names[target][best[target][key][0]])
            for target in best
            if key in best[target]
        ]
        made.append(
            (
                str(key),
                render_template(
                    "explore/_brief.html",
                    row=row,
                    park=layer_id == "parks",
                    names=labels.all_names(row),
                    facts=site_sheet.facts(layer, row),
                    head=head,
                    profile=profile,
                    lonlat=(row.geometry.x, row.geometry.y),
                    coarse=opened.network().manifest.coarse,
                ),
            )
        )
    return made
