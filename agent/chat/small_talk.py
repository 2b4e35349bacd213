"""Messages that want no video: greetings, questions about the chat itself, and what it cannot do."""

from __future__ import annotations

from shortlist.agent.chat.grammar import pattern


def is_small_talk(text: str, *, named: bool) -> bool:
    """Whether `text` asks for no video at all. `named`: it names a reader, which small talk rarely does."""
    if pattern("greeting").fullmatch(text):
        return True
    if named and pattern("switching").match(text):
        return False
    return any(pattern(phrase).fullmatch(text) for phrase in ("errand", *(() if named else ("about_chat", "world"))))
