/** Which data can be read at a place of the document: inputs, variables, earlier steps, items of loops. Pure. */
import { fieldValue, isObject } from "./catalogue.js";
import { dataReference, stepReference } from "./references.js";

const TYPE_WORDS = { string: "text", number: "number", boolean: "yes/no", array: "list", object: "object", date: "date", datetime: "moment", any: "any" };

/**
 * The names visible to `entry` (a step; it does not see itself), as groups for the picker:
 * [{title, note, names: [{reference, label, type, help}]}], nearest first.
 */
export function visibleAt(outline, entry) {
  const before = stepsBefore(entry);
  return [
    ...loopGroups(entry),
    inputGroup(outline),
    variableGroup(before),
    ...before.reverse().map(stepGroup),
    RUN,
  ].filter((group) => group && group.names.length);
}

/** The ids of all steps that a step at this place can read. */
export function idsVisibleAt(block, position) {
  return new Set([...earlier(block, position), ...(block.owner.parent ? stepsBefore(block.owner) : outerBlocks(block))].map((entry) => entry.id));
}

/** Steps before an entry in its block, and before each of its ancestors in theirs, with what is nested in them; nearest last. */
function stepsBefore(entry) {
  const found = [];
  for (let at = entry; at?.parent; at = at.parent) found.unshift(...outerBlocks(at.block), ...earlier(at.block, at.position));
  return found;
}

function earlier(block, position) {
  return block.entries.slice(0, position).flatMap((entry) => [...entry.blocks.flatMap((each) => earlier(each, Infinity)), entry]);
}

/** In `catch` and `finally` the steps of the blocks before them may have run. */
function outerBlocks(block) {
  const siblings = block.owner.blocks ?? [];
  const isAfter = block.spec.key === "catch" || block.spec.key === "finally";
  return isAfter ? siblings.slice(0, siblings.indexOf(block)).filter((each) => each.spec.key !== "catch").flatMap((each) => earlier(each, Infinity)) : [];
}

function inputGroup(outline) {
  const inputs = declared(outline.document.inputs);
  return {
    title: "Inputs", note: "given at the start",
    names: inputs.map((input) => ({ reference: dataReference("inputs", [input.name]), label: input.name, type: TYPE_WORDS[input.type] ?? "text", help: input.description ?? "" })),
  };
}

/** Inputs as a list; `{customer: string}` is short for one. */
function declared(written) {
  if (isObject(written)) return Object.entries(written).map(([name, each]) => ({ name, ...(isObject(each) ? each : { type: each }) }));
  return Array.isArray(written) ? written.filter((input) => isObject(input) && typeof input.name === "string" && input.name) : [];
}

function variableGroup(before) {
  const names = [...new Set(before.filter((entry) => entry.kind.sets_variables).map((entry) => nameSetting(entry)).filter(Boolean))];
  return { title: "Variables", note: "set by earlier steps", names: names.map((name) => ({ reference: dataReference("vars", [name]), label: name, type: "any", help: "" })) };
}

function nameSetting(entry) {
  const field = entry.kind.fields.find((each) => each.kind === "name") ?? entry.kind.fields[0];
  const value = field && fieldValue(entry.step, entry.kind, field.key);
  return typeof value === "string" ? value : "";
}

function stepGroup(entry) {
  const base = `${stepReference(entry.id)}.output`;
  const outputs = Object.entries(entry.kind.output_help ?? {});
  const names = outputs.map(([field, help]) => ({ reference: field && field !== "*" ? dataReference(base, field.split(".")) : base, label: field || "output", type: "", help, entry }));
  if (!names.length) names.push({ reference: base, label: "output", type: "any", help: "All that the step gives back", entry });
  return { title: entry.step.name || entry.kind.label, note: entry.id, entry, names };
}

/** The item names of the loops around a step, nearest first. */
function loopGroups(entry) {
  const groups = [];
  for (let at = entry; at.parent; at = at.parent) {
    const names = boundNames(at.block);
    if (names.length) groups.push({ title: at.parent.step.name || at.parent.kind.label, note: "this turn", names });
  }
  return groups;
}

/** Names that a container gives to the steps of a block; a setting of kind "name" may have chosen another word for one. */
function boundNames(block) {
  if (block.owner.key === "root") return block.spec.key === "catch" ? errorNames("error") : [];
  const { kind, step } = block.owner;
  const chosen = (name) => {
    const field = kind.fields.find((each) => each.kind === "name" && each.default === name);
    return { name: (field && fieldValue(step, kind, field.key)) || name, help: field?.help };
  };
  return Object.entries(block.spec.names ?? {}).flatMap(([standard, source]) => {
    const { name, help } = chosen(standard);
    if (source === "error") return errorNames(name);
    return [{ reference: name, label: name, type: source === "index" ? "number" : "any", help: help ?? (source === "index" ? "Its number, from 0" : "The present item") }];
  });
}

const errorNames = (root) => [["message", "What happened"], ["code", "What kind of fault"], ["address", "In which step"]].map(([key, help]) => ({ reference: `${root}.${key}`, label: `${root}.${key}`, type: "text", help }));

const RUN = {
  title: "This run", note: "",
  names: [
    { reference: "run.id", label: "run.id", type: "number", help: "Number of the run" },
    { reference: "run.started_by.email", label: "run.started_by.email", type: "text", help: "Mail address of the person who started it" },
    { reference: "run.started_by.username", label: "run.started_by.username", type: "text", help: "Who started it" },
  ],
};
