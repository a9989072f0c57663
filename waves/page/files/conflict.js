/* A conflict: the file was saved elsewhere while the text here has changes; shown with both ways out. */

import { difference, plain } from "../text/positions.js";

export class Conflict {
  constructor(takeTheirs, keepMine) {
    this._banner = document.getElementById("conflict");
    this._shown = null;
    document.getElementById("take-theirs").addEventListener("click", takeTheirs);
    document.getElementById("keep-mine").addEventListener("click", keepMine);
  }

  /** Shows that of a file, if it has one. */
  show(file) {
    const theirs = file?.theirs ?? null;
    if (this._shown === theirs) return;
    this._shown = theirs;
    this._banner.classList.toggle("shown", Boolean(theirs));
    this._banner.querySelector(".buttons").hidden = !theirs;
    const sentence = this._banner.querySelector("p");
    const text = this._banner.querySelector("pre");
    sentence.textContent = theirs ? `${file.name} was saved elsewhere, and you have changes here that are not saved.` : "";
    text.hidden = !theirs;
    text.textContent = theirs ? theirPart(file.saved, plain(theirs.text)) : "";
  }
}

/** Lines that were written elsewhere, with their numbers. */
function theirPart(before, theirs) {
  const lines = theirs.split("\n");
  const { first, after } = difference(before.split("\n"), lines);
  const shown = lines.slice(first, first + after).map((line, at) => `${first + at + 1}  ${line}`);
  return shown.length ? shown.join("\n") : `Lines after line ${first} were deleted.`;
}
