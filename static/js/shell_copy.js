// `data-copy="text"` copies its text, or the address it links to.
import { toast } from "./shell_toasts.js";

document.addEventListener("click", async (event) => {
  const from = event.target.closest("[data-copy]");
  if (!from || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(from.dataset.copy || from.href);
  toast({ text: "Copied" });
});
