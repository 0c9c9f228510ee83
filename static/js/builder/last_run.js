/** The tab "Last run" of a step: how it went, what it gave, and its pinned output. */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { button, h, icon } from "./dom.js";
import { stateIcon } from "./states.js";
import { grow } from "./tokens.js";

const WORDS = { succeeded: "succeeded", failed: "failed", skipped: "skipped", running: "running", time: "waiting", person: "waiting for a person", cancelled: "cancelled", unknown: "unknown" };

/** `tryStep(entry)` runs it alone; `redraw()` shows the tab anew. */
export function lastRunParts({ store, samples, entry, tryStep, redraw }) {
  const trial = store.trial?.steps[entry.id];
  const isPinned = samples.isPinned(entry.id);
  const output = isPinned ? samples.pinned.steps[entry.id] : trial && "output" in trial ? trial.output : samples.output(entry.id);
  const pin = async (steps, said) => {
    const answer = await samples.pin({ steps });
    toast(answer.ok ? said : whatHappened(answer));
    redraw();
  };
  return [
    trial ? howItWent(trial) : h("p", { class: "mut" }, output === undefined ? "It has not run yet. Try the playbook, or write down what this step would give." : samples.source),
    trial?.error && h("p", { class: "note", dataset: { tone: "bad" } }, icon("alert"), h("span", {}, [trial.error.message ?? trial.error.code, trial.error.hint].filter(Boolean).join(" "))),
    trial?.large && h("p", { class: "mut" }, "The output is too large to be shown here. Open the try to see it."),
    outputPart({ store, entry, output, isPinned, pin }),
    store.editable && h("div", { class: "row wrap" }, button("Try this step", { look: "small", iconName: "flask", action: "try-step", press: () => tryStep(entry) })),
    store.editable && h("p", { class: "hint" }, "A pinned output stands in for the step whenever the draft is tried, and gives sample values to expressions. Real runs never use it."),
  ];
}

function howItWent(trial) {
  const many = Object.values(trial.counts ?? {}).reduce((sum, each) => sum + each, 0);
  const counts = Object.entries(trial.counts ?? {}).map(([state, each]) => `${each} ${WORDS[state] ?? state}`).join(", ");
  const time = trial.seconds === null || trial.seconds === undefined ? "" : `in ${trial.seconds < 10 ? Math.round(trial.seconds * 10) / 10 : Math.round(trial.seconds)} s`;
  return h("p", { class: "row wrap" }, h("span", { class: "state", dataset: { state: trial.state } }, stateIcon(trial.state), trial.words), h("span", { class: "small mut" }, [many > 1 ? counts : time, trial.tries > 1 ? `${trial.tries} tries` : ""].filter(Boolean).join(", ")));
}

function outputPart({ store, entry, output, isPinned, pin }) {
  const head = h("div", { class: "field-head" }, h("span", { class: "label" }, "Output"), isPinned && h("span", { class: "tag accent" }, icon("lock", "s"), "Pinned"));
  if (!store.editable) return output === undefined ? null : h("div", { class: "field" }, head, h("pre", { class: "b-example", tabindex: "0" }, JSON.stringify(output, null, 2)));
  const area = h("textarea", { class: "input mono code b-output", rows: "3", spellcheck: "false", "aria-label": "Output", placeholder: '{"status": 200}', dataset: { field: "last.output" }, value: output === undefined ? "" : JSON.stringify(output, null, 2) });
  const keep = button(isPinned ? "Keep the change" : "Pin this output", { look: "small", iconName: "lock", action: "pin-output", press: () => {
    const read = readJson(area.value);
    area.setAttribute("aria-invalid", String(!read.ok));
    if (read.ok) pin({ [entry.id]: { output: read.value } }, "Pinned. Tries use this output instead of running the step.");
    else toast("That is not JSON yet, so it was not pinned.");
  } });
  const letGo = isPinned && button("Let go", { look: "small plain", action: "unpin-output", press: () => pin({ [entry.id]: null }, "Let go. Tries run this step in the sandbox again.") });
  area.addEventListener("input", () => grow(area));
  requestAnimationFrame(() => grow(area));
  return h("div", { class: "field" }, head, area, h("div", { class: "row wrap" }, keep, letGo));
}

function readJson(text) {
  if (!text.trim()) return { ok: true, value: null };
  try { return { ok: true, value: JSON.parse(text) }; } catch { return { ok: false }; }
}
