"""Train a cross-encoder on titles and on judged lists, from the weights of the shipped encoder.

First it learns to find the text of a title among those that the retrieval finds for the title (InfoNCE), then the
teacher's log-odds in the judged lists.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.rerank.agreement import SEED
from benchmarks.rerank.quality import CONSOLE, DEPTH
from benchmarks.rerank.student import CONFIG
from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.reader.query import text_query
from shortlist.core.config import Config, EncoderConfig, ModelsConfig
from shortlist.core.ranking import Filters
from shortlist.engine.build import encoder_of
from shortlist.learning.student.lists import JudgedList, is_held_out
from shortlist.models.encoders.onnx_export import trace
from shortlist.models.encoders.quantise import quantise
from shortlist.models.students.token_network import MAX_TOKENS, TOKENIZER
from shortlist.models.weights.resolve import resolve
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.caches.cached_encoder import CachedEncoder
from shortlist.store.home import Home

TITLES, RIVALS = 200, 5
EPOCHS = 3  # over the judged lists; one over the titles
RATE, HEAD_RATE, WARM_UP = 2e-5, 1e-3, 0.1  # the head is new
ENCODER = EncoderConfig().name

Example = tuple[str, list[str], list[float]]  # a wish, texts, and the target of each


@dataclass(frozen=True, slots=True)
class Recipe:
    """The layers of the encoder that are kept, those of them that are not trained, and the loss on log-odds."""

    layers: int
    frozen: int
    loss: str

    @property
    def name(self) -> str:
        """The settings as the name of a folder."""
        return f"cross-{self.layers}-{self.frozen}-{self.loss}"


def title_lists(home: Home, config: Config) -> list[Example]:
    """Return titles with their own text, whose target is 1, and those of the videos that the retrieval finds."""
    snapshot = load_snapshot(home, config.retrieval)
    retriever = build_retriever(snapshot, config.retrieval)
    encoder = CachedEncoder(encoder_of(config), home.embeddings, home.encoder)
    videos = home.catalogue.videos.get_many([one for one in sorted(snapshot.live_ids()) if not is_held_out(one)])
    texts = {item: candidate_text(video, CONFIG.candidate_tokens).partition("\n")[2] for item, video in videos.items()}
    drawn = np.random.default_rng(SEED).permutation([item for item, text in texts.items() if text])[:TITLES]
    examples = []
    for item in drawn.tolist():
        title = videos[item].display_title
        found = retriever.search(text_query(title, DEPTH, Filters(), encoder)).ids
        rivals = [texts[one] for one in found if one != item and texts.get(one)][:RIVALS]
        examples.append((title, [texts[item], *rivals], [1.0] + [0.0] * len(rivals)))
    return examples


def info_nce(scores: Any, targets: Any) -> Any:
    """Return the cross-entropy of the softmax of `scores` (A. van den Oord et al., 2018)."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores, targets)


def margin_mse(scores: Any, targets: Any) -> Any:
    """Return half the mean square, over all pairs, of the difference between their margins."""
    from torch.nn.functional import mse_loss

    return mse_loss(scores - scores.mean(), targets - targets.mean())


def ranknet(scores: Any, targets: Any) -> Any:
    """Return the cross-entropy of the order of all pairs, whose targets are log-odds (C. Burges et al., 2005)."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    margins, wanted = (values[:, None] - values[None, :] for values in (scores, targets))
    return binary_cross_entropy_with_logits(margins, wanted.sigmoid())


LOSSES = {"margin-mse": margin_mse, "ranknet": ranknet}


def learn(model: Any, examples: Sequence[Example], loss: Callable[[Any, Any], Any], epochs: int) -> None:
    """Train the CrossEncoder `model` on one list of `examples` at a time, in another order in each epoch."""
    import torch
    from transformers import get_linear_schedule_with_warmup

    head = model.transformers_model.classifier
    body = [one for one in model.transformers_model.bert.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW([{"params": body}, {"params": head.parameters(), "lr": HEAD_RATE}], RATE)
    steps, rng = epochs * len(examples), np.random.default_rng(SEED)
    schedule = get_linear_schedule_with_warmup(optimiser, int(WARM_UP * steps), steps)
    order = [at for _ in range(epochs) for at in rng.permutation(len(examples)).tolist()]
    model.train()
    for at in track(order, loss.__name__, console=CONSOLE):
        wish, texts, targets = examples[at]
        tokens = model.preprocess([(wish, text) for text in texts])
        tokens.pop("token_type_ids")  # the export has none, and the encoder was trained without
        value = loss(model(tokens)["scores"][:, 0], torch.tensor(targets))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


def train(titles: Sequence[Example], lists: Sequence[JudgedList], recipe: Recipe) -> Any:
    """Return a CrossEncoder trained on `titles`, then on the judged `lists`."""
    model = untrained(recipe)
    start = time.process_time()
    learn(model, titles, info_nce, 1)
    judged = [(one.wish, list(one.texts.values()), list(one.teacher.values())) for one in lists]
    learn(model, judged, LOSSES[recipe.loss], EPOCHS)
    CONSOLE.print(f"{len(titles)} titles, {len(judged)} lists: {time.process_time() - start:,.0f} core-seconds")
    return model


def untrained(recipe: Recipe) -> Any:
    """Return a CrossEncoder with the layers of the shipped encoder and an untrained head."""
    import torch
    from sentence_transformers import CrossEncoder

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = CrossEncoder(str(resolve(ENCODER, ModelsConfig())), num_labels=1, max_length=MAX_TOKENS, device="cpu",
                         local_files_only=True, activation_fn=torch.nn.Identity())  # fmt: skip
    network = model.transformers_model.bert
    del network.encoder.layer[recipe.layers :]
    if recipe.frozen:
        network.embeddings.requires_grad_(False)
        network.encoder.layer[: recipe.frozen].requires_grad_(False)
    return model


def write(model: Any, folder: Path) -> None:
    """Write the networks of `model`, in float32 and in 8 bits, and its tokenizer into `folder`."""
    folder.mkdir(parents=True)
    shutil.copyfile(resolve(ENCODER, ModelsConfig()) / TOKENIZER, folder / TOKENIZER)
    trace(model, folder / "float32.onnx", "scores")
    quantise(folder / "float32.onnx", folder / "int8.onnx")
