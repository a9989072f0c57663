/* Writing on a phone: the text, its slider and its help fill what the keyboard leaves of the screen, until `Done`. */

const SMALL = "(max-width: 900px) and (pointer: coarse)";

export class Writing {
  constructor(editor, say) {
    this._editor = editor;
    this._small = matchMedia(SMALL);
    this._on = false;
    this._held = false;
    const transport = document.getElementById("transport");
    const { style } = document.documentElement;
    const [messages, strip] = ["messages", "strip"].map((id) => document.getElementById(id));
    this._measure = () => style.setProperty("--above", `${transport.offsetHeight}px`);
    new ResizeObserver(this._measure).observe(transport);
    const below = new ResizeObserver(() => style.setProperty("--below", `${messages.offsetHeight + strip.offsetHeight}px`));
    for (const one of [messages, strip]) below.observe(one);
    const slider = document.getElementById("slider-range");
    editor.area.addEventListener("focus", () => this._small.matches && !editor.isWriting && this._begin());
    document.getElementById("panels-below").addEventListener("click", () => document.getElementById("panels").scrollIntoView());
    document.getElementById("text-above").addEventListener("click", () => document.getElementById("writing").scrollIntoView());
    document.getElementById("written").addEventListener("click", () => this._end());
    for (const command of ["undo", "redo"]) {
      document.getElementById(`text-${command}`).addEventListener("click", () => editor.step(command) || say(`There is nothing to ${command} in the text.`));
    }
    document.addEventListener("keydown", ({ key }) => key === "F6" && this._show(), true); // what it leads to
    this._small.addEventListener("change", () => this._small.matches || this._end());
    for (const name of ["resize", "scroll"]) visualViewport.addEventListener(name, () => this._fit());
    slider.addEventListener("pointerdown", () => (this._held = true)); // it stays under the finger if the keyboard goes
    for (const name of ["pointerup", "pointercancel", "change"]) slider.addEventListener(name, () => this._let());
  }

  _begin() {
    if (this._on) return;
    this._on = true;
    document.body.classList.add("writing");
    this._fit();
  }

  _end() {
    if (!this._on) return;
    document.activeElement?.blur();
    this._show();
  }

  /** The whole page again. */
  _show() {
    if (!this._on) return;
    this._on = false;
    document.body.classList.remove("writing");
    this._measure(); // with the next picture it would move what is shown
    scrollTo(0, 0); // to the transport
  }

  _let() {
    this._held = false;
    this._fit();
  }

  /** As large as what is seen, which a keyboard makes smaller and browsers move. */
  _fit() {
    if (!this._on || this._held) return;
    const { style } = document.documentElement;
    style.setProperty("--seen-top", `${visualViewport.offsetTop}px`);
    style.setProperty("--seen-height", `${visualViewport.height}px`);
    this._editor.reveal();
  }
}
