"""A few streets small enough to count in the head, as OpenStreetMap holds them, and a table of
speeds for them.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import osmium
import pandas as pd

STEP = 0.001

SPEEDS = pd.DataFrame(
    [
        *(
            ("car", kind, speed)
            for kind, speed in (
                ("motorway", 90),
                ("primary", 60),
                ("residential", 30),
                ("road", 30),
                ("access", 20),
            )
        ),
        *(
            ("truck", kind, speed)
            for kind, speed in (
                ("motorway", 70),
                ("primary", 40),
                ("residential", 15),
                ("road", 15),
                ("access", 10),
            )
        ),
    ],
    columns=["profile", "road_class", "speed_kph"],
).astype({"speed_kph": float})

# A cross of two streets with a bend, a roundabout of one way, a loop, a service road, and a ring
# that meets nothing.
NODES = {
    **{i: (i * STEP, 0) for i in range(1, 8)},
    **{10 + i: (3 * STEP, i * STEP) for i in range(1, 4)},
    21: (8 * STEP, STEP),
    22: (9 * STEP, 0),
    23: (8 * STEP, -STEP),
    24: (11 * STEP, 0),
    31: (4 * STEP, 4 * STEP),
    32: (2 * STEP, 4 * STEP),
    41: (20 * STEP, 0),
    42: (21 * STEP, 0),
    43: (20 * STEP, STEP),
}
PRIMARY, STREET = {"highway": "primary"}, {"highway": "residential"}
WAYS = [
    ([1, 2, 3], PRIMARY | {"name": "Long street", "ref": "QL1", "maxspeed": "50"}),
    ([3, 4, 5, 6, 7], PRIMARY | {"name": "Long street"}),
    ([3, 11, 12, 13], STREET),
    ([7, 21, 22, 23, 7], STREET | {"junction": "roundabout"}),
    ([24, 22], STREET | {"oneway": "-1"}),
    ([22, 24], STREET | {"oneway": "yes", "name": "Back"}),
    ([13, 31, 32, 13], STREET),
    ([5, 12], {"highway": "service"}),
    ([6, 12], PRIMARY | {"access": "private"}),
    ([41, 42, 43, 41], STREET),
]


def xml(nodes: dict[int, tuple[float, float]] = NODES, ways: list = WAYS, extra: str = "") -> str:
    """Write nodes and ways as OSM XML."""
    lines = [
        f'<node id="{i}" version="1" lon="{x:.7f}" lat="{y:.7f}"/>' for i, (x, y) in nodes.items()
    ]
    for i, (refs, tags) in enumerate(ways, start=1):
        inside = [f'<nd ref="{ref}"/>' for ref in refs] + [
            f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()
        ]
        lines.append(f'<way id="{i}" version="1">{"".join(inside)}</way>')
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{"".join(lines)}{extra}</osm>'
    )


def as_pbf(text: str, path: Path) -> Path:
    """Write OSM XML text as a PBF file."""
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer(text.encode(), "osm")):
            writer.add(thing)
    return path
