// The page: one reader, one list, one box.

import { Feed } from "./feed.js";
import * as ledger from "./ledger.js";
import { isPlainList, limitsOf, showChips } from "./query.js";
import { events, get, idPath, newId, send } from "./server.js";
import { Import, onDrop } from "./import.js";
import { openHistory } from "./history.js";
import { openPlayer } from "./player.js";
import { askForKey, fillReaders, openReaders } from "./people.js";
import { Shelf } from "./shelf.js";
import { remember, shownAt } from "./shown.js";
import { hasFile, howToPlay } from "./stage.js";
import { sentence, startOf } from "./words.js";
import { WhatIf } from "./what-if.js";
import { showWhy } from "./why.js";

const K = 12;
const ME = "me"; // the reader of a home without any
const LISTED = 200; // the server lists no more readers
const $ = (selector) => document.querySelector(selector);

let start, shelf, whatIf, importing, reader, loading;
let limits = [];
let items = [];
let thread = newId();
const lists = new WeakMap(); // the list of each item, whose places and scores belong together

const modelIsOn = () => $("#model").checked;
const modelReads = () => modelIsOn() && start.method !== "student"; // a student answers with the first list

function state(text) {
  $("#state").textContent = text;
}

function reply(text, choices = []) {
  $("#reply").hidden = !text;
  $("#reply").textContent = choices.length ? text.split("\n")[0] : text;
  $("#reply").append(...choices.map(answerButton));
}

// The list

function parameters(more = {}) {
  const own = limits.some(([name]) => name === "k") ? {} : { k: K };
  return new URLSearchParams([...limits, ...Object.entries({ ...own, rerank: "none", ...more }).map(([name, value]) => [name, String(value)])]);
}

/** The same without the language model, for questions about the list of the retrieval. */
function plainParameters() {
  const plain = parameters();
  plain.delete("rerank");
  return plain;
}

async function causeOf(item) {
  const asked = new URLSearchParams([...plainParameters(), ["user", reader], ["video", item.video_id]]);
  return get(`/v1/counterfactual?${asked}`).then((found) => found.sentence, () => null);
}

async function learn(found, request = null) {
  for (const item of found) lists.set(item, found);
  remember(found, request);
  const unknown = found.filter((item) => !hasFile.has(item.video_id));
  if (!unknown.length) return;
  const { files } = await get(`/page/files?${new URLSearchParams(unknown.map((item) => ["video", item.video_id]))}`);
  files.forEach((id) => hasFile.add(id));
}

async function show(found, request, before = null) {
  await learn(found, request);
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
    await show(answer.recommendations, answer.request_id, before);
    if (answer.progress) state(`The language model has judged ${answer.progress.judged} of ${answer.progress.of} videos …`);
    else if (before) sayMoves(answer, before);
    else if (modelReads() && items.length) state("The language model is reading these videos …");
    else say(answer);
    before ??= new Map(answer.recommendations.map((item) => [item.video_id, item.rank]));
  }
}

function say(answer) {
  const notes = answer.notes.map((note) => sentence(note.message));
  if (!start.videos) notes.unshift("There are no videos yet. Add some with “shortlist follow” or “shortlist ingest videos”.");
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
  if (problem.status === 401) return askForKey($("#sign-in"));
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

/** A ready answer to a question of the chat. */
function answerButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", () => ask(text));
  return button;
}

/** The first line of a reply that is a list, which the shelf shows. */
function headingOf(text) {
  return sentence(text.split("\n")[0].replace(/:$/, ""));
}

/** Go on as the reader that a message names: "hi, I'm user_7". */
function speakAs(named) {
  if (!named || named === reader || !start.readers.includes(named)) return;
  reader = named;
  localStorage.setItem("reader", reader);
  showReaders();
}

