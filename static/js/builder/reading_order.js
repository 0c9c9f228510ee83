/** A document in the order in which people read it; storage keeps no order of keys. Pure. */
import { isObject } from "./catalogue.js";

const PLAYBOOK = ["handrail", "name", "description", "owner", "inputs", "outputs", "settings", "steps", "catch", "finally"];
const INPUT = ["name", "type", "required", "default", "description"];
const GUARDS = ["when", "deadline", "delay", "window", "rate_limit", "pool", "breaker", "queue", "access", "retry", "timeout", "on_error", "once", "cancellable", "cache_key", "output_schema"];

/** The same document with its keys in order: what it is, then what it does, then what stands inside. */
export function inReadingOrder(document, catalogue) {
  if (!isObject(document)) return document;
  const found = { ...document };
  for (const key of ["inputs", "outputs"]) if (Array.isArray(found[key])) found[key] = found[key].map((each) => sorted(each, INPUT));
  for (const key of ["steps", "finally"]) found[key] = steps(found[key], catalogue);
  if (Array.isArray(found.catch)) found.catch = found.catch.map((clause) => clauseInOrder(clause, ["code", "then"], catalogue));
  return sorted(found, PLAYBOOK);
}

function steps(list, catalogue) {
  return Array.isArray(list) ? list.map((step) => stepInOrder(step, catalogue)) : list;
}

export function stepInOrder(step, catalogue) {
  if (!isObject(step)) return step;
  const kind = catalogue.kindOf(step);
  const fields = kind.fields.map((field) => field.key);
  const found = { ...step };
  if (isObject(found.with)) found.with = sorted(found.with, fields);
  for (const spec of kind.blocks) {
    if (!spec.list) found[spec.key] = steps(found[spec.key], catalogue);
    else if (Array.isArray(found[spec.key])) found[spec.key] = found[spec.key].map((clause) => clauseInOrder(clause, (spec.fields ?? []).map((field) => field.key), catalogue));
  }
  return sorted(found, ["id", "type", "name", ...(kind.settings_in === "step" ? fields : []), "with", ...GUARDS, ...fields], kind.blocks.map((spec) => spec.key));
}

function clauseInOrder(clause, keys, catalogue) {
  return isObject(clause) ? sorted({ ...clause, steps: steps(clause.steps, catalogue) }, keys, ["steps"]) : clause;
}

/** First the keys named, then the others as they come, at the end those of `last`; what is undefined is left out. */
function sorted(object, first, last = []) {
  if (!isObject(object)) return object;
  const rest = Object.keys(object).filter((key) => !first.includes(key) && !last.includes(key));
  return Object.fromEntries([...new Set([...first, ...rest, ...last])].filter((key) => object[key] !== undefined).map((key) => [key, object[key]]));
}
