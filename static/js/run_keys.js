// The timeline is a treegrid: one row has the tab stop, arrows walk and fold. Single letters work anywhere on the page, never while typing.
import { keysOn, typing } from "./shell_keys.js";
import { go } from "./run_looks.js";

const rows = () => [...document.querySelectorAll("#tl-rows > .tr:not(.strip)")];
const level = (row) => Number(row.getAttribute("aria-level"));
const current = () => document.activeElement?.closest?.("#tl-rows > .tr") || null;

function stop() {
  const all = rows();
  const own = all.find((row) => row.tabIndex === 0) || all.find((row) => row.getAttribute("aria-selected") === "true") || all[0];
  for (const row of all) row.tabIndex = row === own ? 0 : -1;
}

function focus(row) {
  if (!row) return;
  for (const each of rows()) each.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

const press = (row, selector) => row.querySelector(selector)?.click();

function unfold(row, all) {
  if (row.getAttribute("aria-expanded") === "false") press(row, "a.tw");
  else if (row.getAttribute("aria-expanded") === "true") focus(all[all.indexOf(row) + 1]);
}

function fold(row, all) {
  if (row.getAttribute("aria-expanded") === "true") press(row, "a.tw");
  else focus(all.slice(0, all.indexOf(row)).reverse().find((each) => level(each) < level(row)));
}

function inGrid(event, row) {
  const all = rows();
  const at = all.indexOf(row);
  const deeds = {
    ArrowDown: () => focus(all[at + 1]), ArrowUp: () => focus(all[at - 1]), Home: () => focus(all[0]), End: () => focus(all.at(-1)),
    ArrowRight: () => unfold(row, all), ArrowLeft: () => fold(row, all), Enter: () => press(row, "a.nm, a.btn"), " ": () => press(row, "a.tw[href]"),
  };
  if (!deeds[event.key] || event.target.closest("a:not(.tw, .nm), button, input")) return false;
  deeds[event.key]();
  return true;
}

function nextNeeding(step) {
  const all = rows();
  const needing = all.filter((row) => row.hasAttribute("data-needs-person"));
  const from = current() ? all.indexOf(current()) : -1;
  const ordered = step > 0 ? needing : needing.reverse();
  const next = ordered.find((row) => (all.indexOf(row) - from) * step > 0) || ordered[0];
  if (next) focus(next);
  else if (document.getElementById("run").dataset.findNeeding) go(document.getElementById("run").dataset.findNeeding);
}

const letters = {
  n: () => nextNeeding(1),
  p: () => nextNeeding(-1),
  f: () => go(document.getElementById("run").dataset.onlyFailed),
  z: () => go(document.getElementById("run").dataset.otherIdle),
  e: () => { const edit = document.getElementById("remedy-edit"); if (edit) { edit.open = true; edit.querySelector("textarea").focus(); } },
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const row = current();
  if (row && inGrid(event, row)) { event.preventDefault(); return; }
  if (event.key === "Escape" && document.getElementById("drawer") && !typing(event.target)) { document.getElementById("drawer-close").click(); return; }
  if (typing(event.target) || !keysOn() || event.repeat) return;
  if (event.shiftKey && event.key === "R") { document.querySelector('#drawer [data-action="retry"]')?.click(); return; }
  const deed = !event.shiftKey && letters[event.key];
  if (deed) { event.preventDefault(); deed(); }
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("#tl-rows > .tr");
  if (row) for (const each of rows()) each.tabIndex = each === row ? 0 : -1;
});
document.addEventListener("run:shown", stop);
stop();
