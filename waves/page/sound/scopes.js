/* Pictures of the sound: wave, spectrum, level of the last seconds, loudness. Frames of the player in, canvases out. */

import { Axes, curve, marks } from "./axes.js";
import { decibels } from "./tracks.js";

const SCOPE = 1;
const SPECTRUM = 2;
const METERS = 3;
const LOUDNESS = 4;
const HEADER = 12; // bytes before the numbers of a frame
const PAST = 15; // seconds of the level that are shown
const CALM = 500; // ms between two pictures for who asked for less motion
const [LOW, HIGH] = [20, 20_000]; // Hz, the ends of the spectrum
const LOWEST = -96; // dB of the spectrum
const QUIETEST = -60; // dB of the level, LUFS of the loudness
const INAUDIBLE = -70; // LUFS, the gate of silence in the standard
const NOTHING = { scope: null, spectrum: null, loudness: null };

/** A frame of numbers: its kind, the first frame of the stream, and an array for each channel or track. */
export function read(buffer) {
  const view = new DataView(buffer);
  const [kind, channels, count] = [view.getUint8(0), view.getUint8(1), view.getUint16(2, true)];
  const all = new Float32Array(buffer.slice(HEADER, HEADER + 4 * channels * count));
  const values = Array.from({ length: channels }, (_, at) => all.subarray(at * count, (at + 1) * count));
  return { kind, frame: view.getFloat64(4, true), values };
}

