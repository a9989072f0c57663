/* Keys: shortcuts of the page and of the text, and the list of them. */

const SINGLE = "waves.single-keys";
const TAB = "waves.tab-indents";

const LETTER = /^[\p{L}\p{N}]$/u;
const OPENS = /^ *(?!#)(?:- +)?[^#"'{}[\],]*[^\s#"'{}[\],]: *(?: #.*)?$/; // a name, behind which its value begins in the next line
// F6 goes from one to the next, to the first of these in it
const AREAS = { transport: "button:not(:disabled)", writing: "#text", panels: "summary", reports: "summary" };

/** Single keys, outside of the text; those that the terminal has too are the same there. */
const SINGLES = {
  " ": "pause",
  ".": "hush",
  "-": "quieter",
  "+": "louder",
  "=": "louder",
  n: "next",
  N: "before",
  t: "track",
  T: "trackBefore",
  m: "mute",
  s: "solo",
  c: "record",
  x: "fill",
  h: "hold",
  F: "accept",
  r: "reload",
  u: "undo",
  U: "redo",
  b: "turn",
  "?": "keys",
};

export class Keys {
  /** `commands`: a function for each name in this module. */
  constructor(editor, completion, help, commands) {
    this._editor = editor;
    this._completion = completion;
    this._help = help;
    this._commands = { ...commands, keys: () => this.show() };
    this._dialog = document.getElementById("keys");
    this._single = setting("single-keys", SINGLE, true);
    this._tab = setting("tab-indents", TAB, false);
    this._led = false;
    this._leaves = false; // whether Tab leaves the text
    this._tabbed = false; // whether Tab was the last that was pressed
    document.addEventListener("keydown", ({ key }) => (this._tabbed = key === "Tab"), true);
    document.addEventListener("pointerdown", () => (this._tabbed = false), true);
    document.getElementById("show-keys").addEventListener("click", () => this.show());
    document.addEventListener("keydown", (event) => this._page(event));
    editor.area.addEventListener("keydown", (event) => this._text(event));
    editor.area.addEventListener("focus", () => (this._leaves = this._tabbed && !editor.isWriting)); // who walks past is not stopped
    editor.area.addEventListener("blur", () => (this._leaves = false));
    editor.area.addEventListener("input", ({ inputType }) => inputType === "insertLineBreak" && editor.showStart());
  }

  show() {
    if (!this._dialog.open) this._dialog.showModal();
  }

  _page(event) {
    if (event.defaultPrevented || event.isComposing || this._dialog.open) return;
    const held = event.ctrlKey || event.metaKey;
    const name = held && !event.altKey ? { s: "save", Enter: "save", ".": "hush", ",": "turn" }[event.key] : undefined;
    if (name) this._run(event, name);
    else if (event.key === "F8" && !held) this._run(event, "problem");
    else if (event.key === "F6" && !held) this._area(event);
    else if (!held && !event.altKey && this._single.checked && !takesKeys(event.target, event.key)) {
      const led = this._led;
      this._led = event.key === "g" && !led; // the key behind it is that of a section
      if (led && /^[1-9na]$/.test(event.key)) return this._run(event, "section");
      const single = SINGLES[event.key] ?? (/^[1-9]$/.test(event.key) ? "number" : undefined);
      if (single) this._run(event, single);
      else if (!this._led && LETTER.test(event.key)) this._commands.none(event.key); // who typed it meant to write
    }
  }

  _run(event, name) {
    event.preventDefault();
    if (!event.repeat || name === "louder" || name === "quieter") this._commands[name](event.key);
  }

  _area(event) {
    event.preventDefault();
    const areas = Object.keys(AREAS).map((id) => document.getElementById(id));
    const here = areas.findLastIndex((area) => area.contains(document.activeElement)); // one may stand in another
    const next = areas.at(event.shiftKey ? Math.max(here, 0) - 1 : (here + 1) % areas.length);
    next.querySelector(AREAS[next.id])?.focus();
  }

  /** Keys of the text that no list has taken. */
  _text(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const held = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "Escape") {
      if (!this._help.hide()) this._leaves = true;
      return;
    }
    const leaves = this._leaves;
    if (event.key !== "Shift") this._leaves = false;
    if (event.key === "Tab" && !held && !leaves) this._tabbedIn(event);
    else if (event.key === "Enter" && !held && !event.shiftKey) this._newLine(event);
  }

  /** Tab that leaves the text only after Escape: what is typed next would be keys of the page. */
  _tabbedIn(event) {
    if (this._tab.checked) this._indent(event);
    else if (!event.shiftKey) {
      event.preventDefault();
      this._completion.open();
      this._commands.tab();
    }
  }

  _indent(event) {
    event.preventDefault();
    const { area, text } = this._editor;
    const start = text.lastIndexOf("\n", area.selectionStart - 1) + 1;
    if (!event.shiftKey && this._editor.isPoint) {
      this._editor.replace(area.selectionStart, area.selectionEnd, "  ");
      return;
    }
    const end = area.selectionEnd;
    const block = text.slice(start, end);
    const now = event.shiftKey ? block.replace(/^ {1,2}/gm, "") : block.replace(/^(?=.)/gm, "  ");
    if (now === block) return;
    this._editor.replace(start, end, now);
    if (now.includes("\n")) area.setSelectionRange(start, start + now.length);
  }

  /** The next line begins as far right as this one, or one step further behind a name without a value. */
  _newLine(event) {
    const { area, text } = this._editor;
    const start = text.lastIndexOf("\n", area.selectionStart - 1) + 1;
    const before = text.slice(start, area.selectionStart);
    const space = /^ */.exec(before)[0] + (OPENS.test(before) ? "  " : "");
    if (!space) return;
    event.preventDefault();
    this._editor.replace(area.selectionStart, area.selectionEnd, `\n${space}`);
    this._editor.showStart();
  }
}

/** A choice of the player that this browser keeps. */
function setting(id, key, start) {
  const box = document.getElementById(id);
  box.checked = (localStorage.getItem(key) ?? (start ? "on" : "off")) === "on";
  box.addEventListener("change", () => localStorage.setItem(key, box.checked ? "on" : "off"));
  return box;
}

/** Whether the element under the keyboard needs this key itself. */
function takesKeys(target, key) {
  if (target.closest("#messages, #slider")) return true; // they concern the text, for which such a key may be meant
  if (key === "?" && target.matches("select")) return false;
  if (target.closest("textarea, select, input:not([type=checkbox]):not([type=range])")) return true;
  if (target.matches("input[type=range]")) return "+-".includes(key);
  return key === " " && Boolean(target.closest("button, summary, a, input"));
}
