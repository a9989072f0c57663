/* Tracks: the chosen one and the one at the caret, their names, which lead to their lines, switches for mute and solo, and their levels; monitored nodes. */

import { difference, lineIn } from "../text/positions.js";

const FLOOR = -60; // dB at the left end of a meter
const SILENT = new Set(["mute", "not heard"]); // words of the status for a track that is not in what plays
const FALL = 1.5; // dB that a peak falls with each frame

/** The nodes with `monitor`: name, value and a meter of each. */
export class Monitors {
  constructor(connection) {
    this._list = document.getElementById("monitor-list");
    this._rows = new Map();
    connection.on("status", ({ monitors }) => this._show(monitors));
    connection.on("there", (is) => is || this._still());
  }

  /** No values: nothing is known of them. */
  _still() {
    for (const { fill, number } of this._rows.values()) {
      fill.style.transform = "scaleX(0)";
      number.textContent = "–";
    }
  }

  _show(monitors) {
    const rows = new Map(monitors.map(({ node, name }) => [node, this._rows.get(node) ?? monitorRow(name)]));
    if ([...rows.keys()].join("\n") !== [...this._rows.keys()].join("\n")) {
      this._list.replaceChildren(...[...rows.values()].map(({ item }) => item));
    }
    this._rows = rows;
    for (const { node, type, low, high, value, peak } of monitors) {
      const { number, fill } = rows.get(node);
      const place = ((type === "level" ? peak : value) - low) / (high - low || 1);
      fill.style.transform = `scaleX(${Math.min(Math.max(place, 0), 1)})`;
      number.textContent = `${Number(value.toPrecision(4))}`;
    }
  }
}

function monitorRow(name) {
  const item = document.createElement("li");
  const [label, meter, fill, number] = [element("name"), element("meter"), element("fill"), element("number")];
  label.textContent = name;
  meter.setAttribute("aria-hidden", "true");
  meter.append(fill);
  item.append(label, meter, number);
  return { item, fill, number };
}

export class Tracks {
  constructor(connection, editor, files, goTo) {
    this._connection = connection;
    this._editor = editor;
    this._files = files;
    this._chosen = "";
    this._asked = 0; // questions that have no answer yet
    this._switched = 0; // switches so far
    this._goTo = goTo;
    this._list = document.getElementById("track-list");
    this._panels = document.getElementById("panels");
    this._none = document.getElementById("track-none");
    this._rows = [];
    connection.on("state", (state) => state === "connected" && this.refresh());
    connection.on("reloaded", () => this.refresh());
    connection.on("event", ({ event }) => event === "track_switched" && this.refresh());
    connection.on("there", (is) => {
      this._able();
      if (is) this.refresh();
    });
    connection.on("status", ({ levels, chosen_track: chosen }) => {
      this._changed(levels);
      this._choose(chosen);
    });
    editor.on("caret", () => this._here());
    files.on("state", () => this._here());
  }

  async refresh() {
    const switched = this._switched;
    let tracks;
    this._asked += 1;
    try {
      tracks = await this._connection.call("tracks");
    } catch {
      return; // the old rows stay until the player answers
    } finally {
      this._asked -= 1;
    }
    if (switched !== this._switched) return; // a switch came after it, after which it is asked for again
    const same = tracks.length === this._rows.length && tracks.every(({ name }, at) => name === this._rows[at].name);
    if (!same) { // rows that stay keep the focus, and a click that is under way
      this._rows = tracks.map(({ name }) => this._row(name));
      this._list.replaceChildren(...this._rows.map(({ item }) => item));
      this._able();
    }
    tracks.forEach((track, at) => this._update(this._rows[at], track));
    this._none.hidden = tracks.length > 0;
    this._light();
    this._here();
  }

  _able() {
    for (const { mute, solo } of this._rows) mute.disabled = solo.disabled = !this._connection.can("play");
  }

  /** The track that keys for mute and solo mean. */
  _choose(name) {
    if (name === this._chosen) return;
    this._chosen = name;
    this._light();
    const { scrollHeight, clientHeight } = this._panels;
    const row = scrollHeight > clientHeight && this._rows.find((one) => one.name === name); // the window itself is not scrolled
    if (row) row.item.scrollIntoView({ block: "nearest" });
  }

