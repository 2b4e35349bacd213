// What this page stored for a reader: shown, and undoable.

import { idPath, send } from "./server.js";

const KEPT = 50;
const TOAST_MS = 9000;
export const SAID = { view: "Watched", click: "Opened", like: "Liked", dislike: "Disliked", skip: "Skipped" };

let entries = JSON.parse(localStorage.getItem("ledger") || "[]");
let onChange = () => {};

export function listen(changed) {
  onChange = changed;
}

export function stored(reader) {
  return entries.filter((entry) => entry.event.user_id === reader);
}

export function say(entry) {
  const { action, dwell_s: dwell } = entry.event;
  const verb = entry.said || SAID[action] || action;
  return `${verb} “${entry.title}”${dwell == null ? "" : ` for ${Math.round(dwell)} s`}`;
}

function keep() {
  entries = entries.slice(-KEPT);
  localStorage.setItem("ledger", JSON.stringify(entries));
}

/**
 * Store an event. A `beacon` also arrives when the page is being closed. `replaces` is the id of an earlier event of the
 * same watching, which is deleted.
 */
export async function store(event, title, { said, beacon = false, replaces = null, quiet = false } = {}) {
  const entry = { event, title, said };
  entries.push(entry);
  keep();
  if (beacon) {
    const body = new Blob([JSON.stringify({ events: [event] })], { type: "application/json" });
    navigator.sendBeacon("/v1/events", body);
  } else {
    const { results } = await send("POST", "/v1/events", { events: [event] }, { keepalive: true });
    if (results[0].status === "failed") {
      forget(event.event_id);
      throw new Error(results[0].reason);
    }
  }
  if (replaces) {
    const path = eventPath(replaces);
    forget(replaces);
    await send("DELETE", path, undefined, { keepalive: true }).catch(() => {});
  }
  if (!quiet) toast(say(entry), () => undo(event.event_id));
  onChange();
}

function forget(id) {
  entries = entries.filter((entry) => entry.event.event_id !== id);
  keep();
}

function eventPath(id) {
  const entry = entries.find((one) => one.event.event_id === id);
  return idPath("/v1/events/", id) + (entry ? `?user_id=${encodeURIComponent(entry.event.user_id)}` : "");
}

export async function undo(id) {
  await send("DELETE", eventPath(id)).catch((problem) => {
    if (problem.status !== 404) throw problem;
  });
  forget(id);
  toast("Undone");
  onChange();
}

export function toast(text, undoIt = null) {
  const line = document.createElement("p");
  line.append(text);
  if (undoIt) {
    const button = document.createElement("button");
    button.textContent = "Undo";
    button.addEventListener("click", () => {
      line.remove();
      undoIt();
    });
    line.append(" ", button);
  }
  const place = document.querySelector("#toasts");
  (document.querySelector("#feed[open]") || document.body).append(place); // else the feed would cover it
  place.append(line);
  while (place.children.length > 3) place.firstElementChild.remove();
  setTimeout(() => line.remove(), TOAST_MS);
}
