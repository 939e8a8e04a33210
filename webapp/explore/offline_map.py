"""The map as one HTML file: scripts, styles, layers, basemap and sheets inside, nothing asked of
any server.
"""

from __future__ import annotations

import base64

from flask import render_template
from markupsafe import Markup

from geo import layers, maps
from webapp import args, labels, scripts, styles
from webapp.explore import coming, drawn, panel_words, site_facts, site_sheet
from webapp.i18n import gettext as _
from webapp.store import Store, store

SHEETS = ("parks", "gates", "ports", "airports", "cities")


def render(profile: str = "truck") -> str:
    """Write the page; needs a request context.

    Every value from the layers lies in it as JSON that :func:`geo.maps.script_json` has escaped,
    the sheets as HTML that Jinja has escaped before. A content security policy allows only the
    scripts that are in the file."""
    opened = store()
    lon, lat, zoom = opened.view()
    frame = maps.frame(lon=lon, lat=lat, zoom=zoom)
    basemap = opened.data / "basemap" / "basemap.pmtiles"
    config = {
        "urls": {"layers": {}, "site": "#"},
        **panel_words.for_script(opened.layer("parks")["province_en"].unique()),
        "drive": args.DRIVE,
        "tiles": "",
        "large": [],
        "data": {
            "layers": {layer_id: drawn.layer(opened, layer_id) for layer_id in drawn.DRAWN},
            "projects": coming.drawn(opened) if len(coming.placed(opened)) else None,
            "search": drawn.searched(opened),
            "sheets": {
                key: html
                for layer_id in SHEETS
                for key, html in _sheets(opened, layer_id, profile).items()
            },
            "basemap": base64.b64encode(basemap.read_bytes()).decode() if basemap.is_file() else "",
        },
    }
    texts, hashes = scripts.inline(frame, "map.js")
    return render_template(
        "explore/offline_map.html",
        frame_html=Markup(frame.html),
        scripts=texts,
        styles=Markup(styles.text(*frame.styles, "app.css")),
        config=Markup(maps.script_json(config)),
        hashes=hashes,
        title=opened.package.get("title") or "Zone Atlas",
        example=opened.package.get("search_example") or _("name, province, district"),
        parks=len(opened.layer("parks")),
    )


def _sheets(opened: Store, layer_id: str, profile: str) -> dict[str, str]:
    """Write the sheet of each place of a layer, by its id."""
    layer, frame = layers.get(layer_id), opened.layer(layer_id)
    best = site_sheet.headline(opened, profile) if layer_id == "parks" else {}
    names = {target: labels.names(opened.layer(target)) for target in best}
    return {
        str(key): render_template(
            "explore/_brief.html",
            row=row,
            site_id=str(key),
            park=layer_id == "parks",
            names=labels.all_names(row),
            zone=site_facts.Zone.of(opened, str(key)),
            facts=site_facts.facts(opened, layer, str(key), row.to_dict()),
            head=[
                (target, *nearest[key], names[target][nearest[key][0]])
                for target, nearest in best.items()
                if key in nearest
            ],
            profile=profile,
            lonlat=(row.geometry.x, row.geometry.y),
        )
        for key, row in frame.iterrows()
    }
