// Keys that work everywhere: ? for the sheet, G and a letter to go, Ctrl K to search. Single letters never while typing, and none if switched off.
import { open } from "./shell_dialogs.js";

const AFTER_G_MS = 1200;
let goingUntil = 0;

export const typing = (target) => Boolean(target.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]"));
export const keysOn = () => document.documentElement.dataset.keys !== "off";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const box = document.getElementById("jump");
    if (box) { event.preventDefault(); open(box); }
    return;
  }
  if (event.ctrlKey || event.metaKey || typing(event.target) || !keysOn() || document.querySelector("dialog[open]")) return;
  if (event.key === "?") {
    const sheet = document.getElementById("keys");
    if (sheet) { event.preventDefault(); open(sheet); }
  } else if (Date.now() < goingUntil) {
    goingUntil = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`);
    if (place) { event.preventDefault(); location.href = place.href; }
  } else if (event.key.toLowerCase() === "g" && !event.shiftKey) {
    goingUntil = Date.now() + AFTER_G_MS;
  }
});

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-jump]");
  const box = document.getElementById("jump");
  if (jump && box && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(box, jump); }
});

// In the search box: arrows walk the hits, Enter takes the first.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".jump-box");
  if (!box) return;
  const stops = [box.querySelector("input"), ...box.querySelectorAll(".jump-hits a")];
  const at = stops.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    stops[(at + (event.key === "ArrowDown" ? 1 : -1) + stops.length) % stops.length].focus();
    event.preventDefault();
  } else if (event.key === "Enter" && at === 0 && stops[1]) {
    event.preventDefault();
    location.href = stops[1].href;
  }
});
