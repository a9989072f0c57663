/* Sliders under a finger: only a move sideways drags one; a swipe that begins on it scrolls, and a tap leaves it. */

const SLOP = 6; // pixels after which a finger moves, as it is not still for less

export class Swipes {
  constructor() {
    this._finger = null; // the one on a slider: where it began, the value then, whether it drags
    const listen = (name, run, ...more) => document.addEventListener(name, run, { capture: true, passive: false, ...more });
    listen("touchstart", (event) => this._begin(event));
    listen("touchmove", (event) => this._move(event));
    for (const name of ["touchend", "touchcancel"]) listen(name, (event) => this._end(event));
    for (const name of ["input", "change"]) listen(name, (event) => this._changed(event));
  }

  _begin({ target, touches }) {
    const [{ clientX: x, clientY: y }] = touches;
    this._finger = target.matches("input[type=range]") ? { slider: target, x, y, value: target.value, way: "" } : null;
  }

  _move({ touches }) {
    const finger = this._finger;
    if (!finger || finger.way) return;
    const [across, down] = [touches[0].clientX - finger.x, touches[0].clientY - finger.y].map(Math.abs);
    if (Math.max(across, down) >= SLOP) finger.way = across > down && touches.length === 1 ? "drags" : "scrolls";
  }

  _end(event) {
    const finger = this._finger;
    if (!finger || finger.way === "drags") return;
    if (event.cancelable) event.preventDefault(); // no click follows, which would move it
    setTimeout(() => this._finger === finger && (this._finger = null)); // after what the browser does with it
  }

  /** What the browser moved before it was clear that the finger drags, nobody hears of. */
  _changed(event) {
    const { slider, value, way } = this._finger ?? {};
    if (event.target !== slider || way === "drags") return;
    slider.value = value;
    event.stopImmediatePropagation();
  }
}
