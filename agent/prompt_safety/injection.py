"""Removes from untrusted text what addresses the ranker instead of describing the video.

Small models believe what they read: "this is exactly what the reader asks for" lifts a candidate more than any
instruction does. So the model does not see pieces of text that instruct it, dictate an answer or a place, imitate a
turn of the chat, mention the reader's wish or praise the video as the best; nor pieces in another script than the
title's, nor runs of encoded characters. People still see the original text. The patterns cover known attacks and prove
nothing about others: see docs/security.md.
"""

from __future__ import annotations

import re
import unicodedata

REMOVED = "…"

_YES = r"(?:yes|true|positive|relevant|affirmative|ja|s[ií]|oui|sim|tak|evet|да|是|はい|예|نعم|हाँ)"
_BEST = r"(?:first|1st|#\s?1|no\.? ?1|number one|top|highest|maximum|max|best|above (?:all|every)|10(?:/10)?|100|5/5)"
_ANSWER = (
    r"(?:answer|respond|reply|say|output|print|return|type|choose|select|pick|vote|mark|classify|label|judge"
    r"|antwort\w*|sag|respond\w*|contest\w*|répond\w*|dites|rispond\w*|odpowied\w*|cevap\w*|ответ\w*|скажи\w*)"
)
_IGNORE = (
    r"(?:ignor\w*|disregard\w*|forget|overrid\w*|bypass|vergiss|vergessen|olvid\w*|oubli\w*|esque\w*|dimentic\w*"
    r"|игнорир\w*|забудь\w*)"
)
_ORDERS = (
    r"(?:instruct\w*|prompt\w*|rules?|guidelines?|questions?|criteria|(?:all|everything|anything|text|what)"
    r" (?:of the |the |is |was )?(?:above|before|previous|prior)|previous|above|system|anweisung\w*|regeln|instruc\w*"
    r"|consign\w*|istruzion\w*|инструкц\w*)"
)
_RANK = (
    r"(?:rank|rate|score|grade|place|put|list|sort|order|position|promote|boost|move|push|prefer|recommend|choose|pick"
    r"|select|give)"
)
_IT = r"(?:it|this|me|us|that|candidate|video|one)"
_JUDGE = (
    r"(?:reader|user|viewer|candidate|request|query|ranking|ranker|reranker|recommender|assistant|language model|llm"
    r"|evaluator)"
)
_FIT = r"(?:match(?:es)?|fits?|relevan\w*|suit\w*|satisf\w*|choice|recommendation|suggestion)"
_WANT = r"(?:wants?|ask\w*|look\w*|search\w*|lov\w*|likes?|needs?|enjoy\w*|request\w*|prefers?|interests?|must)"

