/* The text: a plain textarea, and behind it layers of the same metrics for colours, marks and line numbers. */

import { focused } from "./focused.js";
import { Place, isSeen } from "./place.js";
import { columnOf, difference, replacement, unitOf } from "./positions.js";
import { edge, fill, rowAt, segments } from "./rows.js";
import { Undo } from "./undo.js";

const MARGIN = 4; // lines that are painted above and below what is seen
const LONGEST_STEP = 20_000; // units of a step of undo; with longer ones browsers are busy for seconds
const LEVELS = ["error", "warning"]; // marks that the number of a line shows too
const SPACE = 0.2; // of the height of a line, above its letters and below
const WORD = /[\p{L}\p{N}_]*/uy;
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

/** Events, by `on`: `change` (lines: first, before, after), `undone` (the text before undo or redo), `caret`. */
export class Editor {
  constructor(root) {
    this.root = root;
    this.area = root.querySelector("textarea");
    this.text = "";
    this.lines = [""];
    this.isWriting = false; // while the page itself changes the text
    this.spansOf = () => [];
    this._listeners = { change: [], undone: [], caret: [] };
    this._marks = new Map();
    this._shown = new Map();
    this._place = new Place(this.area);
    this._layers = root.querySelector(".layers");
    this._colours = root.querySelector(".colours");
    this._marked = root.querySelector(".marks");
    this._numbers = root.querySelector(".numbers");
    this._measure();
    this._undo = new Undo(this.area, () => this._undone());
    this.area.addEventListener("input", ({ inputType }) => {
      if (!this.isWriting) this._look();
      if (inputType === "historyUndo" || inputType === "historyRedo") this._undone();
      else this._changed();
    });
    this.area.addEventListener("scroll", () => (this._look(), this._paint()), { passive: true });
    document.addEventListener("selectionchange", () => document.activeElement === this.area && (this._look(), this._moved()));
    for (const name of ["focus", "blur"]) this.area.addEventListener(name, () => this.isWriting || this._moved());
    new ResizeObserver(() => this._resized()).observe(this.area);
  }

  on(name, callback) {
    this._listeners[name].push(callback);
  }

  /** Place of the caret: line and column from 1, and the unit in the text. */
  get caret() {
    const unit = this.area.selectionEnd;
    const line = this.text.slice(0, unit).split("\n").length;
    const start = this.startOf(line);
    return { line, column: columnOf(this.lines[line - 1], unit - start), unit };
  }

  /** Takes back the last step of the text (`undo`), or makes it again (`redo`), wherever the keyboard is; whether there was one. */
  step(command) {
    const { text } = this;
    this.isWriting = true;
    focused(this.area, () => this._undo.run(command));
    this.isWriting = false;
    this._look();
    this._undone();
    return this.text !== text;
  }

  /** Undo selects all that it brought back; the next key would replace it. */
  _undone() {
    if (this._undo.isBusy) return;
    const { text } = this;
    this.area.selectionStart = this.area.selectionEnd;
    this._changed();
    for (const callback of this._listeners.undone) callback(text);
  }

  /** Whether nothing is selected. */
  get isPoint() {
    return this.area.selectionStart === this.area.selectionEnd;
  }

  /** Unit in the text at which a line begins. */
  startOf(line) {
    let unit = 0;
    for (let at = 0; at < line - 1 && at < this.lines.length; at += 1) unit += this.lines[at].length + 1;
    return unit;
  }

  /** Unit in the text of a line and column from 1. */
  unitAt(line, column) {
    return this.startOf(line) + unitOf(this.lines[line - 1] ?? "", column);
  }

  /** Shows a whole other text: nothing of the one before can be undone. */
  load(text, selection = 0) {
    this.area.value = text;
    this.area.setSelectionRange(selection, selection);
    this._changed();
  }

