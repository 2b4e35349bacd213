"""Print the requirements of a kind of image, from pyproject.toml in the working folder: dependencies.py KIND."""

import re
import sys
import tomllib
from pathlib import Path

TRAINING = {"sentence-transformers", "torch"}
# The function reads tables and stores rows. Its configuration imports the legs, which need scipy and PyStemmer.
MODELS_AND_SEARCH = {
    "av", "chromadb", "confusable-homoglyphs", "datasets", "faiss-cpu", "faster-whisper", "huggingface-hub",
    "langchain", "langchain-core", "langchain-ollama", "langgraph", "matplotlib", "ollama", "onnx", "onnxruntime",
    "prompt-toolkit", "py3langid", "rank-bm25", "scikit-learn", "xllamacpp",
}  # fmt: skip
# The extras of each kind, and the required packages that it does without.
KINDS: dict[str, tuple[list[str], set[str]]] = {
    "serve": (["serve", "postgres", "s3", "trees"], TRAINING),
    "job": (["ops", "postgres", "s3", "trees"], {"datasets"}),  # which downloads AG News
    "lambda": (["ops", "postgres", "s3"], TRAINING | MODELS_AND_SEARCH),
}


def requirements(kind: str) -> list[str]:
    """Return the requirements of `kind`. Raises `KeyError` if one to leave out is not in pyproject.toml."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    extras, without = KINDS[kind]
    required = {re.split(r"[^\w-]", one)[0]: one for one in project["dependencies"]}
    for name in without:
        del required[name]
    return [*required.values(), *(one for name in extras for one in project["optional-dependencies"][name])]


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements(sys.argv[1])) + "\n")
