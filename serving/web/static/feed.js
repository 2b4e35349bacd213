// The feed: one video a screen. The one in view plays, if it is a file of this machine; another site waits for a click.

import { idPath } from "./server.js";
import { button, icon, opinions } from "./shelf.js";
import { howToPlay, play } from "./stage.js";
import { facts, pageOf, sentence, startOf } from "./words.js";

const AHEAD = 3;

export class Feed {
  constructor(dialog, { more, act, mayStore, reader, closed }) {
    Object.assign(this, { dialog, more, act, mayStore, reader, closed });
    this.list = dialog.querySelector("ol");
    this.items = new Map();
    this.watch = null;
    this.current = null;
    this.watcher = new IntersectionObserver((seen) => seen.forEach((one) => one.isIntersecting && this.enter(one.target)), {
      root: this.list, threshold: 0.6,
    });
    this.keys = (event) => this.onKey(event);
  }

  open(items) {
    this.list.replaceChildren();
    this.items.clear();
    this.add(items);
    this.dialog.querySelector(".close").onclick = () => this.dialog.close();
    this.dialog.addEventListener("close", () => this.leave().then(this.closed), { once: true });
    this.dialog.addEventListener("keydown", this.keys);
    this.dialog.showModal();
    this.list.focus();
  }

  add(items) {
    for (const item of items) {
      if (this.items.has(item.video_id)) continue;
      this.items.set(item.video_id, item);
      const scene = this.scene(item);
      this.list.append(scene);
      this.watcher.observe(scene);
    }
  }

  scene(item) {
    const made = document.querySelector("#scene").content.firstElementChild.cloneNode(true);
    made.dataset.id = item.video_id;
    const stage = made.querySelector(".stage");
    stage.append(this.poster(item, () => this.start(made)));
    made.querySelector("h2").textContent = item.title;
    made.querySelector(".facts").textContent = facts(item);
    made.querySelector(".reason").textContent = sentence(item.reason);
    const why = button("Why?", () => this.act("why", item), { quiet: true });
    why.ariaLabel = `Why ${item.title}?`;
    const judge = (name, one) => this.act(name, one).then(() => this.step(1));
    made.querySelector(".actions").append(...(this.mayStore ? opinions(item, judge) : []), why);
    return made;
  }

  poster(item, begin) {
    const kind = howToPlay(item);
    const holder = document.createElement(kind === "page" ? "a" : kind ? "button" : "div");
    holder.className = "poster";
    const image = document.createElement("img");
    Object.assign(image, { src: idPath("/page/pictures/", item.video_id), alt: "", loading: "lazy" });
    holder.append(image);
    if (kind) holder.append(icon(kind === "page" ? "open" : "play"));
    if (kind === "page") {
      Object.assign(holder, { href: pageOf(item), target: "_blank", rel: "noopener noreferrer" });
      holder.ariaLabel = `Open ${item.title} on ${new URL(item.url).hostname}`;
      holder.addEventListener("click", () => this.act("open", item));
    } else if (kind) {
      holder.type = "button";
      holder.ariaLabel = `Play ${item.title}`;
      holder.addEventListener("click", begin);
    }
    return holder;
  }

  async enter(scene) {
    if (this.current === scene) return;
    await this.leave();
    this.current = scene;
    const item = this.items.get(scene.dataset.id);
    if (howToPlay(item) === "file") this.start(scene);
    if ([...this.list.children].indexOf(scene) >= this.list.children.length - AHEAD) this.add(await this.more(this.items.size));
  }

  start(scene) {
    const item = this.items.get(scene.dataset.id);
    const stage = scene.querySelector(".stage");
    this.watch = play(stage, item, this.reader, { from: startOf(item), loop: true });
  }

  restore(scene) {
    scene.querySelector(".stage").replaceChildren(this.poster(this.items.get(scene.dataset.id), () => this.start(scene)));
  }

  async leave() {
    const [watch, scene] = [this.watch, this.current];
    this.watch = this.current = null;
    if (!watch) return;
    const stored = watch.end();
    this.restore(scene);
    await stored;
  }

  step(by) {
    const at = [...this.list.children].indexOf(this.current);
    this.list.children[at + by]?.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  onKey(event) {
    if (event.target.closest("video, iframe")) return;
    const by = { ArrowDown: 1, PageDown: 1, j: 1, ArrowUp: -1, PageUp: -1, k: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.step(by);
  }
}
