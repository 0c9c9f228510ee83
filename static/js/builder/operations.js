/**
 * Everything that can be done to a document, as pure functions: (outline, …) -> a changed document.
 * Documents are never changed in place; what an operation does not touch stays the same object, so undo costs nothing and drawing is cheap.
 */
import { blankClause, fieldPath, fieldValue, isObject, stepsIn } from "./catalogue.js";
import { inherit } from "./outline.js";
import { keysInOrder } from "./reading_order.js";
import { idsRead, withRenamedIds } from "./references.js";

/** A copy of `node` in which `path` holds `value`; undefined removes it. Missing objects on the way are made. */
export function put(node, path, value) {
  if (!path.length) return value;
  const [head, ...rest] = path;
  const copy = Array.isArray(node) ? [...node] : inherit({ ...node }, node ?? {});
  const next = put(node?.[head] ?? (typeof rest[0] === "number" ? [] : {}), rest, value);
  if (next !== undefined) copy[head] = next;
  else if (Array.isArray(copy)) copy.splice(head, 1);
  else delete copy[head];
  return copy;
}

export const at = (node, path) => path.reduce((inner, key) => inner?.[key], node);

/** `change(block)` gives the new list of step objects of a block, or undefined to leave it. Steps that stay are looked through as well. */
function rewrite(outline, change) {
  const blockSteps = (block) => {
    const before = block.entries.map((entry) => entry.step);
    const known = new Map(block.entries.map((entry) => [entry.step, entry]));
    const list = (change(block) ?? before).map((step) => (known.has(step) ? inside(known.get(step)) : step));
    return list.length === before.length && list.every((step, i) => step === before[i]) ? null : list;
  };
  const inside = (entry) => {
    let step = entry.step;
    for (const block of entry.blocks ?? []) {
      const list = blockSteps(block);
      if (list) step = put(step, block.path.slice(entry.path.length), list);
    }
    return step;
  };
  return inside(outline.root);
}

/** Steps put into a block before position `index`. */
export function insert(outline, block, index, steps) {
  return rewrite(outline, (each) => (each.ref === block.ref ? spliced(each.entries.map((entry) => entry.step), index, steps) : undefined));
}

const spliced = (list, index, steps) => [...list.slice(0, index), ...steps, ...list.slice(index)];

/** The document without these entries. */
export function remove(outline, entries) {
  const gone = new Set(entries.map((entry) => entry.step));
  return rewrite(outline, (block) => (block.entries.some((entry) => gone.has(entry.step)) ? block.entries.map((entry) => entry.step).filter((step) => !gone.has(step)) : undefined));
}

/** These entries taken out and put into `block` before its present position `index`. The block must not lie inside one of them. */
export function move(outline, entries, block, index) {
  const moved = new Set(entries.map((entry) => entry.step));
  return rewrite(outline, (each) => {
    const steps = each.entries.map((entry) => entry.step);
    const isTarget = each.ref === block.ref;
    if (!isTarget && !steps.some((step) => moved.has(step))) return undefined;
    const before = isTarget ? steps.slice(0, index).filter((step) => !moved.has(step)).length : 0;
    const rest = steps.filter((step) => !moved.has(step));
    return isTarget ? spliced(rest, before, entries.map((entry) => entry.step)) : rest;
  });
}

/** Whether this place may take these entries: nothing goes into itself. */
export function mayHold(outline, block, entries) {
  return !entries.some((entry) => outline.within(block.owner, entry));
}

/** Deep copies with ids of their own; references among the copied follow. */
export function fresh(outline, steps) {
  const ids = { used: new Set(outline.ids.used) };
  const renamed = new Map();
  const copies = structuredClone(steps);
  for (const step of nested(copies, outline.catalogue)) {
    if (typeof step.id !== "string") continue;
    const given = ids.used.has(step.id) ? freeId(step, outline.catalogue, ids.used) : step.id;
    ids.used.add(given);
    if (given !== step.id) renamed.set(step.id, given);
    step.id = given;
  }
  return withRenamedIds(copies, renamed);
}

function freeId(step, catalogue, used) {
  const isGiven = catalogue.byName.has(step.type) && step.id.startsWith(`${step.type}-`);
  const stem = isGiven ? step.type : step.id.replace(/[-_]\d+$/, "");
  const mark = isGiven || stem.includes("-") ? "-" : "_";
  let number = stem === step.id ? 2 : 1;
  while (used.has(`${stem}${mark}${number}`)) number += 1;
  return `${stem}${mark}${number}`;
}

function* nested(steps, catalogue) {
  for (const step of steps) {
    if (!isObject(step)) continue;
    yield step;
    for (const spec of catalogue.kindOf(step).blocks) {
      const lists = spec.list ? (step[spec.key] ?? []).map((clause) => clause?.steps) : [stepsIn(step, spec)];
      for (const list of lists) if (Array.isArray(list)) yield* nested(list, catalogue);
    }
  }
}

