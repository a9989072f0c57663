/* The page: its parts, and what goes between them. */

import { Colours } from "./text/colours.js";
import { Completion } from "./text/completion.js";
import { AWAY, Connection, keepToken, takeToken } from "./player/connection.js";
import { Controls } from "./player/controls.js";
import { Editor } from "./text/editor.js";
import { Files } from "./files/files.js";
import { Help } from "./help.js";
import { Keyboard } from "./keyboard.js";
import { Keys } from "./keys.js";
import { Notices } from "./history/notices.js";
import { difference, lineIn } from "./text/positions.js";
import { Panels } from "./panels.js";
import { Problems } from "./text/problems.js";
import { Reports } from "./history/reports.js";
import { isShown } from "./player/requests.js";
import { Scopes } from "./sound/scopes.js";
import { Slider } from "./text/slider.js";
import { Steps } from "./sound/steps.js";
import { MovedMarks } from "./sound/moved_marks.js";
import { Monitors, Tracks } from "./sound/tracks.js";
import { Swipes } from "./swipes.js";
import { Transport } from "./sound/transport.js";
import { Versions } from "./history/versions.js";
import { Writing } from "./writing.js";

const STATES = {
  connecting: "Connecting to the player …",
  connected: "",
  lost: "The player does not answer. Your text is kept here; trying again …",
  ended: "The player has ended. Start it again, then open the address that it prints, or give it here.",
  refused: "The player was started anew, or this address is old. Give the address that it printed.",
};

const MISSING = "The key is missing in this address: it is what stands behind # in the address that the player printed. Give it here.";
const WRONG = "This is not the key of the player that answers here. Give the address that it printed.";

const KEPT = "Your text that is not saved is kept in this tab, and comes back with the address.";

takeToken();
const connection = new Connection();
const reports = new Reports(connection);
const say = (text, subject) => reports.say(text, subject);
const editor = new Editor(document.getElementById("editor"));
const files = new Files(connection, editor, say);

/** Calls an action; what the player refuses is said, and that it is not there. */
async function act(name, values = {}) {
  if (!connection.isThere) {
    say(AWAY);
    return null;
  }
  try {
    return await connection.call(name, values);
  } catch (error) {
    if (!isShown(error)) say(error.message);
    return null;
  }
}

/** Goes to a place of the text that plays, which may stand elsewhere now. */
async function goTo({ file, line, column }) {
  if (file !== files.name) await files.open(file);
  if (file !== files.name) return;
  const moved = difference(files.playing ?? editor.lines, editor.lines);
  editor.goTo((lineIn(moved, line - 1) ?? line - 1) + 1, column);
}

/** Calls an action that chooses other sounds; the text goes to the first of them. */
async function choose(name, values) {
  const [sound] = (await act(name, values)) ?? [];
  if (sound) await showSound(sound);
}

let shows = 0; // sounds that were to be shown so far

/** Goes to the place of a sound, but not while the keyboard is in text that is not saved, nor after a newer one. */
async function showSound(name) {
  const show = (shows += 1);
  const stays = () => show !== shows || (document.activeElement === editor.area && files.dirty);
  try {
    for (const file of stays() ? [] : files.names) {
      const entries = await connection.call("outline", { text: await files.textOf(file) });
      const found = entries.find((entry) => entry.name === name);
      if (!found) continue;
      const { line } = editor.caret;
      if (stays() || (file === files.name && line >= found.line && line <= found.last)) return;
      if (file !== files.name) await files.open(file);
      if (file === files.name && show === shows) editor.show(found.line, 1);
      return;
    }
  } catch (error) {
    if (!isShown(error)) say(error.message);
  }
}

