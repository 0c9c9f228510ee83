/**
 * What the step types say about themselves: the list of /api/v1/step-types/, and a stand-in for types this server does not know.
 * Nothing about a particular step type is written down on this side.
 */

const FAMILY_NAMES = { people: "People", do: "Do", decide: "Decide and repeat", time: "Time", safety: "Safety", data: "Data" };

/** The steps that run when a deadline is over; they stand inside the guard. */
const LATE = { key: "deadline", inner: "steps", name: "deadline", label: "If it takes too long", list: false, optional: true, names: { error: "error" } };

/** Where the steps of a block that is no list of clauses stand: path from the step. */
export const stepsPath = (spec) => (spec.inner ? [spec.key, spec.inner] : [spec.key]);

/** Those steps, as written. */
export const stepsIn = (step, spec) => (spec.inner ? step[spec.key]?.[spec.inner] : step[spec.key]);

export class Catalogue {
  constructor(types) {
    this.types = types;
    this.byName = new Map(types.map((type) => [type.name, type]));
    this.late = new Map(); // kind -> the same with the block of a deadline
  }

  /** The families that have types, in the order of the palette: [{family, title, types}]. */
  families() {
    return Object.entries(FAMILY_NAMES)
      .map(([family, title]) => ({ family, title, types: this.types.filter((type) => type.family === family) }))
      .filter((group) => group.types.length);
  }

  /** The name of the type of a step; `{var: "x"}` is a short form of `{type: var, …}`. */
  typeName(step) {
    if (typeof step.type === "string") return step.type;
    return this.types.find((type) => type.shorthand && type.name in step)?.name ?? "";
  }

  /** The description of a step's type; of an unknown one as much as its looks tell. */
  kindOf(step) {
    const kind = this.byName.get(this.typeName(step)) ?? stranger(step);
    return isObject(step.deadline) && "steps" in step.deadline ? this.#withDeadline(kind) : kind;
  }

  /** A deadline may have steps of its own: a block beside those of the type. */
  #withDeadline(kind) {
    if (kind.unknown) return { ...kind, blocks: [...kind.blocks, LATE] };
    if (!this.late.has(kind)) this.late.set(kind, { ...kind, blocks: [...kind.blocks, LATE] });
    return this.late.get(kind);
  }

  /** Types whose name, label or help contains all words. */
  matching(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return this.types.filter((type) => words.every((word) => `${type.name} ${type.label} ${type.summary}`.toLowerCase().includes(word)));
  }
}

/** Where a setting of a step stands: path from the step. */
export function fieldPath(kind, key) {
  return kind.settings_in === "step" || kind.beside?.includes(key) ? [key] : ["with", key];
}

/** The value of a setting as written; of a short form such as `var: name` too. */
export function fieldValue(step, kind, key) {
  const path = fieldPath(kind, key);
  const holder = path.length === 1 ? step : settingsOf(step, kind);
  return holder?.[key];
}

function settingsOf(step, kind) {
  if (isObject(step.with)) return step.with;
  if (!kind.shorthand || !(kind.name in step) || typeof step.type === "string") return {};
  const bare = step[kind.name];
  return isObject(bare) ? bare : { [kind.shorthand]: bare, ...pick(step, kind.fields.map((field) => field.key)) };
}

/** A step of this type as it comes out of the palette. */
export function blankStep(type, id) {
  const step = { id, type: type.name };
  for (const field of type.fields) {
    if (field.kind === "name" && field.required && field.default === null && type.settings_in === "step") step[field.key] = field.example || field.key;
  }
  for (const block of type.blocks) {
    if (block.list) step[block.key] = Array.from({ length: startingClauses(block) }, (_, at) => blankClause(block, at + 1));
    else if (!block.optional || block === type.blocks[0]) step[block.key] = [];
  }
  return step;
}

const startingClauses = (block) => (block.single || block.minimum === 0 ? block.minimum : Math.max(block.minimum ?? 1, 2));

/** One more branch, case, variant …, the n-th of its list. */
export function blankClause(block, number) {
  const named = block.name_field && block.fields?.some((field) => field.key === block.name_field);
  return { ...(named ? { [block.name_field]: `${block.prefix}-${number}` } : {}), steps: [] };
}

function stranger(step) {
  const name = typeof step.type === "string" ? step.type : "";
  return {
    name, label: name || "No type", summary: "This server does not know this kind of step. It is kept as it is.", icon: "help", family: "data",
    settings_in: "with", blocks: guessedBlocks(step), fields: [], examples: [], output_help: {}, unknown: true,
  };
}

/** Nested steps of an unknown type stay visible: lists of steps, and lists of objects with steps. */
function guessedBlocks(step) {
  const blocks = [];
  for (const [key, value] of Object.entries(step)) {
    if (!Array.isArray(value) || !value.length || !value.every(isObject)) continue;
    if (value.every((each) => typeof each.type === "string")) blocks.push({ key, name: key, label: key, list: false, optional: true });
    else if (value.every((each) => Array.isArray(each.steps))) blocks.push({ key, name: key, label: key, list: true, prefix: key, name_field: "name", fields: [] });
  }
  return blocks;
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function pick(object, names) {
  return Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]));
}
