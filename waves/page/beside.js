/* Boxes beside a line of the text: the list of completions, and help under the pointer. */

/** Puts a box under a line of the text, or above it if there is more room, and makes it no higher than what is seen of the
 * text there: it covers no message. */
export function putBeside(editor, box, line, column) {
  const { root, area } = editor;
  box.style.maxHeight = "";
  const { x, top, bottom } = editor.place(line, column);
  const corner = root.getBoundingClientRect().top + root.clientTop;
  const [width, height] = [root.clientWidth, box.offsetHeight];
  const first = Math.max(visualViewport.offsetTop - corner, 0);
  const end = Math.min(visualViewport.offsetTop + visualViewport.height - corner, area.clientHeight); // a keyboard covers the rest
  const [over, under] = [top - first, end - bottom];
  const above = height > under && over > under;
  const shown = Math.max(Math.min(height, above ? over : under), 0);
  box.style.maxHeight = `${shown}px`;
  box.style.left = `${Math.max(0, Math.min(x, width - box.offsetWidth))}px`;
  box.style.top = `${above ? top - shown : bottom}px`;
}
