/* Pictures of the sound: wave, spectrum, level of the last seconds. Frames of the player in, canvases out. */

import { decibels } from "./tracks.js";

const SCOPE = 1;
const SPECTRUM = 2;
const METERS = 3;
const LOUDNESS = 4;
const HEADER = 12; // bytes before the numbers of a frame
const PAST = 300; // levels that are shown, 20 in a second
const CALM = 500; // ms between two pictures for who asked for less motion
const LOWEST = -100; // dB of the spectrum
const QUIETEST = -60; // dB of the level
const INAUDIBLE = -70; // LUFS, the gate of silence in the standard

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
    this._panels = { scope: null, spectrum: null };
    this._levels = [];
    this._meters = [];
    this._calm = matchMedia("(prefers-reduced-motion: reduce)");
    this._dark = matchMedia("(prefers-color-scheme: dark)");
    this._canvases = Object.fromEntries(["scope", "spectrum", "level"].map((id) => [id, document.getElementById(id)]));
    this._seen = new Set();
    this._last = 0;
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this._seen.add(target.id);
        else this._seen.delete(target.id);
      }
    });
    for (const canvas of Object.values(this._canvases)) watcher.observe(canvas);
    connection.on("frame", (buffer) => this._take(read(buffer)));
    connection.on("state", (state) => state !== "connected" && this._still());
    this._dark.addEventListener("change", () => this._style());
    this._style();
  }

  _still() {
    this._panels = { scope: null, spectrum: null };
    this._levels = [];
    this._meters = [];
    this._tracks.still();
    showLoudness([-Infinity, -Infinity]);
    this._draw();
  }

  _style() {
    const style = getComputedStyle(document.documentElement);
    this._ink = style.getPropertyValue("--wave").trim();
    this._second = style.getPropertyValue("--wave-second").trim();
    this._lines = style.getPropertyValue("--line").trim();
    this._draw();
  }

  _take({ kind, values }) {
    if (kind === METERS) this._meters = values;
    if (kind === SCOPE) {
      this._panels.scope = values;
      this._levels.push(level(values));
      if (this._levels.length > PAST) this._levels.shift();
    }
    if (kind === SPECTRUM) this._panels.spectrum = values;
    if (kind === LOUDNESS) showLoudness(values[0]);
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

  _draw() {
    for (const id of this._seen) {
      const canvas = this._canvases[id];
      const { width, height, pen } = fitted(canvas);
      pen.clearRect(0, 0, width, height);
      this[`_${id}`](pen, width, height);
    }
  }

  _scope(pen, width, height) {
    line(pen, this._lines, [0, width], () => height / 2);
    (this._panels.scope ?? []).slice(0, 2).forEach((values, channel) => {
      const y = (at) => (height / 2) * (1 - Math.max(-1, Math.min(values[at], 1)));
      path(pen, channel ? this._second : this._ink, values.length, width, y);
    });
  }

  _spectrum(pen, width, height) {
    for (const [hertz, part] of MARKS) {
      line(pen, this._lines, [part * width, part * width], (at) => at * height);
      pen.fillStyle = this._lines;
      pen.fillText(hertz, part * width + 3, height - 3);
    }
    (this._panels.spectrum ?? []).slice(0, 2).forEach((values, channel) => {
      path(pen, channel ? this._second : this._ink, values.length, width, (at) => (height * Math.max(values[at], LOWEST)) / LOWEST);
    });
  }

  _level(pen, width, height) {
    const y = (decibel) => (height * Math.max(decibel, QUIETEST)) / QUIETEST;
    for (const mark of [-12, -24, -48]) {
      line(pen, this._lines, [0, width], () => y(mark));
      pen.fillStyle = this._lines;
      pen.fillText(`${mark}`, 3, y(mark) - 3);
    }
    const empty = PAST - this._levels.length;
    path(pen, this._ink, PAST, width, (at) => (at < empty ? height : y(this._levels[at - empty].rms)));
    path(pen, this._second, PAST, width, (at) => (at < empty ? height : y(this._levels[at - empty].peak)));
    const last = this._levels.at(-1);
    const text = last ? `${last.rms.toFixed(0)} dB` : "";
    const shown = document.getElementById("level-value");
    if (shown.textContent !== text) shown.textContent = text;
  }
}

/** Frequencies of the grid, each with its place from 0 to 1 on the way from 20 Hz to 20 kHz. */
const MARKS = [["100", 100], ["1k", 1000], ["10k", 10000]].map(([text, hertz]) => [text, Math.log10(hertz / 20) / 3]);

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
    const text = level > INAUDIBLE ? `${level.toFixed(1)} LUFS` : "–";
    const shown = document.getElementById(id);
    if (shown.textContent !== text) shown.textContent = text;
  }
}

/** Context of a canvas with as many pixels as the screen has there. */
function fitted(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = "10px system-ui, sans-serif";
  return { width, height, pen };
}

function line(pen, colour, [from, to], y) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(from, y(0));
  pen.lineTo(to, y(1));
  pen.stroke();
}

function path(pen, colour, count, width, y) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let at = 0; at < count; at += 1) pen.lineTo((at * width) / Math.max(count - 1, 1), y(at));
  pen.stroke();
}
