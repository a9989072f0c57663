/* A slider for the number under the caret: heard while it moves, written into the text when it is let go. */

import { columnOf, lineIn, replacement, unitOf } from "./positions.js";
import { Latest, isShown, seldom } from "../player/requests.js";

const QUIET = 120; // ms that the caret stands still
const OFTEN = 33; // ms between two values while it is dragged
const PAUSE = 700; // ms without another key after which a value counts as chosen
const FINE = 1000; // places of a slider whose steps grow with the value
const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

export class Slider {
  constructor(connection, editor, files, say) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._say = say;
    this._number = null;
    this._held = false;
    this._lost = false; // whether the number that is dragged stands in the text no more
    this._box = document.getElementById("slider");
    this._range = this._box.querySelector("input");
    this._name = this._box.querySelector("label");
    this._shown = this._box.querySelector("output");
    this._requests = new Latest(QUIET, () => this._ask(), (number) => this._take(number));
    this._send = seldom(OFTEN, (name, value) => this._call("setValue", { name, value }));
    editor.on("caret", () => this._moved());
    editor.on("change", (change) => this._changed(change));
    connection.on("state", () => this._moved());
    this._range.addEventListener("pointerdown", () => (this._typed = false));
    this._range.addEventListener("keydown", (event) => this._key(event));
    this._range.addEventListener("input", () => this._drag());
    this._range.addEventListener("change", () => this._let());
    this._range.addEventListener("blur", () => editor.isWriting || this._release());
  }

  _moved() {
    if (document.activeElement === this._editor.area && !this._writing) this._requests.want();
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
    if (this._number.id && !this._lost) this._send(this._number.id, Number(text));
  }

  /** Finds the number that is dragged in a text that came in; whether it stands there still. */
  _follow(change) {
    const { lines } = this._editor;
    const { first, before, after } = change;
    let line = lineIn(change, this._number.line - 1);
    if (line === null) {
      const equal = lines.slice(first, first + after).flatMap((text, at) => (text === this._line ? [first + at] : []));
      line = equal.length === 1 ? equal[0] : before === after ? this._number.line - 1 : null;
    }
    const text = lines[line] ?? "";
    const { start, end } = replacement(this._line, text);
    const unit = unitOf(this._line, this._number.start);
    const moved = unit >= end ? unit + text.length - this._line.length : unit + this._written.length <= start ? unit : text.length;
    const around = text.slice(Math.max(moved - 1, 0), moved) + text.slice(moved + this._written.length).slice(0, 1);
    if (!text.startsWith(this._written, moved) || /[\w.]/.test(around)) return false;
    this._number = { ...this._number, line: line + 1, start: columnOf(text, moved) };
    this._line = text;
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
  }

  /** The text says again what is heard. */
  _free() {
    this._send.cancel();
    if (this._number.id) this._call("releaseValue", { name: this._number.id });
  }

  /** Written once, as one step of undo; saved, if nothing else was waiting to be saved. */
  async _release() {
    clearTimeout(this._timer);
    if (!this._number || !this._held || this._ending) return;
    this._ending = true;
    await this._files.arrived;
    this._ending = false;
    if (!this._held) return;
    if (this._lost) {
      this._say(`${this._name.textContent} was not written: another text stands in its place now.`);
      this._give();
      this._hide();
      this._requests.want();
      return;
    }
    const text = this._text();
    if (text === this._written) {
      this._give();
      return;
    }
    this._held = false;
    const { line, start } = this._number;
    const saves = !this._files.dirty && this._connection.may("file");
    if (saves) this._send.cancel(); // the file says it
    const from = this._editor.unitAt(line, start);
    this._writing = true;
    this._editor.replace(from, from + this._written.length, text);
    this._writing = false;
    this._number = { ...this._number, value: Number(text), end: start + text.length };
    this._written = text;
    this._line = this._editor.lines[line - 1];
    if (saves) await this._files.save();
  }

  async _call(method, params) {
    try {
      await this._connection.call(method, params);
    } catch (error) {
      if (!isShown(error)) this._say(error.message);
    }
  }

  _tell(text) {
    const unit = this._number.unit ? ` ${this._number.unit}` : "";
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