  _light() {
    for (const { name, item, button } of this._rows) {
      item.classList.toggle("chosen", name === this._chosen);
      if (name === this._chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** The track in whose lines the caret is. */
  _here() {
    const at = this._atCaret();
    for (const row of this._rows) row.item.classList.toggle("here", row === at);
  }

  _atCaret() {
    const { lines, caret } = this._editor;
    const moved = difference(this._files.playing ?? lines, lines);
    const places = this._rows.flatMap((row) => {
      const line = row.span?.file === this._files.name ? lineIn(moved, row.span.line - 1) : null;
      return line === null ? [] : [{ row, line: line + 1, column: row.span.column }];
    });
    const before = places.filter(({ line, column }) => line < caret.line || (line === caret.line && column <= caret.column));
    const last = before.sort((a, b) => a.line - b.line || a.column - b.column).at(-1);
    const first = places.find(({ line }) => line === caret.line);
    if (last?.line !== caret.line && first) return first.row; // left of its name
    if (!last) return null;
    const inside = lines.slice(last.line, caret.line).every((line) => line.search(/\S/) < 0 || line.search(/\S/) >= last.column);
    return inside ? last.row : null;
  }

  /** Peak and RMS of each track, as factors. */
  show(levels) {
    this._rows.forEach((row, at) => {
      row.meter.hidden = !levels[at];
      const [peak, rms] = [...(levels[at] ?? [0, 0])].map(decibels);
      row.peak = Math.max(peak, row.peak - FALL);
      row.fill.style.transform = `scaleX(${part(rms)})`;
      row.tip.style.transform = `translateX(${part(row.peak) * 100}%)`;
      row.tip.classList.toggle("over", row.peak >= 0);
    });
  }

  /** No levels: nothing is known of the sound. */
  still() {
    for (const row of this._rows) row.peak = FLOOR;
    this.show([]);
  }

  /** Other tracks are mute, solo or not heard now, whoever switched them, or others than those that are shown. */
  _changed(levels) {
    const told = JSON.stringify(levels);
    const shown = this._rows.every(({ name, item }) => SILENT.has(levels[name]) === item.classList.contains("unheard"));
    if (told !== this._told || (!shown && !this._asked)) this.refresh();
    this._told = told;
  }

  async _switch(row, what) {
    const on = row[what].getAttribute("aria-pressed") !== "true";
    row[what].setAttribute("aria-pressed", on);
    this._switched += 1;
    row.switching += 1;
    try {
      await this._connection.call(what, { track: row.name, on });
    } catch {
      // the row shows what is so
    } finally {
      row.switching -= 1;
      this.refresh();
    }
  }

  _update(row, { span, mute, solo, heard }) {
    if (!row.switching) { // until the player has done it, it shows what was asked for
      row.mute.setAttribute("aria-pressed", mute);
      row.solo.setAttribute("aria-pressed", solo);
    }
    row.item.classList.toggle("unheard", !heard);
    row.span = span;
    row.button.disabled = !span;
    row.button.title = span ? `${span.file}, line ${span.line}` : "";
  }

  _row(name) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    const meter = element("meter");
    const fill = element("fill");
    const tip = element("tip");
    meter.hidden = true; // until its level is told
    meter.setAttribute("aria-hidden", "true");
    meter.append(fill, tip);
    const [mute, solo] = [toggle("M", `Mute ${name}`), toggle("S", `Solo ${name}`)];
    const switches = element("switches");
    switches.append(mute, solo);
    item.append(button, meter, switches);
    const row = { name, item, button, mute, solo, meter, fill, tip, span: null, peak: FLOOR, switching: 0 };
    button.addEventListener("click", () => this._goTo(row.span));
    mute.addEventListener("click", () => this._switch(row, "mute"));
    solo.addEventListener("click", () => this._switch(row, "solo"));
    return row;
  }
}

function toggle(letter, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = letter;
  made.setAttribute("aria-label", label);
  made.setAttribute("aria-pressed", false);
  return made;
}

function element(name) {
  const made = document.createElement("div");
  made.className = name;
  return made;
}

export const decibels = (level) => (level > 1e-6 ? 20 * Math.log10(level) : -120);
const part = (level) => Math.min(Math.max((level - FLOOR) / -FLOOR, 0), 1);
