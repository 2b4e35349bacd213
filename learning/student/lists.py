"""Lists of candidates for a wish, and the language model's judgement of each candidate.

Nothing is stored here: the home caches the model's answers, so making the same lists again asks nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.reader.query import text_query
from shortlist.agent.reader.topic import extract_topic
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.yesno import YesNo
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.ranking import Filters, Ranking
from shortlist.core.types import Profile, Video
from shortlist.learning.student.wishes import distinct, write_wishes
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.store.catalogue.catalogue import Catalogue

FOUND_WITHIN = 100  # places of the hybrid among which the video of a wish must be
HEAD_DRAWN = 10  # candidates of the head that a list for training judges
OUTSIDE = 2  # candidates outside the head that every list judges, for calibration
HELD_OUT = 4  # one item in so many is held out, with all its wishes


@dataclass(frozen=True, slots=True, eq=False)
class JudgedList:
    """A wish, the head of the hybrid's ranking, and the teacher's log-odds of the judged candidates.

    `texts` are those that the teacher read, by id, in the order of `teacher`. Lists that are `held_out` judge the whole
    head. The group of a list is the item that its wish was written for, or the wish itself.
    """

    wish: str
    group: str
    head: Ranking
    teacher: Mapping[str, float]
    texts: Mapping[str, str]
    held_out: bool


class ListMaker:
    """Makes judged lists over the videos of `snapshot`, which `retriever` searches."""

    def __init__(
        self,
        catalogue: Catalogue,
        snapshot: Snapshot,
        retriever: Retriever,
        encoder: Encoder,
        model: LanguageModel,
        config: RerankConfig,
    ) -> None:
        self._catalogue, self._snapshot, self._retriever = catalogue, snapshot, retriever
        self._encoder, self._model = encoder, model
        self._config = config.model_copy(update={"depth": config.depth + OUTSIDE, "top": config.depth + OUTSIDE})
        self._head = config.depth

    def lists(self, real_wishes: Sequence[str], goes_on: Callable[[], bool]) -> Iterator[JudgedList]:
        """Yield the lists of `real_wishes`, then of wishes that the model writes, while `goes_on` is true.

        Items are asked about in a random order that does not change as the catalogue grows. A list that the model
        judged in part, because it failed, is left out. Raises `ModelFailed` if the model fails for every wish of an
        item, so that a server that is down ends the collection.
        """
        taken: list[str] = []
        for group, wish, source in self._wishes(real_wishes, taken):
            if not goes_on():
                return
            made = self._list(group, wish, source)
            if made is not None:
                yield made

    def _wishes(self, real_wishes: Sequence[str], taken: list[str]) -> Iterator[tuple[str, str, str | None]]:
        for wish in distinct(list(real_wishes), []):
            taken.append(wish)
            yield wish, wish, None
        for item in sorted(self._snapshot.live_ids(), key=_digest):
            for video in self._catalogue.videos.get_many([item]).values():
                for wish in distinct(write_wishes(video, self._model), taken):
                    taken.append(wish)
                    yield item, wish, item

    def _list(self, group: str, wish: str, source: str | None) -> JudgedList | None:
        topic = extract_topic(wish)
        if topic is None:
            return None
        ranking = self._retriever.search(text_query(topic, FOUND_WITHIN, Filters(), self._encoder))
        if source is not None and source not in ranking.ids[:FOUND_WITHIN]:
            return None
        held_out, head = is_held_out(group), ranking.ids[: self._head]
        draw = random.Random(wish)  # noqa: S311 - a fixed draw, so that the same list is judged again
        inside = list(head) if held_out else draw.sample(head, min(HEAD_DRAWN, len(head)))
        outside = draw.sample(self._outside(head), min(OUTSIDE, len(self._snapshot.live_ids()) - len(head)))
        chosen = [*sorted(inside, key=head.index), *outside]
        videos = self._catalogue.videos.get_many(chosen)
        teacher = self._judge(topic, chosen, videos)
        if len(teacher) < len(chosen):
            return None
        texts = {one: candidate_text(videos[one], self._config.candidate_tokens) for one in teacher}
        return JudgedList(topic, group, _first(ranking, self._head), teacher, texts, held_out)

    def _outside(self, head: Iterable[str]) -> list[str]:
        inside = set(head)
        return [one for one in self._snapshot.live_ids() if one not in inside]

    def _judge(self, wish: str, chosen: Sequence[str], videos: Mapping[str, Video]) -> dict[str, float]:
        ranking = Ranking.of({one: -float(place) for place, one in enumerate(chosen)}, "hybrid")
        context = RerankContext(self._model, ItemBatch(dict(videos)), self._config)
        reranked = YesNo(context).rerank(Profile(""), wish, ranking)
        failed = next((note for note in reranked.notes if note.code in ("model-failed", "partly-judged")), None)
        if failed is not None:
            remedy = "check the language model and run `shortlist train student` again; its answers so far are kept"
            found = f"{failed.public} {failed.detail}".strip()
            raise ModelFailed(
                "a list was not judged", expected="an answer for each candidate", found=found, remedy=remedy
            )
        judged = reranked.sources[0]
        return dict(zip(judged.ids, judged.scores.tolist(), strict=True))


def is_held_out(group: str) -> bool:
    """Return whether the lists of `group` are held out: always the same ones, about one in `HELD_OUT`."""
    return int(_digest(group)[-8:], 16) % HELD_OUT == 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _first(ranking: Ranking, size: int) -> Ranking:
    return Ranking(ranking.ids[:size], ranking.scores[:size], ranking.origin)
