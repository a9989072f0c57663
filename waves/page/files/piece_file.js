/* One file of the piece as this page knows it: its text on disk, and the text here that was made from it. */

import { ended, plain } from "../text/positions.js";

export class PieceFile {
  constructor(name) {
    this.name = name;
    this.selection = 0;
    this.writes = false; // whether the keyboard was in its text when the page was loaded again
    this.theirs = null; // the text on disk, if it is another one than that which the text here was made from
    this.playing = null;
    this.gone = false; // from the disk
    this.unsure = false; // whether a save had no answer
  }

  /** Takes a text of the disk as the one that the text here is made from. */
  adopt({ text, version }) {
    this.end = text.includes("\r\n") ? "\r\n" : "\n";
    this.saved = plain(text);
    this.savedLines = this.saved.split("\n");
    this.version = version;
  }

  /** A text of this file that is not saved, to be kept. */
  draft(text, writes) {
    const { version, selection } = this;
    return { text, version, saved: ended(this.saved, this.end), selection, writes };
  }

  /** Goes on with a text that was kept before the page was loaded; `told` is what is on disk, null if nothing is. */
  resume({ text, version, saved, selection, writes }, told) {
    Object.assign(this, { text, selection, writes, gone: !told });
    if (version === told?.version) return;
    this.adopt({ text: saved, version }); // what the changes here were made to
    this.theirs = told && { text: told.text, version: told.version };
  }
}
