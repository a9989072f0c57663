/* History: the versions that were heard; writing one into the files, and hearing two in turn. */

import { isShown } from "./requests.js";

export class Versions {
  constructor(connection, act, say) {
    this._connection = connection;
    this._act = act;
    this._say = say;
    this._list = document.getElementById("version-list");
    this._none = document.getElementById("version-none");
    this._ab = document.getElementById("ab");
    this._ab.addEventListener("click", () => this._turn());
    connection.on("state", (state) => state === "connected" && this.refresh());
    connection.on("reloaded", () => this.refresh());
    connection.on("event", ({ event }) => event === "version" && this.refresh());
    connection.on("status", ({ version }) => this._playing(version));
  }

  async refresh() {
    let versions;
    try {
      versions = await this._connection.call("history");
    } catch (error) {
      if (!isShown(error)) this._say(error.message);
      return;
    }
    const focused = document.activeElement?.dataset?.version;
    this._list.replaceChildren(...[...versions].reverse().map((version) => this._row(version)));
    this._none.hidden = versions.length > 0;
    if (focused) this._list.querySelector(`[data-version="${focused}"]`)?.focus();
  }

  _row({ number, time, change, sounds, file, playing }) {
    const item = document.createElement("li");
    item.classList.toggle("playing", Boolean(playing));
    const words = document.createElement("span");
    words.className = "words";
    const said = change ?? [file, (sounds ?? []).join(", ")].filter(Boolean).join(": ");
    words.textContent = `${number}  ${when(time)}  ${said}`;
    if (playing) words.append(mark("plays"));
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Restore";
    button.dataset.version = String(number);
    button.setAttribute("aria-label", `Restore version ${number}`);
    button.disabled = !this._connection.may("file");
    button.addEventListener("click", () => this._act("restore", { version: number }));
    item.append(words, button);
    return item;
  }

  /** The earlier version, and the one of the files, in turn. */
  async _turn() {
    if (this._earlier) await this._act("redo");
    else await this._act("undo");
  }

  _playing(version) {
    this._earlier = Boolean(version);
    const text = this._earlier ? "B: the version before" : "A: the newest version";
    const shown = document.getElementById("ab-value");
    if (shown.textContent !== text) shown.textContent = text;
    this._ab.setAttribute("aria-pressed", String(this._earlier));
  }
}

function mark(text) {
  const element = document.createElement("strong");
  element.textContent = ` ${text}`;
  return element;
}

export function when(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}