export class Scopes {
  constructor(connection, tracks) {
    this._tracks = tracks;
    this._rate = 44100; // frames per second, until the player tells it
    this._shown = NOTHING;
    this._levels = [];
    this._meters = [];
    this._calm = matchMedia("(prefers-reduced-motion: reduce)");
    this._dark = matchMedia("(prefers-color-scheme: dark)");
    const ids = ["scope", "spectrum", "level", "loudness-scale"];
    this._axes = Object.fromEntries(ids.map((id) => [id, new Axes(document.getElementById(id))]));
    this._draws = { scope: (axes) => this._scope(axes), spectrum: (axes) => this._spectrum(axes) };
    this._draws.level = (axes) => this._level(axes);
    this._draws["loudness-scale"] = (axes) => this._loudness(axes);
    this._seen = new Set();
    this._last = 0;
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this._seen.add(target.id);
        else this._seen.delete(target.id);
      }
      this._draw();
    });
    for (const { canvas } of Object.values(this._axes)) watcher.observe(canvas);
    connection.on("frame", (buffer) => connection.isThere && this._take(read(buffer)));
    connection.on("status", ({ rate }) => (this._rate = rate || this._rate));
    connection.on("there", (is) => is || this._still());
    this._dark.addEventListener("change", () => this._style());
    this._style();
  }

  _still() {
    this._shown = NOTHING;
    this._levels = [];
    this._meters = [];
    this._tracks.still();
    showLoudness([-Infinity, -Infinity]);
    this._draw();
  }

  _style() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    this._first = colour("--wave");
    this._second = colour("--wave-second");
    this._colours = { line: colour("--line"), ink: colour("--dim") };
    this._draw();
  }

  _take({ kind, frame, values }) {
    if (kind === METERS) this._meters = values;
    if (kind === SCOPE) {
      this._shown = { ...this._shown, scope: values };
      this._remember({ frame, ...level(values) });
    }
    if (kind === SPECTRUM) this._shown = { ...this._shown, spectrum: values };
    if (kind === LOUDNESS) {
      this._shown = { ...this._shown, loudness: values[0] };
      showLoudness(values[0]);
    }
    const now = performance.now();
    if (this._asked || document.hidden || (this._calm.matches && now - this._last < CALM)) return;
    this._asked = true;
    requestAnimationFrame(() => {
      this._asked = false;
      this._last = performance.now();
      this._tracks.show(this._meters);
      this._draw();
    });
  }

  /** A level joins the others; those that are too old, or of another stream, go. */
  _remember(level) {
    if (this._levels.length && level.frame < this._levels.at(-1).frame) this._levels = [];
    this._levels.push(level);
    while (level.frame - this._levels[0].frame > PAST * this._rate) this._levels.shift();
  }

  _draw() {
    for (const id of this._seen) {
      const axes = this._axes[id];
      this._draws[id](axes);
      axes.end();
    }
    const last = this._levels.at(-1);
    put("level-value", !last ? "–" : last.rms > LOWEST ? `${last.rms.toFixed(0)} dB` : "silence");
  }

  _scope(axes) {
    const channels = (this._shown.scope ?? []).slice(0, 2);
    const count = channels[0]?.length ?? 512;
    const length = (1000 * count) / this._rate; // ms
    const step = [1, 2, 5, 10].find((one) => length / one <= 7) ?? 20;
    const down = [["1", 0], ["0", 0.5], ["−1", 1]];
    const names = channels.length > 1 ? [["right", this._second], ["left", this._first]] : [];
    const plot = axes.begin(this._colours, marks(0, length, step, "ms", (time) => time / length), down, names);
    channels.forEach((values, channel) => {
      const y = (at) => (1 - Math.max(-1, Math.min(values[at], 1))) / 2;
      curve(plot, channel ? this._second : this._first, count, (at) => at / count, y);
    });
  }

  _spectrum(axes) {
    const highest = Math.min(HIGH, this._rate / 2);
    const place = (hertz) => Math.log(hertz / LOW) / Math.log(highest / LOW);
    const across = [["100", 100], ["1k", 1000], ["10k Hz", 10_000]].map(([text, hertz]) => [text, place(hertz)]);
    const part = (decibel) => Math.min(Math.max(decibel, LOWEST), 0) / LOWEST;
    const plot = axes.begin(this._colours, across.filter(([, at]) => at < 1), marks(LOWEST, 0, 24, "dB", part));
    for (const values of this._shown.spectrum ?? []) {
      const { length } = values;
      curve(plot, this._first, length, (at) => (at + 0.5) / length, (at) => part(values[at]));
    }
  }

  _level(axes) {
    const part = (decibel) => Math.min(Math.max(decibel, QUIETEST), 0) / QUIETEST;
    const across = marks(-PAST, 0, 5, "s", (time) => 1 + time / PAST);
    const names = [["peak", this._second], ["RMS", this._first]];
    const plot = axes.begin(this._colours, across, marks(QUIETEST, 0, 12, "dB", part), names);
    const levels = this._levels;
    const last = levels.at(-1)?.frame;
    const x = (at) => 1 - (last - levels[at].frame) / (PAST * this._rate);
    curve(plot, this._first, levels.length, x, (at) => part(levels[at].rms));
    curve(plot, this._second, levels.length, x, (at) => part(levels[at].peak));
  }

  /** A bar for the last 400 ms, a line for the last 3 s. */
  _loudness(axes) {
    const part = (level) => 1 - Math.min(Math.max(level, QUIETEST), 0) / QUIETEST;
    const across = marks(QUIETEST, 0, 12, "LUFS", part);
    const { pen, width, height } = axes.begin(this._colours, across, []);
    if (!this._shown.loudness) return;
    const [momentary, short] = this._shown.loudness;
    pen.fillStyle = this._first;
    pen.fillRect(0, 2, part(momentary) * width, height - 4);
    pen.fillStyle = this._second;
    if (short > QUIETEST) pen.fillRect(part(short) * width - 1.5, -1, 3, height + 2);
  }
}

function level(channels) {
  let [sum, peak, count] = [0, 0, 0];
  for (const values of channels) {
    for (const value of values) {
      sum += value * value;
      peak = Math.max(peak, Math.abs(value));
    }
    count += values.length;
  }
  return { rms: decibels(Math.sqrt(sum / Math.max(count, 1))), peak: decibels(peak) };
}

/** Loudness of the last 400 ms and of the last 3 s, in LUFS. */
function showLoudness([momentary, short]) {
  for (const [id, level] of [["loudness-momentary", momentary], ["loudness-short", short]]) {
    put(id, level > INAUDIBLE ? `${level.toFixed(1)} LUFS` : "–");
  }
}

/** Writes a text into an element, if it is another one. */
function put(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}
