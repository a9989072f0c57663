/* The keyboard in the text for a moment, wherever it is. */

/** Does something while the keyboard is in the text, as browsers want it for a step of undo; then it is where it was. */
export function focused(area, run) {
  const { activeElement: before } = document;
  if (before === area) return run();
  const [left, top] = [scrollX, scrollY];
  const dialog = document.querySelector("dialog:modal"); // behind it nothing gets the keyboard
  dialog?.close();
  area.inputMode = "none"; // no keyboard opens on the screen
  area.focus({ preventScroll: true });
  if (document.activeElement === area) run();
  dialog?.showModal();
  if (before === document.body) area.blur();
  else before?.focus({ preventScroll: true });
  area.inputMode = "";
  scrollTo(left, top);
}
