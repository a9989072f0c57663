/* Transport: play, silence, volume, place in the music, sounds, recording, and how the player is doing. */

import { seldom } from "../player/requests.js";

const SOON = 700; // ms for which a slider that was moved does not follow the player
const LATER = 2000; // ms in which a sound that was chosen begins to play, or is refused
const OFTEN = 50; // ms between two volumes while it is dragged
const SEPARATOR = "\n"; // of sounds in one row of the list
const ON_ITS_WAY = " …"; // behind sounds that were chosen and do not play yet
const QUIETEST = -60; // dB, the lowest place of the volume
const UNKNOWN = ["bar", "beat", "tempo-value", "time", "load", "underflows"]; // while the player is not there

export class Transport {
  constructor(connection, act, choose, goTo) {
    this._connection = connection;
    this._act = act;
    this._status = null;
    this._tempo = null;
    this._moved = -Infinity;
    this._chose = -Infinity;
    this._called = -Infinity; // when a section was called
    const find = (id) => document.getElementById(id);
    const level = seldom(OFTEN, (decibels) => act("volume", { level: decibels }));
    this._find = find;
    this._volume = find("volume");
    this._sound = find("sound");
    for (const [id, run] of Object.entries({
      play: () => act("pause", { paused: !this._status?.paused }),
      hush: () => act("hush"),
      hold: () => act("hold"),
      undo: () => act("undo"),
      redo: () => act("redo"),
      record: () => act("record"),
      accept: () => act("acceptRefused"),
      fill: () => act("fill"),
    })) find(id).addEventListener("click", run);
    this._volume.addEventListener("input", () => {
      this._moved = performance.now();
      this._showVolume(Number(this._volume.value));
      level(Number(this._volume.value));
    });
    this._sound.addEventListener("change", () => {
      this._chose = performance.now();
      choose("play", { sounds: this._sound.value.split(SEPARATOR) });
    });
    find("section").addEventListener("change", ({ target }) => {
      this._called = performance.now();
      act("section", { name: target.value });
    });
    find("tempo").addEventListener("click", () => this._tempo && goTo(this._tempo));
    connection.on("status", (status) => this._show(status));
    connection.on("reloadFailed", (event) => {
      find("accept").hidden = !event.by_trial;
      this._chose = -Infinity; // what plays is shown again
    });
    connection.on("reloaded", () => (find("accept").hidden = true));
    connection.on("event", ({ event }) => event === "mended" && (find("accept").hidden = true));
    connection.on("there", (is) => this._able(is));
    this._able(false);
  }

  /** The sounds of the files, each with its comment. */
  offer(sounds) {
    this._offered = sounds.map(({ name }) => name);
    const options = sounds.map(({ name, comment }) => {
      const option = new Option(name, name);
      if (comment) option.title = comment;
      return option;
    });
    const chosen = this._sound.value; // it may not play yet
    this._sound.replaceChildren(...options);
    if (this._offered.includes(chosen)) this._sound.value = chosen;
    if (this._status) this._showSound(this._status);
  }

  /** Where the tempo is written: file, line, column; null if nowhere. */
  tempoAt(place) {
    this._tempo = place;
    this._find("tempo").disabled = !place || !this._connection.isThere;
  }

  /** What is not there has no figures. */
  _able(isThere) {
    const find = this._find;
    find("tempo").disabled = !this._tempo || !isThere;
    if (isThere) return;
    put(find("doing"), "not connected");
    for (const id of UNKNOWN) put(find(id), "–");
    if (this._status?.recording) put(find("recorded"), "–");
    for (const id of ["device", "clients"]) put(find(id), "");
  }

