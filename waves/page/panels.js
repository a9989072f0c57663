/* The panels beside the text: what is opened is scrolled into view. */

export class Panels {
  constructor() {
    for (const panel of document.querySelectorAll("#panels details")) {
      const summary = panel.querySelector("summary");
      summary.addEventListener("click", () => panel.addEventListener("toggle", () => panel.open && show(panel, summary), { once: true }));
    }
  }
}

/** All of it if there is room, else its beginning. */
function show(panel, summary) {
  for (const one of [panel, summary]) one.scrollIntoView({ block: "nearest" });
}
