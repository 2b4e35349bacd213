// The dialog with what this browser stored for a reader, and what counts in the reader's list.

import * as ledger from "./ledger.js";
import { get, idPath } from "./server.js";
import { button } from "./shelf.js";
import { clock } from "./words.js";

const LISTED = 30;

export async function openHistory(dialog, reader) {
  const entries = ledger.stored(reader).reverse();
  const line = (text, ...more) => {
    const made = document.createElement("li");
    made.append(text, " ", ...more);
    return made;
  };
  const own = entries.map((entry) => line(ledger.say(entry), button("Undo", () => ledger.undo(entry.event.event_id).then(() => openHistory(dialog, reader)), { quiet: true })));
  dialog.querySelector(".stored").replaceChildren(...(own.length ? own : [line("Nothing yet.")]));
  const { history: acts } = await get(idPath("/v1/readers/", reader));
  const past = acts.slice(0, LISTED).map((item) => line(`${ledger.SAID[item.action] || item.action} “${item.title}”${item.dwell_s == null ? "" : `, ${clock(item.dwell_s)}`}`));
  dialog.querySelector(".past").replaceChildren(...(past.length ? past : [line("Nothing yet.")]));
  if (!dialog.open) dialog.showModal();
}
