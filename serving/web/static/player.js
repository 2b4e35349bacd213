// The dialog in which a video plays.

import * as ledger from "./ledger.js";
import { button } from "./shelf.js";
import { play } from "./stage.js";
import { facts, sentence } from "./words.js";

export function openPlayer(dialog, item, reader, from) {
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
