/* History: the versions that were heard; hearing one again, two in turn, and writing one into the files. */

import { AWAY } from "../player/connection.js";
import { isShown } from "../player/requests.js";

const MOST = 100; // versions that are listed
const GONE = new Set(["ended", "refused"]); // states of a player that will not do what was asked

export class Versions {
  constructor(connection, act, say) {
    this._connection = connection;
    this._act = act;
    this._say = say;
    this._playing = 0;
    this._other = 0;
    this._turned = 0; // the version that A/B asked for, until it is heard
    this._versions = [];
    this._sounds = []; // that play
    this._heard = []; // numbers of the versions in the order of their last play
    this._list = document.getElementById("version-list");
    this._none = document.getElementById("version-none");
    this._ab = document.getElementById("ab");
    this._ab.addEventListener("click", () => this.turn());
    connection.on("there", () => this._connected());
    connection.on("state", (state) => GONE.has(state) && (this._turned = 0));
    connection.on("status", ({ sounds }) => this._chosen(sounds));
    connection.on("reloaded", () => this.refresh());
    connection.on("event", ({ event }) => event === "version" && this.refresh());
    connection.on("reloadFailed", ({ file = "" }) => file.startsWith(`version ${this._turned} of `) && this._refused());
  }

  /** Hears the other one of the last two versions; while that is on its way, the one that plays still. */
  async turn() {
    if (this._ab.disabled) {
      this._say(this._away ? AWAY : "A/B needs two versions: save something first.");
      return;
    }
    const number = this._turned === this._other ? this._playing : this._other;
    this._turned = number;
    if ((await this._hear(number)) === null && this._turned === number) this._turned = 0;
  }

  async refresh() {
    let versions;
    try {
      versions = await this._connection.call("history");
    } catch (error) {
      if (!isShown(error)) this._say(error.message);
      return;
    }
    const told = JSON.stringify([this._away, versions]);
    this._versions = versions;
    this._take(versions.find(({ playing }) => playing)?.number ?? 0);
    if (told !== this._told) this._show(versions, told); // rows that stay keep a click that is under way
    if (this._turned && this._turned === this._playing) this._say(`A/B: ${this._compared()}`, "A/B");
    if (this._turned === this._playing) this._turned = 0;
  }

  get _away() {
    return !this._connection.isThere;
  }

  /** While the player is away nothing plays, and nothing can be heard. */
  _connected() {
    if (!this._away) {
      this.refresh();
      return;
    }
    this._ab.disabled = true;
    document.getElementById("ab-value").textContent = "";
    this._show(this._versions, "");
  }

  _refused() {
    this._say(`A/B: version ${this._turned} was refused; ${this._named(this._playing)} plays on.`, "A/B");
    this._turned = 0;
  }

  _show(versions, told) {
    this._told = told;
    this._versions = versions;
    const focused = document.activeElement?.dataset?.does;
    this._list.replaceChildren(...versions.slice(-MOST).reverse().map((version) => this._row(version)));
    this._none.hidden = versions.length > 0;
    if (focused) this._list.querySelector(`[data-does="${focused}"]`)?.focus();
  }

  /** Whether a version can play the sounds that play. */
  _can(number) {
    const version = this._versions.find((one) => one.number === number);
    return Boolean(version) && !version.failing.some((name) => this._sounds.includes(name));
  }

  /** Other sounds play, of which some versions may have none. */
  _chosen(sounds) {
    if (sounds.join("\n") === this._sounds.join("\n")) return;
    this._sounds = sounds;
    this._show(this._versions, this._told);
    this._take(this._playing);
  }

  /** The version that plays, and the last one that played before it and can play these sounds; else the newest before it. */
  _take(playing) {
    if (playing !== this._playing) this._heard = [...this._heard.filter((one) => one !== playing), playing];
    this._playing = playing;
    const older = this._versions.map(({ number }) => number).filter((number) => number < playing && !this._heard.includes(number));
    this._other = [...older, ...this._heard.slice(0, -1)].findLast((number) => this._can(number)) ?? 0;
    const two = this._other > 0 && this._connection.can("play");
    this._ab.disabled = !two;
    document.getElementById("ab-value").textContent = two ? `version ${playing}, the other is ${this._other}` : "";
  }

  _named(number) {
    const { change = "" } = this._versions.find((one) => one.number === number) ?? {};
    return [`version ${number}`, change].filter(Boolean).join(", ");
  }

  /** The version that plays, with what differs between the two where one follows the other. */
  _compared() {
    const [here, other] = [this._playing, this._other];
    const { change = "" } = Math.abs(here - other) === 1 ? (this._versions.find((one) => one.number === Math.max(here, other)) ?? {}) : {};
    const which = `version ${here} instead of ${other}`;
    return change ? `${which}, ${here > other ? "with" : "without"}: ${change}` : which;
  }

  async _restore(number) {
    const told = await this._act("restore", { version: number });
    if (told && this._list.contains(document.activeElement)) document.getElementById("ab").focus(); // the rows move: a second Enter would restore another one
    if (told) this._say(told);
  }

  _row({ number, time, change, remark, playing: last }) {
    const playing = last && !this._away;
    const item = document.createElement("li");
    item.classList.toggle("playing", playing);
    const place = element("span", "when", `${number}, ${when(time)}`);
    if (playing) place.append(" ", element("strong", "", "plays"));
    item.append(place);
    if (change || remark) item.append(element("span", "words", change));
    if (remark) item.lastElementChild.append(change ? "; " : "", element("em", "warning", remark));
    item.append(this._button("Hear", number, "play", playing || !this._can(number), () => this._chose(number)));
    item.append(this._button("Restore", number, "file", false, () => this._restore(number)));
    return item;
  }

  _button(word, number, needs, off, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.dataset.does = `${word} ${number}`;
    button.setAttribute("aria-label", `${word} version ${number}`);
    button.disabled = off || !this._connection.can(needs);
    button.addEventListener("click", run);
    return button;
  }

  _chose(number) {
    this._turned = 0;
    this._hear(number);
  }

  /** What the player says of it; null if it refuses. */
  _hear(number) {
    return this._act("playVersion", { version: number });
  }
}

function element(kind, name, text) {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

/** Time of day of seconds since 1970. */
export function when(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}
