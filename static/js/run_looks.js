// Folding, filtering, selecting: links that change the picture without a reload. The address says what is shown; Back undoes it.
import { toast } from "./shell_toasts.js";
import { refresh } from "./run_fetch.js";

export async function go(address, { back = false } = {}) {
  if (!back) history.pushState(null, "", address === "?" ? location.pathname : address);
  try { await refresh({ keep: !address.includes("items=") || back }); } catch { location.reload(); }
}

let opener = "";   // the row whose details are open gets the focus back

document.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("#run a[data-look]");
  if (!link) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled") === "true" || !link.getAttribute("href")) return;
  const row = link.closest(".tr");
  await go(link.getAttribute("href"));
  if (link.hasAttribute("data-details")) {
    if (row) opener = row.id;
    document.getElementById("drawer-h")?.focus();
  } else if (link.hasAttribute("data-closes-details")) {
    document.getElementById(opener)?.focus();
  }
});

// A press anywhere on a row does what its name does.
document.addEventListener("click", (event) => {
  const row = event.target.closest("#timeline .tr[data-path]");
  if (row && !event.target.closest("a, button, input") && !getSelection().toString()) row.querySelector("a.nm")?.click();
});

let searching = null;
document.addEventListener("input", (event) => {
  if (event.target.id !== "find") return;
  clearTimeout(searching);
  searching = setTimeout(() => {
    const query = new URLSearchParams(location.search);
    if (event.target.value.trim()) query.set("find", event.target.value.trim()); else query.delete("find");
    history.replaceState(null, "", `${location.pathname}?${query}`);
    refresh({ keep: false }).catch(() => toast({ text: "No connection. The search is tried again with the next news." }));
  }, 250);
});

addEventListener("popstate", () => go(location.search || "?", { back: true }));
