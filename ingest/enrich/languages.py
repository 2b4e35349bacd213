"""The English names of languages, as a prompt calls them: a small model does not know them by their codes."""

from __future__ import annotations

ENGLISH = "en"
_NAMES = """
    ar Arabic, bg Bulgarian, bn Bengali, ca Catalan, cs Czech, da Danish, de German, el Greek, es Spanish, et Estonian,
    fa Persian, fi Finnish, fr French, gu Gujarati, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, id Indonesian,
    it Italian, ja Japanese, jw Javanese, kn Kannada, ko Korean, lt Lithuanian, lv Latvian, ml Malayalam, mr Marathi,
    ms Malay, nl Dutch, no Norwegian, pa Punjabi, pl Polish, pt Portuguese, ro Romanian, ru Russian, sk Slovak,
    sl Slovenian, sr Serbian, sv Swedish, sw Swahili, ta Tamil, te Telugu, th Thai, tl Tagalog, tr Turkish,
    uk Ukrainian, ur Urdu, vi Vietnamese, yue Cantonese, zh Chinese
"""
NAMES = dict(pair.split() for pair in _NAMES.split(","))


def foreign(language: str | None) -> str:
    """The name of `language`, a code as "de-AT"; "" for English, an unknown one, and where none is known."""
    return NAMES.get((language or ENGLISH).split("-")[0].lower(), "")
