// The page: one reader, one list, one box.

import { Feed } from "./feed.js";
import * as ledger from "./ledger.js";
import { isPlainList, limitsOf, showChips } from "./query.js";
import { events, get, idPath, newId, send } from "./server.js";
import { button, Shelf } from "./shelf.js";
import { hasFile, howToPlay, play } from "./stage.js";
import { clock, facts, sentence, startOf } from "./words.js";
import { showWhy } from "./why.js";

const K = 12;
const LISTED = 200; // the server lists no more readers
const $ = (selector) => document.querySelector(selector);

let start, shelf, reader, loading;
let limits = [];
let items = [];
let thread = newId();
const lists = new WeakMap(); // the list of each item, whose places and scores belong together

const modelIsOn = () => $("#model").checked;

function state(text) {
  $("#state").textContent = text;
}

function reply(text) {
  $("#reply").hidden = !text;
  $("#reply").textContent = text;
}

// The list

function parameters(more = {}) {
  const own = limits.some(([name]) => name === "k") ? {} : { k: K };
  return new URLSearchParams([...limits, ...Object.entries({ ...own, rerank: "none", ...more }).map(([name, value]) => [name, String(value)])]);
}

async function learn(found) {
  for (const item of found) lists.set(item, found);
  const unknown = found.filter((item) => !hasFile.has(item.video_id));
  if (!unknown.length) return;
  const { files } = await get(`/page/files?${new URLSearchParams(unknown.map((item) => ["video", item.video_id]))}`);
  files.forEach((id) => hasFile.add(id));
}

async function show(found, before = null) {
  await learn(found);
  items = found;
  shelf.show(items, before);
  $("#open-feed").disabled = !items.length;
}

async function load() {
  loading?.abort();
  const mine = (loading = new AbortController());
  $("#shelf").ariaBusy = "true";
  showChips($("#chips"), limits, dropLimit);
  $("#heading").textContent = limits.some(([name]) => name === "about") ? "Found for you" : "For you";
  try {
    await showAnswers(mine.signal);
  } catch (problem) {
    if (!mine.signal.aborted) fail(problem);
  } finally {
    if (!mine.signal.aborted) $("#shelf").ariaBusy = "false";
  }
}

/** Show the list of the retrieval and, with the model, what it makes of it. */
async function showAnswers(signal) {
  const more = modelIsOn() ? { rerank: start.method } : {};
  if (modelIsOn() && start.budget_ms != null) more.rerank_budget_ms = start.budget_ms;
  if (start.may.chat) more.thread = thread; // so that the box can speak of the places of this list
  let before = null;
  for await (const [name, answer] of events(`${idPath("/v1/recommend/", reader)}/stream?${parameters(more)}`, { signal })) {
    if (signal.aborted || name !== "answer") continue;
    await show(answer.recommendations, before);
    if (before) sayMoves(answer, before);
    else if (modelIsOn() && items.length) state("The language model is reading these videos …");
    else say(answer);
    before ??= new Map(answer.recommendations.map((item) => [item.video_id, item.rank]));
  }
}

function say(answer) {
  const notes = answer.notes.map((note) => sentence(note.message));
  if (!start.videos) notes.unshift("There are no videos yet. Add some with “shortlist ingest videos”, or in the laboratory.");
  else if (!answer.recommendations.length && !notes.length) notes.push("Nothing fits. Remove a limit above.");
  state(notes.join(" "));
}

function sayMoves(answer, before) {
  const moved = answer.recommendations.filter((item) => before.get(item.video_id) !== item.rank);
  const notes = answer.notes.map((note) => sentence(note.message)).join(" ");
  const { calls, cached_calls: cached } = answer.llm;
  if (!calls && !cached) return state(notes); // which say why it judged nothing
  const judged = `It judged ${calls + cached}${cached ? `, ${cached} of them from its cache` : ""}.`;
  state(`The language model moved ${moved.length} of ${answer.recommendations.length} videos. ${judged} ${notes}`.trim());
}

