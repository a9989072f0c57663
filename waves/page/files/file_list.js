/* The list of the files of the piece, above the text: the one that is shown is chosen, what is not saved has a star. */

export class FileList {
  /** `open` is called with the name that is chosen. */
  constructor(open) {
    this._select = document.getElementById("file");
    this._select.addEventListener("change", () => open(this._select.value));
  }

  get names() {
    return [...this._select.options].map(({ value }) => value);
  }

  set chosen(name) {
    this._select.value = name;
  }

  show(names, chosen) {
    if (names.join("\n") !== this.names.join("\n")) this._select.replaceChildren(...names.map((name) => new Option(name, name)));
    this.chosen = chosen;
  }

  /** Marks those that are not saved. */
  mark(isDirty) {
    for (const option of this._select.options) {
      const text = isDirty(option.value) ? `${option.value} *` : option.value;
      if (option.textContent !== text) option.textContent = text;
    }
  }
}
