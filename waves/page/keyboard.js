/* Who writes goes on writing: a click or tap on a control gives the keyboard back to the text, if it was there. */

const KEEPS = "button, summary, li:has(button), header, footer, .tools, #messages"; // a press on these takes it nowhere
const TAKES = "select, input, pre, label"; // but these need it, some for a while
const LENT = "select, input[type=range]:not(#slider-range)";

export class Keyboard {
  constructor(editor) {
    const { area } = editor;
    const messages = document.getElementById("messages");
    this._lent = null; // the control to which the text has lent it
    document.addEventListener("mousedown", (event) => this._pressed(event, area), true);
    for (const name of ["change", "pointerup"]) document.addEventListener(name, (event) => this._done(event, area));
    document.addEventListener("keydown", () => (this._lent = null), true);
    messages.addEventListener("focusin", ({ target }) => (this._held = target));
    messages.addEventListener("focusout", () => document.hasFocus() && this._held?.checkVisibility() && (this._held = null));
    new MutationObserver(() => {
      if (!this._held || this._held.checkVisibility()) return;
      this._held = null; // a message that is hidden gives it to the text
      area.focus();
    }).observe(messages, { subtree: true, attributes: true, attributeFilter: ["class", "hidden"] });
  }

  _pressed(event, area) {
    this._lent = null;
    const { target } = event;
    if (document.activeElement !== area || target.closest("dialog")) return;
    if (target.closest(LENT)) this._lent = target.closest(LENT);
    else if (target.closest(KEEPS) && !target.closest(TAKES)) event.preventDefault();
  }

  /** Something was chosen, or a slider let go; a list stays open after the press. */
  _done({ type, target }, area) {
    if (target !== this._lent || (type === "pointerup" && target.matches("select"))) return;
    this._lent = null;
    area.focus({ preventScroll: true });
  }
}
