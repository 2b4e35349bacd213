// Requests to this server. No other host is ever asked from here.

export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `status ${status}`);
    this.status = status;
    this.title = document.title || "";
    this.nearest = document.nearest || [];
  }
}

async function answer(response) {
  if (response.status === 204) return null;
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, document);
  return document;
}

export async function get(path, signal) {
  return answer(await fetch(path, { signal }));
}

export async function send(method, path, document, more = {}) {
  const body = document === undefined ? undefined : JSON.stringify(document);
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return answer(await fetch(path, { method, body, headers, ...more }));
}

/** Send a file as it is. */
export async function upload(path, file) {
  return answer(await fetch(path, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } }));
}

/** Yield [name, document] for each server-sent event. */
export async function* events(path, { method = "GET", document, signal } = {}) {
  const body = document === undefined ? undefined : JSON.stringify(document);
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(path, { method, body, headers, signal });
  if (!response.ok) await answer(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const lines = Object.fromEntries(part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      if (!lines.event) continue; // a heartbeat
      const found = JSON.parse(lines.data);
      if (lines.event === "problem") throw new Problem(found.status, found);
      yield [lines.event, found];
    }
  }
}

export const idPath = (prefix, id) => prefix + encodeURIComponent(id);

/** A random id, also where the page is not a secure context. */
export function newId() {
  return "web-" + [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
