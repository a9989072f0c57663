/* The files of the piece that this page knows, and texts of others that were kept before the page was loaded. */

import { PieceFile } from "./piece_file.js";
import { keepDrafts, readDrafts } from "../player/drafts.js";

const MAIN = "waves.yaml"; // without which no other text is heard

export class KnownFiles {
  constructor() {
    this._files = new Map();
    this._drafts = readDrafts();
  }

  get(name) {
    return this._files.get(name);
  }

  get all() {
    return [...this._files.values()];
  }

  /** Names of files that are gone from the disk, whose text is kept here. */
  get gone() {
    return this.all.filter(({ gone }) => gone).map(({ name }) => name);
  }

  /** Names of files with a text of before the page was loaded that were not shown since. */
  get drafts() {
    return Object.keys(this._drafts);
  }

  /** A file that is told for the first time. */
  add(told) {
    const file = new PieceFile(told.file);
    file.adopt(told);
    file.text = file.saved;
    this._put(file, told);
    return file;
  }

  /** A file that is gone from the disk; undefined if its text is not kept here. */
  lose(name) {
    if (name in this._drafts) this._put(new PieceFile(name), null);
    const file = this.get(name);
    if (file) file.gone = true;
    return file;
  }

  /** Takes the names of the files on disk. Another file than the one that is shown is gone if it is none of them: it is kept
   * here if the piece needs it or its text is nowhere else. */
  listed(names, shown, isDirty) {
    for (const name of this.drafts) if (!names.includes(name)) this.lose(name);
    for (const { name } of this.all) {
      if (name === shown || names.includes(name)) continue;
      if (name === MAIN || isDirty(name)) this.lose(name);
      else this._files.delete(name);
    }
  }

  /** Keeps drafts of these files, by name, and those that were not shown since the page was loaded. */
  keep(drafts) {
    keepDrafts({ ...this._drafts, ...drafts });
  }

  _put(file, told) {
    const draft = this._drafts[file.name];
    delete this._drafts[file.name];
    if (draft && draft.text !== file.saved) file.resume(draft, told);
    this._files.set(file.name, file);
  }
}
