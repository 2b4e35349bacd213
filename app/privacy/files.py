"""Remove what is forgotten from the files of a home that are outside the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shortlist.app.pipeline import require_ops
from shortlist.core.config import Config
from shortlist.ingest.simulate.tastes import FILE_NAME as SIMULATED
from shortlist.ingest.simulate.tastes import Tastes
from shortlist.retrieval.index.cowatch_file import NAME as COWATCH
from shortlist.retrieval.index.index import FOLDER as INDEXES
from shortlist.retrieval.trained.versions import holds_traces, mark_traces, promoted, read_receipt
from shortlist.store.catalogue.erasure.subject import READER, Subject
from shortlist.store.embed import changes
from shortlist.store.home import Home
from shortlist.store.home_files import CHAT_HISTORY, DRIFT_PAGE, DRIFT_REPORT, FEATURES, FEATURES_LOCK, LAST_READER
from shortlist.store.lock import locked
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import answers, vectors


def clean_files(home: Home, config: Config, subjects: Collection[Subject]) -> None:
    """Remove readers from the remembered reader, typed lines, simulated tastes, co-watch counts and features.

    Typed lines have no reader and may name any video, so all of them are deleted. Features of videos count the readers'
    events, so all are deleted, too: `shortlist ops features build` computes them again. The report on drift is
    deleted: it has titles and counts. May be repeated.
    """
    user_ids = {subject.id for subject in subjects if subject.kind == READER}
    remembered = home.path / LAST_READER
    with suppress(OSError, UnicodeDecodeError):
        if remembered.read_text("utf-8") in user_ids:
            remembered.unlink()
    (home.path / CHAT_HISTORY).unlink(missing_ok=True)
    _clean_simulated(home.path, user_ids)
    drop_counts(home)
    drop_features(home, config)
    for name in (DRIFT_REPORT, DRIFT_PAGE):
        (home.path / name).unlink(missing_ok=True)


def drop_features(home: Home, config: Config) -> None:
    """Delete the features: their files, and the online values, wherever they are.

    Raises `HomeLocked` while they are being built, and `ServiceError` if their online store cannot be reached.
    """
    with locked(home.path / FEATURES_LOCK, "the features are being built"):
        home.catalogue.features.clear()
        if (folder := home.path / FEATURES).exists():
            shutil.rmtree(folder)
        if config.features.online != "catalogue":
            require_ops()
            from shortlist.ops.features.open_store import open_online

            open_online(home, config).clear()


def drop_counts(home: Home) -> None:
    """Delete the co-watch counts, which name the last event that they include."""
    for path in (home.path / INDEXES).glob(f"{COWATCH}*"):  # also files of killed processes
        path.unlink(missing_ok=True)


def clean_caches(home: Home) -> dict[str, int]:
    """Delete all answers of language models, and the embeddings of texts that are no content. Return their numbers.

    The keys of both are hashes of texts, which do not say whose texts they were. A wish and a description of a taste
    are such texts. The next requests compute them again.
    """
    needed = {document.text_sha for change in changes(home, 0) for document in change.documents}
    kept_answers, embeddings = home.caches
    stored = {row.text_sha for row in embeddings.read(vectors.c.text_sha.is_not(None))}
    return {
        "answers": kept_answers.erase(answers.c.key.is_not(None)),
        "embeddings": embeddings.erase(in_list(vectors.c.text_sha, stored - needed)),
    }


def clean_models(home: Home, events: int) -> dict[str, Any]:
    """Delete the trained versions that are not in use, and mark the one in use. Return their names and the remedy.

    Nothing is done if the readers had no `events`.
    """
    marked, deleted = mark_traces(home.path) if events else ([], [])
    return {"deleted": deleted, "hold_traces": marked, "retrain": retrain_command(home.path) if marked else None}


def retrain_command(home: Path) -> str | None:
    """Return the command that trains the version in use again if it holds traces of forgotten readers, else None."""
    from shortlist.learning.plan import MODELS, Plan

    current = promoted(home)
    if not holds_traces(home, current):
        return None
    plan = read_receipt(home, current)["plan"]
    if plan is None:
        return "shortlist train weights"
    seed = plan["seed"]
    named = next((one for one in MODELS if asdict(Plan.of(one, seed)) == plan), "ranker")
    return f"shortlist train {named}" + (f" --seed {seed}" if seed else "")


def _clean_simulated(folder: Path, user_ids: Collection[str]) -> None:
    tastes = Tastes.load(folder)
    (folder / f"{SIMULATED}.partial").unlink(missing_ok=True)
    if tastes is None:
        return
    kept = tuple(taste for taste in tastes.readers if taste.user_id not in user_ids)
    if not kept:
        (folder / SIMULATED).unlink()
    elif len(kept) < len(tastes.readers):
        Tastes(kept, tastes.seed, tastes.revision, tastes.now_s, tastes.scale).save(folder)
