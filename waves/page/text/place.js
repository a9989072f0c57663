/* The place at which the text stands in its window, and that at which it stood before something else moved it. */

export class Place {
  constructor(area) {
    this._area = area;
    this._stands = { before: 0, room: 0, now: 0 };
    this.room = 0; // pixels of the window, as the page has seen them last
  }

  /** Where the text stands `now`, and where it stood `before` the page or the browser scrolled it, in a `room` of so many pixels. */
  find() {
    const { scrollTop, scrollHeight, clientHeight } = this._area;
    const end = scrollHeight - clientHeight; // it goes no further, however far it was
    const isStill = Math.abs(scrollTop - Math.min(this._stands.now, end)) < 1;
    return isStill ? this._stands : this._here();
  }

  /** After it was scrolled: by who reads it, unless the browser moved its end to that of a larger window. */
  scrolled() {
    if (this._area.clientHeight === this.room) this._stands = this.find();
  }

  /** The page has scrolled it from a place. */
  moved({ before, room }) {
    this._stands = { before, room, now: this._area.scrollTop };
  }

  /** Where it stands is its place now. */
  stay() {
    this._stands = this._here();
  }

  _here() {
    const { scrollTop } = this._area;
    return { before: scrollTop, room: this.room, now: scrollTop };
  }
}
