/* Rows: lines of the text as elements, with their colours and marks. */

/** Marks that may overlap as spans that do not: start, end, and all their classes. */
export function segments(marks, length) {
  const edges = [...new Set(marks.flatMap(({ start, end }) => [start, Math.min(end, length)]))].sort((a, b) => a - b);
  return edges.slice(0, -1).flatMap((start, at) => {
    const kinds = marks.filter((mark) => mark.start <= start && mark.end > start).map(({ kind }) => kind);
    return kinds.length ? [{ start, end: edges[at + 1], kind: kinds.join(" ") }] : [];
  });
}

/** Puts a line of text into an element, its spans in elements of their class. */
export function fill(element, text, spans) {
  let at = 0;
  for (const { start, end, kind } of spans) {
    if (start < at || end <= start || start >= text.length) continue;
    if (start > at) element.append(text.slice(at, start));
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = text.slice(start, end);
    element.append(span);
    at = end;
  }
  if (at < text.length) element.append(text.slice(at));
}

/** Pixels from the left of the window to the left edge of a unit of a painted line. */
export function edge(row, unit) {
  const range = document.createRange();
  let left = unit;
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (left <= node.length && left > 0) {
      range.setStart(node, left - 1);
      range.setEnd(node, left);
      return range.getBoundingClientRect().right;
    }
    left -= node.length;
  }
  return row.getBoundingClientRect().left;
}

/** An element for a line whose top is so many pixels below that of the text. */
export function rowAt(top) {
  const row = document.createElement("div");
  row.style.top = `${top}px`;
  return row;
}