  _show(status) {
    this._status = status;
    const find = this._find;
    put(find("play"), status.paused ? "Play" : "Pause");
    for (const [id, on] of Object.entries({ hush: status.hushed, hold: status.held })) {
      find(id).setAttribute("aria-pressed", String(Boolean(on)));
    }
    this._showRecording(status);
    put(find("bar"), status.bar ? String(status.bar) : "–");
    put(find("beat"), status.beat ? String(Math.floor(status.beat)) : "–");
    put(find("tempo-value"), status.tempo ? `${Math.round(status.tempo * 10) / 10}` : "–");
    put(find("time"), clock(status.seconds));
    put(find("load"), `${Math.round(status.load * 100)} %`);
    put(find("underflows"), String(status.underflows));
    const card = status.device && `${status.device}, ${Math.round(status.rate)} Hz`;
    put(find("device"), status.device === "silent" ? "silent device: nothing is heard" : card);
    put(find("clients"), status.connections > 1 ? `${status.connections} pages` : "");
    put(find("doing"), words(status));
    if (performance.now() - this._moved > SOON) {
      this._volume.value = String(Math.max(status.volume, QUIETEST));
      this._showVolume(status.volume);
    }
    this._showSound(status);
    this._showSection(status);
  }

  /** The section that plays is chosen in the list; one that was called stays chosen until its bar has come. */
  _showSection({ sections, section, section_bar: bar, section_bars: bars }) {
    this._find("form").hidden = !sections.length;
    const list = this._find("section");
    if ([...list.options].map(({ value }) => value).join(SEPARATOR) !== sections.join(SEPARATOR)) {
      list.replaceChildren(...sections.map((name) => new Option(name, name)));
    }
    put(this._find("section-bar"), bar ? `${bar}/${bars}` : "");
    if (performance.now() - this._called > LATER) list.value = section;
  }

  /** The word of the button is what it does; a screen reader tells the time when it is asked, not at each second. */
  _showRecording({ recording, recording_seconds: seconds, recording_interrupted: interrupted }) {
    const button = this._find("record");
    button.classList.toggle("runs", Boolean(recording));
    put(button.firstElementChild, recording ? "Stop recording" : "Record");
    put(this._find("recorded"), recording ? `${clock(seconds)}${interrupted ? " interrupted" : ""}` : "");
    button.title = interrupted ? `The disk takes no more of ${recording}.` : recording;
  }

  _showVolume(level) {
    const text = `${level.toFixed(1)} dB`;
    put(this._find("volume-value"), text);
    this._volume.setAttribute("aria-valuetext", text);
  }

  /** What was chosen last is chosen in the list, with a sign until it plays; it has a row of its own if it is several
   * sounds, or one with parameters. */
  _showSound({ sounds, upcoming_sounds: upcoming }) {
    const value = (upcoming.length ? upcoming : sounds).join(SEPARATOR);
    this._sound.title = upcoming.length ? `${upcoming.join(", ")} is on its way; ${sounds.join(", ")} plays` : "";
    for (const option of this._sound.options) {
      put(option, option.value.replaceAll(SEPARATOR, ", ") + (upcoming.length && option.value === value ? ON_ITS_WAY : ""));
    }
    if (value === this._sound.value || performance.now() - this._chose < LATER) return;
    for (const option of [...this._sound.options]) if (!this._offered?.includes(option.value)) option.remove();
    if (![...this._sound.options].some((option) => option.value === value)) {
      this._sound.prepend(new Option(value.replaceAll(SEPARATOR, ", "), value));
    }
    this._sound.value = value;
  }
}

function clock(seconds) {
  const tenths = Math.floor(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}`;
}

/** How it is with what plays, and what is done besides. */
function words({ running, sounds, ended, paused, held, hushed, recording, recording_interrupted, file_version }) {
  const found = [running === false && "stopped", ended && "ended", paused && "paused", hushed && "hushed"].filter(Boolean);
  if (file_version) found.push(`playing ${file_version}`);
  if (!found.length) found.push(sounds.length ? "playing" : "nothing plays until a save mends the piece");
  if (held) found.push("saves are held");
  if (recording) found.push(`recording ${recording}${recording_interrupted ? " is interrupted" : ""}`);
  return found.join(", ");
}

/** Writes a text into an element, if it is another one. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
