"""Texts of replies, from facts of the records only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shortlist.agent.chat.memory import Document
from shortlist.agent.explain.explain import FUSION
from shortlist.agent.reader.action_phrases import describe_action
from shortlist.agent.rerank.blend import RERANK
from shortlist.core.display import category_label, clock, length
from shortlist.core.errors import UnknownReader
from shortlist.core.notes import Note
from shortlist.core.types import Attributed, Profile, Video

HELP = """I find short videos for a reader, and say why. You can say, for example:
  recommend for user_123
  three about space for user_123, under a minute, not sports, only from NASA, newer than last month
  shorter ones · the next five · more like number 2 · and for user_7? · include what I have seen
  not number 2 · nothing in German · from September · any length · without limits · undo · start over
  why number 3? · what is the second about?
  what does user_123 like?
  search sourdough"""
NOT_UNDERSTOOD = "I did not understand that."
ASK_READER = "For whom? Name a reader, as in “recommend for user_123”."
NO_LIST = "There is no list yet. Ask for one first, as in “recommend for user_123”."
HIDDEN_NOTE = Note(
    "hidden-in-thread",
    "left out in this chat only; a `skip` event (`shortlist ingest events`) leaves a video out for good",
)
MAX_WORDS = 60  # of a transcript
MAX_RECENT = 5
MAX_CHANNELS = 8
MAX_CHOICES = 4


def heading(arguments: Mapping[str, Any], like: str | None) -> str:
    """Return the heading of a list: "For user_123, about space, at most 1:00, not Sports:"."""
    parts = [f"for {arguments['user']}"] if arguments.get("user") else []
    parts += [f"about {topic}" for topic in (arguments.get("about"), arguments.get("text")) if topic]
    parts += [f"like “{like}”"] if like else []
    text = ", ".join([*parts, *_limits(arguments)]) or "here"
    return f"{text[0].upper()}{text[1:]}:"


def no_videos(arguments: Mapping[str, Any]) -> str:
    """Return the reply for an empty list; it names the limits, so that you can drop one."""
    limits = ", ".join(_limits(arguments))
    if arguments.get("after"):
        return "That is all there is."
    return f"I found no video for that: {limits}." if limits else "I found no video for that."


def unmet(phrases: Sequence[str]) -> str:
    """Return the sentence on phrases that no filter can express."""
    return f"I cannot filter by this: {', '.join(f'“{phrase}”' for phrase in phrases)}."


def one_reader(others: Sequence[str]) -> str:
    """Return the sentence on readers that were named besides the first."""
    return f"I answer for one reader at a time; ask again for {', '.join(others)}."


def no_such_channel(channel: str, known: Sequence[str]) -> str:
    """Return the reply for a channel that the home does not have."""
    examples = ", ".join(sorted(known)[:MAX_CHANNELS])
    return f"There is no channel “{channel}” here. " + (
        f"For example: {examples}." if examples else "No channels are known."
    )


def ask_preference(items: Sequence[Document], categories: Sequence[str]) -> str:
    """Return a question for a reader without likes and interests, with categories to choose from."""
    in_list = list(dict.fromkeys(item["category"] for item in items if item.get("category")))
    offered = [*in_list, *(name for name in categories if name not in in_list)][:MAX_CHOICES]
    if len(offered) < 2:
        return "What do you like to watch?"
    return f"These videos are popular or new. What do you feel like: {', '.join(offered[:-1])} or {offered[-1]}?"


def _limits(arguments: Mapping[str, Any]) -> list[str]:
    phrases: dict[str, Callable[[Any], str]] = {
        "max_duration_s": lambda value: f"at most {length(value)}",
        "min_duration_s": lambda value: f"at least {length(value)}",
        "category": lambda value: f"only {value}",
        "channel": lambda value: f"only from {value}",
        "not_categories": lambda value: f"not {', '.join(value)}",
        "not_channels": lambda value: f"not from {', '.join(value)}",
        "not_words": lambda value: f"without {', '.join(value)}",
        "not_videos": lambda value: f"without {len(value)} of the videos",
        "language": lambda value: f"in {value}",
        "not_languages": lambda value: f"not in {', '.join(value)}",
        "published_after": lambda value: f"since {value}",
        "published_before": lambda value: f"before {value}",
        "include_seen": lambda value: "seen videos included",
    }
    return [phrase(arguments[name]) for name, phrase in phrases.items() if name in arguments]


def format_list(items: Sequence[Document], heading: str) -> str:
    """Return a numbered list with channel, length and reason."""
    lines = [f"{item['rank']}. {_title_and_facts(item)} – {item['reason']}" for item in items]
    return "\n".join([heading, *lines])


def explain(item: Document) -> str:
    """Return the reason for an item, its rank by each stage, and its evidence."""
    parts = [f"Number {item['rank']}, {_title_and_facts(item)}: {item['reason']}."]
    parts += [text for text in (_ranks(item), _quote(item)) if text]
    return " ".join(parts)


def describe(rank: int, video: Video) -> str:
    """Return a video's summary, else its description, else the beginning of its transcript."""
    facts = {"title": video.display_title, "channel": video.channel, "duration_s": video.duration_s}
    about = video.summary or video.description or _first_words(video.transcript.text)
    return f"Number {rank}, {_title_and_facts(facts)}: {about or 'its record says nothing more.'}"