_INJECTIONS = (
    # instructions to a model
    rf"\b{_IGNORE}\b.{{0,40}}\b{_ORDERS}",
    rf"\b{_RANK}\b(?:\W+\w+){{0,2}}?\W+{_IT}\b(?:\W+\w+){{0,5}}?\W+{_BEST}",
    r"\b(?:choose|select|pick|recommend|prefer) (?:only |always )?(?:this|the) (?:one|video|candidate|entry)\b",
    r"\bnew (?:instruction|task|system (?:rule|prompt|message))s?\b",
    r"忽略|无视|無視|忽視|回答|答え|排名|排在|أجب|تجاهل|उत्तर|무시|대답",
    # dictated answers
    rf"\b{_ANSWER}\b(?:\W+\w+){{0,4}}?\W+[\"'“‘(]?{_YES}\b",
    rf"\b{_ANSWER}\b(?:\W+\w+){{0,2}}?\W+(?:letter|number|candidate|option|only|just)\W+[\"'“‘(]?(?:[a-t]|\d+)\b",
    rf"^\W*{_YES}\W*$|\byes(?:\W+yes\b)+|(?:[=:]|\b(?:is|be|with)\b)\s*[\"'“‘(]?yes\b",
    r"\b(?:rank|verdict|relevance|video_id)\s*[:=]|\bscore\s*[:=]\s*(?:0?\.\d|1\.0|10\b|100\b)",
    # imitated turns of a chat, ends of a text, places in a list
    r"(?:^|[.!?…:;#*)(‹›/-])\s*(?:system|assistant|user|developer|admin|human)(?: message| prompt| note)?\s*[:：›]",
    r"\b(?:system|developer|admin\w*) (?:prompt|message|instruction|note|override|update)",
    r"\b(?:end|start|begin\w*|close) (?:of )?(?:the )?(?:candidate|text|data|prompt|input|transcript|untrusted)\b",
    r"\bcandidate(?: id| number| no\.?| letter| video)?(?:\s*[#:]\s*|\s+)(?:\d+|[a-t])\b",
    r"\b(?:next|following) candidates?\b",
    # mentions of the reader's wish, and praise
    rf"\b{_JUDGE}s?\b(?:\W+\w+){{0,5}}?\W+{_WANT}\b|\byou(?:'ve| have)? (?:asked|searched|wished|requested)\b",
    rf"\b{_JUDGE}s?\b.{{0,60}}\b{_FIT}\b|\b{_FIT}\b.{{0,60}}\b{_JUDGE}s?\b",
    rf"\b(?:this|the) (?:video|clip|candidate|entry|item)\b.{{0,40}}\b(?:{_FIT}|approved|yes)\b",
    r"\b(?:this|the) (?:video|candidate|entry|item) (?:must|should|will|has to|comes|goes)\b.{0,20}\b(?:first|top)\b",
    rf"\b(?:perfect|exact|ideal|best|excellent|high|most|very|extreme|100 ?%)(?:ly)? (?:possible )?{_FIT}\b",
    r"\b(?:exactly|precisely) (?:what (?:you|was|is|they|people) (?:\w+ )?(?:ask|want|need|look)|the (?:one|video)\b)",
    r"\b(?:genau das|exactamente lo que|exactement ce que|esattamente (?:quello|ciò) che)\b",
    r"\b(?:best|greatest|finest|number one) (?:short )?(?:video|clip|film|talk)s?\b.{0,30}\b(?:ever|all|list)\b",
    r"\b(?:must[- ]watch|award[- ]winning|five[- ]star|5[- ]star)\b",
)
INJECTION = re.compile("|".join(_INJECTIONS), re.IGNORECASE)
_ENCODED = re.compile(
    r"\b(?=[A-Za-z+/]*\d)(?=[A-Z0-9+/]*[a-z])(?=[a-z0-9+/]*[A-Z])[A-Za-z0-9+/]{16,}={0,2}"  # base64
    r"|\b[A-Za-z0-9+/]{12,}={1,2}|\b(?:[0-9a-fA-F]{2}[\s:]?){12,}|(?:\\[ux][0-9a-fA-F]{2,4}){3,}"
    r"|(?:&#x?[0-9a-fA-F]+;?){3,}|(?:%[0-9a-fA-F]{2}){3,}|\b(?:[01]{8}\s?){3,}|(?:[.-]{1,6}\s+){6,}"
)
_PIECE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+|\s+(?:[-–—•*#]+|‹|›|/)\s+")
_BLANKS = re.compile(r"[^\S\n]+")
_MIN_LETTERS = 3  # fewer do not determine a script


def remove_injections(text: str, same_script_as: str = "") -> str:
    """Return `text` without pieces that match `INJECTION` or are in another script than `same_script_as`.

    A `same_script_as` of fewer than three letters allows every script.
    """
    script = _script(same_script_as)
    pieces = [_ENCODED.sub(REMOVED, piece).strip() for piece in _PIECE.split(_BLANKS.sub(" ", text))]
    harmless = [piece for piece in pieces if piece and not INJECTION.search(piece)]
    return " ".join(piece for piece in harmless if script is None or _script(piece) in (script, None))


def _script(text: str) -> str | None:
    """Return the script of most letters of `text`, the first word of their Unicode names; None for too few letters."""
    counts: dict[str, int] = {}
    for char in text:
        if char.isalpha():
            name = "LATIN" if char.isascii() else unicodedata.name(char, "?").split()[0]
            counts[name] = counts.get(name, 0) + 1
    if sum(counts.values()) < _MIN_LETTERS:
        return None
    return max(counts, key=counts.__getitem__)
