/* The socket to the player: requests with answers, notifications, frames of numbers; comes back by itself. */

const FIRST_WAIT = 250; // ms, doubled with each attempt
const LONGEST_WAIT = 1000; // ms
const ANSWER = 20000; // ms until a request counts as lost
const SILENCE = 6000; // ms without a word of a player that speaks ten times a second
const QUIET = 2000; // ms without a word after which the player counts as not there
const WATCH = 500; // ms between two looks at that
const TOKEN = "waves.token";
const NO_WAY_BACK = new Set([4401, 4403]);
const ENDED = 1001; // the player has ended; one that starts again itself closes with another code

/** What the player says of a request that it refuses: a sentence, a code, and data. */
class Refusal extends Error {
  constructor({ message, code = 0, data = null }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const CONFLICT = -32003;
export const NO_FILE = -32005;
export const LOST = -1;
export const AWAY = "The player is not connected.";

/** Moves the token from the address into this tab's storage, so that it is in no history and no picture of the screen. */
export function takeToken() {
  const given = location.hash.slice(1);
  if (given) {
    keepToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN) ?? "";
}

/** Keeps a token for this tab: the token itself, or the whole address with it. */
export function keepToken(text) {
  sessionStorage.setItem(TOKEN, text.trim().replace(/^.*#/, ""));
}

/** States: `connecting`, `connected`, `lost` (it tries again), `ended` (so does the player, and it tries again), `refused`
 * (it needs another token). */
export class Connection {
  constructor() {
    this.state = "connecting";
    this.access = new Set();
    this.isThere = false; // from the first status of the player until it is gone, or says nothing for a while
    this.wasThere = false; // whether it has been and gone
    this._listeners = new Map();
    this._waiting = new Map();
    this._number = 0;
    this._attempts = 0;
    this._ended = false;
    this._timer = 0;
    this._heard = 0;
    addEventListener("online", () => this._again());
    addEventListener("hashchange", () => {
      takeToken();
      this.start();
    });
    document.addEventListener("visibilitychange", () => document.hidden || this._again());
    setInterval(() => this._watch(), WATCH);
  }

  /** Calls back with the parameters of each notification of this name; `state`, `there` and `frame` are its own. */
  on(name, callback) {
    this._listeners.set(name, [...(this._listeners.get(name) ?? []), callback]);
  }

  /** Opens the socket, instead of one that is open. */
  start() {
    clearTimeout(this._timer);
    this._drop();
    this._set(this._attempts ? this._away : "connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    this._socket = socket;
    this._heard = performance.now();
    socket.onopen = () => this._authenticate(socket);
    socket.onmessage = ({ data }) => socket === this._socket && this._take(data);
    socket.onclose = ({ code }) => socket === this._socket && this._closed(code);
  }

  /** The answer to a request; a Refusal if there is none, or a bad one. */
  call(method, params = {}) {
    if (this.state !== "connected") {
      return Promise.reject(new Refusal({ message: AWAY, code: LOST }));
    }
    return this._request(method, params);
  }

  /** Whether the player lets this page do such actions: `play`, `file`. */
  may(kind) {
    return this.access.has(kind);
  }

  /** Whether it is there, and lets this page do them. */
  can(kind) {
    return this.isThere && this.may(kind);
  }

  async _authenticate(socket) {
    try {
      const answer = await this._request("authenticate", { token: takeToken() }, 0);
      if (socket !== this._socket) return;
      this.access = new Set(answer.access);
      this._attempts = 0;
      this._ended = false;
      this._set("connected");
    } catch {
      // the socket is closed with the reason
    }
  }

  _request(method, params, id = ++this._number) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this._waiting.delete(id);
        reject(new Refusal({ message: `The player does not answer: ${method}.`, code: LOST }));
        this._there(false); // with its next word all that it was asked for is asked again
      }, ANSWER);
      this._waiting.set(id, { resolve, reject, timer });
      this._socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  _take(data) {
    this._heard = performance.now();
    if (data instanceof ArrayBuffer) {
      this._tell("frame", data);
      return;
    }
    const message = JSON.parse(data);
    if (message.method) {
      this._tell(message.method, message.params ?? {});
      if (message.method === "status") this._there(this.state === "connected");
      return;
    }
    const waiting = this._waiting.get(message.id);
    if (!waiting) return;
    this._waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.error) waiting.reject(new Refusal(message.error));
    else waiting.resolve(message.result);
  }

  _closed(code) {
    this._drop();
    if (NO_WAY_BACK.has(code)) {
      this._attempts = 0;
      this._set("refused");
      return;
    }
    if (code === ENDED) this._ended = true;
    const wait = Math.min(FIRST_WAIT * 2 ** this._attempts, LONGEST_WAIT);
    this._attempts += 1;
    this._timer = setTimeout(() => this.start(), wait * (0.75 + Math.random() / 2));
    this._set(this._away);
  }

  get _away() {
    return this._ended ? "ended" : "lost";
  }

  _drop() {
    const socket = this._socket;
    this._socket = null;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
    for (const { reject, timer } of this._waiting.values()) {
      clearTimeout(timer);
      reject(new Refusal({ message: "The connection to the player was lost.", code: LOST }));
    }
    this._waiting.clear();
  }

  _again() {
    if (this.state === this._away && !this._socket) this.start();
  }

  _watch() {
    const since = performance.now() - this._heard;
    if (since > QUIET && !document.hidden) this._there(false);
    const silent = since > SILENCE;
    if (this._socket && silent && this.state !== "refused" && !document.hidden) this._closed(0);
  }

  _set(state) {
    if (state === this.state) return;
    this.state = state;
    this._tell("state", state);
    if (state !== "connected") this._there(false);
  }

  _there(is) {
    if (is === this.isThere) return;
    this.isThere = is;
    this.wasThere ||= !is;
    this._tell("there", is);
  }

  _tell(name, params) {
    for (const callback of this._listeners.get(name) ?? []) callback(params);
  }
}