function fail(problem) {
  if (problem.status === 401) return askForKey();
  shelf.show([]);
  const nearest = problem.nearest?.length ? ` Did you mean ${problem.nearest.join(" or ")}?` : "";
  state(sentence(problem.message) + nearest);
}

function dropLimit(name, value) {
  limits = limits.filter((limit) => !(limit[0] === name && limit[1] === value));
  load();
}

// The box

async function ask(text) {
  reply("");
  if (!text) {
    limits = [];
    return load();
  }
  if (!start.may.chat) {
    limits = [["about", text]];
    return load();
  }
  state("…");
  const message = { message: text, user: reader, thread, rerank: "none" };
  for await (const [name, found] of events("/v1/chat", { method: "POST", document: message })) {
    if (name === "reply") await obey(found);
  }
}

async function obey(found) {
  const { action, recommendations } = found;
  state("");
  if (isPlainList(action)) {
    limits = limitsOf(action.arguments);
    reply(action.name === "search" && !recommendations.length ? found.reply : "");
    return load();
  }
  reply(found.reply);
  if (["recommend", "search"].includes(action.name)) {
    loading?.abort();
    return show(recommendations);
  }
  if (action.name === "feedback") return load();
}

// What a reader does

async function store(item, action, said) {
  const event = { user_id: reader, item_id: item.video_id, kind: "video", action, event_id: newId(), position: item.rank };
  await ledger.store(event, item.title, { said });
}

async function dislikeChannel(channel) {
  const event = { user_id: reader, item_id: channel, kind: "channel", action: "dislike", event_id: newId() };
  await ledger.store(event, channel, { said: "No more of" });
}

async function act(name, item) {
  if (name === "why") return showWhy($("#why"), item, lists.get(item), ["file", "youtube"].includes(howToPlay(item)) ? (from) => openPlayer(item, from) : null);
  if (name === "play") return openPlayer(item, startOf(item));
  try {
    if (name === "open") {
      if (start.may.store) await store(item, "click");
    } else if (name === "seen") await store(item, "view", "Marked as seen");
    else if (name === "channel") await dislikeChannel(item.channel);
    else await store(item, name);
  } catch (problem) {
    ledger.toast(sentence(problem.message));
  }
}

function openPlayer(item, from) {
  const dialog = $("#player");
  const [stage, trouble] = [dialog.querySelector(".stage"), dialog.querySelector(".trouble")];
  trouble.hidden = true;
  dialog.querySelector("h2").textContent = item.title;
  dialog.querySelector(".facts").textContent = facts(item);
  dialog.querySelector(".reason").textContent = sentence(item.reason);
  const open = { trouble: (text) => Object.assign(trouble, { hidden: false, textContent: text }) };
  let watch = play(stage, item, reader, { ...open, from });
  const again = button("From the beginning", () => {
    watch.end();
    watch = play(stage, item, reader, open);
    again.remove();
  }, { quiet: true });
  const close = button("Close", () => dialog.close());
  dialog.querySelector(".actions").replaceChildren(...(from ? [again] : []), close);
  dialog.addEventListener("close", () => watch.end().catch((problem) => ledger.toast(sentence(problem.message))), { once: true });
  dialog.showModal();
}

async function moreForFeed(shown) {
  const answer = await get(`${idPath("/v1/recommend/", reader)}?${parameters({ k: shown + K })}`);
  await learn(answer.recommendations);
  return answer.recommendations;
}

function openFeed() {
  const more = (shown) => moreForFeed(shown).catch(() => []);
  const feed = new Feed($("#feed"), {
    more, act, reader, mayStore: start.may.store,
    closed: () => {
      history.replaceState(null, "", "/");
      document.body.append($("#toasts"));
      load();
    },
  });
  history.replaceState(null, "", "#feed");
  feed.open(items);
}

