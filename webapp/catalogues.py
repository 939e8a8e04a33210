"""The languages and their catalogues, for the web app and the command line; loads no Flask.

Catalogues are read as they are edited, from ``messages.po``, the first time a language is asked
for. That takes some 50 ms and spares compiled copies, which are not kept in the repository and
could be older than what they were made from."""

from __future__ import annotations

import functools
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path

from babel.messages import mofile, pofile
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Language:
    """A language: ``code`` in addresses and in names of columns, ``locale`` for Babel, ``tag`` in
    HTML and HTTP, its own ``name``.
    """

    code: str
    locale: str
    tag: str
    name: str


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "en", "en", "English"),
        Language("vi", "vi", "vi", "Tiếng Việt"),
        Language("zh", "zh_Hans", "zh-Hans", "中文"),
    )
}
ENGLISH = LANGUAGES["en"]


@functools.cache
def catalogue(locale: str) -> NullTranslations:
    """Read the catalogue of a locale; one that has none speaks English."""
    path = FOLDER / locale / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        mofile.write_mo(compiled, pofile.read_po(file, locale=locale))
    compiled.seek(0)
    return Translations(compiled)


@functools.cache
def province_names(name: str) -> tuple[str, ...]:
    """Return the names of a province in all languages, for the search."""
    return tuple(
        dict.fromkeys(
            (
                name,
                *(
                    catalogue(language.locale).upgettext("province", name)
                    for language in LANGUAGES.values()
                ),
            )
        )
    )


def of_environment() -> Language:
    """Return the language that ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` names; the first of them
    that is set counts.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next(filter(None, map(os.environ.get, names)), "")
    return LANGUAGES.get(re.split("[-_.@]", locale)[0].lower(), ENGLISH)
