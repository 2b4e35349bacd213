"""Makes untrusted text (titles, summaries, transcripts) short and safe to put into a prompt.

Known chat-template tokens are removed. Then all characters that such tokens or our own `<candidate>` delimiter consist
of are replaced, so that the rest cannot form one, however it was nested or spelled. The text may still address the
model: see `agent/prompt_safety/injection.py`.
"""

from __future__ import annotations

import re
import unicodedata

from shortlist.agent.prompt_safety.injection import REMOVED, remove_injections
from shortlist.core.token_estimate import estimate_tokens, truncate
from shortlist.core.types import Video

TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>]{0,64}\|>"  # ChatML, Llama 3, Phi: <|im_start|>, <|eot_id|>
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|candidate)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)
REPLACEMENTS = str.maketrans({"<": "‹", ">": "›", "|": "/", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'"})
MAX_CHARS = 4000  # the beginning of a transcript is enough, and normalising an hour of it is slow
TITLE_SHARE = 0.75


def clean(text: str, max_tokens: int) -> str:
    """Return `text` in NFKC on one line of about `max_tokens`, without control characters and template tokens."""
    return truncate(" ".join(_safe(text).split()), max_tokens)


def clean_untrusted(text: str, max_tokens: int, same_script_as: str = "") -> str:
    """Return `clean` text without injections. Use it for all text but the reader's own words.

    Pieces in another script than `same_script_as` are removed, too.
    """
    return truncate(" ".join(remove_injections(_safe(text), same_script_as).split()), max_tokens)


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
    about = clean_untrusted(_content(video, room), max(0, room), same_script_as=title)
    return joint.join([*facts, f"About: {about}"] if about else facts)


def _content(video: Video, room: int) -> str:
    spoken = video.transcript.text
    if spoken and estimate_tokens(spoken) <= room:
        return spoken
    return video.summary or spoken or video.description


def _safe(text: str) -> str:
    normalised = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    visible = "".join(_visible(char) for char in normalised)
    return TEMPLATE_TOKEN.sub(" ", visible).translate(REPLACEMENTS)


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return "\n" if char == "\n" else " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else char
