/* The place of the text in its window: it follows from where it was put by who reads it, from the line of the caret, and from
 * the room, in whatever order these change. */

export class Place {
  constructor(area) {
    this._area = area;
    this._chosen = { top: 0, room: 0 }; // by who reads it: pixels above the window, and those of the window then
    this._now = 0; // pixels above the window, as the page has left it
    this._room = 0; // pixels of the window, for which it was left so
    this.caret = 0; // unit in the text, as it was seen last
  }

  /** After anything may have changed: what its reader did is taken over, and in another room it is put where it belongs.
   *
   * `line` gives the line of the caret, `measure` finds how high lines are now.
   */
  look(line, measure) {
    const { selectionEnd, clientHeight, scrollTop } = this._area;
    const isMoved = selectionEnd !== this.caret; // by its reader: browsers scroll there
    this.caret = selectionEnd;
    if (clientHeight === this._room) {
      this._read();
      return;
    }
    const follows = this._has(line());
    measure();
    if (isMoved && !follows && isSeen(line(), scrollTop, clientHeight)) this.stay();
    else this.fit(isMoved || follows ? line() : null);
  }

  /** Whether some of a line was seen. */
  _has({ top, bottom }) {
    return bottom > this._now && top < this._now + this._room;
  }

  /** In the same room: where it stands is chosen, unless the page has put it there or its end came nearer. */
  _read() {
    const { scrollTop, scrollHeight, clientHeight } = this._area;
    if (Math.abs(scrollTop - Math.min(this._now, scrollHeight - clientHeight)) >= 1) this.stay();
  }

  /** Where it stands is chosen. */
  stay() {
    [this._now, this._room] = [this._area.scrollTop, this._area.clientHeight];
    this._chosen = { top: this._now, room: this._room };
  }

  /** In the room that there is now: where it was chosen to stand, but no further than a line is seen; with none only that.
   *
   * Where it stands does not count: browsers scroll it when its end is too near for a larger room, and back in a smaller one.
   */
  fit(line) {
    this._room = this._area.clientHeight;
    this._chosen.room ||= this._room; // at first
    const { top, room } = this._chosen;
    const stays = !line || (this._room >= room && isSeen(line, top, this._room));
    this._area.scrollTop = stays ? top : nearest(line, top, this._room);
    this._now = this._area.scrollTop;
  }
}

/** Whether the letters of a line are seen with so many pixels above the window; browsers scroll no further. */
export function isSeen({ top, bottom, spare }, above, room) {
  return top + spare >= above && bottom - spare <= above + room;
}

/** Pixels above the window, as near to a place as a line is seen. */
function nearest({ top, bottom, pad }, above, room) {
  if (top < above) return top - pad;
  return Math.max(above, bottom + pad - room);
}
