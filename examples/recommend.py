"""Recommend videos to a reader, with and without a wish.

Run it where `make demo` has created a home: python examples/recommend.py
"""

import shortlist

READER = "user_123"

with shortlist.open() as home:
    for about in (None, "something about the Moon"):
        print(f"\n{READER}, {about or 'as usual'}:")
        answer = home.recommend(READER, k=3, about=about)
        for item in answer.recommendations:
            print(f"{item.rank}. {item.video.title} ({item.score:.3f})")
            print(f"   {item.reason}")
            if item.evidence:
                print(f"   “{item.evidence.text}”")
        for note in answer.notes:
            print("note:", note.public)
