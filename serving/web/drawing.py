"""A drawn picture for a video that has none: a pattern of tiles that depends on its id and channel alone."""

from __future__ import annotations

import hashlib
from itertools import product

COLUMNS, ROWS, TILE = 8, 4, 40  # tiles of a picture, and the side of one
HEIGHT = 180  # 16:9; a strip of the background stays free above and below the tiles

QUARTER = "M0 0H40A40 40 0 0 1 0 40Z"
SHAPES = (
    f'<path d="{QUARTER}"/>',
    f'<path d="{QUARTER}" transform="rotate(90 20 20)"/>',
    f'<path d="{QUARTER}" transform="rotate(180 20 20)"/>',
    f'<path d="{QUARTER}" transform="rotate(270 20 20)"/>',
    '<circle cx="20" cy="20" r="11"/>',
    '<path d="M0 40A20 20 0 0 1 40 40Z"/>',
    "",
    "",
    "",
)


def draw(video_id: str, channel: str | None) -> str:
    """Return an SVG document of 320 x 180. Videos of one channel share their colours."""
    hue = hashlib.sha256((channel or video_id).encode("utf-8", "surrogatepass")).digest()[0] * 360 // 256
    noise = hashlib.sha256(video_id.encode("utf-8", "surrogatepass")).digest()
    tiles = []
    for at, (row, column) in enumerate(product(range(ROWS), range(COLUMNS))):
        shape, tone = SHAPES[noise[at] % len(SHAPES)], noise[at] // len(SHAPES) % 3
        if shape:
            x, y = column * TILE, row * TILE + (HEIGHT - ROWS * TILE) // 2
            tiles.append(f'<g class="t{tone}" transform="translate({x} {y})">{shape}</g>')
    near, far = (hue + 28) % 360, (hue + 332) % 360
    light = f".b{{fill:hsl({hue} 28% 82%)}}.t0{{fill:hsl({hue} 30% 52%)}}.t1{{fill:hsl({near} 42% 66%)}}"
    light += f".t2{{fill:hsl({far} 26% 38%)}}"
    dark = f".b{{fill:hsl({hue} 18% 20%)}}.t0{{fill:hsl({hue} 26% 42%)}}.t1{{fill:hsl({near} 32% 56%)}}"
    dark += f".t2{{fill:hsl({far} 22% 30%)}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * TILE} {HEIGHT}">'
        f"<style>{light}@media(prefers-color-scheme:dark){{{dark}}}</style>"
        f'<rect class="b" width="100%" height="100%"/>{"".join(tiles)}</svg>'
    )
