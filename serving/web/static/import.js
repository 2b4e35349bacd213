// Bring a history: choose or drop a file, see what it has, import it, undo it.

import { send, upload } from "./server.js";
import { sentence } from "./words.js";

const SHOWN_DOMAINS = 100;
const element = (tag, facts) => Object.assign(document.createElement(tag), facts);

export class Import {
  /** `reader()` is whose history it is; `done(reader)` is called after an import, `done(null)` after its undo. */
  constructor(dialog, { reader, done, withoutFile }) {
    this.dialog = dialog;
    this.reader = reader;
    this.done = done;
    this.part = (selector) => dialog.querySelector(selector);
    this.part("input[type=file]").onchange = (event) => this.look(event.target.files[0]);
    this.part("form").onsubmit = (event) => {
      event.preventDefault();
      this.store();
    };
    this.part(".undo").onclick = () => this.undo();
    this.part(".cancel").onclick = () => dialog.close();
    this.part(".without").onclick = () => {
      dialog.close();
      withoutFile();
    };
  }

  open(welcome = false) {
    this.file = this.batch = null;
    this.part("h2").textContent = welcome ? "What do you like to watch?" : "Bring your history";
    this.part(".welcome").hidden = this.part(".without").hidden = !welcome;
    this.part("input[type=file]").value = "";
    this.show([]);
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Say what a file has. Nothing is stored. */
  async look(file) {
    if (!file) return;
    this.file = file;
    const found = await this.ask({ dry_run: true }, `Reading ${file.name} …`);
    if (found) this.show(found.lines, found.found);
  }

  async store() {
    const chosen = [...this.part(".domains").querySelectorAll("input:checked")].map((box) => ["domain", box.value]);
    const person = this.part(".person select").value;
    const done = await this.ask(person ? { person } : {}, `Importing ${this.file.name} …`, chosen);
    if (!done) return;
    this.batch = done.imported.batch;
    this.show(done.lines);
    this.done(done.imported.reader);
  }

  async undo() {
    const undone = await this.working("Undoing …", () => send("DELETE", `/v1/imports/${this.batch}`));
    if (!undone) return;
    this.batch = this.file = null;
    this.show(["It is undone."]);
    this.done(null);
  }

  async ask(more, text, domains = []) {
    const query = new URLSearchParams([["name", this.file.name], ["user_id", this.reader()], ...Object.entries(more), ...domains]);
    return this.working(text, () => upload(`/v1/imports?${query}`, this.file));
  }

  /** Return the answer, or nothing after a problem, which is shown. */
  async working(text, work) {
    const trouble = this.part(".trouble");
    this.part(".state").textContent = text;
    trouble.hidden = true;
    this.part("progress").hidden = false;
    this.part(".actions").inert = true;
    try {
      return await work();
    } catch (problem) {
      Object.assign(trouble, { hidden: false, textContent: sentence(problem.title ? `${problem.title}: ${problem.message}` : problem.message) });
      return null;
    } finally {
      this.part(".state").textContent = "";
      this.part("progress").hidden = true;
      this.part(".actions").inert = false;
    }
  }

  show(lines, found = { domains: {}, persons: [] }) {
    this.part(".lines").replaceChildren(...lines.map((line) => element("li", { textContent: line.trim() })));
    const domains = Object.entries(found.domains).slice(0, SHOWN_DOMAINS);
    this.part(".domains").hidden = !domains.length;
    this.part(".domains .choices").replaceChildren(
      ...domains.map(([name, number]) => {
        const label = document.createElement("label");
        label.append(element("input", { type: "checkbox", value: name }), ` ${name} (${number})`);
        return label;
      }),
    );
    this.part(".person").hidden = !found.persons.length;
    this.part(".person select").replaceChildren(...found.persons.map((name) => new Option(name)));
    this.part("[type=submit]").hidden = !this.file || this.batch !== null || !lines.length;
    this.part(".undo").hidden = this.batch === null;
    this.part(".choose").hidden = this.batch !== null;
  }
}

/** Call `dropped(file)` for a file that is dropped anywhere on the page. */
export function onDrop(dropped) {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) dropped(event.dataTransfer.files[0]);
  });
}