async function openHistory() {
  const dialog = $("#history");
  const entries = ledger.stored(reader).reverse();
  const line = (text, ...more) => {
    const made = document.createElement("li");
    made.append(text, " ", ...more);
    return made;
  };
  const own = entries.map((entry) => line(ledger.say(entry), button("Undo", () => ledger.undo(entry.event.event_id).then(openHistory), { quiet: true })));
  dialog.querySelector(".stored").replaceChildren(...(own.length ? own : [line("Nothing yet.")]));
  const { history: acts } = await get(idPath("/v1/readers/", reader));
  const past = acts.slice(0, 30).map((item) => line(`${ledger.SAID[item.action] || item.action} “${item.title}”${item.dwell_s == null ? "" : `, ${clock(item.dwell_s)}`}`));
  dialog.querySelector(".past").replaceChildren(...(past.length ? past : [line("Nothing yet.")]));
  if (!dialog.open) dialog.showModal();
}

// Readers and keys

function fillReaders() {
  const options = start.readers.includes(reader) || !reader ? start.readers : [reader, ...start.readers];
  const made = options.map((id) => new Option(id, id, false, id === reader));
  if (start.may.chat) made.push(new Option("Another reader …", ""));
  $("#reader").replaceChildren(...made);
}

function choose(id) {
  reader = id;
  thread = newId();
  limits = [];
  localStorage.setItem("reader", id);
  $("#words").value = "";
  reply("");
  fillReaders();
  load();
}

function askForReader() {
  const dialog = $("#new-reader");
  const trouble = dialog.querySelector(".trouble");
  trouble.hidden = true;
  dialog.querySelector("fieldset").hidden = !start.may.write;
  dialog.querySelector(".choices").replaceChildren(
    ...start.categories.map((name) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
      label.append(box, ` ${name}`);
      return label;
    }),
  );
  dialog.querySelector(".cancel").onclick = () => dialog.close();
  dialog.onclose = fillReaders;
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const name = $("#new-name").value.trim();
    const interests = [...dialog.querySelectorAll("input:checked")].map((box) => box.value);
    try {
      if (start.may.write) await send("POST", "/page/readers", { user_id: name, interests });
      reader = name;
      dialog.close();
      choose(name);
    } catch (problem) {
      Object.assign(trouble, { hidden: false, textContent: sentence(problem.message) });
    }
  };
  dialog.showModal();
}

function askForKey() {
  const dialog = $("#sign-in");
  const trouble = dialog.querySelector(".trouble");
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await send("POST", "/page/session", { key: $("#key").value.trim() });
      location.reload();
    } catch (problem) {
      Object.assign(trouble, { hidden: false, textContent: problem.status === 401 ? "This key is not valid." : sentence(problem.message) });
    }
  };
  dialog.oncancel = (event) => event.preventDefault();
  if (!dialog.open) dialog.showModal();
}

// The start

function listen() {
  $("#ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask($("#words").value.trim()).catch(fail);
  });
  $("#words").addEventListener("search", () => $("#words").value || ask("").catch(fail)); // the cross in the box
  $("#reader").addEventListener("change", () => ($("#reader").value ? choose($("#reader").value) : askForReader()));
  $("#model").addEventListener("change", load);
  $("#open-feed").addEventListener("click", openFeed);
  $("#open-history").addEventListener("click", () => openHistory().catch(fail));
  $("#sign-out").addEventListener("click", () => send("DELETE", "/page/session").then(() => location.reload()));
  ledger.listen(() => $("#feed").open || load());
  for (const dialog of document.querySelectorAll("dialog:not(#sign-in, #feed)")) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  }
}

async function begin() {
  try {
    start = await get("/page/start");
  } catch (problem) {
    if (problem.status === 401) return askForKey();
    return state(sentence(problem.message));
  }
  const last = localStorage.getItem("reader");
  const unlisted = last && start.may.chat && start.readers.length >= LISTED;
  reader = start.readers.includes(last) || unlisted ? last : start.reader;
  shelf = new Shelf($("#shelf"), act, start.may.store);
  $("#sign-out").hidden = !start.signed_in;
  $("#lab").hidden = !start.may.write;
  listen();
  fillReaders();
  if (!reader) {
    say({ notes: [], recommendations: [] });
    return start.may.write ? askForReader() : undefined;
  }
  await load();
  if (location.hash === "#feed" && items.length) openFeed();
}

begin();
