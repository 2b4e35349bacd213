// What if? The list after a change of the taste, the weights or the history. Only more and less, and a length, can be kept.

import { get, idPath, send } from "./server.js";
import { clock, sentence } from "./words.js";
import { NAMES } from "./why.js";

const WAIT_MS = 200; // after the last move of a slider
const HISTORY = 12; // newest items that can be left out
const AMOUNTS = { "-1": "much less", "-0.5": "less", 0: "as it is", 0.5: "more", 1: "much more" };
const LENGTHS = [15, 30, 45, 60, 90, 120, 180, 300, 0];
const HALF_LIVES = [1, 3, 7, 14, 30, 90, 180, 365];

export class WhatIf {
  /** `parameters()` are those of the list on the shelf, and `kept()` is called after something was stored. */
  constructor(dialog, { start, parameters, kept }) {
    Object.assign(this, { dialog, start, parameters, kept });
    this.find(".reset").addEventListener("click", () => this.open(this.reader));
    this.find(".keep").addEventListener("click", () => this.keep());
    this.find(".keep").hidden = !start.may.store;
  }

  find(selector) {
    return this.dialog.querySelector(selector);
  }

  async open(reader) {
    this.reader = reader;
    const [stored, { history }] = await Promise.all([get(`${idPath("/v1/readers/", reader)}/objective`), get(idPath("/v1/readers/", reader))]);
    Object.assign(this, { stored, amounts: new Map(), weights: new Map(), without: new Set(), length: null, halfLife: null });
    this.find(".heeded").textContent = stored.words.length ? `Every list heeds: ${stored.words.join(", ")}.` : "";
    const names = [...new Set([...this.start.categories, ...Object.keys(stored.categories)])];
    this.find(".amounts").replaceChildren(...names.map((name) => this.amount(name)), this.lengthSlider());
    this.find(".weights").replaceChildren(...Object.entries(this.start.weights).map(([leg, weight]) => this.weight(leg, weight)), this.halfLifeSlider());
    this.find(".without").replaceChildren(...history.slice(0, HISTORY).map((item) => this.item(item)));
    this.show([]);
    if (!this.dialog.open) this.dialog.showModal();
  }

  amount(name) {
    const value = this.stored.categories[name] ?? 0;
    return slider(name, { min: -1, max: 1, step: 0.5, value }, (at) => AMOUNTS[at] ?? String(at), (at) => this.change(() => this.amounts.set(name, at)));
  }

  lengthSlider() {
    const value = Math.max(0, LENGTHS.indexOf(this.stored.length_s || 0));
    const say = (at) => (LENGTHS[at] ? `up to ${clock(LENGTHS[at])}` : "any");
    return slider("Length", { min: 0, max: LENGTHS.length - 1, step: 1, value }, say, (at) => this.change(() => (this.length = LENGTHS[at])));
  }

  weight(leg, weight) {
    const range = { min: 0, max: 3, step: 0.25, value: 1 };
    return slider(sentence(NAMES[leg] || leg).slice(0, -1), range, (at) => `× ${at}`, (at) => this.change(() => this.weights.set(leg, weight * at)));
  }

  halfLifeSlider() {
    const nearest = HALF_LIVES.reduce((best, days) => (Math.abs(days - this.start.half_life_days) < Math.abs(best - this.start.half_life_days) ? days : best));
    const range = { min: 0, max: HALF_LIVES.length - 1, step: 1, value: HALF_LIVES.indexOf(nearest) };
    return slider("Half forgotten after", range, (at) => `${HALF_LIVES[at]} days`, (at) => this.change(() => (this.halfLife = HALF_LIVES[at])));
  }

  item(item) {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    box.addEventListener("change", () => this.change(() => (box.checked ? this.without.add(item.item_id) : this.without.delete(item.item_id))));
    label.append(box, ` “${item.title}”`);
    return label;
  }

  change(apply) {
    apply();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const objective = { categories: Object.fromEntries(this.amounts), ...(this.length == null ? {} : { length_s: this.length }) };
    const change = { user_id: this.reader, objective, weights: Object.fromEntries(this.weights), without: [...this.without] };
    if (this.halfLife != null) change.half_life_days = this.halfLife;
    const mine = (this.asked = {});
    try {
      const { moves, k } = await send("POST", `/v1/whatif?${this.parameters()}`, change);
      if (mine === this.asked) this.show(moves, k);
    } catch (problem) {
      if (mine === this.asked) this.find(".outcome").textContent = sentence(problem.message);
    }
  }

  show(moves, k = 0) {
    const inList = (rank) => rank != null && rank <= k;
    const [added, gone] = [moves.filter((move) => !inList(move.before)).length, moves.filter((move) => !inList(move.after)).length];
    const moved = moves.filter((move) => inList(move.before) && inList(move.after) && move.before !== move.after).length;
    const said = [[added, "new"], [gone, "gone"], [moved, "moved"]].filter(([number]) => number).map(([number, what]) => `${number} ${what}`);
    this.find(".outcome").textContent = moves.length ? sentence(said.join(", ") || "nothing would change") : "Move a slider to see the list then.";
    this.find("table").hidden = !moves.length;
    this.find("tbody").replaceChildren(...moves.map((move) => row(move, inList)));
  }

  async keep() {
    const categories = { ...this.stored.categories, ...Object.fromEntries(this.amounts) };
    const wanted = { categories, channels: this.stored.channels, length_s: this.length ?? this.stored.length_s ?? 0 };
    try {
      await send("PUT", `${idPath("/v1/readers/", this.reader)}/objective`, wanted);
    } catch (problem) {
      this.find(".outcome").textContent = sentence(problem.message);
      return;
    }
    this.dialog.close();
    this.kept();
  }
}

/** A labelled slider whose value is said in words, to screen readers too. */
function slider(name, range, say, moved) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const output = document.createElement("output");
  Object.assign(input, { type: "range", min: range.min, max: range.max, step: range.step, value: range.value });
  const tell = () => {
    output.textContent = say(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    moved(Number(input.value));
  });
  const title = document.createElement("span");
  title.textContent = name;
  label.className = "slider";
  label.append(title, input, output);
  tell();
  return label;
}

function row(move, inList) {
  const made = document.createElement("tr");
  const [then, now, title, cause] = ["td", "td", "th", "td"].map((tag) => made.appendChild(document.createElement(tag)));
  title.scope = "row";
  then.textContent = inList(move.after) ? move.after : "–";
  now.textContent = inList(move.before) ? move.before : "new";
  title.textContent = move.title;
  cause.textContent = move.before === move.after ? "" : move.leg ? NAMES[move.leg] || move.leg : "others moved";
  if (!inList(move.after)) made.className = "gone";
  return made;
}
