"""Tools of the chat: each runs one kind of action on the recommender and the records, and words the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from random import Random
from typing import Any

from shortlist.agent.chat import catalogue_answers, reply_text
from shortlist.agent.chat.action import Action, ActionName, build_filters
from shortlist.agent.chat.chat_state import ChatState, Document
from shortlist.agent.chat.feedback_events import Feedback
from shortlist.agent.chat.languages.phrases import Language, say
from shortlist.agent.chat.nlu.names import Names
from shortlist.agent.chat.reply import Reply
from shortlist.agent.chat.standing_wishes import answer_objective, restore_objective
from shortlist.agent.reader.records import Records
from shortlist.agent.reader.watched import load_watched
from shortlist.agent.recommend import Recommender
from shortlist.agent.what_if.counterfactual import counterfactuals
from shortlist.core.errors import UnknownReader, UsageError
from shortlist.core.json_documents import answer_document, recommendation_document
from shortlist.core.ranking import MAX_K, Answer, Request
from shortlist.core.types import Attributed
from shortlist.store.exposure_log import ExposureLog

DEFAULT_K = 5
SURPRISE_POOL = 50  # a surprise is drawn from so many of the best videos for the reader
SELDOM_SHARE = 0.1  # a category below this share of what the reader likes is a seldom one
NOT_REPEATED = ("unmet", "undone", "others")  # arguments that a follow-up does not repeat

# The stored description of a reader's taste, a sentence and tags; None if there is none.
TasteOf = Callable[[str], tuple[Attributed, tuple[str, ...]] | None]
ShowDraft = Callable[[str], None]


def ignore(_draft: str) -> None:
    """Do nothing with the draft of a list."""


class Tools:
    """Runs the actions that the parser or a language model read in a message, and records lists in `exposures`."""

    def __init__(
        self,
        recommender: Recommender,
        records: Records,
        names: Names,
        feedback: Feedback,
        taste: TasteOf = lambda _user: None,
        exposures: ExposureLog | None = None,
        chance: Random | None = None,
        budget_ms: float | None = None,
    ) -> None:
        """Run actions on `recommender`; a rerank may take `budget_ms` milliseconds, any time if None."""
        self._recommender = recommender
        self._taste = taste
        self._records = records
        self._names = names
        self._feedback = feedback
        self._exposures = exposures
        self._budget_ms = budget_ms
        self._chance = chance or Random()  # noqa: S311  (it draws surprises)
        self._by_name: dict[ActionName, Callable[[Action, ChatState], Reply]] = {
            "recommend": self._recommend,
            "search": self._search,
            "explain": self._explain,
            "describe": self._describe,
            "open": self._open,
            "compare": self._compare,
            "quote": lambda action, state: catalogue_answers.quote(action, state, self._recommender),
            "count": lambda action, state: catalogue_answers.count(action, state, self._recommender),
            "contents": lambda action, state: catalogue_answers.contents(action, state, self._recommender.snapshot),
            "profile": self._profile,
            "feedback": self._judge,
            "objective": self._objective,
            "ask": self._ask,
            "unknown": self._not_understood,
            "help": self._help,
        }

    def run(self, action: Action, state: ChatState, show: ShowDraft = ignore) -> Reply:
        """Return the reply to `action`. Usage errors become replies; `ServiceError` and `StateError` are raised.

        `show` gets the text of a list before the language model reranks it.
        """
        try:
            run = partial(self._recommend, show=show) if action.name == "recommend" else self._by_name[action.name]
            reply = run(action, state)
        except UnknownReader as error:
            return Reply(reply_text.unknown_reader(error), action)
        except UsageError as error:
            return Reply(f"That cannot be done: {error}.", action)
        unmet = action.arguments.get("unmet")
        remarks = [reply_text.unmet(unmet, state.language)] if unmet else []
        remarks += [reply_text.one_reader(action.arguments["others"])] if action.arguments.get("others") else []
        return replace(reply, text="\n".join([reply.text, *remarks]))

    def _recommend(self, action: Action, state: ChatState, show: ShowDraft = ignore) -> Reply:
        arguments = dict(action.arguments)
        problem = self._resolve(arguments, state)
        if problem is not None:
            return Reply(problem, action)
        user, like = arguments.get("user"), arguments.get("like")
        k, filters = _depth(arguments), build_filters(arguments)
        if user is None and like is not None:
            return self._list(self._recommender.similar(like, k, filters), action, arguments, state)
        if user is None:
            return Reply(say("ask_reader", state.language), action)
        surprise = bool(arguments.get("surprise"))
        request = Request(
            user,
            SURPRISE_POOL if surprise else k,
            arguments.get("about"),
            budget_ms=self._budget_ms,
            filters=filters,
            like=like,
        )
        draft = self._recommender.draft(request)
        if draft.reranks and not surprise:
            show(self._page(draft.answer, arguments, state)[1])
        answer = self._recommender.finish(draft)
        if not surprise:
            return self._list(answer, action, arguments, state, request=request)
        drawn, how = self._draw(answer, k)
        heading = say(how, state.language, pool=len(answer.recommendations))
        return self._list(drawn, action, arguments, state, heading, request)

    def _draw(self, answer: Answer, k: int) -> tuple[Answer, str]:
        """Return `k` of the videos, drawn at random, and the phrase that says how.

        They come from categories that the reader seldom watches if those suffice.
        """
        shares = self._recommender.profile(answer.user_id).categories
        best = answer.recommendations
        seldom = [item for item in best if shares.get(item.video.category or "", 0.0) < SELDOM_SHARE]
        pool = seldom if len(seldom) >= k else best
        drawn = self._chance.sample(pool, min(k, len(pool)))
        notes = tuple(note for note in answer.notes if note.code != "few-results" or len(drawn) < k)
        propensity = 1 / max(1, len(pool))  # each is as likely at each rank
        items = tuple(replace(item, rank=at, propensity=propensity) for at, item in enumerate(drawn, start=1))
        return replace(answer, recommendations=items, notes=notes), "surprise" if pool is seldom else "surprise_of_all"

    def _search(self, action: Action, state: ChatState) -> Reply:
        arguments = dict(action.arguments)
        problem = self._resolve(arguments, state)
        if problem is not None:
            return Reply(problem, action)
        answer = self._recommender.search(arguments["text"], _depth(arguments), build_filters(arguments))
        return self._list(answer, action, arguments, state)

    def _explain(self, action: Action, state: ChatState) -> Reply:
        item, problem = self._pick(action.arguments["number"], action.arguments.get("user"), state)
        if item is None:
            return Reply(problem, action)
        text = reply_text.explain(item, in_detail=bool(action.arguments.get("in_detail")))
        cause = self._cause(item, action.arguments.get("user"), state) if action.arguments.get("in_detail") else None
        return Reply(f"{text} {cause[0].upper()}{cause[1:]}." if cause else text, action, (item,))

    def _cause(self, item: Document, user: str | None, state: ChatState) -> str | None:
        """Say what of the reader's history keeps `item` in the list of the retrieval; None if it is not there."""
        user = user or state.list_reader
        if user is None:
            return None
        request = _current_request(user, max(DEFAULT_K, len(state.last_list)), state)
        found = counterfactuals(self._recommender, request, [item["video_id"]])
        return found[0].sentence if found else None

    def _describe(self, action: Action, state: ChatState) -> Reply:
        item, problem = self._pick(action.arguments["number"], action.arguments.get("user"), state)
        if item is None:
            return Reply(problem, action)
        video = self._records.videos.get_many([item["video_id"]]).get(item["video_id"])
        if video is None:
            return Reply(f"“{item['title']}” has been removed since.", action)
        return Reply(reply_text.describe(item["rank"], video), action, (item,))

    def _compare(self, action: Action, state: ChatState) -> Reply:
        user = action.arguments.get("user")
        picked = [self._pick(number, user, state, shown_only=True) for number in action.arguments["numbers"]]
        problem = next((problem for item, problem in picked if item is None), None)
        if problem is not None:
            return Reply(problem, action)
        items = tuple(item for item, _ in picked if item is not None)
        videos = self._records.videos.get_many([item["video_id"] for item in items])
        return Reply(reply_text.compare(items, videos, state.language), action, items)

    def _open(self, action: Action, state: ChatState) -> Reply:
        item, problem = self._pick(action.arguments["number"], action.arguments.get("user"), state)
        if item is None:
            return Reply(problem, action)
        phrase = "open" if item["url"] else "no_address"
        facts = reply_text.title_and_facts(item)
        return Reply(say(phrase, state.language, video=facts, url=item["url"], id=item["video_id"]), action, (item,))

    def _judge(self, action: Action, state: ChatState) -> Reply:
        """Store feedback, or take the last one back."""
        if not state.may_store:
            return Reply(say("read_only", state.language), action)
        if action.arguments.get("undone"):
            step = state.previous_request
            if step and "objective_before" in step.arguments:
                restore_objective(step, self._feedback.objectives.put)
                return Reply(say("settings_restored", state.language), action)
            if step:
                self._feedback.take_back(step.arguments["user"], step.arguments["events"])
            return Reply(say("taken_back", state.language), action)
        user = action.arguments.get("user")
        if user is None:
            return Reply(say("ask_reader", state.language), action)
        user = self._records.readers.get(user).id
        if "channel" in action.arguments or "channel_of" in action.arguments:
            return self._dislike_channel(user, action, state)
        picked = [self._pick(number, user, state, shown_only=True) for number in action.arguments["numbers"]]
        problem = next((problem for item, problem in picked if item is None), None)
        if problem is not None:
            return Reply(problem, action)
        items = tuple(item for item, _ in picked if item is not None)
        events = self._feedback.judge(user, action.arguments["action"], items)
        text = reply_text.describe_judgement(action.arguments["action"], user, items, state.language)
        reply = Reply(text, action, events=events)
        return self._with_next_list(reply, user, state) if action.arguments.get("more") else reply

    def _objective(self, action: Action, state: ChatState) -> Reply:
        return answer_objective(action, state, self._recommender, self._names, self._feedback.objectives.put)

    def _dislike_channel(self, user: str, action: Action, state: ChatState) -> Reply:
        channel = action.arguments.get("channel")
        if channel is None:
            item, problem = self._pick(action.arguments["channel_of"], user, state, shown_only=True)
            if item is None:
                return Reply(problem, action)
            channel = item["channel"]
            if channel is None:
                return Reply(say("no_channel", state.language, video=f"“{item['title']}”"), action)
        events = self._feedback.dislike_channel(user, channel)
        noted = say("channel_disliked", state.language, user=user, channel=channel)
        return Reply(f"{noted} {say('undo_hint', state.language)}", action, events=events)

    def _with_next_list(self, reply: Reply, user: str, state: ChatState) -> Reply:
        """Return `reply` with the list that `user` gets now for the last request."""
        asked = dict(state.last_request.arguments) if state.last_request else {}
        about = asked.pop("text", asked.get("about"))
        asked = {**asked, **({"about": about} if about else {}), "user": user}
        asked.pop("after", None)
        more = self._recommend(Action("recommend", asked), state)
        return replace(more, text=f"{reply.text}\n{more.text}", action=reply.action, events=reply.events)

    def _profile(self, action: Action, state: ChatState) -> Reply:
        if action.arguments["user"] is None:
            return Reply(say("ask_reader", state.language), action)
        if "watched_after" in action.arguments:
            return self._watched(action)
        profile = self._recommender.profile(action.arguments["user"])
        records = self._records.videos.get_many([item.item_id for item in profile.history if item.kind == "video"])
        text = reply_text.describe_profile(profile, {item: video.duration_s for item, video in records.items()})
        taste = self._taste(profile.user_id)
        return Reply(f"{reply_text.format_taste(*taste)}\n{text}" if taste else text, action)

    def _watched(self, action: Action) -> Reply:
        """Return the videos that a reader watched on some days."""
        user, first = action.arguments["user"], action.arguments["watched_after"]
        end = action.arguments.get("watched_before")
        watched = load_watched(self._records, user, date.fromisoformat(first), date.fromisoformat(end) if end else None)
        return Reply(reply_text.describe_watched(user, watched, first, end), action)

    def _ask(self, action: Action, state: ChatState) -> Reply:
        choices = reply_text.choices(action.arguments["choices"], state.language)
        question = say("ask_meaning", state.language)
        lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
        return Reply("\n".join([question, *lines]), action, choices=choices)

    def _not_understood(self, action: Action, state: ChatState) -> Reply:
        """Say so, with three messages that would work here and now."""
        first = "first_with_list" if state.last_list else "first_with_reader" if state.user else "first_alone"
        examples = self._names.categories or (say("any_topic", state.language),)
        named = [say(f"{first}_{place}", state.language, user=state.user, what=examples[0]) for place in (1, 2, 3)]
        quoted = [f"“{one}”" for one in named]
        return Reply(say("not_understood", state.language, examples=", ".join(quoted)), action, choices=tuple(named))

    def _help(self, action: Action, state: ChatState) -> Reply:
        return Reply(say(action.arguments.get("small_talk", "help"), state.language), action)

    def _list(
        self,
        answer: Answer,
        action: Action,
        arguments: Mapping[str, Any],
        state: ChatState,
        surprise: str = "",
        request: Request | None = None,
    ) -> Reply:
        """Return the reply with a list. The answer to a `request` is recorded."""
        page, text = self._page(answer, arguments, state, surprise)
        question = self._preference_question(arguments, page)
        text = f"{text}\n{question}" if question else text
        resolved = {name: value for name, value in arguments.items() if name not in NOT_REPEATED}
        hides_place = any(isinstance(video, int) for video in action.arguments.get("not_videos", ()))
        notes = (*answer.notes, reply_text.HIDDEN_NOTE) if hides_place else answer.notes
        shown = None
        if self._exposures is not None and request is not None and page:
            shown = self._exposures.record(request, {**answer_document(answer), "recommendations": page})
        return Reply(text, action, page, notes, resolved, asks_preference=bool(question), request_id=shown)

    def _page(
        self, answer: Answer, arguments: Mapping[str, Any], state: ChatState, surprise: str = ""
    ) -> tuple[tuple[Document, ...], str]:
        """Return the page of `answer` that `arguments` ask for, and its text."""
        ranked = tuple(answer_document(answer)["recommendations"])
        page = _next_page(ranked, arguments, state) if arguments.get("after") else ranked
        heading = reply_text.heading(arguments, self._title(arguments.get("like")), state.language, surprise)
        return page, reply_text.format_list(page, heading) if page else self._no_videos(arguments, state.language)

    def _preference_question(self, arguments: Mapping[str, Any], page: tuple[Document, ...]) -> str | None:
        """Return a question for a reader without likes and interests; None for others."""
        user = arguments.get("user")
        if not user or not page or {"about", "like", "after"} & arguments.keys():
            return None
        profile = self._recommender.profile(user)
        return None if profile.liked or profile.interests else reply_text.ask_preference(page, self._names.categories)

    def _no_videos(self, arguments: Mapping[str, Any], language: Language) -> str:
        channel = arguments.get("channel")
        if channel is not None and channel not in self._names.channels:
            return reply_text.no_such_channel(channel, self._names.channels)
        return reply_text.no_videos(arguments, language)

    def _title(self, like: str | None) -> str | None:
        video = self._records.videos.get_many([like]).get(like) if like else None
        return video.display_title if video else None

    def _resolve(self, arguments: dict[str, Any], state: ChatState) -> str | None:
        """Replace places of the last list in `arguments` by ids; return the reply if a place does not exist."""
        references = (arguments.get("like"), *arguments.get("not_videos", ()))
        places = [place for place in references if isinstance(place, int)]
        ids: dict[Any, str] = {}
        for place in places:
            item, problem = self._pick(place, arguments.get("user"), state)
            if item is None:
                return problem
            ids[place] = item["video_id"]
        if "like" in arguments:
            arguments["like"] = ids.get(arguments["like"], arguments["like"])
        if "not_videos" in arguments:
            arguments["not_videos"] = [ids.get(video, video) for video in arguments["not_videos"]]
        return None

    def _pick(
        self, number: int, user: str | None, state: ChatState, *, shown_only: bool = False
    ) -> tuple[Document | None, str]:
        """Return the item at `number` of the last list, or None and the reply if there is none.

        Without a list, or if it was another reader's, the number refers to the list that this reader would get now,
        unless `shown_only`.
        """
        items = state.last_list if shown_only or user is None or state.list_reader in (None, user) else ()
        if not items and user and not shown_only:
            items = self._current_list(user, max(DEFAULT_K, min(number, MAX_K)), state)
        if not items:
            return None, say("no_list", state.language)
        if number == -1:
            return items[-1], ""
        item = next((item for item in items if item["rank"] == number), None)
        return item, say("no_such_number", state.language, number=number, size=items[-1]["rank"])

    def _current_list(self, user: str, k: int, state: ChatState) -> tuple[Document, ...]:
        """Return the list that `user` would get now, by the last request if it was for them."""
        request = _current_request(user, k, state)
        return tuple(recommendation_document(item) for item in self._recommender.recommend(request).recommendations)


def _current_request(user: str, k: int, state: ChatState) -> Request:
    """Return the last request of the thread if it was for `user`, else a plain one."""
    last = state.last_request
    arguments = last.arguments if last and last.arguments.get("user") == user else {}
    filters = build_filters(arguments)
    return Request(user, k, arguments.get("about"), filters=filters, like=arguments.get("like"))


def _next_page(ranked: Sequence[Document], arguments: Mapping[str, Any], state: ChatState) -> tuple[Document, ...]:
    """Return the best of `ranked` not shown yet, numbered on. Ids decide: the limits may have changed since."""
    shown = {item["video_id"] for item in state.last_list}
    new = [item for item in ranked if item["video_id"] not in shown][: arguments.get("k", DEFAULT_K)]
    return tuple({**item, "rank": rank} for rank, item in enumerate(new, arguments["after"] + 1))


def _depth(arguments: Mapping[str, Any]) -> int:
    return min(int(arguments.get("k", DEFAULT_K)) + int(arguments.get("after", 0)), MAX_K)
