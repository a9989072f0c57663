/* Controls that act on the player: off while it is not there, or does not let this page do that. */

/** Those of the page itself say what they need in `data-needs`: `play`, `file`, or nothing but that it is there. */
export class Controls {
  constructor(connection, tell) {
    this._connection = connection;
    this._tell = tell;
    this._held = null; // the control that had the keyboard
    connection.on("there", (is) => this._there(is));
    this._switch();
  }

  _there(is) {
    if (!is) this._held = document.activeElement;
    this._switch();
    if (is && this._connection.wasThere) this._tell("The player answers again.");
    if (is) queueMicrotask(() => this._giveBack()); // when all others are on too
  }

  _switch() {
    for (const one of document.querySelectorAll("[data-needs]")) {
      const { needs } = one.dataset;
      one.disabled = !(needs ? this._connection.can(needs) : this._connection.isThere);
    }
  }

  /** The keyboard, to the control that lost it as it went off. */
  _giveBack() {
    const { activeElement } = document;
    if (this._held?.isConnected && (activeElement === document.body || activeElement === null)) this._held.focus();
    this._held = null;
  }
}
