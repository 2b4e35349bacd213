"""A conversation: parse, run the action on the recommender and the records, answer, remember."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.chat import replies
from agent.chat.action import Action
from agent.chat.memory import Document, Memory, Threads, recall
from agent.chat.parse import parse
from agent.chat.words import MAX_CHARS
from agent.recommend import Recommender
from agent.records import Records
from core.errors import UnknownReader
from core.ranking import MAX_K, Answer, Request
from core.wire import recommendation_document

DEFAULT_K = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, the action behind it, the list it shows or speaks of, and notes for the person."""

    text: str
    action: Action
    recommendations: tuple[Document, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The document of `chat --json`."""
        return {
            "reply": self.text,
            "action": {"name": self.action.name, "arguments": dict(self.action.arguments)},
            "recommendations": list(self.recommendations),
            "notes": list(self.notes),
        }


class Chat:
    """Talks in threads; a thread remembers its reader and its last list."""

    def __init__(self, recommender: Recommender, records: Records, threads: Threads) -> None:
        self._recommender = recommender
        self._records = records
        self._threads = threads
        self._tools: dict[str, Callable[[Action, Memory], Reply]] = {
            "recommend": self._recommend,
            "search": self._search,
            "explain": self._explain,
            "describe": self._describe,
            "profile": self._profile,
            "help": self._help,
        }

    def turn(self, message: str, user: str | None = None, thread: str = "default") -> Reply:
        """The reply to `message` in `thread`, for `user` where the message names nobody else.

        No text raises. A model or encoder that is missing does (`ServiceError`), as on the command line.
        """
        memory = recall(self._threads.thread(thread), user)
        action = parse(message, memory, self._is_reader)
        try:
            reply = self._tools[action.name](action, memory)
        except UnknownReader as error:
            reply = Reply(replies.unknown(error), action)
        shown = reply.recommendations if action.name in ("recommend", "search") else ()
        turn = {"message": message[:MAX_CHARS], "user": action.arguments.get("user"), "recommendations": list(shown)}
        self._threads.append_thread(thread, {**reply.document, **turn})
        return reply

    def _recommend(self, action: Action, memory: Memory) -> Reply:
        user, about = action.arguments["user"], action.arguments.get("about")
        if user is None:
            return Reply(replies.WHO, action)
        answer = self._recommender.recommend(Request(user, _size(action), about))
        return _list(answer, action, f"For {user}, about {about}:" if about else f"For {user}:")

    def _search(self, action: Action, memory: Memory) -> Reply:
        text = action.arguments["text"]
        return _list(self._recommender.search(text, _size(action)), action, f"About {text}:")

    def _explain(self, action: Action, memory: Memory) -> Reply:
        item, missing = self._pick(action, memory)
        return Reply(missing, action) if item is None else Reply(replies.explained(item), action, (item,))

    def _describe(self, action: Action, memory: Memory) -> Reply:
        item, missing = self._pick(action, memory)
        if item is None:
            return Reply(missing, action)
        video = self._records.videos([item["video_id"]]).get(item["video_id"])
        if video is None:
            return Reply(f"“{item['title']}” has been removed since.", action)
        return Reply(replies.described(item["rank"], video), action, (item,))

    def _profile(self, action: Action, memory: Memory) -> Reply:
        profile = self._recommender.profile(action.arguments["user"])
        records = self._records.videos([item.item_id for item in profile.history if item.kind == "video"])
        return Reply(replies.tasted(profile, {item: video.duration_s for item, video in records.items()}), action)

    def _help(self, action: Action, memory: Memory) -> Reply:
        return Reply(replies.HELP, action)

    def _pick(self, action: Action, memory: Memory) -> tuple[Document | None, str]:
        """The item of the last list that is meant, or what to say where there is none.

        Where there is no list, or it was another reader's, the list that this reader would get now is meant.
        """
        number, user = action.arguments["number"], action.arguments.get("user")
        items = memory.listed if user is None or memory.listed_for in (None, user) else ()
        if not items and user:
            items = _documents(self._recommender.recommend(Request(user, max(DEFAULT_K, min(number, MAX_K)))))
        if not items:
            return None, replies.NO_LIST
        place = number - 1 if number > 0 else number
        if number == 0 or place >= len(items):
            return None, replies.no_such_number(number, len(items))
        return items[place], ""

    def _is_reader(self, word: str) -> bool:
        try:
            return bool(self._records.reader(word))
        except UnknownReader:
            return False


def _size(action: Action) -> int:
    return min(int(action.arguments.get("k", DEFAULT_K)), MAX_K)


def _list(answer: Answer, action: Action, heading: str) -> Reply:
    items = _documents(answer)
    text = replies.listed(items, heading) if items else "I found no video for that."
    return Reply(text, action, items, answer.notes)


def _documents(answer: Answer) -> tuple[Document, ...]:
    return tuple(recommendation_document(item) for item in answer.recommendations)
