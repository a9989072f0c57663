/* Saved or not: what is said of the file beside its name, and whether it can be saved. */

const SLOW = 300; // ms after which a save that is under way is told
const BUILT = ["compiled", "nodes_loaded", "mended", "refused", "reloaded"]; // events after which the player builds no more
const NAMES = ["reloaded", "reloadFailed", "event"];

export class Saved {
  /** `save` is called by the button. */
  constructor(connection, save) {
    this._connection = connection;
    this._place = document.getElementById("saved");
    this._button = document.getElementById("save");
    this._isSlow = false; // whether a save is under way for long
    this._builds = false; // whether the player has told that it builds what was saved
    this._wrong = {}; // number of mistakes by name of the file
    this._button.addEventListener("click", () => save());
    connection.on("compiling", ({ over }) => this._building(!over));
    connection.on("state", () => this._building(false));
    connection.on("status", ({ problems }) => this._told(problems));
    for (const name of NAMES) connection.on(name, ({ event }) => BUILT.includes(event) && this._building(false));
  }

  /** The answer to a save. */
  async during(save) {
    const timer = setTimeout(() => this._slow(true), SLOW);
    try {
      return await save;
    } finally {
      clearTimeout(timer);
      this._slow(false);
    }
  }

  show(file, dirty, may) {
    this._shown = [file, dirty, may];
    const other = file?.playing && file.playing.join("\n") !== file.saved;
    const wrong = this._wrong[file?.name] ?? 0; // in what does not play
    const all = wrong ? `saved, with ${wrong} ${wrong === 1 ? "problem" : "problems"}` : "saved";
    const played = this._builds ? "saved, building …" : other ? "saved, another text plays" : all;
    this._place.textContent = !file ? "" : this._isSlow ? "saving …" : dirty ? "not saved" : played;
    this._button.disabled = this._isSlow || !may || !dirty || !this._connection.isThere;
  }

  _told(problems) {
    const wrong = {};
    for (const { level, file } of problems) if (level === "error" && file) wrong[file] = (wrong[file] ?? 0) + 1;
    if (JSON.stringify(wrong) === JSON.stringify(this._wrong)) return;
    this._wrong = wrong;
    if (this._shown) this.show(...this._shown);
  }

  _slow(is) {
    this._isSlow = is;
    this.show(...this._shown);
  }

  _building(does) {
    if (this._builds === does) return;
    this._builds = does;
    if (this._shown) this.show(...this._shown);
  }
}
