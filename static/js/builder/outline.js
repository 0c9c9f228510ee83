/**
 * The document seen as a tree: which blocks a step has, where each step stands, what it is called. Pure; knows no page.
 *
 * Entry (a step):  {key, step, kind, id, parent, block, position, path, address, depth, blocks}
 * Block (a place for steps): {ref, owner, spec, clause, number, name, label, path, address, entries}
 * `key` names a step for as long as the editor is open, whatever is changed in it. `path` leads to it inside the document.
 */
import { fieldValue, isObject, stepsIn, stepsPath } from "./catalogue.js";

const BRACES = /^\$\{\{\s*([\s\S]*?)\s*\}\}$/; // an expression as it is written
const keys = new WeakMap();
let lastKey = 0;

export function keyOf(step) {
  if (!keys.has(step)) keys.set(step, `k${(lastKey += 1)}`);
  return keys.get(step);
}

/** The copy of a step is the same step. */
export function inherit(copy, original) {
  if (keys.has(original)) keys.set(copy, keys.get(original));
  return copy;
}

/** The blocks of the playbook itself. */
export const ROOT = {
  name: "", label: "Playbook", family: "data", icon: "playbook",
  blocks: [
    { key: "steps", name: "steps", label: "Steps", list: false },
    {
      key: "catch", name: "catch", label: "If the run fails", list: true, prefix: "catch", name_field: null, single: true, minimum: 0, optional: true,
      fields: [
        { key: "code", kind: "text", label: "Fault", help: "A code such as Timeout, or * for any.", default: "*", example: "*" },
        { key: "then", kind: "choice", label: "Afterwards", choices: [["fail", "The run has failed"], ["recover", "The run is completed"]], default: "fail" },
      ],
    },
    { key: "finally", name: "finally", label: "Always at the end", list: false, optional: true },
  ],
};

export class Outline {
  #seen = new Map(); // type -> steps of it so far

  constructor(document, catalogue) {
    this.document = document;
    this.catalogue = catalogue;
    this.entries = [];
    this.byKey = new Map();
    this.byRef = new Map();
    this.ids = collectIds(document);
    this.root = { key: "root", id: "root", step: document, kind: ROOT, parent: null, path: [], address: "", depth: 0 };
    this.root.blocks = this.#blocks(this.root);
  }

  #blocks(owner) {
    const found = [];
    for (const spec of owner.kind.blocks) {
      if (spec.list) this.#clauses(owner, spec, found);
      else found.push(this.#block(owner, spec, { path: [...owner.path, ...stepsPath(spec)], name: spec.name, label: blockLabel(spec, owner), steps: stepsIn(owner.step, spec) }));
    }
    return found;
  }

  #clauses(owner, spec, found) {
    const clauses = Array.isArray(owner.step[spec.key]) ? owner.step[spec.key] : [];
    clauses.forEach((clause, at) => {
      if (!isObject(clause)) return;
      const name = clauseName(spec, clause, at);
      found.push(this.#block(owner, spec, { path: [...owner.path, spec.key, at, "steps"], name, label: clauseLabel(spec, clause, name), steps: clause.steps, clause, number: at }));
    });
  }

  #block(owner, spec, { path, name, label, steps, clause = null, number = null }) {
    const block = { ref: `${owner.key}|${spec.key}|${number ?? ""}`, owner, spec, clause, number, name, label, path, address: join(owner.address, name), entries: [] };
    this.byRef.set(block.ref, block);
    (Array.isArray(steps) ? steps : []).forEach((step, position) => {
      if (isObject(step)) block.entries.push(this.#entry(step, block, position));
    });
    return block;
  }

  #entry(step, block, position) {
    const kind = this.catalogue.kindOf(step);
    const id = this.#idOf(step, kind);
    const entry = { key: keyOf(step), step, kind, id, parent: block.owner, block, position, path: [...block.path, position], address: join(block.address, id), depth: block.owner.depth + 1 };
    this.entries.push(entry);
    this.byKey.set(entry.key, entry);
    entry.blocks = this.#blocks(entry);
    return entry;
  }

  /** Its own id, or the one that publishing will give it: the n-th step of a type is `<type>-<n>`, numbers that are taken are passed over. */
  #idOf(step, kind) {
    const type = kind.name || "step";
    this.#seen.set(type, (this.#seen.get(type) ?? 0) + 1);
    if (typeof step.id === "string" && step.id) return step.id;
    while (this.ids.used.has(`${type}-${this.#seen.get(type)}`)) this.#seen.set(type, this.#seen.get(type) + 1);
    const id = `${type}-${this.#seen.get(type)}`;
    this.ids.used.add(id);
    return id;
  }

  /** Entry of this key, null if it is gone. */
  get(key) {
    return this.byKey.get(key) ?? null;
  }

  /** Whether `entry` stands inside `outer` (or is it). */
  within(entry, outer) {
    for (let at = entry; at; at = at.parent) if (at.key === outer.key) return true;
    return false;
  }

  /** These keys as entries in order of the document, without those that lie inside others of them. */
  tops(chosen) {
    const wanted = new Set(chosen);
    const isInside = (entry) => { for (let at = entry.parent; at; at = at.parent) if (wanted.has(at.key)) return true; return false; };
    return this.entries.filter((entry) => wanted.has(entry.key) && !isInside(entry));
  }

  /** How many steps are nested in an entry, at any depth. */
  inside(entry) {
    return entry.blocks.reduce((sum, block) => sum + block.entries.reduce((inner, each) => inner + 1 + this.inside(each), 0), 0);
  }
}

/** The name of a clause's block in paths: its own, or `<prefix>-<n>`. */
export function clauseName(spec, clause, at) {
  if (spec.single) return spec.prefix;
  const own = spec.name_field ? clause[spec.name_field] : null;
  return typeof own === "string" && own ? own : `${spec.prefix}-${at + 1}`;
}

function clauseLabel(spec, clause, name) {
  if (spec.name_field && clause[spec.name_field]) return String(clause[spec.name_field]);
  const said = clause.code ?? clause.when;
  return typeof said === "string" && said ? `${spec.label}: ${said.replace(BRACES, "$1")}` : spec.spoken ?? name;
}

/** "each", or "each payment" where the loop's item has a name of its own. */
function blockLabel(spec, owner) {
  if (!spec.iterated) return spec.label;
  const field = owner.kind.fields.find((each) => each.kind === "name" && spec.names?.[each.default] === "item");
  const name = field && fieldValue(owner.step, owner.kind, field.key);
  return typeof name === "string" && name && name !== field.default ? `${spec.label} ${name}` : spec.label;
}

const join = (address, name) => (address ? `${address}/${name}` : name);

/** All ids in use, and the next free `<type>-<n>` of each type. */
export function collectIds(document) {
  const used = new Set();
  walk(document, (object) => { if (typeof object.id === "string" && (typeof object.type === "string" || "with" in object)) used.add(object.id); });
  return {
    used,
    give(type) {
      let number = 1;
      while (used.has(`${type}-${number}`)) number += 1;
      used.add(`${type}-${number}`);
      return `${type}-${number}`;
    },
  };
}

function walk(value, see) {
  const open = [value];
  while (open.length) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...next);
    else if (isObject(next)) { see(next); open.push(...Object.values(next)); }
  }
}
