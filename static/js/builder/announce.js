/** What is said aloud and what is shown for a moment; the shell of the page does both. */

/** A sentence for screen readers only. */
export function tell(text) {
  document.dispatchEvent(new CustomEvent("announce", { detail: { text } }));
}

/** A sentence for all, for a while; with one deed if there is one: {label, act}. */
export function toast(text, { label, act } = {}) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, label, act } }));
}
