/** The order in which people read the keys of a document: for keys that are added by the form, and for copies. What an author wrote keeps its order. Pure. */
import { isObject } from "./catalogue.js";

const PLAYBOOK = ["handrail", "name", "description", "owner", "inputs", "outputs", "settings", "steps", "catch", "finally"];
const GUARDS = ["when", "deadline", "delay", "window", "rate_limit", "pool", "breaker", "queue", "access", "retry", "timeout", "on_error", "once", "cancellable", "cache_key", "output_schema"];

/** A step or a playbook to which a key was added, with its own keys in order; what stands inside is left alone. */
export function keysInOrder(object, kind) {
  const fields = kind.fields?.map((field) => field.key) ?? [];
  if (!kind.fields) return sorted(object, PLAYBOOK);
  const found = isObject(object.with) ? { ...object, with: sorted(object.with, fields) } : object;
  return sorted(found, ["id", "type", "name", ...(kind.settings_in === "step" ? fields : []), "with", ...GUARDS, ...fields], kind.blocks.map((spec) => spec.key));
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
    if (spec.inner) found[spec.key] = { ...found[spec.key], [spec.inner]: steps(found[spec.key][spec.inner], catalogue) };
    else if (!spec.list) found[spec.key] = steps(found[spec.key], catalogue);
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
