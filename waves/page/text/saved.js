/* Saved or not: what is said of the file beside its name. */

export class Saved {
  constructor() {
    this._place = document.getElementById("saved");
  }

  show(file, dirty) {
    const other = file?.playing && file.playing.join("\n") !== file.saved;
    this._place.textContent = !file ? "" : dirty ? "not saved" : other ? "saved, another text plays" : "saved";
  }
}
