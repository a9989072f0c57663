/* Values that a slider moved: each is heard as long as the slider holds it, or its number stands in the text. */

import { numberIn } from "./positions.js";
import { LOST } from "../player/connection.js";

const MOVED = "waves.moved"; // of this tab, so that a page that is loaded again gives back what no text says

export class Moved {
  constructor(connection, editor, files) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._values = new Map(); // by ID: its place (file, line, start, text of the line, written) or null, and who holds it
    for (const one of read()) this._values.set(one.id, one);
    editor.on("change", (change) => this._changed(change));
    files.on("shown", () => this._look());
    connection.on("state", (state) => state === "connected" && this._again());
    connection.on("event", (event) => event.event === "parameter_released" && event.by_text && this._said(event));
  }

  /** A slider holds this parameter. */
  hold(id) {
    const one = this._values.get(id);
    if (one?.held) return;
    this._values.set(id, { id, place: one?.place ?? null, held: true });
    this._keep();
  }

  /** The number of a parameter was written, and the slider let it go. */
  wrote(id, line, start, written) {
    const place = { file: this._files.name, line, start, text: this._editor.lines[line], written };
    this._values.set(id, { id, place, held: false });
    this._keep();
  }

  /** What the text says is heard again. */
  giveBack(id) {
    const one = this._values.get(id);
    if (!one) return;
    one.held = false;
    this._send(one);
    this._keep();
  }

  async _send(one) {
    const { id, place } = one;
    try {
      if (place) await this._connection.call("setValue", { name: id, value: Number(place.written) });
      else await this._connection.call("releaseValue", { name: id });
    } catch (error) {
      if (error.code === LOST) return; // again, when the player is there
    }
    if (place || this._values.get(id) !== one || one.held) return;
    this._values.delete(id);
    this._keep();
  }

  /** Gives back what has no number in the text any more. */
  _changed(change) {
    if (this._files.name !== this._file) return; // another file is shown: its places are looked at then
    for (const one of this._values.values()) {
      if (one.place?.file !== this._file) continue;
      const found = numberIn(change, this._editor.lines, one.place);
      one.place = found && { ...one.place, ...found };
      if (!found && !one.held) this._send(one);
    }
    this._keep();
  }

  /** Looks for the numbers of the file that is shown now. */
  _look() {
    this._file = this._files.name;
    for (const one of this._values.values()) {
      if (one.place?.file !== this._file) continue;
      const { line, start, written } = one.place;
      const text = this._editor.lines[line] ?? "";
      if (text.startsWith(written, start)) continue;
      one.place = null;
      if (!one.held) this._send(one);
    }
    this._keep();
  }

  /** What could not be given back before. */
  _again() {
    for (const one of this._values.values()) {
      if (!one.held && (one.left || !one.place)) this._send(one);
      one.left = false;
    }
  }

  /** The text plays: there is nothing to give back. */
  _said({ node, parameter }) {
    const id = `${node}.${parameter}`;
    if (this._values.get(id)?.held !== false) return;
    this._values.delete(id);
    this._keep();
  }

  _keep() {
    try {
      sessionStorage.setItem(MOVED, JSON.stringify([...this._values.values()]));
    } catch {
      // the storage is full: they are known in this page only
    }
  }
}

/** The values of this tab; the slider left those that it held when the page was loaded again. */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(MOVED) ?? "[]").map((one) => ({ ...one, held: false, left: one.held }));
  } catch {
    return [];
  }
}
