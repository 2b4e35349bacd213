// Cards: made once for each video, then moved.

import { idPath } from "./server.js";
import { howToPlay, lengthOf } from "./stage.js";
import { clock, facts, pageOf, sentence, startOf } from "./words.js";

const ICONS = {
  like: "M7 21H4a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1h3zm2 0V11l4-8a2.2 2.2 0 0 1 2 2.2V9h4.3a2 2 0 0 1 2 2.4l-1.5 8a2 2 0 0 1-2 1.6z",
  dislike: "M17 3h3a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-3zm-2 0v10l-4 8a2.2 2.2 0 0 1-2-2.2V15H4.7a2 2 0 0 1-2-2.4l1.5-8a2 2 0 0 1 2-1.6z",
  seen: "M9.5 17.2 4.3 12l1.4-1.4 3.8 3.8 8.8-8.8L19.7 7z",
  channel: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m0 2a7 7 0 0 1 4.2 1.4l-9.8 9.8A7 7 0 0 1 12 5m0 14a7 7 0 0 1-4.2-1.4l9.8-9.8A7 7 0 0 1 12 19",
  play: "M8 5v14l11-7z",
  open: "M14 4h6v6h-2V7.4l-8.3 8.3-1.4-1.4L16.6 6H14zM5 6h5v2H7v9h9v-3h2v5H5z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(label, act, { image = null, quiet = false } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  if (image) {
    made.append(icon(image));
    made.ariaLabel = made.title = label;
    made.className = "icon";
  } else made.textContent = label;
  if (quiet) made.classList.add("quiet");
  made.addEventListener("click", act);
  return made;
}

/** The buttons that say what a reader thinks of a video. `act(name, item)` does it. */
export function opinions(item, act) {
  const made = [
    button("Like", () => act("like", item), { image: "like" }),
    button("Not for me", () => act("dislike", item), { image: "dislike" }),
    button("Seen it", () => act("seen", item), { image: "seen" }),
  ];
  if (item.channel) made.push(button(`Not this channel: ${item.channel}`, () => act("channel", item), { image: "channel" }));
  return made;
}

function playable(item, act) {
  const kind = howToPlay(item);
  const picture = document.createElement(kind === "page" ? "a" : kind ? "button" : "div");
  picture.className = "picture";
  const from = startOf(item);
  if (kind === "page") {
    Object.assign(picture, { href: pageOf(item), target: "_blank", rel: "noopener noreferrer" });
    picture.ariaLabel = `Open ${item.title} on ${new URL(item.url).hostname}`;
    picture.addEventListener("click", () => act("open", item));
  } else if (kind) {
    picture.type = "button";
    picture.ariaLabel = `Play ${item.title}${from ? ` from ${clock(from)}` : ""}`;
    picture.addEventListener("click", () => act("play", item));
  }
  return picture;
}

export class Shelf {
  constructor(list, act, mayStore) {
    this.list = list;
    this.act = act;
    this.mayStore = mayStore;
    this.cards = new Map();
  }

  /** Show `items`. `before` maps ids to earlier places, to say what moved. */
  show(items, before = null) {
    const old = new Map([...this.cards].map(([id, card]) => [id, card.getBoundingClientRect()]));
    const focused = document.activeElement?.closest?.("[data-id]")?.dataset.id;
    this.cards = new Map(items.map((item) => [item.video_id, this.card(item, before)]));
    this.list.replaceChildren(...this.cards.values());
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.glide(old);
    if (focused && document.activeElement === document.body) {
      (this.cards.get(focused)?.querySelector(".picture") || this.list).focus({ preventScroll: true });
    }
  }

  glide(old) {
    for (const [id, card] of this.cards) {
      const [was, is] = [old.get(id), card.getBoundingClientRect()];
      if (!was) continue;
      const [x, y] = [was.left - is.left, was.top - is.top];
      if (x || y) card.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 420, easing: "cubic-bezier(.2, .8, .2, 1)" });
    }
  }

  card(item, before) {
    const made = document.querySelector("#card").content.firstElementChild.cloneNode(true);
    made.dataset.id = item.video_id;
    const [image, length] = made.querySelector(".picture").children;
    const picture = playable(item, this.act);
    image.src = idPath("/page/pictures/", item.video_id);
    length.textContent = lengthOf(item);
    picture.append(image, length);
    if (howToPlay(item)) picture.append(icon(howToPlay(item) === "page" ? "open" : "play"));
    made.querySelector(".picture").replaceWith(picture);
    const title = made.querySelector("h2");
    const rank = document.createElement("span");
    rank.className = "rank";
    rank.textContent = item.rank;
    title.append(rank, " ", item.title);
    if (before) title.append(moved(item, before));
    made.querySelector(".facts").textContent = facts(item);
    made.querySelector(".reason").textContent = sentence(item.reason);
    const why = button("Why?", () => this.act("why", item), { quiet: true });
    why.ariaLabel = `Why ${item.title}?`;
    made.querySelector(".actions").append(why, ...(this.mayStore ? opinions(item, this.act) : []));
    return made;
  }
}

function moved(item, before) {
  const mark = document.createElement("span");
  const steps = before.has(item.video_id) ? before.get(item.video_id) - item.rank : null;
  if (steps === 0) return "";
  mark.className = steps === null || steps > 0 ? "moved up" : "moved down";
  mark.textContent = steps === null ? "new" : `${steps > 0 ? "▲" : "▼"} ${Math.abs(steps)}`;
  mark.title = steps === null ? "Added by the language model" : `Moved ${steps > 0 ? "up" : "down"} ${Math.abs(steps)} by the language model`;
  return mark;
}
