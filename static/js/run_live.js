// Follows a run: the socket says "news up to n", the page fetches what is on screen, at most four times a second. With sockets blocked it asks every 5 s.
import { announce, toast } from "./shell_toasts.js";
import { refresh } from "./run_fetch.js";

const APART_MS = 250;
const POLL_MS = 5000;
const QUIET_POLL_MS = 30000;      // with a socket: only for what moves without news, such as the present on the axis
const STALE_MS = 60000;
const RETRY_MS = [1000, 30000];
const ANNOUNCE_MS = 5000;

let socket = null;
let newest = 0;
let due = null;
let lastStart = 0;
let lastAnswer = Date.now();
let cost = 0;
let told = false;

const run = () => document.getElementById("run");
const shown = () => Number(run().dataset.upto);
const isOver = () => run().hasAttribute("data-over");
const connected = () => socket?.readyState === WebSocket.OPEN;

async function look() {
  due = null;
  lastStart = performance.now();
  try {
    await refresh();
    lastAnswer = Date.now();
  } catch { /* the next look tries again; a long silence shows */ }
  cost = performance.now() - lastStart;
  if (newest > shown()) plan();
}

// A slow server is asked less often: no more than a third of the time.
function plan() {
  due ||= setTimeout(look, Math.max(0, lastStart + Math.max(APART_MS, 3 * cost) - performance.now()));
}

function connect(wait = RETRY_MS[0]) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const own = new WebSocket(`${scheme}//${location.host}/ws/runs/${run().dataset.run}/`);
  let opened = false;
  socket = own;
  own.addEventListener("open", () => { opened = true; run().dataset.live = "socket"; });
  own.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type !== "news") return;
    newest = Math.max(newest, message.upto);
    if (newest > shown()) plan();
  });
  own.addEventListener("close", ({ code }) => {
    run().dataset.live = "polling";
    if (code === 4404) { location.reload(); return; }
    if (!opened && !told) { told = true; toast({ text: "Live news cannot get through. This page looks every 5 seconds instead." }); }
    setTimeout(() => connect(opened ? RETRY_MS[0] : Math.min(wait * 2, RETRY_MS[1])), opened ? RETRY_MS[0] : wait);
  });
}

function poll() {
  const every = connected() ? QUIET_POLL_MS : POLL_MS;
  if (document.visibilityState === "visible" && Date.now() - lastAnswer >= every - 50 && !(isOver() && connected())) plan();
  const stale = !isOver() && Date.now() - lastAnswer > STALE_MS && document.visibilityState === "visible";
  run().toggleAttribute("data-stale", stale);
}

function tick() {
  const passed = (Date.now() - lastAnswer) / 1000;
  if (isOver() || passed < 1) return;
  for (const each of run().querySelectorAll("[data-ticks]")) each.textContent = said(Number(each.dataset.ticks) + passed);
}

// As wording.duration on the server: two units at most.
function said(seconds) {
  const whole = Math.round(seconds);
  const units = [[86400, "d", 7], [3600, "h", 24], [60, "min", 10], [1, "s", 0]];
  const at = Math.max(0, units.findIndex(([size]) => whole >= size));
  const [size, unit, fine] = units[at];
  const count = Math.floor(whole / size);
  const [smaller, name] = units[at + 1] || [];
  return smaller && count < fine && whole % size >= smaller ? `${count} ${unit} ${Math.floor((whole % size) / smaller)} ${name}` : `${count} ${unit}`;
}

let announcedAt = 0;
let failures = 0;
function speak({ detail: { was } }) {
  const now = run().dataset.runStatus;
  const failed = run().querySelectorAll('#why li[data-state="failed"], #why li[data-state="unknown"]');
  if (Date.now() - announcedAt >= ANNOUNCE_MS) {
    if (failed.length > failures) { announce(failed[0].textContent.trim()); announcedAt = Date.now(); }
    else if (was.status !== now) { announce(document.getElementById("run-state").textContent); announcedAt = Date.now(); }
  }
  failures = failed.length;
}

export function follow(element) {
  if (!element) return;
  newest = shown();
  failures = element.querySelectorAll('#why li[data-state="failed"], #why li[data-state="unknown"]').length;
  connect();
  setInterval(() => { poll(); tick(); }, 1000);
  document.addEventListener("run:shown", speak);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") plan(); });
}
