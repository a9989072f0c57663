/* Lit steps: the words of the text that sound, found again in a text that was edited since. */

import { difference, lineIn, unitsOf } from "../text/positions.js";

export class Steps {
  constructor(connection, editor, files) {
    this._editor = editor;
    this._files = files;
    this._lit = new Map();
    connection.on("step", ({ steps }) => this._take(steps));
    connection.on("state", (state) => state !== "connected" && this._clear());
    files.on("state", () => this._show());
  }

  _clear() {
    this._lit.clear();
    this._show();
  }

  _take(steps) {
    for (const step of steps) {
      const place = `${step.file}:${step.line}:${step.column}:${step.length}`;
      if (step.on) this._lit.set(place, step);
      else this._lit.delete(place);
    }
    this._show();
  }

  _show() {
    const playing = this._files.playing;
    if (!this._lit.size || playing === null) {
      this._editor.mark("step", []);
      return;
    }
    const moved = difference(playing, this._editor.lines);
    const marks = [];
    for (const { file, line, column, length } of this._lit.values()) {
      const now = file === this._files.name ? lineIn(moved, line - 1) : null;
      if (now === null || now >= this._editor.lines.length) continue;
      const text = this._editor.lines[now];
      const unit = unitsOf(text);
      marks.push({ line: now, start: unit(column), end: unit(column + length), kind: "step" });
    }
    this._editor.mark("step", marks);
  }
}
