/* Requests about a text that changes: one at a time, and only the newest counts. */

import { CONFLICT, LOST } from "./connection.js";

/** Asks when it has been quiet for a while; an answer that comes too late is asked for again. */
export class Latest {
  /** `ask` gives a promise or null (nothing to ask), `take` gets its answer. */
  constructor(wait, ask, take) {
    this._wait = wait; // ms
    this._ask = ask;
    this._take = take;
    this._timer = 0;
    this._asked = 0;
    this._busy = false;
    this._missed = false; // whether it was time to ask while an answer was on its way
  }

  /** Something changed: ask soon, or now. */
  want(wait = this._wait) {
    this._asked += 1;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._send(), wait);
  }

  /** Whatever is on its way does not count any more. */
  forget() {
    this._asked += 1;
    this._missed = false;
    clearTimeout(this._timer);
  }

  async _send() {
    this._missed = this._busy; // then it is sent after the answer that is on its way, whatever that is
    if (this._busy) return;
    const asked = this._asked;
    this._busy = true;
    let answer = null;
    try {
      answer = await this._ask();
    } catch {
      answer = null; // nothing is shown for a text that cannot be asked about
    }
    this._busy = false;
    if (asked === this._asked) this._take(answer);
    else if (this._missed) this._send();
  }
}

/** Function that calls another one at most once in a while, and for the last call always, unless that is cancelled. */
export function seldom(wait, call) {
  let [timer, next, last] = [0, null, 0];
  const run = () => {
    timer = 0;
    last = performance.now();
    call(...next);
  };
  const soon = (...values) => {
    next = values;
    timer ||= setTimeout(run, Math.max(0, last + wait - performance.now()));
  };
  soon.cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  return soon;
}

/** Whether a request failed for a reason that is shown elsewhere. */
export const isShown = ({ code }) => code === LOST || code === CONFLICT;
