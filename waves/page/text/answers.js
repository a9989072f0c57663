/* Answers to messages: their buttons leave the keyboard in the text, and what is hidden gives it back to the text. */

export class Answers {
  constructor(editor) {
    const messages = document.getElementById("messages");
    messages.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
    messages.addEventListener("focusin", ({ target }) => (this._held = target));
    messages.addEventListener("focusout", () => document.hasFocus() && this._held?.checkVisibility() && (this._held = null));
    new MutationObserver(() => {
      if (!this._held || this._held.checkVisibility()) return;
      this._held = null;
      editor.area.focus();
    }).observe(messages, { subtree: true, attributes: true, attributeFilter: ["class", "hidden"] });
  }
}