  /** Turns the text into another one, in one step that can be undone; the caret stays at its words. */
  become(text) {
    const { start, end, text: now } = replacement(this.text, text);
    if (start === end && !now) return;
    const moved = (unit) => (unit <= start ? unit : Math.max(start, unit >= end ? unit + now.length - (end - start) : start));
    const { selectionStart, selectionEnd, scrollTop, scrollLeft } = this.area;
    this.replace(start, end, now);
    this.area.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    this._place.caret = this.area.selectionEnd; // its reader has not moved it
    this.area.scrollTo(scrollLeft, scrollTop);
  }

  /** Replaces units of the text, in one step that can be undone. The caret stands behind it. */
  replace(start, end, text) {
    let done = false;
    this.isWriting = true;
    this._undo.cut();
    if (text.length + end - start < LONGEST_STEP) {
      focused(this.area, () => {
        this.area.setSelectionRange(start, end);
        done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
      });
    }
    if (!done) this.area.setRangeText(text, start, end, "end");
    this.isWriting = false;
    this._undo.cut();
    this._changed();
  }

  /** Puts the caret at a line and column from 1, into view, and the keyboard into the text. */
  goTo(line, column) {
    this.area.focus({ preventScroll: true });
    this.show(line, column);
    this.root.scrollIntoView({ block: "nearest" });
  }

  /** Puts the caret at a line and column from 1, into view, and leaves the keyboard where it is. */
  show(line, column) {
    const unit = this.unitAt(Math.min(Math.max(line, 1), this.lines.length), column);
    this._look();
    this.area.setSelectionRange(unit, unit);
    this._scrollTo(line, column);
    this._place.stay();
    this._moved();
  }

  /** Sideways back to where a new line begins. */
  showStart() {
    this.area.scrollLeft = 0;
  }

  /** Scrolls no further than the line of the caret is seen. */
  reveal() {
    if (!this.isSeen) this._place.fit(this._line);
  }

  /** Puts a place a third below the top, and its word a third across if it is not seen. */
  _scrollTo(line, column) {
    this.area.scrollTop = Math.max(0, this._topOf(line) - this._pad - this.area.clientHeight / 3);
    this._paint();
    const row = this._shown.get(line - 1);
    if (!row) return;
    const { clientWidth, offsetLeft } = this.area;
    const unit = unitOf(this.lines[line - 1], column);
    WORD.lastIndex = unit;
    const end = unit + WORD.exec(this.lines[line - 1])[0].length;
    const [left, right] = [unit, end].map((one) => edge(row.colours, one) - this.root.getBoundingClientRect().left - offsetLeft);
    if (left < 0 || right > clientWidth) this.area.scrollLeft += left - Math.max(0, Math.min(clientWidth / 3, clientWidth - (right - left)));
  }

  /** Pixels from the top of the text to a line. */
  _topOf(line) {
    return (line - 1) * this._height + this._pad;
  }

  /** The line of the caret: pixels from the top of the text, around it, and around its letters in it. */
  get _line() {
    const top = this._topOf(this.caret.line);
    return { top, bottom: top + this._height, pad: this._pad, spare: this._height * SPACE };
  }

  /** The line of the caret stays in view when a message or a keyboard takes room; who gives it back gives the place back. */
  _look() {
    this._place.look(() => this._line, () => this._measure());
  }

  _resized() {
    this._look();
    this._measure();
    this.repaint();
  }

  /** Whether the letters of the line of the caret are seen. */
  get isSeen() {
    this._look();
    return isSeen(this._line, this.area.scrollTop, this.area.clientHeight);
  }

  /** Marks of one kind instead of those before: line from 0, units start and end, a class. */
  mark(kind, marks) {
    this._marks.set(kind, marks);
    this._paintMarks();
  }

  /** Marks under a place: line from 0, unit. */
  marksAt(kind, line, unit) {
    const found = this._marks.get(kind) ?? [];
    return found.filter((mark) => mark.line === line && mark.start <= unit && unit <= mark.end);
  }

  /** Where a character stands, in pixels from the corner of the editor: its left, and the bottom of its line. */
  place(line, column) {
    this._look();
    this._paint();
    const row = this._shown.get(line - 1);
    const box = this.root.getBoundingClientRect();
    const top = this.area.offsetTop + this._topOf(line) - this.area.scrollTop;
    const x = row ? edge(row.colours, unitOf(this.lines[line - 1], column)) - box.left : this.area.offsetLeft;
    return { x, top, bottom: top + this._height };
  }

