// The time for which a video truly played, stored as a `view`.

import { newId } from "./server.js";
import { shownAt } from "./shown.js";
import { store } from "./ledger.js";

const LEAST_S = 0.5;
const active = new Set();

export class Watch {
  constructor(item, reader) {
    this.item = item;
    this.reader = reader;
    this.played = 0;
    this.since = null;
    this.stored = 0;
    this.eventId = null;
    active.add(this);
  }

  run() {
    this.since ??= performance.now();
  }

  pause() {
    this.played = this.seconds;
    this.since = null;
  }

  get seconds() {
    return this.played + (this.since === null ? 0 : (performance.now() - this.since) / 1000);
  }

  /** Store what was watched so far. A longer stretch of the same watching replaces a shorter one. */
  async settle(beacon = false) {
    const dwell = Math.round(this.seconds * 10) / 10;
    if (dwell < LEAST_S || dwell - this.stored < LEAST_S) return false;
    const replaces = this.eventId;
    this.stored = dwell;
    this.eventId = newId();
    const event = {
      user_id: this.reader, item_id: this.item.video_id, kind: "video", action: "view", dwell_s: dwell, event_id: this.eventId,
      ...shownAt(this.item),
    };
    await store(event, this.item.title, { beacon, replaces });
    return true;
  }

  async end() {
    this.pause();
    active.delete(this);
    return this.settle();
  }
}

function settleAll() {
  for (const watch of active) watch.settle(true);
}

// A phone may never say more than that the page was hidden.
addEventListener("pagehide", settleAll);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && settleAll());
