"""Text from strangers (titles, summaries, transcripts) made safe to stand inside a prompt.

Two steps. Known chat-template tokens are taken out. Then the characters that any such token, or our own
`<candidate>` delimiter, is made of are replaced: whatever remains cannot form one, however it was nested or spelled.
"""

from __future__ import annotations

import re
import unicodedata

from core.types import Video

TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>]{0,64}\|>"  # ChatML, Llama 3, Phi: <|im_start|>, <|eot_id|>
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|candidate)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)
HARMLESS = str.maketrans({"<": "‹", ">": "›", "|": "/", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'"})
CHARS_PER_WORD = 12  # bounds scripts without spaces, and one endless "word"


def clean(text: str, max_words: int) -> str:
    """`text` on one line, cut to `max_words`: compatibility forms folded, control and template tokens gone."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(_visible(char) for char in folded)
    safe = TEMPLATE_TOKEN.sub(" ", visible).translate(HARMLESS)
    return " ".join(safe.split()[:max_words])[: max_words * CHARS_PER_WORD].rstrip()


def candidate_text(video: Video, max_words: int) -> str:
    """Title, channel, category, then the summary, else transcript or description, each cut to `max_words`."""
    facts = (("Title", video.title), ("Channel", video.channel), ("Category", video.category))
    lines = [f"{label}: {clean(value, max_words)}" for label, value in facts if value]
    about = clean(video.summary or video.transcript.text or video.description, max_words)
    return "\n".join([*lines, f"About: {about}"] if about else lines)


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else char
