// The list of runs: searching while typing, and news without a reload. Without JavaScript the search is a form and the list a page.
import { morph } from "./run_morph.js";

const EVERY_MS = 5000;
const list = () => document.getElementById("runs");
let searching = null;

// An answer that comes when something else has been searched for is not shown.
async function show(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin", cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("runs");
  if (fresh && address === location.href) morph(list(), document.adoptNode(fresh));
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "runs-q") return;
  clearTimeout(searching);
  searching = setTimeout(() => {
    const query = new URLSearchParams(location.search);
    if (event.target.value.trim()) query.set("q", event.target.value.trim()); else query.delete("q");
    query.delete("page");
    history.replaceState(null, "", `${location.pathname}?${query}`);
    show(location.href).catch(() => {});
  }, 300);
});

setInterval(() => {
  if (document.visibilityState === "visible" && !list().querySelector("details[open]") && !list().matches(":hover")) show(location.href).catch(() => {});
}, EVERY_MS);
