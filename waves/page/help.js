/* Help for the word under the caret in the line below the text, and under the pointer in a note beside it. */

import { putBeside } from "./beside.js";
import { unitOf } from "./text/positions.js";
import { Latest } from "./player/requests.js";
import { inWords } from "./text/problems.js";

const QUIET = 200; // ms that the caret or the pointer stands still

export class Help {
  constructor(connection, editor, files, problems) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._problems = problems;
    this._line = document.getElementById("at-caret");
    this._note = document.getElementById("note");
    this._carets = new Latest(QUIET, () => this._ask(this._editor.caret), (help) => this._below(help));
    this._points = new Latest(QUIET, () => this._ask(this._point), (help) => this._beside(help));
    editor.on("caret", () => document.activeElement === editor.area && this._carets.want());
    editor.on("change", () => this._carets.want()); // also while the keyboard is elsewhere
    for (const changes of ["onList", "onNews"]) problems[changes](() => this._carets.want());
    editor.area.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this._over(event));
    for (const gone of ["pointerleave", "keydown", "scroll", "pointerdown"]) {
      editor.area.addEventListener(gone, () => this._hide(), { passive: true });
    }
  }

  /** Hides the note; whether there was one. */
  hide() {
    const shown = !this._note.hidden;
    this._hide();
    return shown;
  }

  _over({ clientX, clientY }) {
    const point = this._editor.at(clientX, clientY);
    if (point && this._point && point.line === this._point.line && point.column === this._point.column) return;
    this._hide();
    this._point = point;
    if (point) this._points.want();
  }

  _hide() {
    this._points.forget();
    this._point = null;
    this._note.hidden = true;
  }

  /** Problems at a place, and help for its word. */
  async _ask(place) {
    if (!place || !this._files.name) return null;
    const { line, column } = place;
    const unit = unitOf(this._editor.lines[line - 1] ?? "", column);
    const problems = this._problems.at(line - 1, unit);
    let help = null;
    if (this._connection.state === "connected") {
      const { text } = this._editor;
      help = await this._connection.call("hover", { file: this._files.name, text, line, column }).catch(() => null);
    }
    return { line, column, problems, help };
  }

  _below(found) {
    this._line.replaceChildren(...(found ? parts(found, (text) => text.split("\n")[0]) : []));
    const large = this._problems.sentence;
    for (const one of this._line.children) one.classList.toggle("large", Boolean(large) && one.textContent.includes(large));
  }

  _beside(found) {
    const shown = found ? parts(found, (text) => text) : [];
    this._note.replaceChildren(...shown);
    this._note.hidden = !shown.length;
    if (!shown.length) return;
    putBeside(this._editor, this._note, found.line, found.help?.start ?? found.column);
  }
}

function parts({ problems, help }, shortened) {
  const shown = problems.map((problem) => paragraph(inWords({ ...problem, file: "" }), problem.level === "warning" ? "warning" : "error"));
  if (help) {
    shown.push(paragraph(help.title, "title"));
    if (help.text) shown.push(paragraph(shortened(help.text), "text"));
  }
  return shown;
}

function paragraph(text, name) {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}
