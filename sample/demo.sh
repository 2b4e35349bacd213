#!/usr/bin/env bash
# The main job from end to end on sample/: what `make demo` runs once Shortlist is installed.
# DEMO_LLM=tiny takes the 135M model; SHORTLIST_HOME says where the state goes.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export SHORTLIST_HOME="${SHORTLIST_HOME:-chroma_db}"
llm=qwen2.5-coder-1.5b
[ "${DEMO_LLM:-default}" = tiny ] && llm=smollm2-135m
export SHORTLIST_LLM__MODEL="$llm"

step() { printf '\n\033[1m$ %s\033[0m\n' "${*@Q}"; "$@"; }

step shortlist models pull all-MiniLM-L6-v2 splade-tiny "$llm"
step shortlist ingest videos sample/videos.jsonl
step shortlist ingest articles sample/articles.csv
step shortlist ingest readers sample/readers.jsonl
step shortlist ingest events sample/events.csv
step shortlist status
step shortlist recommend user_123
step shortlist recommend user_123 -k 5 --about "something about the Moon" --rerank yesno
step shortlist chat "why number 2?" --user user_123

cat <<'NEXT'

Try next (after `. .venv/bin/activate`):
  shortlist recommend user_42 --about "something to cook tonight"   # a list at once, the model moves it for 8 s
  shortlist recommend --explain                                     # the last reader: what put each video there
  shortlist search "night train" --max-duration 60
  shortlist chat "what does user_123 like?"
NEXT
