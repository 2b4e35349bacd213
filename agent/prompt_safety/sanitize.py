"""Makes untrusted text (titles, summaries, transcripts) short and safe to put into a prompt.

Tags such as chat-template tokens are removed, in brackets that look alike, too, and an untrusted text ends at the first
one that is not HTML. Then all characters that such tokens or our own `<candidate>` delimiter consist of are replaced,
so that the rest cannot form one, however it was nested or spelled. The text may still address the model: see
`agent/prompt_safety/injection.py`.
"""

from __future__ import annotations

import re
import unicodedata

from shortlist.agent.prompt_safety.injection import REMOVED, remove_injections
from shortlist.agent.prompt_safety.lookalikes import BRACKETS, drop_stray_marks
from shortlist.core.token_estimate import estimate_tokens, truncate
from shortlist.core.types import Video

_NAMES = r"im_\w*|inst|sys|system_prompt|available_tools|tool_(?:calls?|results)|endoftext|e[on]t_id|candidate"
TAG = re.compile(
    r"<[|/]{0,2}(?P<name>[a-z_]\w*)[^<>]{0,64}>"  # <|im_start|>, </candidate>, <text>, <br>
    rf"|[(\[{{<«《]{{1,3}}[\s/|]{{0,3}}(?:{_NAMES})[\s/|]{{0,3}}[)\]}}>»》]{{1,3}}"  # [INST], <<SYS>>, «candidate»
    r"|[(\[{][/|][a-z_]\w*[)\]}]",  # [/INST]
    re.IGNORECASE,
)
HTML = re.compile(
    r"a|b|br|code|div|em|font|h[1-6r]|i|img|li|[ou]l|p|pre|small|span|strong|su[bp]|table|t[dr]|u", re.IGNORECASE
)
REPLACEMENTS = str.maketrans({"<": "‹", ">": "›", "|": "/", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'"})
MAX_CHARS = 4000  # the beginning of a transcript is enough, and normalising an hour of it is slow
TITLE_SHARE = 0.75


def clean(text: str, max_tokens: int) -> str:
    """Return `text` in NFKC on one line of about `max_tokens`, without control characters and tags."""
    return truncate(" ".join(_safe(_visible(text)).split()), max_tokens)


def clean_untrusted(text: str, max_tokens: int, title: str = "") -> str:
    """Return `clean` text without injections. Use it for all text but the reader's own words.

    The text ends at the first tag that is not HTML. Pieces in another language than `title` are removed.
    """
    harmless = remove_injections(_safe(_before_chat_tag(_visible(text))), title)
    return truncate(" ".join(harmless.split()), max_tokens)


def candidate_text(video: Video, max_tokens: int, joint: str = "\n") -> str:
    """Return title, channel, category and content of a video, about `max_tokens` long, joined by `joint`.

    The content is the transcript if all of it fits, else the summary, else the beginning of transcript or description.
    """
    title = clean_untrusted(video.display_title, int(max_tokens * TITLE_SHARE)) or REMOVED
    facts = [f"Title: {title}"]
    for label, value in (("Channel", video.channel), ("Category", video.category)):
        if value and (short := clean_untrusted(value, max_tokens // 8)):
            facts.append(f"{label}: {short}")
    room = max_tokens - sum(map(estimate_tokens, facts))
    about = clean_untrusted(_content(video, room), max(0, room), title)
    return joint.join([*facts, f"About: {about}"] if about else facts)


def _content(video: Video, room: int) -> str:
    spoken = video.transcript.text
    if spoken and estimate_tokens(spoken) <= room:
        return spoken
    return video.summary or spoken or video.description


def _visible(text: str) -> str:
    normalised = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    visible = drop_stray_marks("".join(map(_visible_form, normalised)))
    return visible.translate(BRACKETS)


def _visible_form(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return "\n" if char == "\n" else " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else char


def _before_chat_tag(text: str) -> str:
    for tag in TAG.finditer(text):
        if not HTML.fullmatch(tag["name"] or ""):
            return text[: tag.start()]
    return text


def _safe(text: str) -> str:
    """Return `text` without tags, nested ones included, and without the characters that they consist of."""
    while (shorter := TAG.sub(" ", text)) != text:
        text = shorter
    return text.translate(REPLACEMENTS)