async function obey(found) {
  const { action, recommendations } = found;
  const isList = ["recommend", "search"].includes(action.name);
  state("");
  if (isList) {
    limits = limitsOf(action.arguments);
    speakAs(action.arguments.user);
  }
  if (isPlainList(action)) {
    reply(action.name === "search" && !recommendations.length ? found.reply : "");
    return load();
  }
  reply(isList && recommendations.length ? headingOf(found.reply) : found.reply, found.choices);
  if (isList) {
    loading?.abort();
    showChips($("#chips"), limits, dropLimit);
    return show(recommendations, found.request_id);
  }
  if (["feedback", "objective"].includes(action.name)) return load();
}

// What a reader does

async function store(item, action, said) {
  const event = { user_id: reader, item_id: item.video_id, kind: "video", action, event_id: newId(), ...shownAt(item) };
  await ledger.store(event, item.title, { said });
}

async function dislikeChannel(channel) {
  const event = { user_id: reader, item_id: channel, kind: "channel", action: "dislike", event_id: newId() };
  await ledger.store(event, channel, { said: "No more of" });
}

async function act(name, item) {
  if (name === "why") return showWhy($("#why"), item, lists.get(item), ["file", "youtube"].includes(howToPlay(item)) ? (from) => openPlayer($("#player"), item, reader, from) : null, causeOf(item));
  if (name === "play") return openPlayer($("#player"), item, reader, startOf(item));
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

async function moreForFeed(shown) {
  const answer = await get(`${idPath("/v1/recommend/", reader)}?${parameters({ k: shown + K })}`);
  await learn(answer.recommendations, answer.request_id);
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

// The reader

function showReaders() {
  fillReaders($("#reader"), start, reader);
}

function askForReader() {
  openReaders($("#new-reader"), start, choose, showReaders);
}

function choose(id) {
  reader = id;
  thread = newId();
  limits = [];
  localStorage.setItem("reader", id);
  $("#words").value = "";
  reply("");
  showReaders();
  load();
}

/** Show the list of the reader to whom an import belongs, who may be new, or after its undo of one who is left. */
async function imported(id) {
  start = await get("/page/start");
  const known = id || start.readers.includes(reader) || start.readers.length >= LISTED;
  const next = known ? id || reader : start.reader;
  if (next) return choose(next);
  reader = null;
  showReaders();
  shelf.show([]);
  say({ notes: [], recommendations: [] });
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
  whatIf = new WhatIf($("#what-if"), { start, parameters: plainParameters, kept: load });
  const openWhatIf = () => whatIf.open(reader).catch(fail);
  $("#open-what-if").addEventListener("click", openWhatIf);
  $("#why .what-if").addEventListener("click", () => {
    $("#why").close();
    openWhatIf();
  });
  importing = new Import($("#import"), { reader: () => reader || ME, done: imported, withoutFile: askForReader });
  $("#open-import").hidden = !start.may.store;
  $("#open-import").addEventListener("click", () => importing.open());
  if (start.may.store) {
    onDrop((file) => {
      importing.open();
      importing.look(file);
    });
  }
  $("#open-history").addEventListener("click", () => openHistory($("#history"), reader).catch(fail));
  $("#sign-out").addEventListener("click", () => send("DELETE", "/page/session").then(() => location.reload()));
  ledger.listen(() => $("#feed").open || load());
  for (const dialog of document.querySelectorAll("dialog:not(#sign-in, #feed, #import)")) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  }
}

async function begin() {
  try {
    start = await get("/page/start");
  } catch (problem) {
    if (problem.status === 401) return askForKey($("#sign-in"));
    return state(sentence(problem.message));
  }
  const last = localStorage.getItem("reader");
  const unlisted = last && start.may.chat && start.readers.length >= LISTED;
  reader = start.readers.includes(last) || unlisted ? last : start.reader;
  shelf = new Shelf($("#shelf"), act, start.may.store);
  $("#sign-out").hidden = !start.signed_in;
  $("#lab").hidden = !start.may.write;
  listen();
  showReaders();
  if (!reader) {
    say({ notes: [], recommendations: [] });
    return start.may.write ? importing.open(true) : undefined;
  }
  await load();
  if (location.hash === "#feed" && items.length) openFeed();
}

begin();
