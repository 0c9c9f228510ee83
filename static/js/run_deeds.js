// Pause, resume, retry, skip: sent without leaving the page; what the server says becomes a toast.
import { toast } from "./shell_toasts.js";
import { refresh } from "./run_fetch.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-deed]");
  if (form?.closest("#run") === null || !form) return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.setAttribute("aria-disabled", "true");
  try {
    const headers = { Accept: "application/json", "HX-Request": "true" };
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers, credentials: "same-origin" });
    if (answer.redirected) { location.reload(); return; }
    toast({ text: answer.ok ? (await answer.json()).said : await answer.text() });
    form.closest("details")?.removeAttribute("open");
    await refresh();
  } catch {
    toast({ text: "No connection. Nothing was changed." });
  } finally {
    button?.removeAttribute("aria-disabled");
  }
});
document.addEventListener("submit", (event) => { if (event.target.matches("[data-find]")) event.preventDefault(); });
