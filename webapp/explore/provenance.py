"""The researcher's note on where each field came from, like `area,est:page; pos:memory (low
confidence)`, in words.
"""

from __future__ import annotations

import re

from flask_babel import gettext as _

from webapp.labels import label

_PART = re.compile(
    r"(?P<fields>.+?):\s*(?:(?P<kind>page|code|memory)\b)?\s*(?P<rest>.*)", re.DOTALL
)
_FIELD = re.compile(r"(?P<field>[a-z]+)\s*(?P<rest>\(.*\))?")


def in_words(note: str) -> str:
    """Write the note in the language of the request, grouped by kind of source.

    What is not a code stays in the researcher's own words.
    """
    names = {
        "all": _("everything"),
        "area": _("area"),
        "leasable": _("leasable area"),
        "occ": _("occupancy"),
        "rent": _("rent"),
        "pos": _("position"),
        "est": _("year established"),
        "developer": _("developer"),
        "utilities": _("utilities"),
        "sectors": _("sectors"),
        "status": _("status"),
        "existence": _("existence"),
        "location": _("location"),
        "zone": _("zone it lies in"),
    }

    def named(text: str) -> str:
        code = _FIELD.fullmatch(text)
        if not code or code["field"] not in names:
            return re.sub(r"\b(occ|pos|est)\b", lambda short: names[short[0]], text)
        return " ".join(filter(None, (names[code["field"]], code["rest"])))

    parts = []
    for part in re.split(r";\s*(?![^()]*\))", note.strip()):
        coded = _PART.fullmatch(part)
        if not coded:
            parts.append(part)
            continue
        fields = _(", ").join(
            named(field.strip()) for field in re.split(r",(?!\d{3}\b)(?![^()]*\))", coded["fields"])
        )
        start = f"{fields}:"
        if coded["kind"]:
            start = _("%(kind)s: %(fields)s", kind=label(coded["kind"]), fields=fields)
        parts.append(f"{start} {coded['rest']}".rstrip())
    return "; ".join(parts)