  /** Line and column from 1 under a point of the window; null beside the text. */
  at(x, y) {
    const box = this.area.getBoundingClientRect();
    const line = Math.floor((y - box.top - this._pad + this.area.scrollTop) / this._height);
    const row = this._shown.get(line);
    if (!row || !this.lines[line] || x < edge(row.colours, 0)) return null;
    let [low, high] = [0, this.lines[line].length];
    if (x > edge(row.colours, high)) return null;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (edge(row.colours, middle) <= x) low = middle;
      else high = middle;
    }
    return { line: line + 1, column: columnOf(this.lines[line], low) };
  }

  /** Paints again the colours of lines from 0, up to and without `end`. */
  repaint(first = 0, end = Infinity) {
    for (const [line, row] of this._shown) {
      if (line >= first && line < end) this._remove(line, row);
    }
    this._paint();
  }

  _changed() {
    const text = this.area.value;
    if (text === this.text) return;
    const lines = text.split("\n");
    const change = difference(this.lines, lines);
    [this.text, this.lines] = [text, lines];
    for (const callback of this._listeners.change) callback(change);
    this._numbers.style.setProperty("--digits", String(Math.max(2, String(lines.length).length)));
    this.repaint(change.first, change.before === change.after ? change.first + change.after : Infinity);
    this._paintMarks();
    this._moved();
  }

  _moved() {
    for (const callback of this._listeners.caret) callback();
  }

  _measure() {
    const { lineHeight, paddingTop } = getComputedStyle(this.area);
    [this._height, this._pad] = [parseFloat(lineHeight), parseFloat(paddingTop)];
  }

  _seen() {
    const first = Math.floor(this.area.scrollTop / this._height) - MARGIN;
    const last = Math.ceil((this.area.scrollTop + this.area.clientHeight) / this._height) + MARGIN;
    return [Math.max(first, 0), Math.min(last, this.lines.length)];
  }

  _paint() {
    const [first, end] = this._seen();
    for (const [line, row] of this._shown) {
      if (line < first || line >= end) this._remove(line, row);
    }
    for (let line = first; line < end; line += 1) {
      if (!this._shown.has(line)) this._add(line);
    }
    this._layers.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this._numbers.style.transform = `translateY(${-this.area.scrollTop}px)`;
    if (first !== this._firstSeen || end !== this._endSeen) this._paintMarks();
  }

  _add(line) {
    const text = this.lines[line];
    const colours = rowAt(this._pad + line * this._height);
    fill(colours, text, this.spansOf(line));
    const number = rowAt(this._pad + line * this._height);
    number.textContent = String(line + 1);
    if (HIDDEN.test(text)) {
      number.classList.add("hidden-signs");
      number.title = "This line has characters that cannot be seen.";
    }
    this._colours.append(colours);
    this._numbers.append(number);
    this._shown.set(line, { colours, number });
  }

  _remove(line, row) {
    row.colours.remove();
    row.number.remove();
    this._shown.delete(line);
  }

  _paintMarks() {
    const [first, end] = this._seen();
    [this._firstSeen, this._endSeen] = [first, end];
    const rows = new Map();
    for (const mark of [...this._marks.values()].flat()) {
      if (mark.line >= first && mark.line < end) rows.set(mark.line, [...(rows.get(mark.line) ?? []), mark]);
    }
    this._marked.replaceChildren();
    for (const { number } of this._shown.values()) number.classList.remove(...LEVELS);
    for (const [line, marks] of rows) {
      const row = rowAt(this._pad + line * this._height);
      fill(row, this.lines[line], segments(marks, this.lines[line].length));
      this._marked.append(row);
      const number = this._shown.get(line)?.number;
      for (const { kind } of marks) if (LEVELS.includes(kind)) number?.classList.add(kind);
    }
  }
}
