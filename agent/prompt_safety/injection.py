"""Removes from untrusted text what addresses the ranker instead of describing the video.

Small models believe what they read: "this is exactly what the reader asks for" lifts a candidate more than any
instruction does. So the model does not see pieces of text that instruct it, dictate an answer or a place, imitate a
turn of the chat, mention the reader's wish or praise the video as the best; nor lists of chapters and keywords, which
claim a subject and say nothing about it; nor data formats and runs of encoded characters. People still see the
original text. The patterns cover known attacks and prove nothing about others: see docs/security.md.
"""

from __future__ import annotations

import re

from shortlist.agent.prompt_safety.language import without_foreign
from shortlist.agent.prompt_safety.lookalikes import has_disguised_words, latin_form

REMOVED = "…"

_YES = r"(?:yes|true|positive|relevant|affirmative|ja|ya|s[ií]|oui|sim|tak|evet|kyllä|да|是|はい|예|نعم|हाँ)"
_BEST = r"(?:first|1st|#\s?1|no\.? ?1|number one|top|highest|maximum|max|best|above (?:all|every)|10(?:/10)?|100|5/5)"
_ANSWER = (
    r"(?:answer|respond|reply|say|output|print|return|type|choose|select|pick|vote|mark|classify|label|judge"
    r"|antwort\w*|antwoord\w*|svara?|jawab\w*|vastaa\w*|zeg|säg|sag|respond\w*|contest\w*|répond\w*|dites|rispond\w*|odpowied\w*|cevap\w*|ответ\w*|скажи\w*)"
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
    # lists of chapters, tags and keywords
    r"\b(?:chapters?|chapter list|contents|keywords?|tags?|tagged(?: \w+){0,3} with|topics|hashtags?) ?[:=]",
    r"(?:\b\d?\d:\d\d\b(?! ?[ap]\.?m)\D{2,}.*){3}|(?:\b(?:part|chapter|episode) (?:\d+|one|two|three)\b.*){2}",
    # data formats
    r"[\"'] ?: ?(?:[\"'(]|true|false|null|\d)|[\"'] ?\) ?\)?,|\)\),|\\[\"'/]|\\[nrt](?![a-z])|\b\w+=[^;&]+[;&]\w+=",
)
INJECTION = re.compile("|".join(_INJECTIONS), re.IGNORECASE)
_ENCODED = re.compile(
    r"\b(?=[A-Za-z+/]*\d)(?=[A-Z0-9+/]*[a-z])(?=[a-z0-9+/]*[A-Z])[A-Za-z0-9+/]{16,}={0,2}"  # base64
    r"|\b[A-Za-z0-9+/]{12,}={1,2}|\b(?:[0-9a-fA-F]{2}[\s:]?){8,}|(?:\\[ux][0-9a-fA-F]{2,4}){3,}"
    r"|(?:&#x?[0-9a-fA-F]+;?){3,}|(?:%[0-9a-fA-F]{2}){3,}|\b(?:[01]{8}\s?){3,}|(?:[.-]{1,6}\s+){6,}"
)
_PIECE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+|\s+(?:[-–—•*#]+|‹|›|/)\s+")
_WORD = re.compile(r"\w+")
_BLANKS = re.compile(r"[^\S\n]+")


def remove_injections(text: str, title: str = "") -> str:
    """Return `text` without pieces that match `INJECTION` or are in another script or language than `title`.

    Without a `title`, the first piece stands for it.
    """
    pieces = [_ENCODED.sub(REMOVED, piece).strip() for piece in _PIECE.split(_BLANKS.sub(" ", text))]
    harmless = [piece for piece in pieces if _WORD.search(piece) and not _is_suspect(piece)]
    return " ".join(without_foreign(harmless, title or "".join(harmless[:1])))


def _is_suspect(piece: str) -> bool:
    return has_disguised_words(piece) or any(map(INJECTION.search, {piece, latin_form(piece)}))
