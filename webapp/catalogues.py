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

from geo.chinese import traditional

FOLDER = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Language:
    """A language: ``code`` in addresses, ``locale`` for Babel, ``tag`` in HTML and HTTP, its own
    ``name``, ``data`` in names of columns, and what is ``converted`` without an editor.
    """

    code: str
    locale: str
    tag: str
    name: str
    data: str
    converted: str = ""


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "en", "en", "English", "en"),
        Language("vi", "vi", "vi", "Tiếng Việt", "vi"),
        Language("zh", "zh_Hans", "zh-Hans", "中文", "zh"),
        Language("zh-Hant", "zh_Hant", "zh-Hant", "繁體", "zh", "自動轉換"),
    )
}
ENGLISH = LANGUAGES["en"]
WRITTEN = tuple(language for language in LANGUAGES.values() if not language.converted)
"""Languages that have a catalogue and columns of their own."""
TRADITIONAL = {"hant", "tw", "hk", "mo"}
"""What says in the tag of a Chinese that its characters are traditional ones."""


def of_tag(tag: str) -> Language | None:
    """Return the language that a tag of HTTP, or a locale of POSIX, means."""
    name, *rest = re.split("[-_.@]", tag.lower())
    if name == "zh" and "hans" not in rest and TRADITIONAL.intersection(rest):
        return LANGUAGES["zh-Hant"]
    return LANGUAGES.get(name)


def in_script(text: str, locale: str) -> str:
    """Return a text of the data in the characters of a locale."""
    return traditional(text) if locale == "zh_Hant" else text


@functools.cache
def catalogue(locale: str) -> NullTranslations:
    """Read the catalogue of a locale; one that has none speaks English. That of traditional Chinese
    is converted from the simplified one.
    """
    source = "zh_Hans" if locale == "zh_Hant" else locale
    path = FOLDER / source / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        messages = pofile.read_po(file, locale=source)
    for message in messages if source != locale else ():
        if isinstance(message.string, str):
            message.string = traditional(message.string, own_words=True)
        else:
            message.string = tuple(
                traditional(form, own_words=True) for form in message.string or ()
            )
    mofile.write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


@functools.cache
def province_names(name: str) -> tuple[str, ...]:
    """Return the names of a province in all languages, for the search."""
    return tuple(
        dict.fromkeys(
            (
                name,
                *(catalogue(language.locale).upgettext("province", name) for language in WRITTEN),
            )
        )
    )


def of_environment() -> Language:
    """Return the language that ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` names; the first of them
    that is set counts.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next(filter(None, map(os.environ.get, names)), "")
    return of_tag(locale) or ENGLISH
