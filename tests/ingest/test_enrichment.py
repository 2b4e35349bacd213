"""Summaries by extraction, categories by nearness."""

from __future__ import annotations

from typing import Any

from shortlist.core.types import Attributed, Segment, Transcript, Video
from shortlist.ingest.categorise import Categoriser
from shortlist.ingest.sentences import first_sentence, sentences
from shortlist.ingest.summarise import extract, summarise

TALK = (
    "Hello everybody. A sourdough starter needs flour, water and patience. My cat is called Mo. "
    "Feed the starter with flour and water twice a day. Then the starter doubles. Bye."
)


def video(text: str = "", **values: Any) -> Video:
    return Video("v", "V", transcript=Transcript((Segment(text),) if text else ()), **values)


def test_sentences() -> None:
    assert sentences('He said "Stop." Then he left. At 3.5 km it ended! ¿Lo veis? Sí.') == [
        'He said "Stop."', "Then he left.", "At 3.5 km it ended!", "¿Lo veis?", "Sí.",
    ]  # fmt: skip
    assert first_sentence("One. Two.") == "One."
    assert sentences("  \n ") == []


def test_a_summary_is_made_of_the_sentences_that_say_most() -> None:
    summary = extract(TALK)
    assert "starter" in summary
    assert not {"Hello", "cat", "Bye"} & set(summary.replace(".", "").split())
    assert all(sentence in sentences(TALK) for sentence in sentences(summary))
    assert 1 <= len(sentences(summary)) <= 2


def test_a_summary_is_signed_and_falls_back_to_the_description() -> None:
    assert summarise(video(TALK)) == Attributed(extract(TALK), "extractive")
    described = video(description="Subscribe: https://example.org/x\n\nHow bread rises in a cold oven.")
    assert summarise(described) == Attributed("How bread rises in a cold oven.", "extractive")
    assert summarise(video()) is None


def test_a_very_long_transcript_is_summarised_quickly() -> None:
    assert extract("The word is said again. " * 200_000).startswith("The word")


def test_categories_by_nearness(encoder: Any) -> None:
    categoriser = Categoriser(encoder, ("Sports", "Food", "Music", "Knots"))
    made = categoriser.categorise(
        [video("Bake the bread in the oven"), video("The guitar plays a chord"), video("Tie the Knots")]
    )
    assert made == [Attributed(name, "zero-shot:words") for name in ("Food", "Music", "Knots")]
    assert categoriser.categorise([]) == []


def test_no_category_is_guessed_where_two_are_as_near(encoder: Any) -> None:
    categoriser = Categoriser(encoder, ("Knots", "Sails"))
    assert categoriser.categorise([video("Knots and sails"), video("Words of neither")]) == [None, None]
