/* Tracks: their names, which lead to their lines, switches for mute and solo, and their levels; monitored nodes. */

const FLOOR = -60; // dB at the left end of a meter
const FALL = 1.5; // dB that a peak falls with each frame

/** The nodes with `monitor`: name, value and a meter of each. */
export class Monitors {
  constructor(connection) {
    this._list = document.getElementById("monitor-list");
    this._rows = new Map();
    connection.on("status", ({ monitors }) => this._show(monitors));
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
  constructor(connection, goTo) {
    this._connection = connection;
    this._goTo = goTo;
    this._list = document.getElementById("track-list");
    this._none = document.getElementById("track-none");
    this._rows = [];
    connection.on("state", (state) => state === "connected" && this.refresh());
    connection.on("reloaded", () => this.refresh());
    connection.on("status", ({ levels }) => this._changed(levels));
  }

  async refresh() {
    let tracks;
    try {
      tracks = await this._connection.call("tracks");
    } catch {
      return; // the old rows stay until the player answers
    }
    const same = tracks.length === this._rows.length && tracks.every(({ name }, at) => name === this._rows[at].name);
    if (!same) { // rows that stay keep the focus, and a click that is under way
      this._rows = tracks.map(({ name }) => this._row(name));
      this._list.replaceChildren(...this._rows.map(({ item }) => item));
    }
    tracks.forEach((track, at) => this._update(this._rows[at], track));
    this._none.hidden = tracks.length > 0;
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

  /** Other tracks are mute, solo or not heard now, whoever switched them. */
  _changed(levels) {
    const told = JSON.stringify(levels);
    if (told !== this._told) this.refresh();
    this._told = told;
  }

  async _switch(row, what) {
    const on = row[what].getAttribute("aria-pressed") !== "true";
    row[what].setAttribute("aria-pressed", on);
    try {
      await this._connection.call(what, { track: row.name, on });
    } finally {
      this.refresh();
    }
  }

  _update(row, { span, mute, solo, heard }) {
    row.mute.setAttribute("aria-pressed", mute);
    row.solo.setAttribute("aria-pressed", solo);
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
    const row = { name, item, button, mute, solo, meter, fill, tip, span: null, peak: FLOOR };
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
