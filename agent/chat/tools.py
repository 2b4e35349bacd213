"""The tools of a chat: each runs one kind of action on the recommender and the records, and words the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shortlist.agent.chat import replies
from shortlist.agent.chat.action import Action, ActionName, filters_of
from shortlist.agent.chat.memory import Document, Memory
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.reply import Reply
from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.errors import UnknownReader, UsageError
from shortlist.core.json_documents import recommendation_document
from shortlist.core.ranking import MAX_K, Answer, Request
from shortlist.core.types import Made

DEFAULT_K = 5
SAID_ONCE = ("unmet", "undone", "others")  # and not asked again by a follow-up

# What a reader likes in a sentence and in tags, where it was written.
TasteOf = Callable[[str], tuple[Made, tuple[str, ...]] | None]


class Tools:
    """Whoever read the message, the parser or a language model, its action is done here."""

    def __init__(
        self, recommender: Recommender, records: Records, names: Names, taste: TasteOf = lambda _user: None
    ) -> None:
        self._recommender = recommender
        self._taste = taste
        self._records = records
        self._names = names
        self._by_name: dict[ActionName, Callable[[Action, Memory], Reply]] = {
            "recommend": self._recommend,
            "search": self._search,
            "explain": self._explain,
            "describe": self._describe,
            "profile": self._profile,
            "help": self._help,
        }

    def run(self, action: Action, memory: Memory) -> Reply:
        """The reply to `action`. What cannot be done is said; only a missing model or a broken state raises."""
        try:
            reply = self._by_name[action.name](action, memory)
        except UnknownReader as error:
            return Reply(replies.unknown(error), action)
        except UsageError as error:
            return Reply(f"That cannot be done: {error}.", action)
        left = [replies.unmet(action.arguments["unmet"])] if action.arguments.get("unmet") else []
        left += [replies.one_reader(action.arguments["others"])] if action.arguments.get("others") else []
        return replace(reply, text="\n".join([reply.text, *left]))

    def _recommend(self, action: Action, memory: Memory) -> Reply:
        arguments = dict(action.arguments)
        missing = self._resolve(arguments, memory)
        if missing is not None:
            return Reply(missing, action)
        user, like = arguments.get("user"), arguments.get("like")
        k, filters = _size(arguments), filters_of(arguments)
        if user is None and like is not None:
            return self._list(self._recommender.similar(like, k, filters), action, arguments, memory)
        if user is None:
            return Reply(replies.WHO, action)
        request = Request(user, k, arguments.get("about"), filters=filters, like=like)
        return self._list(self._recommender.recommend(request), action, arguments, memory)

    def _search(self, action: Action, memory: Memory) -> Reply:
        arguments = dict(action.arguments)
        missing = self._resolve(arguments, memory)
        if missing is not None:
            return Reply(missing, action)
        answer = self._recommender.search(arguments["text"], _size(arguments), filters_of(arguments))
        return self._list(answer, action, arguments, memory)

    def _explain(self, action: Action, memory: Memory) -> Reply:
        item, missing = self._pick(action.arguments["number"], action.arguments.get("user"), memory)
        return Reply(missing, action) if item is None else Reply(replies.explained(item), action, (item,))

    def _describe(self, action: Action, memory: Memory) -> Reply:
        item, missing = self._pick(action.arguments["number"], action.arguments.get("user"), memory)
        if item is None:
            return Reply(missing, action)
        video = self._records.videos.get_many([item["video_id"]]).get(item["video_id"])
        if video is None:
            return Reply(f"“{item['title']}” has been removed since.", action)
        return Reply(replies.described(item["rank"], video), action, (item,))

    def _profile(self, action: Action, memory: Memory) -> Reply:
        profile = self._recommender.profile(action.arguments["user"])
        records = self._records.videos.get_many([item.item_id for item in profile.history if item.kind == "video"])
        text = replies.tasted(profile, {item: video.duration_s for item, video in records.items()})
        taste = self._taste(profile.user_id)
        return Reply(f"{replies.in_words(*taste)}\n{text}" if taste else text, action)

    def _help(self, action: Action, memory: Memory) -> Reply:
        return Reply(replies.HELP, action)

    def _list(self, answer: Answer, action: Action, arguments: Mapping[str, Any], memory: Memory) -> Reply:
        every = tuple(recommendation_document(item) for item in answer.recommendations)
        shown = _continued(every, arguments, memory) if arguments.get("after") else every
        title = self._title(arguments.get("like"))
        text = replies.listed(shown, replies.heading(arguments, title)) if shown else self._nothing(arguments)
        question = self._question(arguments, shown)
        text = f"{text}\n{question}" if question else text
        asked = {name: value for name, value in arguments.items() if name not in SAID_ONCE}
        hidden = any(isinstance(one, int) for one in action.arguments.get("not_videos", ()))
        notes = (*answer.notes, replies.HIDDEN) if hidden else answer.notes
        return Reply(text, action, shown, notes, asked, undecided=bool(question))

    def _question(self, arguments: Mapping[str, Any], shown: tuple[Document, ...]) -> str | None:
        """What would help to know a reader who has liked nothing and said nothing."""
        user = arguments.get("user")
        if not user or not shown or {"about", "like", "after"} & arguments.keys():
            return None
        profile = self._recommender.profile(user)
        return None if profile.liked or profile.interests else replies.question(shown, self._names.categories)

    def _nothing(self, arguments: Mapping[str, Any]) -> str:
        channel = arguments.get("channel")
        if channel is not None and channel not in self._names.channels:
            return replies.no_such_channel(channel, self._names.channels)
        return replies.nothing(arguments)

    def _title(self, like: str | None) -> str | None:
        video = self._records.videos.get_many([like]).get(like) if like else None
        return video.display_title if video else None

    def _resolve(self, arguments: dict[str, Any], memory: Memory) -> str | None:
        """Puts ids for the places of the last list in `arguments`; returns what to say where there is no such place."""
        places = [one for one in (arguments.get("like"), *arguments.get("not_videos", ())) if isinstance(one, int)]
        ids: dict[Any, str] = {}
        for place in places:
            item, missing = self._pick(place, arguments.get("user"), memory)
            if item is None:
                return missing
            ids[place] = item["video_id"]
        if "like" in arguments:
            arguments["like"] = ids.get(arguments["like"], arguments["like"])
        if "not_videos" in arguments:
            arguments["not_videos"] = [ids.get(one, one) for one in arguments["not_videos"]]
        return None

    def _pick(self, number: int, user: str | None, memory: Memory) -> tuple[Document | None, str]:
        """The item of the last list that is meant, or what to say where there is none.

        Where there is no list, or it was another reader's, the list that this reader would get now is meant.
        """
        items = memory.listed if user is None or memory.listed_for in (None, user) else ()
        if not items and user:
            items = self._due(user, max(DEFAULT_K, min(number, MAX_K)), memory)
        if not items:
            return None, replies.NO_LIST
        if number == -1:
            return items[-1], ""
        found = next((item for item in items if item["rank"] == number), None)
        return found, replies.no_such_number(number, items[-1]["rank"])

    def _due(self, user: str, k: int, memory: Memory) -> tuple[Document, ...]:
        """What `user` would get: what the chat is to ask for them, where it is about them."""
        asked = memory.asked.arguments if memory.asked and memory.asked.arguments.get("user") == user else {}
        request = Request(user, k, asked.get("about"), filters=filters_of(asked), like=asked.get("like"))
        return tuple(recommendation_document(item) for item in self._recommender.recommend(request).recommendations)


def _continued(every: Sequence[Document], arguments: Mapping[str, Any], memory: Memory) -> tuple[Document, ...]:
    """The best of `every` that were not shown yet, numbered on: by their ids, for other limits make another list."""
    before = {item["video_id"] for item in memory.listed}
    new = [item for item in every if item["video_id"] not in before][: arguments.get("k", DEFAULT_K)]
    return tuple({**item, "rank": rank} for rank, item in enumerate(new, arguments["after"] + 1))


def _size(arguments: Mapping[str, Any]) -> int:
    return min(int(arguments.get("k", DEFAULT_K)) + int(arguments.get("after", 0)), MAX_K)
