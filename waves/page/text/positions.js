/* Places in a text: the player counts lines and columns from 1, in characters; a browser counts UTF-16 units from 0. */

const WIDE = /[\ud800-\udbff][\udc00-\udfff]/; // a character of two units

/** Function from columns of a line to units. */
export function unitsOf(line) {
  if (!WIDE.test(line)) return (column) => Math.max(0, Math.min(column - 1, line.length));
  const units = [0];
  for (const character of line) units.push(units.at(-1) + character.length);
  return (column) => units[Math.max(0, Math.min(column - 1, units.length - 1))];
}

/** A text with the line ends of a browser. */
export const plain = (text) => text.replace(/\r\n?/g, "\n");

/** A text of a browser with other line ends. */
export const ended = (text, end) => (end === "\n" ? text : text.replaceAll("\n", end));

/** Units before the character in a column. */
export function unitOf(line, column) {
  return unitsOf(line)(column);
}

/** Column of the character that begins at a unit. */
export function columnOf(line, unit) {
  const before = line.slice(0, unit);
  return WIDE.test(before) ? [...before].length + 1 : before.length + 1;
}

/** How two lists of lines differ: `first` lines are equal at the start; then `before` lines stand for `after` lines. */
export function difference(old, now) {
  const shorter = Math.min(old.length, now.length);
  let first = 0;
  while (first < shorter && old[first] === now[first]) first += 1;
  let tail = 0;
  while (tail < shorter - first && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return { first, before: old.length - first - tail, after: now.length - first - tail };
}

/** The part of one text that differs from another: from `start`, `end` and the text that stands there now. */
export function replacement(old, now) {
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  if (start && isLow(old[start])) start -= 1; // never half a character
  if (tail && isLow(old[old.length - tail])) tail -= 1;
  return { start, end: old.length - tail, text: now.slice(start, now.length - tail) };
}

/** Line of one text in another one, both from 0; null if it was edited. */
export function lineIn({ first, before, after }, line) {
  if (line < first) return line;
  return line < first + before ? null : line + after - before;
}

/** Where a number stands after a change of the text, as `line` from 0, `start` in units and `text` of its line; null if it is
 * gone. Before it stood so, as `written`. */
export function numberIn(change, lines, { line: old, start: unit, text: before, written }) {
  const { first, before: taken, after } = change;
  let line = lineIn(change, old);
  if (line === null) {
    const equal = lines.slice(first, first + after).flatMap((text, at) => (text === before ? [first + at] : []));
    line = equal.length === 1 ? equal[0] : taken === after ? old : null;
  }
  const text = lines[line] ?? "";
  const { start, end } = replacement(before, text);
  const moved = unit >= end ? unit + text.length - before.length : unit + written.length <= start ? unit : text.length;
  const around = text.slice(Math.max(moved - 1, 0), moved) + text.slice(moved + written.length).slice(0, 1);
  if (!text.startsWith(written, moved) || /[\w.]/.test(around)) return null;
  return { line, start: moved, text };
}

const isLow = (unit) => unit >= "\udc00" && unit <= "\udfff";
