/* Moved values that are not those of the text: marked where they stand in what plays, and in `vars` where their numbers do. */

import { Latest, seldom } from "../player/requests.js";
import { difference, lineIn, unitsOf } from "../text/positions.js";

const OFTEN = 200; // ms between two questions for what is moved
const [AGAIN, TRIES] = [1000, 3]; // ms after a question that was not answered, and how often it is asked again

export class MovedMarks {
  constructor(connection, editor, files) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._spans = [];
    this._left = 0;
    this._requests = new Latest(0, () => connection.call("parameters"), (found) => this._take(found));
    const soon = seldom(OFTEN, () => {
      this._left = TRIES;
      this._requests.want();
    });
    connection.on("parametersChanged", () => soon());
    connection.on("reloaded", () => soon());
    connection.on("state", (state) => state === "connected" && soon());
    files.on("state", () => this._show());
  }

  _take(found) {
    if (!found) { // nothing plays, or the player is gone: the old marks stay until it answers
      if (this._left-- > 0) this._requests.want(AGAIN);
      return;
    }
    this._spans = found.filter((one) => !one.as_written).flatMap(({ span, sources }) => [span, ...sources]).filter(Boolean);
    this._show();
  }

  _show() {
    const { lines } = this._editor;
    const moved = difference(this._files.playing ?? lines, lines);
    const here = this._spans.filter(({ file }) => file === this._files.name);
    const marks = here.map(({ line, column, length }) => ({ line: lineIn(moved, line - 1), column, length }));
    this._editor.mark("moved", marks.filter(({ line }) => line !== null && line < lines.length).map(({ line, column, length }) => {
      const unit = unitsOf(lines[line]);
      return { line, start: unit(column), end: unit(column + length), kind: "moved" };
    }));
  }
}