/** One setting of a step written; undefined removes it, and an emptied `with` goes too. */
export function setField(outline, entry, key, value) {
  const path = fieldPath(entry.kind, key);
  let step = entry.step;
  if (entry.kind.shorthand && typeof step.type !== "string") step = writtenOut(entry);
  step = put(step, path, value);
  if (path.length === 2 && value === undefined && isObject(step.with) && !Object.keys(step.with).length) step = put(step, ["with"], undefined);
  return put(outline.document, entry.path, inherit(tidied(step, entry), entry.step));
}

/** A key that is new stands where people look for it. */
function tidied(step, entry) {
  const count = (value) => Object.keys(value).length + (isObject(value.with) ? Object.keys(value.with).length : 0);
  return count(step) > count(entry.step) ? keysInOrder(step, entry.kind) : step;
}

/** `{var: name, value: 1}` as `{type: var, with: {name, value: 1}}`. */
function writtenOut(entry) {
  const fields = entry.kind.fields.map((field) => field.key);
  const settings = Object.fromEntries(fields.map((key) => [key, fieldValue(entry.step, entry.kind, key)]).filter(([, value]) => value !== undefined));
  const rest = Object.fromEntries(Object.entries(entry.step).filter(([key]) => key !== entry.kind.name && !fields.includes(key)));
  return inherit({ ...rest, type: entry.kind.name, with: settings }, entry.step);
}

/** A key of the step itself: name, or a guard, or part of one (`["retry", "max_attempts"]`). Emptied objects go. */
export function setOwn(outline, entry, path, value) {
  let step = put(entry.step, path, value);
  if (path.length > 1 && value === undefined && isObject(step[path[0]]) && !Object.keys(step[path[0]]).length) step = put(step, [path[0]], undefined);
  return put(outline.document, entry.path, inherit(tidied(step, entry), entry.step));
}

/** Another id for a step; everything that reads the old one follows. */
export function rename(outline, entry, id) {
  const named = put(outline.document, [...entry.path, "id"], id);
  return followed(named, withRenamedIds(named, new Map([[entry.id, id]])));
}

/** Steps of `after` are those of `before`, at the same places. */
function followed(before, after) {
  if (before === after || typeof before !== "object" || before === null) return after;
  inherit(after, before);
  for (const key of Object.keys(before)) followed(before[key], after[key]);
  return after;
}

/** One more clause at the end of a list (branches, cases …). */
export function addClause(outline, entry, spec) {
  const clauses = Array.isArray(entry.step[spec.key]) ? entry.step[spec.key] : [];
  const taken = new Set(clauses.map((clause) => clause?.[spec.name_field]));
  let number = clauses.length + 1;
  while (taken.has(blankClause(spec, number)[spec.name_field])) number += 1;
  return put(outline.document, [...entry.path, spec.key], [...clauses, blankClause(spec, number)]);
}

/** A clause with its steps taken away. */
export function removeClause(outline, entry, spec, number) {
  const rest = entry.step[spec.key].filter((_, each) => each !== number);
  return put(outline.document, [...entry.path, spec.key], rest.length || !spec.optional ? rest : undefined);
}

/** A clause moved by `by` places. */
export function moveClause(outline, entry, spec, number, by) {
  const clauses = [...entry.step[spec.key]];
  const [moved] = clauses.splice(number, 1);
  clauses.splice(number + by, 0, moved);
  return put(outline.document, [...entry.path, spec.key], clauses);
}

/** A whole document from elsewhere, whose steps are taken for the old ones where the id is the same. */
export function adopt(outline, document) {
  const old = new Map(outline.entries.map((entry) => [entry.id, entry.step]));
  for (const step of nestedOfDocument(document, outline.catalogue)) if (old.has(step.id)) inherit(step, old.get(step.id));
  return document;
}

function* nestedOfDocument(document, catalogue) {
  for (const list of [document?.steps, document?.finally, ...(Array.isArray(document?.catch) ? document.catch.map((clause) => clause?.steps) : [])]) {
    if (Array.isArray(list)) yield* nested(list, catalogue);
  }
}

/** References that stop working when `entries` go to this place: ids of steps that are read but no longer come before. */
export function brokenBy(outline, entries, seenThere) {
  const carried = new Set(entries.flatMap((entry) => [entry.id, ...idsInside(entry)]));
  return [...idsRead(entries.map((entry) => entry.step))].filter((id) => !carried.has(id) && outline.entries.some((entry) => entry.id === id) && !seenThere.has(id));
}

const idsInside = (entry) => entry.blocks.flatMap((block) => block.entries.flatMap((each) => [each.id, ...idsInside(each)]));
