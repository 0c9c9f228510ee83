// The decision's own page: keys, one press is one vote, and a word when it has changed meanwhile.
import { keysOn, typing } from "./shell_keys.js";
import { answerKeys, arm, disarm } from "./inbox_answer.js";
import { follow } from "./inbox_news.js";

const page = document.querySelector("[data-decision]");

async function heard() {
  const other = document.createElement("div");
  try {
    const answer = await fetch(`${page.dataset.address}?pane=1`, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    other.innerHTML = await answer.text();
  } catch { return; } // no way there at present; the next news asks again
  const key = other.querySelector("[data-state-key]")?.dataset.stateKey;
  if (key && key !== page.dataset.stateKey) page.querySelector("[data-outdated]").hidden = false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !keysOn() || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "a") arm(page, "approve");
  else if (key === "r") arm(page, "reject");
  else if (key === "t") page.querySelector("[data-claim]")?.click();
  else if (key === "d") { const menu = page.querySelector(".hand-over"); if (menu) { menu.open = true; menu.querySelector("select").focus(); } }
  else if (key === "escape") { disarm(page); return; }
  else return;
  event.preventDefault();
});

// A second press while the first is under way does nothing. The pressed button keeps its name and value, hence no `disabled`.
for (const form of page.querySelectorAll("form[data-answer]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
}

answerKeys(page);
follow(page.dataset.socket, heard);