def describe_profile(profile: Profile, lengths: Mapping[str, float | None]) -> str:
    """Return a reader's categories and newest history; `lengths` maps video ids to seconds."""
    if not profile.history:
        interests = ", ".join(profile.interests)
        return f"{profile.user_id} has no history yet" + (f"; stated interests: {interests}." if interests else ".")
    shares = [
        f"{category_label(name, name in profile.guessed_categories)} {share:.0%}"
        for name, share in list(profile.categories.items())[:MAX_RECENT]
        if share >= 0.005
    ]
    likes = f"{profile.user_id} likes {', '.join(shares)}." if shares else f"{profile.user_id} has liked nothing yet."
    lines = []
    for item in profile.history[:MAX_RECENT]:
        action = " ".join(filter(None, describe_action(item, lengths.get(item.item_id))))
        lines.append(f"  {action}: “{item.title}”")
    return "\n".join([likes, f"The newest of {profile.n_events} events:", *lines])


def format_taste(sentence: Attributed, tags: Sequence[str]) -> str:
    """Return the stored description of a reader's taste, with its tags and author."""
    in_brackets = f" ({', '.join(tags)})" if tags else ""
    return f"{sentence.value}{in_brackets} [{sentence.made_by}]"


def unknown_reader(error: UnknownReader) -> str:
    """Return the reply for a reader that does not exist, with the nearest ids."""
    nearest = f" The nearest ids are {', '.join(error.nearest)}." if error.nearest else " No readers are known yet."
    return f"I know no reader {error.user_id!r}.{nearest}"


def no_such_number(number: int, size: int) -> str:
    """Return the reply for a number that the last list does not have."""
    return f"The last list has {size} videos; there is no number {number}."


def _title_and_facts(item: Mapping[str, Any]) -> str:
    seconds = item["duration_s"]
    facts = ", ".join(filter(None, (item["channel"], None if seconds is None else length(seconds))))
    return f"“{item['title']}”" + (f" ({facts})" if facts else "")


def _ranks(item: Document) -> str:
    stages = item["stages"]
    legs = [f"{name} {stage['rank']}" for name, stage in stages.items() if name not in (FUSION, RERANK)]
    parts = [f"places by leg: {', '.join(legs)}"] if legs else []
    if FUSION in stages:
        parts.append(f"together {stages[FUSION]['rank']}")
    if RERANK in stages:
        parts.append(f"by the language model alone {stages[RERANK]['rank']}")
    text = "; ".join([*parts, f"in the end {item['rank']}"])
    return f"{text[0].upper()}{text[1:]}."


def _quote(item: Document) -> str | None:
    evidence = item["evidence"]
    if evidence is None:
        return None
    at = "" if evidence["start_s"] is None else f" at {clock(evidence['start_s'])}"
    return f"It says{at}: “{_first_words(evidence['text'])}”"


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:MAX_WORDS]) + (" …" if len(words) > MAX_WORDS else "")
