"""Texts of replies, from facts of the records only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from shortlist.agent.chat.action import LIMITS
from shortlist.agent.chat.chat_state import Document
from shortlist.agent.chat.languages.phrases import Language, say
from shortlist.agent.explain.explain import FUSION
from shortlist.agent.reader.describe_action import describe_action
from shortlist.agent.rerank.blend import RERANK
from shortlist.core.display import category_label, clock, day, length
from shortlist.core.errors import UnknownReader
from shortlist.core.notes import Note
from shortlist.core.ranking import Recommendation
from shortlist.core.types import Attributed, HistoryItem, Profile, Video

HIDDEN_NOTE = Note(
    "hidden-in-thread",
    "left out in this chat only; “dislike 3” or “seen it” leaves a video out for good",
)
JUDGED = {"like": "liked", "dislike": "disliked", "view": "seen"}  # the phrase for each action
MAX_WORDS = 60  # of a transcript
MAX_RECENT = 5
MAX_CHANNELS = 8
MAX_CHOICES = 4


def heading(arguments: Mapping[str, Any], like: str | None, language: Language = "en", surprise: str = "") -> str:
    """Return the heading of a list: "For user_123, about space, at most 1:00, not Sports:"."""
    parts = [say("for", language, value=arguments["user"])] if arguments.get("user") else []
    topics = filter(None, (arguments.get("about"), arguments.get("text")))
    parts += [say("about", language, value=topic) for topic in topics]
    parts += [say("like", language, value=like)] if like else []
    parts += [surprise] if surprise else []
    text = ", ".join([*parts, *limits(arguments, language)]) or say("here", language)
    return f"{text[0].upper()}{text[1:]}:"


def no_videos(arguments: Mapping[str, Any], language: Language = "en") -> str:
    """Return the reply for an empty list; it names the limits, so that you can drop one."""
    named = ", ".join(limits(arguments, language))
    if arguments.get("after"):
        return say("no_more", language)
    text = say("no_videos_with", language, limits=named) if named else say("no_videos", language)
    seen = arguments.get("user") and not arguments.get("include_seen")
    return f"{text} {say('seen_left_out', language)}" if seen else text


def unmet(phrases: Sequence[str], language: Language = "en") -> str:
    """Return the sentence on phrases that no filter can express."""
    return say("unmet", language, phrases=", ".join(f"“{phrase}”" for phrase in phrases))


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


def limits(arguments: Mapping[str, Any], language: Language) -> list[str]:
    """Return the limits among `arguments` in words: "at most 1:00", "not Sports"."""
    return [say(name, language, value=_limit_value(name, arguments[name])) for name in LIMITS if name in arguments]


def _limit_value(name: str, value: Any) -> str:
    if name in ("max_duration_s", "min_duration_s"):
        return length(value)
    if name == "not_videos":
        return str(len(value))
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def format_list(items: Sequence[Document], heading: str) -> str:
    """Return a numbered list with channel, length and reason."""
    lines = [f"{item['rank']}. {title_and_facts(item)} – {item['reason']}" for item in items]
    return "\n".join([heading, *lines])


def explain(item: Document, *, in_detail: bool) -> str:
    """Return the reason for an item; `in_detail` also its rank by each stage, and its evidence."""
    reason = f"Number {item['rank']}, {title_and_facts(item)}: {item['reason']}."
    parts = [_ranks(item), _quote(item)] if in_detail else []
    return " ".join([reason, *filter(None, parts)])


def describe_judgement(action: str, user: str, items: Sequence[Document], language: Language) -> str:
    """Return the sentence on stored feedback: "Noted: user_123 likes “Dust on the Moon”.", and how to undo it."""
    titles = ", ".join(f"“{item['title']}”" for item in items)
    return f"{say(JUDGED[action], language, user=user, videos=titles)} {say('undo_hint', language)}"


def choices(named: Sequence[Document], language: Language) -> tuple[str, ...]:
    """Return ready answers, each a message that the chat understands; each of `named` has the name of a phrase."""
    return tuple(say(one["say"], language, **{key: one[key] for key in one if key != "say"}) for one in named)


def describe_watched(
    user: str, watched: Sequence[tuple[HistoryItem, float | None]], first: str, end: str | None
) -> str:
    """Return what a reader watched from the day `first` to the day before `end`; each video with its seconds."""
    days = f"since {first}" if end is None else f"from {first} to {date.fromisoformat(end) - timedelta(days=1)}"
    if not watched:
        return f"{user} watched nothing {days}."
    lines = []
    for item, seconds in watched:
        action = " ".join(filter(None, describe_action(item, seconds)))
        lines.append(f"  {item.at:%a} {day(item.at)}, {action}: “{item.title}”")
    count = "one video" if len(watched) == 1 else f"{len(watched)} videos"
    return "\n".join([f"{user} watched {count} {days}, newest first:", *lines])


def describe(rank: int, video: Video) -> str:
    """Return a video's summary, else its description, else the beginning of its transcript."""
    facts = {"title": video.display_title, "channel": video.channel, "duration_s": video.duration_s}
    about = video.summary or video.description or _first_words(video.transcript.text)
    return f"Number {rank}, {title_and_facts(facts)}: {about or 'its record says nothing more.'}"


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


def compare(items: Sequence[Document], videos: Mapping[str, Video], language: Language) -> str:
    """Return one line for each item, and a last one that names the shortest and the newest."""
    lines = []
    for item in items:
        video = videos.get(item["video_id"])
        facts = [item.get("category"), day(video.published) if video and video.published else None]
        about = (video.summary if video else None) or item["reason"]
        lines.append(f"{item['rank']}. {title_and_facts(item)}: {', '.join([*filter(None, facts), about])}")
    ends = []
    lengths = {item["rank"]: item["duration_s"] for item in items if item["duration_s"] is not None}
    if len(set(lengths.values())) > 1:
        ends.append(say("shortest", language, number=min(lengths, key=lambda rank: lengths[rank])))
    days = {item["rank"]: item["published"] for item in items if item.get("published")}
    if len(set(days.values())) > 1:
        ends.append(say("newest", language, number=max(days, key=lambda rank: days[rank])))
    return "\n".join([*lines, *([" ".join(ends)] if ends else [])])


def quoted_passage(item: Recommendation) -> str:
    """Return the title of a video, with the passage of its transcript that the search found."""
    facts = {"title": item.video.display_title, "channel": item.video.channel, "duration_s": item.video.duration_s}
    evidence = item.evidence
    if evidence is None:
        return title_and_facts(facts)
    at = "" if evidence.start_s is None else f" {clock(evidence.start_s)}"
    return f"{title_and_facts(facts)}{at}: “{_first_words(evidence.text)}”"


def format_taste(sentence: Attributed, tags: Sequence[str]) -> str:
    """Return the stored description of a reader's taste, with its tags and author."""
    in_brackets = f" ({', '.join(tags)})" if tags else ""
    return f"{sentence.value}{in_brackets} [{sentence.made_by}]"


def unknown_reader(error: UnknownReader) -> str:
    """Return the reply for a reader that does not exist, with the nearest ids."""
    nearest = f" The nearest ids are {', '.join(error.nearest)}." if error.nearest else " No readers are known yet."
    return f"I know no reader {error.user_id!r}.{nearest}"


def title_and_facts(item: Mapping[str, Any]) -> str:
    """Return the title with channel and length: "“Dust on the Moon” (NASA, 0:56)"."""
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
