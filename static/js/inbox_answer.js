// Arming: A or R only arms a choice and says so; Enter or a click sends it. A rejection asks for its comment first.
import { announce } from "./shell_toasts.js";

const form = (root) => root.querySelector("[data-answer]");
const choice = (root, value) => root.querySelector(`[data-action="${value}"]`);

export function disarm(root) {
  for (const button of root.querySelectorAll(".armed")) {
    button.classList.remove("armed");
    const key = button.querySelector("kbd");
    if (key) key.textContent = key.dataset.key;
  }
}

export function arm(root, value) {
  const button = choice(root, value);
  if (!button || !form(root)) return false;
  disarm(root);
  button.classList.add("armed");
  const key = button.querySelector("kbd");
  if (key) { key.dataset.key ||= key.textContent; key.textContent = "Enter"; }
  const comment = form(root).querySelector("textarea[name=comment]");
  (value === "reject" && comment && !comment.value.trim() ? comment : button).focus();
  announce(`Enter sends: ${button.firstChild.textContent.trim()}`);
  return true;
}

// Enter in the comment sends what is armed; Shift Enter is a new line. Escape disarms.
export function answerKeys(root) {
  root.addEventListener("keydown", (event) => {
    const armed = root.querySelector(".armed");
    if (!armed) return;
    if (event.key === "Escape") { disarm(root); event.preventDefault(); }
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea[name=comment]") && event.target.value.trim()) {
      event.preventDefault();
      armed.click();
    }
  });
  root.addEventListener("focusout", (event) => {
    if (event.target.matches(".armed") && !root.querySelector("[data-answer]")?.contains(event.relatedTarget)) disarm(root);
  });
}

export const isTouched = (root) => Boolean(form(root)?.querySelector("textarea[name=comment]")?.value.trim());
