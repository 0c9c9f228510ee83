/** The settings of the playbook itself: what it is called, what it takes, what it gives, what happens on failure. */
import { h } from "./dom.js";
import { fieldBox } from "./fields.js";
import * as operations from "./operations.js";
import { clausesPart } from "./clauses.js";

const TYPES = [["string", "Text"], ["number", "Number"], ["boolean", "Yes or no"], ["array", "List (a file fills it)"], ["object", "Object"], ["date", "Date"], ["datetime", "Moment"], ["file", "File"], ["any", "Anything"]];

export const INPUT = [
  { key: "name", kind: "name", label: "Name", required: true, example: "invoices" },
  { key: "type", kind: "choice", label: "Type", choices: TYPES, default: "string" },
  { key: "required", kind: "boolean", label: "Must be given", default: false },
  { key: "description", kind: "text", label: "Help for whoever starts it" },
  { key: "label", kind: "text", label: "What people read instead of the name", advanced: true },
  { key: "default", kind: "json", label: "Usual value", advanced: true },
  { key: "allowed", kind: "list", label: "Allowed values", advanced: true, example: '["low", "high"]' },
  { key: "min", kind: "number", label: "Lowest", advanced: true },
  { key: "max", kind: "number", label: "Highest", advanced: true },
  { key: "min_length", kind: "integer", label: "Shortest", advanced: true },
  { key: "max_length", kind: "integer", label: "Longest", advanced: true },
  { key: "pattern", kind: "name", label: "Pattern", advanced: true, example: "^[A-Z]{2}\\d+$" },
  { key: "check", kind: "json", label: "Check it by a rule", advanced: true, row: [{ key: "if", kind: "expression", label: "Fine if", required: true, example: "inputs.until > inputs.since" }, { key: "message", kind: "text", label: "Else say" }] },
  { key: "schema", kind: "schema", label: "What is in it", advanced: true, help: "For lists and objects." },
];

export const OUTPUT = [
  { key: "name", kind: "name", label: "Name", required: true },
  { key: "type", kind: "choice", label: "Type", choices: TYPES },
  { key: "description", kind: "text", label: "What it is" },
  { key: "required", kind: "boolean", label: "Must be there", default: true, advanced: true },
];

const ABOUT = [
  { key: "name", kind: "text", label: "Name", required: true },
  { key: "description", kind: "long_text", label: "What it is for", required: true },
  { key: "owner", kind: "text", label: "Owner", required: true, help: "Who answers for it: a team or a person." },
];

export const SETTINGS = [
  { key: "on_failure", kind: "choice", label: "When a step fails", choices: [["pause", "Pause, a person decides"], ["fail", "The run has failed"]], default: "pause" },
  { key: "finally_errors", kind: "choice", label: "When a step of “Always at the end” fails", choices: [["record", "It is noted"], ["fail", "The run has failed"]], default: "record" },
  { key: "timezone", kind: "text", names: "timezone", takesData: false, label: "Time zone", example: "Europe/Berlin" },
  { key: "calendar", kind: "text", names: "calendar", takesData: false, label: "Calendar", help: "Name of a calendar with working hours and holidays.", example: "germany" },
  { key: "timeout", kind: "duration", label: "Time limit of a run", help: "30m, 2h, 3d; time that people take does not count." },
  { key: "locks", kind: "list", label: "Locks", help: "Only one run at a time holds each of these. A name, or {\"path\": \"/invoices/2026\"}.", example: "ledger" },
  { key: "on_lock", kind: "choice", label: "When a lock is taken", choices: [["wait", "The run waits for it"], ["refuse", "The start is refused"]], default: "wait" },
  { key: "lock_ttl", kind: "duration", label: "A lock is held for at most", example: "2h" },
  { key: "concurrency", kind: "json", label: "Limit runs at the same time", bare: "max", fresh: { max: 1 }, row: [
    { key: "max", kind: "integer", label: "At most", minimum: 1, required: true, takesData: false },
    { key: "key", kind: "text", label: "Counted for each", takesData: false, help: "Left out: all runs of this playbook.", example: "{{ inputs.customer }}" }] },
  { key: "cache_ttl", kind: "duration", label: "Earlier results may be taken for", help: "By steps with “Take an earlier result”. Usual: a day.", example: "12h" },
  { key: "max_depth", kind: "integer", label: "Playbooks inside each other, at most", minimum: 1, maximum: 100, example: "10" },
  { key: "extra_inputs", kind: "choice", label: "Inputs that are not listed", choices: [["refuse", "Are refused"], ["allow", "Are taken"]], default: "refuse" },
  { key: "sla", kind: "json", label: "Tell when it takes longer than usual", help: "Changes nothing in the run; people are told once.", row: [{ key: "max_runtime", kind: "duration", label: "The run", example: "1h" }, { key: "max_step_runtime", kind: "duration", label: "One step", example: "10m" }] },
];

/** `port(path, from)` connects a place of the document. */
export function playbookParts({ store, port, known, more }) {
  const about = ABOUT.map((field) => fieldBox({ ...field, hook: `playbook.${field.key}` }, port([field.key])));
  const inputs = fieldBox({ key: "inputs", hook: "inputs", kind: "rows", listOnly: true, row: INPUT, label: "Inputs", help: "Asked for when a run starts.", addLabel: "Add an input", quiet: true }, port(["inputs"]));
  const outputs = fieldBox({ key: "outputs", hook: "outputs", kind: "rows", listOnly: true, row: OUTPUT, label: "Outputs", help: "What a run gives back.", addLabel: "Add an output", quiet: true }, port(["outputs"]));
  const settings = SETTINGS.filter((field) => known.includes(field.key) || store.document.settings?.[field.key] !== undefined).map((field) => fieldBox({ ...field, hook: `settings.${field.key}`, quiet: true }, port(["settings", field.key])));
  return [
    h("div", { class: "b-loose" }), about, inputs, outputs,
    h("details", { class: "b-more", open: store.document.settings !== undefined }, h("summary", {}, "Rules for its runs"), h("div", { class: "stack" }, settings)),
    catchPart(store),
    more?.() ?? null,
  ];
}

/** What is done when the run fails: clauses of the playbook itself. */
function catchPart(store) {
  const { root } = store.outline;
  const spec = root.kind.blocks.find((each) => each.key === "catch");
  if (!root.blocks.some((block) => block.spec === spec)) return null;
  const port = (path) => ({
    path: path.join("/"), editable: store.editable, names: () => [], takesData: false,
    get: () => operations.at(store.document, path),
    set: (value) => store.change("Changed the playbook", operations.put(store.document, path, value), { merge: `root ${path.join("/")}`, from: "panel" }),
  });
  return clausesPart({ store: rootStore(store), entry: root, spec, port });
}

/** Clauses of the playbook are changed like those of a step whose path is empty. */
function rootStore(store) {
  return {
    get editable() { return store.editable; },
    get outline() { return Object.assign(Object.create(store.outline), { get: () => store.outline.root }); },
    change: (sentence, document) => store.change(sentence, document),
  };
}
