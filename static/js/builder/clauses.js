/** The branches, cases, variants … of a step: add, name, order, remove. */
import { button, count, h } from "./dom.js";
import { fieldBox } from "./fields.js";
import * as operations from "./operations.js";

/** One list of clauses as a part of the form. `port(path)` connects a key of the step. */
export function clausesPart({ store, entry, spec, port }) {
  const blocks = entry.blocks.filter((block) => block.spec === spec);
  const name = (spec.prefix || "branch").replace(/_/g, " ");
  const redraw = (sentence, document) => store.change(sentence, document, { select: [entry.key] });
  const here = () => store.outline.get(entry.key);
  const add = store.editable && button(`Add ${article(name)}`, { look: "small", iconName: "plus", action: `add-clause-${spec.key}`, press: () => redraw(`Added ${article(name)}`, operations.addClause(store.outline, here(), spec)) });
  return h("fieldset", { class: "b-part", dataset: { clauses: spec.key } }, h("legend", {}, plural(spec.label)), blocks.map((block, at) => clauseCard({ store, here, spec, block, at, last: blocks.length - 1, name, port, redraw })), add);
}

function clauseCard({ store, here, spec, block, at, last, name, port, redraw }) {
  const portOf = (field) => port([spec.key, block.number, field.key]);
  const deed = (label, iconName, action, document) => button(label, { look: "small plain", only: true, iconName, action, press: () => redraw(label, document()) });
  const tools = store.editable && h("div", { class: "b-card-tools" },
    at > 0 && deed(`Move ${block.name} up`, "up", "clause-up", () => operations.moveClause(store.outline, here(), spec, block.number, -1)),
    at < last && deed(`Move ${block.name} down`, "down", "clause-down", () => operations.moveClause(store.outline, here(), spec, block.number, 1)),
    last + 1 > (spec.minimum ?? 1) && deed(`Remove ${block.name}`, "trash", "remove-clause", () => operations.removeClause(store.outline, here(), spec, block.number)));
  const fields = (spec.fields ?? []).map((field) => fieldBox({ ...field, hook: `${spec.key}.${block.number}.${field.key}`, quiet: true }, portOf(field)));
  return h("div", { class: "b-card", dataset: { clause: block.number, clauseName: block.name } },
    h("div", { class: "row spread" }, h("span", { class: "small mut" }, `${name} ${at + 1}, ${count(block.entries.length, "step")}`), tools),
    h("div", { class: "b-card-fields" }, fields));
}

const plural = (label) => count(2, label).replace(/^\S+ /, "");
const article = (name) => `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