const transport = new Transport(connection, act, choose, goTo);
const problems = new Problems(connection, editor, files);
new Colours(connection, editor, files);
new Steps(connection, editor, files);
new MovedMarks(connection, editor, files);
const tracks = new Tracks(connection, editor, files, goTo);
new Monitors(connection);
new Scopes(connection, tracks);
const versions = new Versions(connection, async (...given) => (await files.saving, act(...given)), say); // a save that was asked for comes first
new Notices(connection, problems, say);
const help = new Help(connection, editor, files, problems);
const completion = new Completion(connection, editor, files);
new Slider(connection, editor, files, say);
new Keyboard(editor);
new Controls(connection, (text) => reports.tell(text));
new Writing(editor, say);
new Swipes();
new Panels();
new Keys(editor, completion, help, {
  save: () => {
    completion.close();
    files.save();
  },
  tab: () => say("Escape, then Tab, leaves the text."),
  problem: () => problems.next(),
  pause: () => act("pause"),
  hush: () => act("hush"),
  quieter: () => act("volume", { change: -1 }),
  louder: () => act("volume", { change: 1 }),
  next: () => choose("playNext", { steps: 1 }),
  before: () => choose("playNext", { steps: -1 }),
  record: () => act("record"),
  hold: () => act("hold"),
  track: () => act("chooseTrack", { steps: 1 }),
  trackBefore: () => act("chooseTrack", { steps: -1 }),
  mute: () => act("mute"),
  solo: () => act("solo"),
  accept: () => act("acceptRefused"),
  fill: () => act("fill"),
  section: (key) =>
    /[1-9]/.test(key) ? act("sectionNumber", { number: Number(key) }) : act("section", { name: key === "n" ? "next" : "again" }),
  reload: () => act("reload"),
  turn: () => versions.turn(),
  undo: () => act("undo"),
  redo: () => act("redo"),
  number: (key) => choose("playNumber", { number: Number(key) }),
  none: (key) => say(`“${key}” is no key of the page: ? lists them. To write, click into the text.`, "key"),
});

for (const name of ["state", "there"]) connection.on(name, () => showState());
connection.on("event", ({ event }) => event === "started" && started());
files.on("saved", () => offerSounds());
files.on("shown", () => offerSounds());

let given = false; // whether the key was typed into the banner

function showState() {
  const { state, isThere, wasThere } = connection;
  const banner = document.getElementById("connection");
  const asks = ["ended", "refused"].includes(state);
  const opens = !isThere && state === "connected"; // it says nothing, or nothing yet
  const refusal = given ? WRONG : takeToken() ? STATES.refused : MISSING;
  const sentence = opens ? STATES[wasThere ? "lost" : "connecting"] : state === "refused" ? refusal : STATES[state];
  banner.querySelector("p").textContent = !asks || !files.anyDirty ? sentence : `${sentence} ${files.isKept ? KEPT : "Your text is kept here."}`;
  banner.classList.toggle("shown", !isThere);
  document.getElementById("address-form").hidden = !asks;
  if (state === "connected" || state === "ended") given = false;
}

/** The piece plays now, which had mistakes before. */
function started() {
  tracks.refresh();
  versions.refresh();
  offerSounds();
}

/** Sounds of all files for the transport, and the place of the tempo. */
async function offerSounds() {
  if (connection.state !== "connected") return;
  try {
    const outlines = await Promise.all(files.names.map(async (name) => connection.call("outline", { text: await files.textOf(name) })));
    transport.offer(outlines.flat().filter(({ name }) => name && !WORDS.has(name)));
    transport.tempoAt(await tempo());
  } catch (error) {
    if (!isShown(error)) say(error.message);
  }
}

/** The place of the first tempo that plays, in `vars` if its number stands there; null if it is not written, or nothing plays. */
async function tempo() {
  const parameters = await connection.call("parameters").catch(() => []);
  const found = parameters.find(({ id, span }) => span && id.endsWith(".bpm"));
  return found?.sources.at(-1) ?? found?.span ?? null;
}

const WORDS = new Set(["vars", "settings", "templates"]); // entries that are no sounds

document.getElementById("address-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = document.getElementById("address");
  const text = field.value.trim();
  field.value = ""; // the key is shown no longer than it must be
  const elsewhere = pageAt(text);
  if (!text) field.focus();
  else if (!elsewhere) {
    keepToken(text);
    given = true;
    connection.start();
  } else if (files.anyDirty) {
    window.open(elsewhere, "_blank", "noopener");
    say("That is another address: its page is opened beside this one, which keeps your text. Copy it from here.");
  } else {
    location.assign(elsewhere);
  }
});

/** The address of a page of another player, or of this one at another port; empty if a text is none. */
function pageAt(text) {
  const match = /^https?:\/\/[^/?#\s]+/i.exec(text);
  return match && match[0].toLowerCase() !== location.origin ? text : "";
}

showState();
connection.start();
