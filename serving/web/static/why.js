// Why a video is in the list: reason, quote, stages, and what would have to be different.

import { clock, ordinal, sentence } from "./words.js";

export const NAMES = {
  bm25: "words", tfidf: "rare words", dense: "meaning", affinity: "your categories", cowatch: "watched next by others",
  popular: "popular or new", svd: "watched by similar readers", tower: "learned from what readers watched",
  clicks: "chosen where it was shown", fusion: "all of these together", learned: "all of these, weighted by what was watched",
  objective: "what you asked for", rerank: "language model or its student",
};

/** A true sentence about the place of `item` among `items`, had its strongest stage found it only average. */
export function different(item, items) {
  const parts = Object.entries(item.stages).filter(([, stage]) => stage.contribution != null);
  if (!parts.length) return "The stages have no share in the score that could be taken away.";
  const [name, stage] = parts.reduce((best, part) => (part[1].contribution > best[1].contribution ? part : best));
  if (stage.contribution <= 0) return "No single stage put it here: all of them rated it below the average candidate.";
  const score = item.score - stage.contribution;
  const place = 1 + items.filter((other) => other !== item && other.score > score).length;
  const given = `If “${NAMES[name] || name}” had rated it like an average candidate`;
  if (place === item.rank) return `${given}, it would still be ${ordinal(place)}.`;
  if (place === items.length) return `${given}, it would come after the other ${items.length - 1} here, or not be here at all.`;
  return `${given}, it would be ${ordinal(place)} instead of ${ordinal(item.rank)}.`;
}

/** Explain `item`. `cause` is a promise of what of the history keeps it in the list; null if that cannot be said. */
export function showWhy(dialog, item, items, playFrom, cause) {
  const said = dialog.querySelector(".cause");
  said.textContent = "…";
  dialog.dataset.id = item.video_id;
  cause.then((text) => {
    if (dialog.dataset.id === item.video_id) said.textContent = text ? sentence(text) : "";
  });
  dialog.querySelector(".title").textContent = `${item.rank}. ${item.title}`;
  dialog.querySelector(".reason").textContent = sentence(item.reason);
  const quote = dialog.querySelector("blockquote");
  quote.hidden = !item.evidence;
  if (item.evidence) {
    const { text, start_s: start } = item.evidence;
    const [words, button] = quote.children;
    words.textContent = `“${text}”`;
    button.hidden = start == null || !playFrom;
    button.textContent = start == null ? "" : `Play from ${clock(start)}`;
    button.onclick = () => {
      dialog.close();
      playFrom(Math.floor(start));
    };
  }
  dialog.querySelector(".different").textContent = different(item, items);
  dialog.querySelector("tbody").replaceChildren(...rows(item.stages));
  dialog.showModal();
}

function rows(stages) {
  const most = Math.max(1e-9, ...Object.values(stages).map((stage) => Math.abs(stage.contribution || 0)));
  const strongest = Object.entries(stages).sort((one, other) => (other[1].contribution ?? -9) - (one[1].contribution ?? -9));
  return strongest.map(([name, stage]) => {
    const row = document.createElement("tr");
    const [head, place, share] = ["th", "td", "td"].map((tag) => row.appendChild(document.createElement(tag)));
    head.scope = "row";
    head.textContent = NAMES[name] || name;
    place.textContent = ordinal(stage.rank);
    if (stage.contribution == null) return row;
    const bar = share.appendChild(document.createElement("span"));
    bar.className = stage.contribution < 0 ? "share less" : "share";
    bar.style.setProperty("--share", Math.abs(stage.contribution) / most);
    share.append(`${stage.contribution < 0 ? "−" : "+"}${Math.abs(stage.contribution).toFixed(2)}`);
    return row;
  });
}
