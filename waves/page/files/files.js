/* The files of the piece: what is on disk, what is written here, and both ways out when they part. */

import { Conflict } from "./conflict.js";
import { FileList } from "./file_list.js";
import { KnownFiles } from "./known_files.js";
import { Saved } from "./saved.js";
import { ended, plain } from "../text/positions.js";
import { CONFLICT, LOST, NO_FILE } from "../player/connection.js";

const OF_FILES = new Set(["started", "checked", "mended", "waiting", "file_written"]); // events after which a file may be another
const TOUCH = matchMedia("(pointer: coarse)"); // where the keyboard would cover the page
const KEEP = 500; // ms between two copies of unsaved text into this tab's storage

/** Events, by `on`: `shown` (another file, or another text of it), `saved`, `state` (saved or not, what plays). */
export class Files {
  constructor(connection, editor, say) {
    this._connection = connection;
    this._editor = editor;
    this._say = say;
    this._files = new KnownFiles();
    this._listeners = { shown: [], saved: [], state: [] };
    this.saving = Promise.resolve(); // the save that is on its way; then it is known what is saved
    this._dragged = false; // whether a slider is held, from which the text may not take the keyboard
    this._late = false; // whether a text has come in meanwhile
    this.name = "";
    this.sounds = "";
    this._conflict = new Conflict(() => this.takeTheirs(), () => this.keepMine());
    this._saved = new Saved(connection, () => this.save());
    this._list = new FileList((name) => this.open(name));
    editor.on("change", () => this._edited());
    addEventListener("beforeunload", (event) => {
      this._keep();
      if (this.anyDirty && this.name) event.preventDefault();
    });
    document.addEventListener("pointerdown", ({ target }) => (this._dragged = target.matches("input[type=range]")), true);
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => this._dropped(), true);
    connection.on("reloaded", () => this.refresh().then(() => this._tell("shown")));
    connection.on("reloadFailed", () => this.refresh());
    connection.on("event", ({ event }) => OF_FILES.has(event) && this.refresh());
    connection.on("state", (state) => this._connected(state));
    connection.on("there", (is) => (this._showState(), is && connection.wasThere && this.refresh()));
    this._showState();
  }

  on(name, callback) {
    this._listeners[name].push(callback);
  }

  /** Whether the text here differs from the one on disk that it was made from. */
  get dirty() {
    return this.isDirty(this.name);
  }

  /** Whether that is so of any file, shown or not since the page was loaded. */
  get anyDirty() {
    return this._files.drafts.length > 0 || this._files.all.some(({ name }) => this.isDirty(name));
  }

  isDirty(name) {
    const file = this._files.get(name);
    return Boolean(file) && (file.gone || this._textOf(file) !== file.saved);
  }

  /** Whether there is text of before the page was loaded that is not shown yet. */
  get isKept() {
    return !this.name && this._files.drafts.length > 0;
  }

  /** Names of all files, in the order of the player. */
  get names() {
    return this._list.names;
  }

  /** Names of files that are gone from the disk, whose text is kept here. */
  get gone() {
    return this._files.gone;
  }

  /** Lines of this file on disk. */
  get savedLines() {
    return this._files.get(this.name)?.savedLines ?? [""];
  }

  /** Lines of this file as they play, which need not be those on disk; null if it does not play. */
  get playing() {
    return this._files.get(this.name)?.playing ?? null;
  }

  /** Text of a file, as it is here or on disk. */
  async textOf(name) {
    const file = this._files.get(name);
    return file ? this._textOf(file) : plain((await this._connection.call("text", { file: name })).text);
  }

  /** Shows a file. */
  async open(name) {
    this._store();
    try {
      const told = await this._connection.call("text", name ? { file: name } : {});
      this.name = told.file;
      const file = this._files.get(told.file);
      if (file) this._arrived(file, told);
      else this._files.add(told);
      this._plays(told);
      this._listed(told.files);
      this._load();
    } catch (error) {
      const kept = name || this._files.drafts[0];
      if (this._isKept(kept, error)) {
        this.name = kept;
        this._showNames(this.names);
        this._load();
      } else this._say(error.message);
      this._list.chosen = this.name;
    }
  }

  /** Looks at the file on disk: a text that is new there is taken, or is a conflict with the one here. */
  async refresh() {
    if (!this.name) {
      await this.open("");
      return;
    }
    try {
      const told = await this._connection.call("text", { file: this.name });
      const file = this._files.get(told.file);
      if (!file) return;
      this._arrived(file, told);
      this._plays(told);
      this._listed(told.files);
    } catch (error) {
      if (error.code === LOST) return;
      if (!this._isKept(this.name, error)) this._say(error.message);
      else this._edited();
    }
  }

  /** Takes the names of the files on disk. */
  _listed(names) {
    this._files.listed(names, this.name, (name) => this.isDirty(name));
    for (const name of this.gone) if (names.includes(name)) this._look(name);
    this._showNames(names);
    this._edited();
  }

  _showNames(names) {
    this._list.show([...this.gone.filter((name) => !names.includes(name)), ...names], this.name);
  }

  /** A file that was gone is on disk again. */
  async _look(name) {
    try {
      const told = await this._connection.call("text", { file: name });
      const file = this._files.get(name);
      if (file?.gone) this._arrived(file, told);
    } catch {
      // it is looked at again with the next names
    }
  }

  /** Whether a file is gone from the disk, as an error tells, and its text is kept here. */
  _isKept(name, { code }) {
    return code === NO_FILE && Boolean(this._files.lose(name));
  }

  /** Writes the text here into the file, unless the file is newer than what it was made from; then `back` is called, which
   * may take something out of the text before that is a conflict. */
  save(back) {
    this.saving = this.saving.then(() => this._save(back));
    return this.saving;
  }

  /** The text on disk instead of the one here; undo of the editor brings that back. */
  takeTheirs() {
    const file = this._files.get(this.name);
    const { theirs } = file;
    if (!theirs) return;
    file.theirs = null;
    file.adopt(theirs);
    this._editor.become(file.saved);
    this._edited();
    this._editor.area.focus();
  }

  /** The text here instead of the one on disk. */
  async keepMine() {
    const file = this._files.get(this.name);
    const { theirs } = file;
    if (!theirs) return;
    file.theirs = null;
    file.adopt(theirs);
    this._editor.area.focus();
    this._edited();
    await this.save();
  }

  async _save(back) {
    const file = this._files.get(this.name);
    if (!file) return;
    if (!this._connection.may("file")) {
      this._say("This page may not write files.");
      return;
    }
    if (file.theirs) {
      this._say("Choose first: take theirs, or keep mine and save it. Escape, then Tab, leads there.");
      return;
    }
    const text = this._textOf(file);
    try {
      const sent = { file: file.name, text: ended(text, file.end), based_on: file.version };
      const answer = await this._saved.during(this._connection.call("save", sent));
      file.adopt({ text: ended(text, file.end), version: answer.version });
      file.gone = file.unsure = false;
      this._edited();
      this._tell("saved");
    } catch (error) {
      if (error.code === CONFLICT) {
        back?.();
        this._arrived(file, { ...error.data, newer: true });
      } else {
        file.unsure = error.code === LOST;
        this._say(`${file.name} is not saved. ${error.message}`, file.name);
      }
    }
  }

  /** Takes the text that plays, as the player told it. */
  _plays({ file, playing }) {
    this._files.get(file).playing = playing === null ? null : plain(playing).split("\n");
    this._showState();
  }

  async _connected(state) {
    this._showState();
    if (state === "connected") await this.refresh();
  }

  /** A text of the player for a file that is known here. */
  _arrived(file, told) {
    if (file.gone) this._say(`${file.name} is there again.`, file.name);
    file.gone = false;
    if (told.version === file.version && !told.newer) {
      file.theirs = null;
      this._showState();
      return;
    }
    const text = plain(told.text);
    const here = this._textOf(file);
    const clean = here === file.saved;
    if (clean && text !== here && this._dragged) {
      this._late = true;
      return;
    }
    if (clean || text === here) {
      if (file.unsure && !clean) this._say(`${file.name} is saved: it had arrived.`, file.name);
      file.unsure = false;
      file.theirs = null;
      file.adopt(told);
      file.text = text;
      if (file.name === this._loaded) {
        if (clean && text !== here) this._editor.become(text);
        this._edited();
        this._tell("saved");
      }
      return;
    }
    file.theirs = { text: told.text, version: told.version };
    this._showState();
  }

  _dropped() {
    this._dragged = false;
    if (this._late) this.refresh();
    this._late = false;
  }

  _textOf(file) {
    return file.name === this.name && this._loaded === file.name ? this._editor.text : file.text;
  }

  _store() {
    const file = this._files.get(this.name);
    if (!file || this._loaded !== file.name) return;
    file.text = this._editor.text;
    file.selection = this._editor.area.selectionEnd;
  }

  _load() {
    const file = this._files.get(this.name);
    if (this._loaded !== file.name) {
      this._loaded = file.name;
      this._editor.load(file.text, file.selection);
      this._editor.reveal();
      if (file.writes && document.activeElement === document.body && !TOUCH.matches) this._editor.area.focus({ preventScroll: true });
      file.writes = false;
    }
    this._edited();
    this._tell("shown");
  }

  _edited() {
    if (!this.name || this._loaded !== this.name) return;
    clearTimeout(this._keeping);
    this._keeping = setTimeout(() => this._keep(), KEEP);
    this._showState();
  }

  _keep() {
    this._store();
    const writes = document.activeElement === this._editor.area && this._loaded;
    const dirty = this._files.all.filter(({ name }) => this.isDirty(name));
    this._files.keep(Object.fromEntries(dirty.map((file) => [file.name, file.draft(this._textOf(file), file.name === writes)])));
  }

  _showState() {
    const file = this._files.get(this.name);
    const { dirty } = this;
    const may = this._connection.state !== "connected" || this._connection.may("file");
    this._saved.show(file, dirty, may);
    this._editor.area.readOnly = !file || !may;
    this._list.mark((name) => this.isDirty(name));
    this._conflict.show(file);
    this._tell("state");
  }

  _tell(name) {
    for (const callback of this._listeners[name]) callback();
  }
}
