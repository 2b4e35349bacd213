from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.reader.topic import extract_topic


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("something about space", "space"),
        ("Some short videos on night trains", "night trains"),
        ("I would like to see something about bread", "bread"),
        ("a calm cup of tea", "a calm cup of tea"),
        ("something calm", "calm"),
        ("Something funny", "funny"),
        ("anything about the sea, please", "the sea, please"),
        ("show me a video about bridges", "bridges"),
        ("I'm looking for short videos of owls", "owls"),
        ("funny cat videos", "funny cat"),
        ("video games", "video games"),
        ("some bread", "some bread"),
        ("etwas über Brot", "Brot"),
        ("ein kurzes Video über den Mond", "den Mond"),
        ("algo divertido", "divertido"),
        ("un vídeo sobre trenes", "trenes"),
        ("quelque chose de drôle", "drôle"),
        ("une vidéo sur la mer", "la mer"),
        ("something to cook tonight", "cook tonight"),
        ("anything to watch about bees", "bees"),
        ("something to do with trains", "trains"),
        ("something to watch", None),
        ("anything", None),
        ("Something else!", None),
        ("show me some videos please", None),
        ("ein Video", None),
        ("  night \n trains ", "night trains"),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_what_a_wish_is_about(wish: str | None, topic: str | None) -> None:
    assert extract_topic(wish) == topic


@given(st.text())
def test_a_topic_is_part_of_its_wish(wish: str) -> None:
    topic = extract_topic(wish)
    assert topic is None or topic in " ".join(wish.split())
