/** Two documents as one drawing: what was added, changed and moved is marked, what was removed stands where it stood. Pure. */
import { isObject } from "./catalogue.js";
import { same } from "./dom.js";
import { Outline } from "./outline.js";

const FRAME = ["name", "description", "owner", "inputs", "outputs", "settings"];

/**
 * {document, steps: Map id -> {what, moved, fields: [{path, before, after}], from}, frame: [{path, before, after}], counts}.
 * what: added, removed, changed, moved or "" (only `fields` of what is inside differ).
 */
export function compared(before, after, catalogue) {
  const [old, young] = [byId(before, catalogue), byId(after, catalogue)];
  const steps = new Map();
  for (const [id, entry] of young) {
    const was = old.get(id);
    if (!was) { steps.set(id, { what: "added", fields: [] }); continue; }
    const fields = fieldsBetween(own(was), own(entry));
    const moved = placeOf(was, old, young) !== placeOf(entry, young, old);
    if (fields.length || moved) steps.set(id, { what: fields.length ? "changed" : "moved", moved, fields, from: moved ? whereOf(was) : "" });
  }
  for (const [id] of old) if (!young.has(id)) steps.set(id, { what: "removed", fields: [] });
  const frame = FRAME.flatMap((key) => fieldsBetween(before[key], after[key], key));
  const counts = {};
  for (const { what, moved } of steps.values()) { counts[what] = (counts[what] ?? 0) + 1; if (moved && what !== "moved") counts.moved = (counts.moved ?? 0) + 1; }
  return { document: united(before, after, old, young, catalogue), steps, frame, counts };
}

const byId = (document, catalogue) => new Map(new Outline(document, catalogue).entries.map((entry) => [entry.id, entry]));

const blockKey = (entry) => `${entry.block.owner.id}/${entry.block.name}`;

/** The block that a step is in, and the step before it there among those that both documents have in that block. */
function placeOf(entry, here, there) {
  let before = "";
  for (const each of entry.block.entries) {
    if (each === entry) break;
    const other = there.get(each.id);
    if (other && blockKey(other) === blockKey(each)) before = each.id;
  }
  return `${blockKey(entry)}|${before}`;
}

const whereOf = (entry) => `${entry.block.label}, place ${entry.position + 1}`;

/** A step without the steps inside it. */
function own(entry) {
  const found = { ...entry.step };
  for (const spec of entry.kind.blocks) {
    if (spec.list && Array.isArray(found[spec.key])) found[spec.key] = found[spec.key].map((clause) => (isObject(clause) ? Object.fromEntries(Object.entries(clause).filter(([key]) => key !== "steps")) : clause));
    else if (spec.inner) found[spec.key] = { ...found[spec.key], [spec.inner]: undefined };
    else if (!spec.list) delete found[spec.key];
  }
  delete found.id;
  return found;
}

/** What differs, as deep as both sides are objects: [{path, before, after}]. */
export function fieldsBetween(before, after, path = "") {
  if (same(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => fieldsBetween(before[key], after[key], path ? `${path}.${key}` : key));
}

/** The younger document with what was removed put back behind the neighbour it had; such steps have no other content than their own. */
function united(before, after, old, young, catalogue) {
  const document = structuredClone(after);
  const gone = [...old.values()].filter((entry) => !young.has(entry.id));
  for (const entry of gone) {
    const outline = new Outline(document, catalogue);
    const owner = entry.parent.key === "root" ? outline.root : outline.entries.find((each) => each.id === entry.parent.id);
    const block = owner?.blocks.find((each) => each.name === entry.block.name) ?? owner?.blocks[0];
    const list = block ? listAt(document, block.path) : (document.steps ??= []);
    const earlier = entry.block.entries.slice(0, entry.position).map((each) => each.id).reverse();
    const at = earlier.map((id) => list.findIndex((step) => idOf(step, outline) === id)).find((found) => found >= 0);
    list.splice(at === undefined ? 0 : at + 1, 0, { ...bare(entry), id: entry.id });
  }
  return document;
}

const idOf = (step, outline) => outline.entries.find((entry) => entry.step === step)?.id;

function listAt(document, path) {
  return path.reduce((node, key, at) => (node[key] ??= at === path.length - 1 ? [] : {}), document);
}

/** A removed step with empty blocks: what was in them is put back by itself. */
function bare(entry) {
  const step = structuredClone(entry.step);
  for (const spec of entry.kind.blocks) {
    if (spec.list && Array.isArray(step[spec.key])) for (const clause of step[spec.key]) { if (isObject(clause)) clause.steps = []; }
    else if (spec.inner) step[spec.key] = { ...step[spec.key], [spec.inner]: [] };
    else if (!spec.list && step[spec.key]) step[spec.key] = [];
  }
  return step;
}
