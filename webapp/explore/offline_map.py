"""The map as one HTML file: scripts, styles, layers, basemap and sheets inside, nothing asked of
any server.
"""

from __future__ import annotations

import base64

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup

from geo import maps
from webapp import args, labels, scripts, styles
from webapp.explore import api, site_sheet
from webapp.store import Store, store

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
        "drive": args.DRIVE,
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
    made, hashes = scripts.inline(frame, "map.js")
    return render_template(
        "explore/offline_map.html",
        frame_html=Markup(frame.html),
        scripts=made,
        styles=Markup(styles.text(*frame.styles, "app.css")),
        config=Markup(maps.script_json(config)),
        hashes=hashes,
        title=opened.package.get("title") or "Zone Atlas",
        example=opened.package.get("search_example") or _("name, province, district"),
        parks=len(opened.layer("parks")),
    )


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
