"""Text from strangers (titles, summaries, transcripts) made safe to stand inside a prompt, and short.

Known chat-template tokens are taken out. Then the characters that any such token, or our own `<candidate>` delimiter,
is made of are replaced: whatever remains cannot form one, however it was nested or spelled. What is left is text, and
may still talk to the model: see `agent/prompt_safety/injection.py`.
"""

from __future__ import annotations

import re
import unicodedata

from shortlist.agent.prompt_safety.injection import GONE, without_appeals
from shortlist.core.token_estimate import estimate_tokens, truncate
from shortlist.core.types import Video

TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>]{0,64}\|>"  # ChatML, Llama 3, Phi: <|im_start|>, <|eot_id|>
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|candidate)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)
HARMLESS = str.maketrans({"<": "‹", ">": "›", "|": "/", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'"})
CONSIDERED = 4000  # characters; a transcript's beginning is enough, and folding an hour of it is not free
TITLE_SHARE = 0.75


def clean(text: str, max_tokens: int) -> str:
    """`text` on one line, cut to about `max_tokens`: compatibility forms folded, control and template tokens gone."""
    return truncate(" ".join(_safe(text).split()), max_tokens)


def plain(text: str, max_tokens: int, like: str = "") -> str:
    """`clean`, less what speaks to whoever ranks: for all text that is not the reader's own words.

    `like` is a text of the same source whose script the rest should have.
    """
    return truncate(" ".join(without_appeals(_safe(text), like).split()), max_tokens)


def candidate_text(video: Video, max_tokens: int, joint: str = "\n") -> str:
    """Title, channel, category, and what it is about, as `plain` text: about `max_tokens`, the parts joined by `joint`.

    That is the transcript where all of it fits; else the summary, or what there is of transcript or description.
    """
    title = plain(video.display_title, int(max_tokens * TITLE_SHARE)) or GONE
    facts = [f"Title: {title}"]
    for label, value in (("Channel", video.channel), ("Category", video.category)):
        if value and (short := plain(value, max_tokens // 8)):
            facts.append(f"{label}: {short}")
    room = max_tokens - sum(map(estimate_tokens, facts))
    about = plain(_telling(video, room), max(0, room), like=title)
    return joint.join([*facts, f"About: {about}"] if about else facts)


def _telling(video: Video, room: int) -> str:
    spoken = video.transcript.text
    if spoken and estimate_tokens(spoken) <= room:
        return spoken
    return video.summary or spoken or video.description


def _safe(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:CONSIDERED])
    visible = "".join(_visible(char) for char in folded)
    return TEMPLATE_TOKEN.sub(" ", visible).translate(HARMLESS)


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return "\n" if char == "\n" else " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else char
