/* Problems: the one of the moment large, all of them underlined in the text and in a list. */

import { columnOf, difference, lineIn, unitOf } from "./positions.js";
import { Latest } from "../player/requests.js";

const SLIVER = "0px 0px -30px 0px"; // of the row at the bottom of the window that does not count as seen
const QUIET = 500; // ms without a key before a text that is not saved is checked
const FAULTS = new Set(["fault", "hung", "recording_interrupted", "keeping_interrupted", "folder_shared"]); // are a problem of the moment
const ENDS = { recording_interrupted: ["recording_resumed", "recorded"] }; // events after which a fault is one no more
const WORD = /[\p{L}\p{N}_.$-]+/uy;

/** A problem as one line: its place and its sentence. */
export function inWords({ file, line, column, sentence, suggestion }) {
  const place = file ? `${file}:${line}:${column}: ` : "";
  return place + sentence + (suggestion ? `; did you mean ${suggestion}?` : "");
}

export class Problems {
  constructor(connection, editor, files) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._disk = []; // of the files as they are on disk
    this._gone = ""; // names of files that are gone from it
    this._draft = null; // of the text here, once it was checked
    this._fault = null;
    this._closed = null; // the warning that was closed, in words
    this._marks = [];
    this._news = [];
    this._lists = [];
    this._banner = document.getElementById("problem");
    this._go = document.getElementById("problem-go");
    this._list = document.getElementById("problem-list");
    this._below = document.getElementById("problem-below"); // leads to the row where that is out of sight
    this._below.addEventListener("click", () => this._banner.scrollIntoView({ block: "nearest" }));
    this._sight = new IntersectionObserver((seen) => this._showBelow(seen.at(-1).isIntersecting), { rootMargin: SLIVER });
    this._checks = new Latest(QUIET, () => this._check(), (found) => this._checked(found));
    connection.on("status", ({ problems }) => this._told(problems ?? []));
    connection.on("reloaded", () => this._seen());
    connection.on("problem", (event) => this._happened(event));
    connection.on("event", ({ event }) => this._over(event));
    editor.on("change", () => this._edited());
    files.on("shown", () => this._edited());
    files.on("state", () => String(files.gone) === this._gone || this._show());
    files.on("saved", () => this._edited());
    this._go.addEventListener("click", () => this._open(this._first));
    document.getElementById("problem-close").addEventListener("click", () => this._close());
    this._key = "";
    this._show();
  }

  /** Calls back with the problem of the moment as a line, or an empty one. */
  onNews(callback) {
    this._news.push(callback);
  }

  /** Calls back when other problems are listed. */
  onList(callback) {
    this._lists.push(callback);
  }

  /** Problems whose underlined words are at a place: line from 0, unit. */
  at(line, unit) {
    return [...new Set(this._editor.marksAt("problem", line, unit).map(({ problem }) => problem))];
  }

  /** Sentence of the problem of the moment, which is shown large; empty without one. */
  get sentence() {
    return this._first?.sentence ?? "";
  }

  /** Goes to the next problem of this file after the caret, or to the first. */
  next() {
    const here = this._editor.caret;
    const marks = [...this._marks].sort((a, b) => a.line - b.line || a.start - b.start);
    const unit = here.unit - this._editor.startOf(here.line);
    const after = marks.find((mark) => mark.line > here.line - 1 || (mark.line === here.line - 1 && mark.start > unit));
    const next = after ?? marks[0];
    if (next) this._editor.goTo(next.line + 1, columnOf(this._editor.lines[next.line], next.start));
    else if (this._all.length) this._open(this._all[0]);
  }

  /** Those of the disk; of a file that is gone from it, whose text is kept here, only that. */
  get _player() {
    const { gone } = this._files;
    const kept = gone.map((name) => ({ level: "error", kept: name, sentence: `${name} is gone from the disk. Its text is kept here: “Save” writes it.` }));
    return [...kept, ...this._disk.filter(({ file }) => !gone.includes(file))];
  }

  get _all() {
    const elsewhere = this._player.filter(({ file }) => file !== this._files.name);
    const here = this._draft ?? this._player.filter(({ file }) => file === this._files.name);
    return [...here, ...elsewhere];
  }

  get _first() {
    return this._player.find(({ level }) => level !== "warning") ?? this._fault ?? this._warning;
  }

  /** The first warning of what plays, unless it was closed. */
  get _warning() {
    return this._player.find((problem) => problem.level === "warning" && inWords(problem) !== this._closed);
  }

  async _open(problem) {
    if (problem?.kept) await this._files.open(problem.kept);
    if (problem?.kept) this._editor.area.focus();
    if (!problem?.file) return;
    if (problem.file !== this._files.name) await this._files.open(problem.file);
    if (problem.file !== this._files.name) return;
    const base = this._draft?.includes(problem) ? this._editor.lines : this._files.savedLines;
    const line = lineIn(difference(base, this._editor.lines), problem.line - 1) ?? problem.line - 1;
    this._editor.goTo(line + 1, problem.column);
  }

  _told(problems) {
    const key = JSON.stringify(problems);
    if (key === this._key) return;
    this._key = key;
    this._disk = problems;
    if (!problems.some((problem) => inWords(problem) === this._closed)) this._closed = null;
    this._show();
  }

  _happened({ event, problems = [], text }) {
    if (!FAULTS.has(event)) return;
    this._faultOf = event;
    this._fault = problems.find(({ level }) => level !== "warning") ?? { sentence: text };
    this._show();
  }

  /** What a fault was is over. */
  _over(event) {
    if (ENDS[this._faultOf]?.includes(event)) this._seen();
  }

  _close() {
    if (this._first?.level === "warning") this._closed = inWords(this._first);
    this._seen();
  }

  _seen() {
    this._fault = null;
    this._show();
  }

  _edited() {
    if (this._files.dirty) {
      this._checks.want();
    } else {
      this._checks.forget();
      this._draft = null;
    }
    this._show();
  }

  _check() {
    if (this._connection.state !== "connected" || !this._files.dirty) return null;
    this._text = this._editor.text;
    return this._connection.call("check", { files: { [this._files.name]: this._text } });
  }

  _checked(found) {
    if (!found || !this._files.dirty || this._text !== this._editor.text) return;
    this._draft = found.filter(({ file }) => file === this._files.name);
    this._show();
  }

  _show() {
    this._gone = String(this._files.gone);
    const moved = this._draft ? null : difference(this._files.savedLines, this._editor.lines);
    this._marks = this._all
      .filter(({ file, line }) => file === this._files.name && line)
      .flatMap((problem) => this._mark(problem, moved ? lineIn(moved, problem.line - 1) : problem.line - 1));
    this._editor.mark("problem", this._marks);
    this._showBanner();
    this._showList();
  }

  _mark(problem, line) {
    const text = line === null ? undefined : this._editor.lines[line];
    if (text === undefined) return [];
    const start = Math.min(unitOf(text, problem.column), Math.max(text.length - 1, 0));
    WORD.lastIndex = start;
    const length = WORD.exec(text)?.[0].length ?? 1;
    return [{ line, start, end: start + length, kind: problem.level === "warning" ? "warning" : "error", problem }];
  }

  _showBanner() {
    const problem = this._first ?? null;
    const text = problem ? inWords(problem) : "";
    const sentence = this._banner.querySelector("p");
    this._go.hidden = !problem?.file;
    const calm = problem?.level === "warning";
    document.getElementById("problem-close").hidden = !problem || !(calm || problem === this._fault);
    const others = this._player.filter(({ level }) => (level === "warning") === calm).length - 1;
    const more = others > 0 && problem !== this._fault ? ` (and ${others} more)` : "";
    if (sentence.textContent !== text + more) {
      sentence.textContent = text + more;
      this._banner.classList.toggle("shown", Boolean(text));
      this._banner.classList.toggle("error", !calm);
      this._banner.classList.toggle("warning", calm);
      this._sight.disconnect();
      this._sight.observe(this._banner); // it is told at once whether it is seen
      for (const callback of this._news) callback(calm ? "" : text);
    }
  }

  _showBelow(isSeen) {
    this._below.hidden = isSeen || !this._banner.classList.contains("shown");
  }

  _showList() {
    const items = this._all.map((problem) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = problem.level === "warning" ? "warning" : "error";
      button.textContent = inWords(problem);
      button.addEventListener("click", () => this._open(problem));
      item.append(button);
      return item;
    });
    const texts = items.map(({ textContent }) => textContent).join("\n");
    if (texts === this._listed) return; // a list that is read by keyboard keeps its focus
    this._listed = texts;
    this._list.replaceChildren(...items);
    document.getElementById("problem-none").hidden = items.length > 0;
    document.getElementById("problem-count").textContent = items.length ? String(items.length) : "";
    for (const callback of this._lists) callback();
  }
}
