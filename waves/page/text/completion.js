/* Completion: a list under the line with what may stand at the caret. */

import { putBeside } from "../beside.js";
import { unitOf } from "./positions.js";
import { Latest } from "../player/requests.js";

const QUIET = 60; // ms without a key before the list is asked for
const OPENS = /(?:[\p{L}\p{N}_$]|\$[\p{L}\p{N}_#]+\.)$/u; // a word, or the output of an id
const MOST = 200; // items that are shown
const PAIRS = { "{": "}", "[": "]", "(": ")", '"': '"', "'": "'" };
const HOW = "Tab takes the first one, the arrows choose. Enter is a new line while none is chosen.";
const HOW_BY_TOUCH = "Tap what you want. Enter is a new line.";
const TOUCH = matchMedia("(pointer: coarse)");

export class Completion {
  constructor(connection, editor, files) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._box = document.getElementById("completion");
    this._list = document.getElementById("completion-list");
    this._help = document.getElementById("completion-help");
    this._items = [];
    this._text = ""; // for which they are
    this._takes = false; // whether the first of those that are on their way is taken
    this._closing = []; // signs behind the caret that a completion wrote: the sign, and the units from it to the end
    this._opening = null; // a sign before the caret that it wrote: the sign, and the text since
    this._requests = new Latest(QUIET, () => this._ask(), (answer) => this._take(answer));
    const { area } = editor;
    area.addEventListener("keydown", (event) => this._key(event));
    area.addEventListener("beforeinput", (event) => this._over(event));
    area.addEventListener("input", (event) => this._typed(event));
    area.addEventListener("blur", () => this.close());
    document.addEventListener("pointerdown", ({ target }) => target !== area && !this._box.contains(target) && this.close(), true);
    area.addEventListener("scroll", () => this.isOpen && this._put(), { passive: true });
    new ResizeObserver(() => this.isOpen && this._put()).observe(area);
    editor.on("caret", () => this._caret());
    this._list.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
    this._list.addEventListener("click", ({ target }) => this._clicked(target.closest("[role=option]")));
  }

  get isOpen() {
    return !this._box.hidden;
  }

  /** Asks for the list, with its first item chosen. */
  open() {
    this._chosen = true;
    this._wanted = true;
    this._requests.want(0);
  }

  close() {
    this._wanted = false;
    this._requests.forget();
    this._hide();
  }

  _hide() {
    this._box.hidden = true;
    this._takes = false;
    this._editor.area.removeAttribute("aria-activedescendant");
    this._editor.area.removeAttribute("aria-controls");
  }

  _typed(event) {
    const before = this._editor.text.slice(0, this._editor.caret.unit);
    const typed = event.inputType === "insertText" || event.inputType === "insertCompositionText";
    this._takes = false;
    if (this._editor.isWriting) {
      this.close(); // nobody typed that
    } else if (this.isOpen || (typed && OPENS.test(before))) {
      this._chosen = this.isOpen && this._chosen;
      if (typed && !OPENS.test(before)) this._hide(); // it is for the word before
      this._wanted = true;
      this._requests.want();
    } else if (!typed) {
      this.close();
    }
  }

  /** A caret that left the word closes the list. */
  _caret() {
    if (!this.isOpen) return;
    const { line, column } = this._editor.caret;
    if (line !== this._answer.line || column < this._answer.start || !this._editor.isPoint) this.close();
  }

  _ask() {
    if (this._connection.state !== "connected" || !this._files.name) return null;
    const { line, column } = this._editor.caret;
    this._asked = this._editor.text;
    return this._connection.call("complete", { file: this._files.name, text: this._editor.text, line, column });
  }

  _take(answer) {
    const { line, column } = this._editor.caret;
    const fits = answer && answer.line === line && answer.start <= column && document.activeElement === this._editor.area;
    const items = fits ? answer.items.slice(0, MOST) : [];
    const word = fits ? this._word(answer) : "";
    if (!this._wanted || !items.length || (items.length === 1 && items[0].insert === word)) {
      this._hide();
      return;
    }
    const kept = this.isOpen ? this._items[this._at]?.label : undefined; // chosen while this answer was on its way
    this._answer = answer;
    this._items = items;
    this._text = this._asked;
    this._list.replaceChildren(...items.map(option));
    this._editor.reveal();
    this._box.hidden = false;
    this._editor.area.setAttribute("aria-controls", "completion-list");
    this._choose(Math.max(items.findIndex(({ label }) => label === kept), this._chosen ? 0 : -1));
    if (this._takes) this._acceptFirst();
  }

  _word({ line, start, end }) {
    return this._editor.text.slice(this._editor.unitAt(line, start), this._editor.unitAt(line, end));
  }

  _put() {
    const { line, start } = this._answer;
    if (!this._editor.isSeen) {
      this.close();
      return;
    }
    putBeside(this._editor, this._box, line, start);
  }

  _choose(at) {
    this._at = at;
    [...this._list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    const chosen = this._list.children[at];
    const item = this._items[at];
    this._help.textContent = item ? [item.detail, item.help].filter(Boolean).join(" · ") : TOUCH.matches ? HOW_BY_TOUCH : HOW;
    this._help.hidden = !this._help.textContent;
    this._put();
    if (!chosen) {
      this._editor.area.removeAttribute("aria-activedescendant");
      return;
    }
    this._editor.area.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  _key(event) {
    if (event.isComposing) return;
    if (event.key === " " && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.open();
      return;
    }
    if (event.key === "Escape" && !this.isOpen) this.close(); // nor does one open that is on its way
    if (!this.isOpen || event.ctrlKey || event.metaKey || event.altKey) return;
    const count = this._items.length;
    const page = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (page) this._choose(page === -1 && this._at < 1 ? count - 1 : page === 1 ? (this._at + 1) % count : bounded(this._at + page, count));
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" && !event.shiftKey) this._acceptFirst();
    else if (event.key === "Enter" && this._at >= 0) this._accept(this._at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Remembers brackets and quotes from the caret to `end`, and one before the caret. */
  _wrote(caret, end) {
    const { text } = this._editor;
    const closing = Object.values(PAIRS);
    for (let unit = caret; unit < end; unit += 1) {
      if (closing.includes(text[unit])) this._closing.push({ sign: text[unit], left: text.length - unit });
    }
    const opens = PAIRS[text[caret - 1]] === text[caret] && caret < end;
    this._opening = opens ? { sign: text[caret - 1], text, caret } : null;
  }

  /** A bracket or quote that is typed where a completion wrote the same one steps over it. */
  _over(event) {
    const { text, caret, isPoint } = this._editor;
    if (event.inputType !== "insertText" || !isPoint) return;
    const { sign, text: since, caret: place } = this._opening ?? {};
    this._opening = null;
    if (event.data === sign && text === since && caret.unit === place) {
      event.preventDefault();
      return;
    }
    const at = this._closing.findIndex((one) => one.sign === event.data && one.left === text.length - caret.unit);
    if (at < 0 || text[caret.unit] !== event.data) return;
    event.preventDefault();
    this._closing.splice(at, 1);
    this._editor.area.setSelectionRange(caret.unit + 1, caret.unit + 1);
  }

  _clicked(chosen) {
    if (chosen) this._accept([...this._list.children].indexOf(chosen));
  }

  /** Takes what is chosen, or the first one; of a list that is not for the present text once it is. */
  _acceptFirst() {
    this._takes = this._at < 0 && this._text !== this._editor.text;
    if (!this._takes) this._accept(Math.max(this._at, 0));
  }

  _accept(at) {
    const { line, start } = this._answer;
    const { insert, caret = insert.length } = this._items[at];
    const from = this._editor.unitAt(line, start);
    const until = Math.max(this._editor.unitAt(line, this._answer.end), this._editor.caret.unit);
    this.close();
    this._editor.replace(from, until, insert);
    const place = from + unitOf(insert, caret + 1);
    this._editor.area.setSelectionRange(place, place);
    this._wrote(place, from + insert.length);
    this.close(); // what was written is no reason to open it again
  }
}

function option(item, at) {
  const element = document.createElement("div");
  element.id = `completion-${at}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = item.label;
  const detail = document.createElement("span");
  detail.className = "detail";
  detail.textContent = item.detail ? item.detail : item.kind ?? "";
  element.append(label, detail);
  return element;
}

const bounded = (at, count) => Math.max(0, Math.min(at, count - 1));
