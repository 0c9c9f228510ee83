/** Three documents compared: what I changed, what the other person changed, and both together where they do not touch. Pure. */
import { isObject } from "./catalogue.js";
import { same } from "./dom.js";
import { Outline } from "./outline.js";

/** What differs between two documents, by step and by part of the playbook: [{id, title, word}]. */
export function differences(before, after, catalogue) {
  const [old, young] = [stepsById(before, catalogue), stepsById(after, catalogue)];
  const found = [];
  for (const [id, entry] of young) {
    if (!old.has(id)) found.push({ id, title: title(entry), word: "added" });
    else if (!same(own(old.get(id)), own(entry))) found.push({ id, title: title(entry), word: "changed" });
    else if (old.get(id).block.address !== entry.block.address) found.push({ id, title: title(entry), word: "moved" });
  }
  for (const [id, entry] of old) if (!young.has(id)) found.push({ id, title: title(entry), word: "deleted" });
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!["steps", "catch", "finally"].includes(key) && !same(before[key], after[key])) found.push({ id: `playbook ${key}`, title: key, word: "changed" });
  }
  return found;
}

const title = (entry) => (typeof entry.step.name === "string" && entry.step.name) || entry.kind.label;

function stepsById(document, catalogue) {
  return new Map(new Outline(document, catalogue).entries.map((entry) => [entry.id, entry]));
}

/** A step without the steps inside it. */
function own(entry) {
  const blocks = new Map(entry.kind.blocks.map((spec) => [spec.key, spec]));
  return Object.fromEntries(Object.entries(entry.step).map(([key, value]) => [key, blocks.has(key) ? bare(blocks.get(key), value) : value]));
}

const bare = (spec, value) => (spec.inner ? { ...value, [spec.inner]: null } : spec.list && Array.isArray(value) ? value.map((clause) => ({ ...clause, steps: null })) : null);

/** Both changes in one document, or null where they touch the same thing. Steps are told apart by id. */
export function merged(base, mine, theirs) {
  const found = joined(base, mine, theirs);
  return found.clashes.length ? null : found.document;
}

/**
 * Both changes in one document, and where they touch the same thing: {document, clashes: [{path, mine, theirs}]}; path: keys and ids from the outside in.
 * choose(number of the clash) -> "mine" or "theirs"; mine without it. What is undefined was deleted.
 */
export function joined(base, mine, theirs, choose = () => "mine") {
  const clashes = [];
  const clash = (path, own, other) => {
    clashes.push({ path, mine: own, theirs: other });
    return choose(clashes.length - 1) === "theirs" ? other : own;
  };
  return { document: merge(base, mine, theirs, clash, []), clashes };
}

function merge(base, mine, theirs, clash, path) {
  if (same(mine, theirs) || same(base, theirs)) return mine;
  if (same(base, mine)) return theirs;
  if ([base, mine, theirs].every(isObject)) return mergeObjects(base, mine, theirs, clash, path);
  if ([base, mine, theirs].every(isList)) return mergeLists(base, mine, theirs, clash, path);
  return clash(path, mine, theirs);
}

const nameOf = (item) => item.id ?? item.name;
const isList = (value) => Array.isArray(value) && value.every((item) => isObject(item) && typeof nameOf(item) === "string") && new Set(value.map(nameOf)).size === value.length;

function mergeObjects(base, mine, theirs, clash, path) {
  const result = {};
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const value = merge(base[key], mine[key], theirs[key], clash, [...path, key]);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** Things with a name, in the order of whoever moved some; what only one has stands behind the neighbour it has there. */
function mergeLists(base, mine, theirs, clash, path) {
  const [inBase, inMine, inTheirs] = [base, mine, theirs].map((list) => new Map(list.map((item) => [nameOf(item), item])));
  const order = (list, keep) => list.map(nameOf).filter((name) => keep.has(name));
  const isMineMoved = !same(order(base, inMine), order(mine, inBase));
  const isTheirsMoved = !same(order(base, inTheirs), order(theirs, inBase));
  const isMineFirst = isMineMoved && isTheirsMoved ? same(clash([...path, "order"], order(mine, inBase), order(theirs, inBase)), order(mine, inBase)) : isMineMoved;
  const [lead, leadMap, follow] = isMineFirst ? [mine, inMine, theirs] : [theirs, inTheirs, mine];
  const names = lead.map(nameOf);
  follow.forEach((item, at) => {
    if (leadMap.has(nameOf(item))) return;
    const neighbour = at ? names.indexOf(nameOf(follow[at - 1])) : -1;
    names.splice(neighbour + 1, 0, nameOf(item));
  });
  return names.map((name) => merge(inBase.get(name), inMine.get(name), inTheirs.get(name), clash, [...path, name])).filter((value) => value !== undefined);
}
