/* A slider for the number under the caret: heard while it moves, written into the text when it is let go. */

import { unitOf } from "./positions.js";
import { Latest, isShown, seldom } from "./requests.js";

const QUIET = 120; // ms that the caret stands still
const OFTEN = 33; // ms between two values while it is dragged
const FINE = 1000; // steps of the whole way

export class Slider {
  constructor(connection, editor, files, say) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._say = say;
    this._number = null;
    this._held = false;
    this._box = document.getElementById("slider");
    this._range = this._box.querySelector("input");
    this._name = this._box.querySelector("label");
    this._shown = this._box.querySelector("output");
    this._requests = new Latest(QUIET, () => this._ask(), (number) => this._take(number));
    this._send = seldom(OFTEN, (name, value) => this._set(name, value));
    editor.on("caret", () => this._moved());
    editor.on("change", () => this._changed());
    connection.on("state", () => this._moved());
    this._range.addEventListener("input", () => this._drag());
    this._range.addEventListener("change", () => this._release());
  }

  _moved() {
    if (document.activeElement === this._editor.area && !this._writing) this._requests.want();
  }

  _changed() {
    if (this._writing) return;
    this._held = false;
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
    const text = this._editor.lines[number.line - 1];
    this._written = text.slice(unitOf(text, number.start), unitOf(text, number.end));
    this._range.min = "0";
    this._range.max = String(FINE);
    this._range.step = "1";
    this._range.value = String(Math.round(this._part(number.value) * FINE));
    this._name.textContent = number.id ? number.id.split(".").slice(-1)[0] : "number";
    this._tell(this._written);
    this._box.hidden = false;
  }

  _hide() {
    this._number = null;
    this._box.hidden = true;
  }

  _drag() {
    if (!this._number) return;
    this._held = true;
    const text = this._text();
    this._tell(text);
    if (this._number.id) this._send(this._number.id, Number(text));
  }

  /** Written once, as one step of undo; saved, if nothing else was waiting to be saved. */
  async _release() {
    if (!this._number || !this._held) return;
    const { line, start, id } = this._number;
    const text = this._text();
    const clean = !this._files.dirty;
    const from = this._editor.unitAt(line, start);
    this._held = false;
    if (text === this._written) return;
    if (id) this._send(id, Number(text));
    this._writing = true;
    this._editor.replace(from, from + this._written.length, text);
    this._writing = false;
    this._number = { ...this._number, value: Number(text), end: start + text.length };
    this._written = text;
    if (clean && this._connection.may("file")) await this._files.save();
  }

  async _set(name, value) {
    try {
      await this._connection.call("setValue", { name, value });
    } catch (error) {
      if (!isShown(error)) this._say(error.message);
    }
  }

  _tell(text) {
    const unit = this._number.unit ? ` ${this._number.unit}` : "";
    this._shown.textContent = text + unit;
    this._range.setAttribute("aria-valuetext", text + unit);
  }

  /** Position of a value on the way from 0 to 1. */
  _part(value) {
    const { minimum, maximum, scale } = this._number;
    const part = scale === "log"
      ? Math.log(Math.max(value, minimum) / minimum) / Math.log(maximum / minimum)
      : (value - minimum) / (maximum - minimum);
    return Math.min(Math.max(part, 0), 1);
  }

  /** The number at the slider's position, written as a player would. */
  _text() {
    const { minimum, maximum, scale, step } = this._number;
    const part = Number(this._range.value) / FINE;
    const value = scale === "log" ? minimum * (maximum / minimum) ** part : minimum + (maximum - minimum) * part;
    return written(step ? bounded(Math.round(value / step) * step, minimum, maximum) : value, step);
  }
}

/** A number without an exponent: as many places as its step has, four digits where it has none. */
function written(value, step) {
  const places = step ? Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const text = value.toFixed(Math.min(places, 8));
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

const bounded = (value, minimum, maximum) => Math.min(Math.max(value, minimum), maximum);
