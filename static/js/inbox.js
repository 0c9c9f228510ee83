// The inbox: list and decision side by side, keys, and news. Without this file every line is a link and every form a form.
import { keysOn, typing } from "./shell_keys.js";
import { toast } from "./shell_toasts.js";
import { answerKeys, arm, disarm, isTouched } from "./inbox_answer.js";
import { follow } from "./inbox_news.js";

const page = document.querySelector("[data-inbox]");
const list = document.getElementById("inbox-list");
const detail = document.getElementById("inbox-detail");
const fresh = page.querySelector("[data-fresh]");
const wide = matchMedia("(min-width: 861px)");

const rows = () => [...list.querySelectorAll("li[data-approval]")];
const shown = () => detail.querySelector("[data-approval]")?.dataset.approval;
const rowOf = (id) => rows().find((row) => row.dataset.approval === id);

function mark() {
  for (const row of rows()) row.toggleAttribute("aria-current", false);
  const row = shown() && rowOf(shown());
  if (!row) return;
  row.setAttribute("aria-current", "true");
  row.querySelector("[data-unseen]")?.removeAttribute("data-unseen");
}

function address(parts) {
  const found = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parts)) { if (value) found.set(name, value); else found.delete(name); }
  return `${location.pathname}?${found}`;
}

async function fetchText(url) {
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return answer.text();
}

// Answers may overtake each other: what was asked for before the last change of the list, or of the pane, is thrown away.
const turn = { asked: 0, list: 0, pane: 0, told: 0 };
let latest = null;

async function open(id, { focus = true } = {}) {
  const mine = ++turn.pane;
  let text;
  try {
    text = await fetchText(`/approvals/${id}/?pane=1`);
  } catch {
    if (mine === turn.pane) toast({ text: "This approval could not be opened. Reload the page." });
    return;
  }
  if (mine !== turn.pane) return;
  detail.innerHTML = text;
  window.htmx?.process(detail);
  history.replaceState(null, "", address({ id }));
  mark();
  rowOf(id)?.scrollIntoView({ block: "nearest" });
  detail.scrollTop = 0;
  if (focus) detail.querySelector("#ap-title")?.focus({ preventScroll: true });
}

// The same one as it stands by now, with what was typed so far.
async function openAgain(id) {
  const typed = detail.querySelector("[data-answer]");
  const kept = typed ? [...new FormData(typed)].filter(([name]) => name === "comment" || name.startsWith("value-")) : [];
  await open(id);
  for (const [name, value] of kept) {
    const field = detail.querySelector("[data-answer]")?.elements.namedItem(name);
    if (field) field.value = value;
  }
}

// Nothing is left: what the page shows then is the server's to say, unless something was opened meanwhile.
async function empty() {
  const mine = ++turn.pane;
  detail.replaceChildren();
  history.replaceState(null, "", address({ id: "" }));
  let text;
  try { text = await fetchText(address({ nothing: "1" })); } catch { return; }
  if (mine === turn.pane) detail.innerHTML = text;
}

// Of two reloads the later one counts; who waits for the earlier one waits for the later.
function reload() {
  latest = load(++turn.asked);
  return latest;
}

async function load(mine) {
  const told = turn.told;
  const text = await fetchText(address({ list: "1" }));
  if (mine !== turn.asked) return latest;
  turn.list += 1;
  list.innerHTML = text;
  fresh.hidden = true;
  mark();
  count();
  bulk();
  if (told !== turn.told) heard(); // news that is younger than this answer was shown meanwhile
}

function count() {
  const mine = list.querySelector('[data-view="mine"] .count')?.textContent || "";
  for (const badge of document.querySelectorAll('[data-badge="inbox"]')) { badge.textContent = mine; badge.hidden = !mine; }
}

let hearing = false;
let heardAgain = false;

// One question at a time: the answer to an earlier one never comes after the answer to a later one.
async function heard() {
  if (hearing) { heardAgain = true; return; }
  hearing = true;
  try { await takeNews(); } finally { hearing = false; }
  if (heardAgain) { heardAgain = false; heard(); }
}

// News: lines that stand are brought up to date in place, lines that are over go, new ones collect behind a button,
// unless nothing at all is shown: then nobody is disturbed.
async function takeNews() {
  const asked = turn.list;
  const wanted = document.createElement("div");
  try { wanted.innerHTML = await fetchText(address({ list: "1" })); } catch { return; }
  if (asked !== turn.list) { heardAgain = true; return; }
  turn.told += 1;
  const next = new Map([...wanted.querySelectorAll("li[data-approval]")].map((row) => [row.dataset.approval, row]));
  for (const row of rows()) {
    const other = next.get(row.dataset.approval);
    if (!other) row.remove();
    else bringUpToDate(row, other);
  }
  const added = [...next.keys()].filter((id) => !rowOf(id)).length;
  fresh.textContent = `${added} new, show`;
  fresh.hidden = !added;
  list.querySelector(".tabs").innerHTML = wanted.querySelector(".tabs").innerHTML;
  count();
  if (added && !rows().length && !shown()) await begin();
  await look();
}

async function begin() {
  await reload();
  const first = rows()[0]?.dataset.approval;
  if (first && wide.matches) await open(first, { focus: false });
}

