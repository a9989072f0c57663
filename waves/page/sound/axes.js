/* Axes: a canvas with a scale along two sides, lines at its marks, and numbers with their unit; drawn anew each time. */

const SPACE = { left: 40, right: 8, top: 8, bottom: 16 }; // pixels around the plot, for the numbers
const FONT = 11; // pixels
const LEGEND = FONT + 4; // pixels above the plot for the names of its curves
const GRID = 0.4; // of the colour of lines, so that curves stand out

/** A plot in a canvas. `begin` gives the pen at the corner of the plot, `end` lets it go. */
export class Axes {
  constructor(canvas) {
    this.canvas = canvas;
  }

  /** Clears the canvas and draws the scales: for each axis its marks, as a text and a part from 0 to 1 (from the left,
   * from the top). `names` are those of the curves, each with its colour: they stand above the plot, so that no curve is
   * covered. */
  begin({ line, ink }, across, down, names = []) {
    const pen = fitted(this.canvas);
    const { clientWidth, clientHeight } = this.canvas;
    const top = names.length ? LEGEND : SPACE.top;
    const [width, height] = [clientWidth - SPACE.left - SPACE.right, clientHeight - top - SPACE.bottom];
    pen.clearRect(0, 0, clientWidth, clientHeight);
    pen.save();
    pen.translate(SPACE.left, top);
    pen.strokeStyle = line;
    pen.lineWidth = 1;
    pen.globalAlpha = GRID;
    for (const [, part] of across) rule(pen, part * width, 0, part * width, height);
    for (const [, part] of down) rule(pen, 0, part * height, width, part * height);
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    pen.font = `${FONT}px system-ui, sans-serif`;
    pen.textBaseline = "top";
    for (const [text, part] of across) {
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(part * width, width + SPACE.right - half) - half, height + 3);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const [text, part] of down) pen.fillText(text, -5, part * height);
    let right = width;
    for (const [text, colour] of names) {
      pen.fillStyle = colour;
      pen.fillText(text, right, -LEGEND / 2);
      right -= pen.measureText(text).width + 8;
    }
    pen.beginPath();
    pen.rect(0, -1, width, height + 2);
    pen.clip();
    return { pen, width, height };
  }

  end() {
    this.canvas.getContext("2d").restore();
  }
}

/** A curve through points of a plot: `x` and `y` give parts of its width and height by the number of a point. */
export function curve({ pen, width, height }, colour, count, x, y) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let at = 0; at < count; at += 1) pen.lineTo(x(at) * width, y(at) * height);
  pen.stroke();
}

/** Marks of a scale from `low` to `high`, `step` apart; the last one has the unit. `part` gives the place of a value. */
export function marks(low, high, step, unit, part) {
  const values = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-6; at += 1) values.push(at * step);
  return values.map((value, at) => [at === values.length - 1 ? `${said(value)} ${unit}`.trim() : said(value), part(value)]);
}

const said = (value) => String(value).replace("-", "−");

function rule(pen, x, y, toX, toY) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}

/** Pen of a canvas that has as many pixels as the screen has there. */
function fitted(canvas) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((length) => Math.round(length * ratio));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
