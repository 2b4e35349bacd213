"""The topic of a wish: filler words, which say that something is wanted but not what, are no query."""

from __future__ import annotations

import re

_NOUN = r"v[ií]d[eé]os?|clips?|films?|movies?|reels?|filme?|pel[ií]culas?"
_ASKING = r"""(?:please\s)?
(?:i(?:'d|\swould)?\s(?:want|like|love|wish)|i(?:'m|\sam)\slooking\sfor|(?:show|give|find|get|recommend|suggest)(?:\sme)?
  |(?:zeig|gib|finde?)\smir|ich\s(?:will|möchte|suche)|mu[eé]strame|dame|quiero|busco|montre-moi|donne-moi|je\sveux|je\scherche)
(?:\s(?:to\s(?:see|watch)|sehen|ver|voir|watch))?\s"""
# Words for anything at all: what follows is the topic, with or without "about".
_ANYTHING = r"""(?:something|anything|everything|whatever|some\sstuff|stuff
  |irgend(?:ein)?(?:etwas|was)|etwas|algo|cualquier\scosa|quelque\schose|n'importe\squoi)(?:\selse)?(?:\sto\s(?:see|watch))?"""
_SOME = r"""(?:(?:some|any|a|an|the|one|more|short|good|nice|great|new
  |eine?n?|einige|kurze[sn]?|gute[sn]?|unos?|una?s?|alg[uú]n(?:os)?|une|des)\s)*"""
_ABOUT = r"""(?:about|to\sdo[ ]with|on|of|with|related\sto|regarding|that\s(?:is|are)|that's|über|zu|zum|zur|von|mit
  |sobre|acerca\sde|de|con|sur|à\spropos\sde|avec)\s"""

OPENING = re.compile(
    rf"(?:{_ASKING})?(?:{_ANYTHING}\s(?:{_ABOUT}|to\s)?|{_SOME}(?:{_NOUN})\s{_ABOUT})(?P<topic>.*\w.*)", re.I | re.X
)
ENDING = re.compile(r"(?P<topic>.*\w.*?)\s(?:videos?|clips?)(?:,?\s(?:please|bitte|por\sfavor))?[.!]?", re.IGNORECASE)
NO_TOPIC = re.compile(
    rf"(?:{_ASKING})?(?:{_ANYTHING}|{_SOME}(?:{_NOUN}))(?:,?\s(?:please|bitte|por\sfavor))?[.!?]?", re.I | re.X
)


def extract_topic(wish: str | None) -> str | None:
    """Return the topic of a wish: "night trains" for "something about night trains", "funny" for "something funny".

    None for None, a blank wish, and one that has only filler, such as "anything".
    """
    one_line = " ".join((wish or "").split())
    if NO_TOPIC.fullmatch(one_line):
        return None
    for filler in (OPENING, ENDING):
        match = filler.fullmatch(one_line)
        one_line = match["topic"] if match else one_line
    return one_line or None
