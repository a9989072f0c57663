/* The reload log: every event of the player in its words, and spoken to who cannot see it. */

import { inWords } from "../text/problems.js";
import { when } from "./versions.js";

const MOST = 200; // reports that are kept
const SPOKEN = 20; // sentences that a screen reader may still have to say
const MOST_WAITING = 3; // notices that come after the one that is shown; of more the newest
const LEAST = 2000; // ms that a notice stands, whatever comes after it
const SHOWN = 3; // problems of one report
const REPEATED = new Set(["parameter_moved", "compiling", "building", "volume", "waiting"]); // the newest stands for all
const UNSAID = new Set(["parameter_moved", "parameter_released", "volume", "compiling", "building"]);
const BUTTONS = { F: "Play it anyway", ".": "Silence", h: "Hold" }; // what does here what a key does in the terminal
const KEY = /`([^`])`/g; // a key in a sentence of the player
const NAMES = ["reloaded", "reloadFailed", "compiling", "problem", "event"];

export class Reports {
  constructor(connection) {
    this._list = document.getElementById("report-list");
    this._said = document.getElementById("said");
    this._notice = document.getElementById("notice");
    this._last = document.getElementById("last");
    this._shown = null; // the notice that is shown
    this._waiting = []; // notices that come after it
    for (const name of NAMES) connection.on(name, (event) => this._add(event));
    for (const name of ["click", "keydown"]) document.addEventListener(name, () => this._pressed(), true);
  }

  /** A sentence of the page itself: shown for a while, and spoken. After its first seconds it ends with the next key or click,
   * and gives way to a sentence of another subject, which waits until then; one of the same subject takes its place. */
  say(text, subject = text) {
    this._waiting = this._waiting.filter((one) => one.subject !== subject);
    if (!this._shown || this._shown.subject === subject) this._show({ text, subject });
    else {
      this._waiting = [...this._waiting, { text, subject }].slice(-MOST_WAITING);
      this._wait(LEAST);
    }
  }

  /** A sentence of the page that is seen by other means: spoken only, after those before it. */
  tell(text) {
    const said = document.createElement("span");
    said.textContent = text;
    this._said.append(said);
    while (this._said.children.length > SPOKEN) this._said.firstElementChild.remove();
  }

  _show(notice) {
    this._shown = notice;
    this._since = performance.now();
    this._notice.textContent = notice?.text ?? "";
    this._notice.classList.toggle("shown", Boolean(notice));
    this._wait(this._waiting.length ? LEAST : 3000 + 60 * this._notice.textContent.length);
  }

  /** The next notice, if one waits, comes so long after the one that is shown. */
  _wait(time) {
    clearTimeout(this._timer);
    if (this._shown) this._timer = setTimeout(() => this._show(this._waiting.shift()), this._since + time - performance.now());
  }

  _pressed() {
    if (this._shown && performance.now() - this._since > LEAST) this._show(this._waiting.shift());
  }

  _add(told) {
    const { event, time, text, problems = [] } = told;
    const item = document.createElement("li");
    item.dataset.event = event;
    item.classList.toggle("error", problems.some(({ level }) => level !== "warning"));
    const clock = document.createElement("time");
    clock.textContent = when(time);
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = here(text);
    item.append(clock, words);
    const shown = problems.slice(0, SHOWN).map(inWords);
    if (problems.length > SHOWN) shown.push(`… and ${problems.length - SHOWN} more, in the list of problems`);
    for (const sentence of shown) {
      const line = document.createElement("p");
      line.textContent = sentence;
      item.append(line);
    }
    const first = this._list.firstElementChild;
    if (REPEATED.has(event) && first?.dataset.event === event) first.replaceWith(item);
    else this._list.prepend(item);
    while (this._list.children.length > MOST) this._list.lastElementChild.remove();
    if (!REPEATED.has(event) && !UNSAID.has(event)) this._last.textContent = this._last.title = here(text);
    if (event === "recorded") this.say(recorded(told), "recording"); // whoever asked for it waits for it
    else if (!UNSAID.has(event)) this.tell(here(text));
  }
}

/** A recording that is complete: its length, its files and their folder, what is missing. */
function recorded({ seconds, path, paths, lost_seconds: lost }) {
  const all = paths.length ? paths : [path];
  const files = all.map((one) => one.split(/[\\/]/).at(-1)).join(", ");
  const folder = /^(.+)[\\/]/.exec(all[0])?.[1];
  return `Recorded ${seconds.toFixed(1)} s: ${files}${folder ? `, in ${folder}` : ""}${lost ? `; ${lost.toFixed(2)} s are missing` : ""}`;
}

/** A sentence of the player, with the buttons of the page for the keys of the terminal. */
function here(text) {
  return text.replace(KEY, (written, key) => (key in BUTTONS ? `“${BUTTONS[key]}”` : written));
}
