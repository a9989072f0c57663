/* A slider for the number under the caret: heard while it moves, written into the text when it is let go. */

import { Moved } from "./moved.js";
import { columnOf, numberIn, unitOf } from "./positions.js";
import { Latest, isShown, seldom } from "../player/requests.js";

const QUIET = 120; // ms that the caret stands still
const OFTEN = 33; // ms between two values while it is dragged
const PAUSE = 700; // ms without another key after which a value counts as chosen
const MOST_STEPS = 50; // that are remembered
const FINE = 1000; // places of a slider whose steps grow with the value
const UNSAID = new Set(["factor", "number", "value", "any", "position", "ratio", "gate"]); // what a number is, not what it is a number of
const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

export class Slider {
  constructor(connection, editor, files, say) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._say = say;
    this._moved = new Moved(connection, editor, files); // it looks at a change first
    this._number = null;
    this._held = false;
    this._lost = false; // whether the number that is dragged stands in the text no more
    this._steps = []; // of undo that were saved as they were made: file, and its text before and after
    this._box = document.getElementById("slider");
    this._range = this._box.querySelector("input");
    this._name = this._box.querySelector("label");
    this._shown = this._box.querySelector("output");
    this._requests = new Latest(QUIET, () => this._ask(), (number) => this._take(number));
    this._send = seldom(OFTEN, (name, value) => this._call("setValue", { name, value }));
    editor.on("caret", () => this._look());
    editor.on("change", (change) => this._changed(change));
    editor.on("undone", (before) => this._undone(before));
    connection.on("state", () => this._look());
    connection.on("there", (is) => {
      this._able();
      if (is) this._look(); // an answer may have been lost meanwhile
    });
    this._range.addEventListener("pointerdown", () => (this._typed = false));
    this._range.addEventListener("keydown", (event) => this._key(event));
    this._range.addEventListener("input", () => this._drag());
    this._range.addEventListener("change", () => this._let());
    this._range.addEventListener("blur", () => editor.isWriting || this._release());
  }

  _look() {
    if (document.activeElement === this._editor.area && !this._writing) this._requests.want();
  }

  /** A number that is dragged while the player goes is written all the same. */
  _able() {
    this._range.disabled = !this._connection.isThere && !this._held;
  }

  _changed(change) {
    if (this._writing) return;
    if (this._held) {
      if (this._lost || this._follow(change)) return;
      this._lost = true;
      this._free();
      return;
    }
    this._hide();
    this._requests.want();
  }

  _ask() {
    if (this._connection.state !== "connected" || !this._files.name || this._held) return null;
    const { line, column } = this._editor.caret;
    this._asked = this._editor.text;
    return this._connection.call("numberAt", { file: this._files.name, text: this._editor.text, line, column });
  }

  _take(number) {
    if (this._held) return;
    if (!number || this._asked !== this._editor.text) {
      if (document.activeElement !== this._range) this._hide();
      return;
    }
    this._number = number;
    this._written = number.written;
    this._line = this._editor.lines[number.line - 1];
    this._place(number.value);
    this._name.textContent = number.parameter || "number";
    this._tell(this._written);
    this._box.hidden = false;
  }

  _hide() {
    this._number = null;
    this._box.hidden = true;
  }

  _drag() {
    if (!this._number) return;
    clearTimeout(this._timer);
    this._held = true;
    const text = this._text();
    this._tell(text);
    if (!this._number.id || this._lost) return;
    this._moved.hold(this._number.id);
    this._send(this._number.id, Number(text));
  }

  /** Finds the number that is dragged in a text that came in; whether it stands there still. */
  _follow(change) {
    const place = { line: this._number.line - 1, start: unitOf(this._line, this._number.start), text: this._line, written: this._written };
    const found = numberIn(change, this._editor.lines, place);
    if (!found) return false;
    this._number = { ...this._number, line: found.line + 1, start: columnOf(found.text, found.start) };
    this._line = found.text;
    return true;
  }

  /** Let go by the pointer, or moved by a key, after which another may follow. */
  _let() {
    if (!this._typed) this._release();
    else this._timer = setTimeout(() => this._release(), PAUSE);
  }

  _key(event) {
    this._typed = true;
    if (event.key in ARROWS && this._number) this._step(ARROWS[event.key], event.shiftKey);
    else if (event.key === "Enter") this._release();
    else if (event.key === "Escape" && this._held) {
      this._place(this._number.value);
      this._tell(this._written);
      this._give();
    } else return;
    event.preventDefault();
  }

  /** Moves by about a hundredth of the way, or by the smallest step. */
  _step(sign, fine) {
    const { min, max, step } = this._range;
    const size = fine ? Number(step) : Math.max(round((max - min) / 100), Number(step));
    this._range.value = String(Number(this._range.value) + sign * size);
    this._drag();
    this._let();
  }

  /** Back to what the text says. */
  _give() {
    clearTimeout(this._timer);
    if (!this._held) return;
    this._held = false;
    if (!this._lost) this._free();
    this._lost = false;
    this._able();
  }

  /** What the text says is heard again. */
  _free() {
    this._send.cancel();
    this._moved.giveBack(this._number.id);
  }

  /** Written once, as one step of undo; saved, if nothing else was waiting to be saved. */
  async _release() {
    clearTimeout(this._timer);
    if (!this._number || !this._held || this._ending) return;
    this._ending = true;
    await this._files.refresh(); // the number is written onto what was saved meanwhile
    this._ending = false;
    if (!this._held) return;
    if (this._lost) {
      this._say(`${this._name.textContent} was not written: another text stands in its place now.`);
      this._give();
      this._hide();
      this._requests.want();
      return;
    }
    const [text, before] = [this._text(), this._written];
    if (text === before) {
      this._give();
      return;
    }
    const saves = !this._files.dirty && this._connection.may("file");
    const { text: earlier } = this._editor;
    this._send.cancel();
    if (!saves && this._number.id) this._call("setValue", { name: this._number.id, value: Number(text) });
    this._put(text);
    this._held = false;
    this._able();
    if (!saves) return;
    const { text: whole } = this._editor;
    this._steps = [...this._steps, { file: this._files.name, before: earlier, after: whole }].slice(-MOST_STEPS);
    await this._files.save(() => this._editor.text === whole && !this._held && this._takeBack(before));
    if (this._held && this._written === before) await this._release();
  }

  /** Undo and redo of such a step are saved too: they are heard as it was. */
  async _undone(from) {
    const { text: to } = this._editor;
    const isStep = ({ file, before, after }) => file === this._files.name && (from === after ? to === before : from === before && to === after);
    if (!this._steps.some(isStep)) return;
    await this._files.saving;
    if (this._files.savedLines.join("\n") === from && this._editor.text === to) await this._files.save();
  }

  /** Holds the number as before it was written: the file was saved elsewhere at that moment. */
  _takeBack(before) {
    this._put(before);
    this._held = true;
    if (this._number.id) this._moved.hold(this._number.id);
  }

  /** Another number in the place of the one that is written. */
  _put(text) {
    const { id, line, start } = this._number;
    if (id) this._moved.hold(id);
    const from = this._editor.unitAt(line, start);
    this._writing = true;
    this._editor.replace(from, from + this._written.length, text);
    this._writing = false;
    this._number = { ...this._number, value: Number(text), end: start + text.length };
    this._written = text;
    this._line = this._editor.lines[line - 1];
    if (id) this._moved.wrote(id, line - 1, from - this._editor.startOf(line), text);
  }

  async _call(method, params) {
    try {
      await this._connection.call(method, params);
    } catch (error) {
      if (!isShown(error)) this._say(error.message);
    }
  }

  _tell(text) {
    const unit = this._number.unit && !UNSAID.has(this._number.unit) ? ` ${this._number.unit}` : "";
    this._shown.textContent = text + unit;
    this._range.setAttribute("aria-valuetext", text + unit);
  }

  /** Puts the slider where a value is. */
  _place(value) {
    const { low, high, scale, step } = this._number;
    const curved = scale === "log";
    this._range.min = curved ? "0" : String(low);
    this._range.max = curved ? String(FINE) : String(high);
    this._range.step = curved ? "1" : String(step);
    const part = curved ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : 0;
    this._range.value = String(curved ? Math.round(part * FINE) : value);
  }

  /** The number at the slider's place, written as a player would. */
  _text() {
    const { low, high, scale, step } = this._number;
    const place = Number(this._range.value);
    const value = scale === "log" ? low * (high / low) ** (place / FINE) : place;
    const text = written(value, step);
    return this._written.startsWith(".") ? text.replace(/^0\./, ".") : text;
  }
}

/** A number without an exponent: as many places as its step has, but four digits that count at most. */
function written(value, step) {
  const places = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const text = value.toFixed(Math.min(places, decimals(step), 8));
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** The next smaller of 1, 2, 5, 10, … */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return power * [5, 2, 1].find((one) => one * power <= value * (1 + 1e-9));
}

const decimals = (step) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
