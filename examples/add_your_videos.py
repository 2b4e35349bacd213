"""Create a home for your own videos, add what readers did, and recommend.

Run it anywhere: python examples/add_your_videos.py
"""

import tempfile

import pandas as pd

import shortlist

videos = pd.DataFrame(
    [
        ("bread-1", "Folding a sourdough", "Food", "Wet your fingers, then fold the dough over itself four times."),
        ("bread-2", "When is the loaf done?", "Food", "Knock on the bottom of the bread. A hollow sound means done."),
        ("moon-1", "Why the Moon has phases", "Sci/Tech", "Half of the Moon is always lit. We see it from the side."),
        ("moon-2", "Footprints on the Moon", "Sci/Tech", "There is no wind up there, so the footprints stay."),
    ],
    columns=["id", "title", "category", "transcript"],
)
events = [
    {"user_id": "ann", "item_id": "bread-1", "kind": "video", "action": "like", "at": "2026-11-20T18:30:00Z"},
    {"user_id": "ben", "item_id": "moon-1", "kind": "video", "action": "view", "at": "2026-11-20T19:00:00Z"},
]

with tempfile.TemporaryDirectory() as folder, shortlist.open(folder, create=True) as home:
    print("videos:", home.add_videos(videos).new, "new")
    print("events:", home.add_events(events).new, "new")
    for reader in ("ann", "ben"):
        best = home.recommend(reader, k=1).recommendations[0]
        print(f"{reader}: {best.video.title}. {best.reason}")
