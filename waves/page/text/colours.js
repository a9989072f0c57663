/* Colours of the words: tokens of the player, moved with the text until its answer comes; first those of changed lines. */

import { unitsOf } from "./positions.js";
import { Latest } from "../player/requests.js";

const QUIET = 40; // ms without a key before the colours of changed lines are asked for
const REST = 300; // ms without a key before those of all lines are: what a word means depends on the whole text
const MOST = 1000; // coloured words of one line; the rest of it is plain
const CLASSES = /^[a-z][a-z ]*$/;

export class Colours {
  constructor(connection, editor, files) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._lines = [];
    this._dirty = null; // lines from 0: first, and end without it
    const [changed, whole] = [() => this._dirty, () => ({ first: 0, end: editor.lines.length })];
    this._requests = new Latest(QUIET, () => this._ask(changed()), (tokens) => this._take(tokens, changed()));
    this._rest = new Latest(REST, () => this._ask(whole()), (tokens) => this._take(tokens, whole()));
    editor.spansOf = (line) => this._lines[line] ?? [];
    editor.on("change", (change) => this._shift(change));
    connection.on("state", (state) => state === "connected" && this._rest.want(0));
    for (const name of ["saved", "shown"]) files.on(name, () => this._rest.want()); // names of other files
  }

  _shift({ first, before, after }) {
    const old = this._lines.slice(first, first + before);
    const fresh = Array.from({ length: after }, (_, at) => (before === after ? this._moved(old[at], first + at) : []));
    this._lines.splice(first, before, ...fresh);
    const end = this._dirty ? this._dirty.end : 0;
    this._dirty = {
      first: Math.min(first, this._dirty?.first ?? first),
      end: Math.max(first + after, end > first + before ? end + after - before : 0),
    };
    this._requests.want();
    this._rest.want();
  }

  /** Spans of a line that was edited, as far as its text allows. */
  _moved(spans = [], line) {
    const text = this._editor.lines[line];
    const old = spans.text ?? "";
    let start = 0;
    while (start < old.length && old[start] === text[start]) start += 1;
    let tail = 0;
    while (tail < Math.min(old.length, text.length) - start && old.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
    const by = text.length - old.length;
    const moved = spans
      .map((span) => ({
        ...span,
        start: span.start >= old.length - tail ? span.start + by : span.start,
        end: span.end >= old.length - tail ? span.end + by : Math.min(span.end, start),
      }))
      .filter(({ start: from, end }) => from < end);
    return Object.assign(moved, { text });
  }

  _ask(part) {
    if (this._connection.state !== "connected" || !part || !this._files.name) return null;
    const { first, end } = part;
    const [file, text] = [this._files.name, this._editor.text];
    return this._connection.call("tokens", { file, text, first: first + 1, last: Math.max(end, first + 1) });
  }

  _take(tokens, part) {
    if (!tokens || !part) return;
    const { first, end } = part;
    this._dirty = null;
    const { lines } = this._editor;
    for (let line = first; line < end; line += 1) this._lines[line] = Object.assign([], { text: lines[line] });
    let [at, unit] = [0, null];
    for (const [line, column, length, kind] of tokens) {
      const spans = this._lines[line - 1];
      if (line - 1 < first || line - 1 >= end || spans.length >= MOST || !CLASSES.test(kind)) continue;
      if (line !== at) [at, unit] = [line, unitsOf(lines[line - 1])];
      spans.push({ start: unit(column), end: unit(column + length), kind: `is-${kind.replaceAll(" ", "-")}` });
    }
    for (let line = first; line < end; line += 1) this._lines[line].sort((a, b) => a.start - b.start);
    this._editor.repaint(first, end);
  }
}