// The question, what stands below it, and when it is due. The question may have the focus: it stays, with other words.
function bringUpToDate(row, other) {
  const [title, isTitle] = [row.querySelector(".t"), other.querySelector(".t")];
  if (title.textContent !== isTitle.textContent) title.textContent = isTitle.textContent;
  const lines = (each) => [...each.querySelectorAll(".grow > .m")];
  const html = (each) => lines(each).map((line) => line.outerHTML).join("");
  if (html(row) !== html(other)) {
    for (const line of lines(row)) line.remove();
    row.querySelector(".grow").append(...lines(other));
  }
  const [due, isDue] = [row.querySelector(":scope > .when"), other.querySelector(":scope > .when")];
  if (due && isDue && due.outerHTML !== isDue.outerHTML) due.replaceWith(isDue);
}

// The decision that is open: shown as it stands, unless something is being written, then only said.
async function look() {
  const asked = turn.pane;
  const pane = detail.querySelector("[data-state-key]");
  if (!pane) return;
  const other = document.createElement("div");
  try { other.innerHTML = await fetchText(`${pane.dataset.address}?pane=1`); } catch { return; }
  const key = other.querySelector("[data-state-key]")?.dataset.stateKey;
  if (!pane.isConnected || asked !== turn.pane) return;
  if (!key || key === pane.dataset.stateKey || detail.querySelector("[data-outdated]")) return;
  const round = (each) => each.split(".")[0];
  const sameData = round(key) === round(pane.dataset.stateKey); // other data never comes under a hand that is about to approve
  if (sameData && !isTouched(detail) && !detail.contains(document.activeElement)) { detail.innerHTML = other.innerHTML; window.htmx?.process(detail); return; }
  const note = document.createElement("div");
  note.className = "note";
  note.dataset.tone = "info";
  note.dataset.outdated = "";
  note.innerHTML = '<div class="grow"><span class="t">This has changed while you were looking.</span></div><button class="btn small" type="button">Show how it stands</button>';
  note.querySelector("button").addEventListener("click", () => openAgain(pane.dataset.approval));
  pane.querySelector(".notes").prepend(note);
}

function neighbour(step) {
  const all = rows();
  const at = all.findIndex((row) => row.dataset.approval === shown());
  return all[Math.max(0, Math.min(all.length - 1, at + step))]?.dataset.approval;
}

function bulk() {
  const bar = list.querySelector("[data-bulk]");
  if (!bar) return;
  const chosen = [...list.querySelectorAll("input[name=approval]:checked")];
  bar.hidden = !chosen.length;
  const unseen = chosen.filter((box) => "unseen" in box.dataset).length;
  for (const button of bar.querySelectorAll("[data-bulk-deed]")) button.textContent = `${button.dataset.bulkDeed} ${chosen.length - unseen}`;
  bar.querySelector("[data-bulk-said]").textContent = unseen ? `${unseen} of ${chosen.length} not looked at yet: those stay as they are.` : `${chosen.length} selected`;
}

// Who has opened another one while the decision was on its way stays there.
async function goOn(event) {
  const decided = event.detail?.approval;
  if (decided && shown() && shown() !== String(decided)) { await reload(); return; }
  const all = rows().map((row) => row.dataset.approval);
  const at = all.indexOf(shown());
  const after = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0)).reverse()];
  await reload();
  const next = after.find((id) => rowOf(id)) || rows()[0]?.dataset.approval;
  if (next) await open(next); else empty();
}

list.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open]");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.dataset.open);
});
list.addEventListener("change", (event) => { if (event.target.name === "approval") bulk(); });
fresh.addEventListener("click", reload);
document.addEventListener("inbox:decided", goOn);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !keysOn() || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const move = { j: 1, k: -1 }[key];
  if (move) {
    const id = neighbour(move);
    if (id && (wide.matches)) open(id); else if (id) rowOf(id).querySelector("a").focus();
  } else if (key === "a") arm(detail, "approve");
  else if (key === "r") arm(detail, "reject");
  else if (key === "t") detail.querySelector("[data-claim]")?.click();
  else if (key === "d") { const menu = detail.querySelector(".hand-over"); if (menu) { menu.open = true; menu.querySelector("select").focus(); } }
  else if (key === "x") { const box = rowOf(shown())?.querySelector("input[name=approval]"); if (box) { box.checked = !box.checked; bulk(); } }
  else if (key === "escape") { disarm(detail); const menu = detail.querySelector(".hand-over[open]"); if (menu) menu.open = false; return; }
  else return;
  event.preventDefault();
});

// The buttons stand outside their form, below the thread; htmx leaves out the name of such a button.
detail.addEventListener("htmx:configRequest", (event) => {
  const pressed = event.detail.triggeringEvent?.submitter;
  if (pressed?.name) event.detail.parameters[pressed.name] = pressed.value;
});

// An answer to what was sent from a pane that is gone is told, not shown over the one that is open.
detail.addEventListener("htmx:beforeRequest", (event) => { event.detail.xhr.pane = turn.pane; });
detail.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.pane === turn.pane) return;
  event.detail.shouldSwap = false;
  const answer = document.createElement("div");
  answer.innerHTML = event.detail.serverResponse || "";
  const fault = answer.querySelector("[data-faults] .t")?.textContent;
  if (fault) toast({ text: `${answer.querySelector("#ap-title")?.textContent || "Not done"}: ${fault}` });
});

answerKeys(detail);
mark();
follow(page.dataset.socket, heard, (text) => { page.querySelector("[data-live-said]").textContent = text; });
