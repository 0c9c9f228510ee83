// Fetches the changing part of the page and puts it in place.
import { morph } from "./run_morph.js";

const place = () => document.getElementById("run");
let running = null;
let wanted = null;

// Items of a loop keep their order while somebody is looking at them closely; otherwise the most urgent come first.
function kept() {
  const timeline = document.getElementById("timeline");
  if (!timeline || !(timeline.matches(":hover") || timeline.contains(document.activeElement) || timeline.querySelector('[data-kind="item"][aria-expanded="true"]'))) return [];
  const loops = new Map();
  for (const row of timeline.querySelectorAll('[data-kind="item"]')) {
    const [, loop, number] = /^(.*)\/[^/]+\[(\d+)\]$/.exec(row.dataset.path) || [];
    if (loop) loops.set(loop, [...(loops.get(loop) || []), number]);
  }
  return [...loops].map(([loop, numbers]) => ["keep", `${loop}~${numbers.join(",")}`]);
}

async function fetchOnce(query, keep) {
  const asked = new URLSearchParams(query);
  if (keep) for (const [name, value] of kept()) asked.append(name, value);
  const answer = await fetch(`${location.pathname}?${asked}`, { headers: { "HX-Request": "true" }, credentials: "same-origin", cache: "no-store" });
  if (answer.redirected || answer.status === 403 || answer.status === 404) { location.reload(); return; }
  if (!answer.ok) throw new Error(`${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run");
  if (!fresh) throw new Error("no run");
  if (query !== location.search && wanted) return;   // somebody has asked for another picture meanwhile
  const before = place();
  const was = { status: before.dataset.runStatus, upto: Number(before.dataset.upto) };
  morph(before, document.adoptNode(fresh));
  document.dispatchEvent(new CustomEvent("run:shown", { detail: { was } }));
}

// One request at a time; those that come meanwhile are one more afterwards. Resolves when the newest state asked for is on screen.
export function refresh({ keep = true } = {}) {
  if (running) { wanted ||= running.catch(() => {}).then(() => { wanted = null; return refresh({ keep }); }); return wanted; }
  running = fetchOnce(location.search, keep).finally(() => { running = null; });
  return running;
}
