// Readers and keys.

import { send } from "./server.js";
import { sentence } from "./words.js";

export function fillReaders(menu, start, reader) {
  const options = start.readers.includes(reader) || !reader ? start.readers : [reader, ...start.readers];
  const made = options.map((id) => new Option(id, id, false, id === reader));
  if (start.may.chat) made.push(new Option("Another reader …", ""));
  menu.replaceChildren(...made);
}

/** Ask for another reader, who is created if the caller may write. `chosen` gets the name. */
export function openReaders(dialog, start, chosen, closed) {
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
  dialog.onclose = closed;
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const name = dialog.querySelector("#new-name").value.trim();
    const interests = [...dialog.querySelectorAll("input:checked")].map((box) => box.value);
    try {
      if (start.may.write) await send("POST", "/page/readers", { user_id: name, interests });
      dialog.close();
      chosen(name);
    } catch (problem) {
      Object.assign(trouble, { hidden: false, textContent: sentence(problem.message) });
    }
  };
  dialog.showModal();
}

/** Ask for a key until the server accepts one. */
export function askForKey(dialog) {
  const trouble = dialog.querySelector(".trouble");
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await send("POST", "/page/session", { key: dialog.querySelector("#key").value.trim() });
      location.reload();
    } catch (problem) {
      Object.assign(trouble, { hidden: false, textContent: problem.status === 401 ? "This key is not valid." : sentence(problem.message) });
    }
  };
  dialog.oncancel = (event) => event.preventDefault();
  if (!dialog.open) dialog.showModal();
}
