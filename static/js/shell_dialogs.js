// Dialogs. `data-opens` shows the dialog that its href (#id) or value names; `data-dialog` fetches its href into the shared one.
// Without JavaScript the first is a :target and the second a page.
let opener = null;

export function open(dialog, from = document.activeElement) {
  opener = from;
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[autofocus], [data-safe]") || dialog.querySelector("input:not([type=hidden]), select, textarea, button");
  if (first) first.focus();
}

async function fetchInto(dialog, address, from) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) { location.href = address; return; }
  dialog.innerHTML = await answer.text();
  const title = dialog.querySelector("h2");
  if (title) { title.id ||= "dialog-title"; dialog.setAttribute("aria-labelledby", title.id); }
  if (window.htmx) window.htmx.process(dialog);
  dialog.dispatchEvent(new CustomEvent("dialog:filled", { bubbles: true }));
  open(dialog, from);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const opens = event.target.closest("[data-opens]");
  if (opens) {
    const name = opens.dataset.opens || (opens.getAttribute("href") || "").slice(1);
    const dialog = document.getElementById(name);
    if (dialog) { event.preventDefault(); open(dialog, opens); }
    return;
  }
  const fetches = event.target.closest("a[data-dialog]");
  if (fetches) {
    event.preventDefault();
    fetchInto(document.getElementById("dialog"), fetches.href, fetches);
    return;
  }
  const closes = event.target.closest("dialog [data-closes]");
  if (closes) { event.preventDefault(); closes.closest("dialog").close(); return; }
  if (event.target.tagName === "DIALOG" && event.target.open) {   // a press beside it
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && !event.target.querySelector("textarea, input[type=text]")) event.target.close();
  }
});

document.addEventListener("close", (event) => {
  if (event.target.tagName === "DIALOG" && opener && document.contains(opener)) { opener.focus(); opener = null; }
}, true);
