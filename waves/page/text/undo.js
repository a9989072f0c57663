/* Undo by runs: what was typed in one go is taken back in one go.
 *
 * Browsers end a step of undo when an element of the page is removed, which happens here with most keys. So the texts
 * inside of a run are known, and undo and redo go on as long as they reach one of them. */

const COMMANDS = { historyUndo: "undo", historyRedo: "redo" };
const RUNS = new Set(["insertText", "deleteContentBackward", "deleteContentForward"]);

export class Undo {
  /** `done` is called after all steps of an undo or redo. */
  constructor(area, done) {
    this._area = area;
    this._grown = new Set(); // texts in the middle of a run of letters
    this._cut = new Set(); // texts in the middle of a run of deletions
    this._replaced = new Set(); // texts in which a letter took the place of what was selected
    this._kind = ""; // of the run that may go on
    this._steps = false;
    area.addEventListener("beforeinput", (event) => this._before(event, done));
    area.addEventListener("input", (event) => this._after(event));
  }

  /** Whether steps are under way, after which `done` is called. */
  get isBusy() {
    return this._steps;
  }

  /** What is typed next is a run of its own. */
  cut() {
    this._kind = "";
  }

  _before(event, done) {
    const command = COMMANDS[event.inputType];
    if (command && event.cancelable && !this._steps) {
      event.preventDefault();
      this.run(command);
      done();
      return;
    }
    const { selectionStart, selectionEnd, value } = this._area;
    const goesOn = event.inputType === this._kind && selectionStart === this._end && selectionEnd === this._end && !event.isComposing;
    const inside = event.inputType === "insertText" ? this._grown : this._cut;
    const text = sum(value);
    if (goesOn) inside.add(text);
    else for (const texts of [this._grown, this._cut]) texts.delete(text);
    if (event.inputType === "insertText" && selectionStart < selectionEnd) this._replaced.add(text);
    else this._replaced.delete(text);
  }

  _after({ inputType, isComposing }) {
    this._kind = RUNS.has(inputType) && !isComposing ? inputType : "";
    this._end = this._area.selectionEnd;
  }

  /** Takes back a run, or makes it again. */
  run(command) {
    this.cut();
    this._steps = true;
    while (this._step(command));
    this._steps = false;
  }

  /** One step of the browser; whether it ends in the middle of a run. */
  _step(command) {
    const { value: before } = this._area;
    if (!document.execCommand(command)) return false;
    const { value } = this._area;
    const isRedo = command === "redo";
    const isOfLetters = value.length > before.length === isRedo || (isRedo && this._replaced.has(sum(before)));
    return (isOfLetters ? this._grown : this._cut).has(sum(value));
  }
}

/** A number of 53 bits that stands for a text. */
function sum(text) {
  let [a, b] = [0x9e3779b1, 0x85ebca6b];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  return (a >>> 0) + (b & 0x1fffff) * 0x100000000;
}
