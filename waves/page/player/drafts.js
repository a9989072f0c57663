/* Unsaved texts, in the storage of this tab: they are there again when the page is loaded again. */

const DRAFTS = "waves.drafts";

/** The texts that were kept, by name of the file. */
export function readDrafts() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}");
  } catch {
    return {};
  }
}

/** Keeps these texts, by name of the file; one that is too long for the storage stays in this page only. */
export function keepDrafts(drafts) {
  try {
    sessionStorage.setItem(DRAFTS, JSON.stringify(drafts));
  } catch {
    // there is nothing else to do
  }
}
