/** Fields that only guards have: days of the week, how an output must look, where settings are from. */
import { isObject } from "./catalogue.js";
import { h } from "./dom.js";
import { jsonControl, rowsControl } from "./lists.js";

/** Some of a few: a list of values. `choices`: pairs of value and label. */
export function flagsControl(field, port) {
  const written = port.get();
  const chosen = new Set(Array.isArray(written) ? written : []);
  const flag = ([value, label]) => {
    const box = h("input", { type: "checkbox", disabled: !port.editable });
    box.checked = chosen.has(value);
    box.addEventListener("change", () => { if (box.checked) chosen.add(value); else chosen.delete(value); port.set(chosen.size ? field.choices.map(([each]) => each).filter((each) => chosen.has(each)) : undefined); });
    return h("label", { class: "b-flag" }, box, h("span", {}, label));
  };
  return { element: h("div", { class: "b-flags", dataset: { field: field.hook ?? field.key } }, field.choices.map(flag)), labelled: false };
}

const TYPES = [["string", "Text"], ["number", "Number"], ["integer", "Whole number"], ["boolean", "Yes or no"], ["object", "Object"], ["array", "List"]];
const ROW = [
  { key: "name", kind: "name", label: "Name", required: true, quiet: true },
  { key: "type", kind: "choice", label: "Type", choices: TYPES, quiet: true },
  { key: "required", kind: "boolean", label: "Must be there", quiet: true },
];

/** The schema of an object whose parts have names and types, as rows; any other as JSON. */
export function schemaControl(field, port, attributes, fieldBox) {
  const written = port.get();
  if (written !== undefined && written !== null && !isPlainSchema(written)) return jsonControl(field, port, attributes);
  const rows = Object.entries(written?.properties ?? {}).map(([name, each]) => ({ name, ...each, ...(written.required?.includes(name) ? { required: true } : {}) }));
  for (const name of written?.required ?? []) if (!rows.some((row) => row.name === name)) rows.push({ name, required: true });
  return rowsControl({ ...field, row: ROW, listOnly: true, addLabel: "Add a part" }, { ...port, get: () => rows, set: (next) => port.set(schemaOf(next ?? [])) }, fieldBox);
}

function schemaOf(rows) {
  const named = rows.filter((row) => row.name);
  if (!named.length) return undefined;
  const required = named.filter((row) => row.required).map((row) => row.name);
  return { type: "object", ...(required.length ? { required } : {}), properties: Object.fromEntries(named.map(({ name, type }) => [name, type ? { type } : {}])) };
}

function isPlainSchema(schema) {
  const fits = (each) => isObject(each) && Object.keys(each).every((key) => key === "type") && (each.type === undefined || TYPES.some(([type]) => type === each.type));
  return isObject(schema) && schema.type === "object" && Object.keys(schema).every((key) => ["type", "properties", "required"].includes(key)) && (schema.required === undefined || Array.isArray(schema.required)) && (schema.properties === undefined || (isObject(schema.properties) && Object.values(schema.properties).every(fits)));
}

const SOURCES = [["workflowInput", "An input of the run"], ["previousStep", "An earlier step"], ["loopItem", "The present item"], ["static", "Always the same"]];
const ENTRY = [
  { key: "target", kind: "text", label: "Setting", required: true, takesData: false, quiet: true },
  { key: "source", kind: "choice", label: "Is filled from", required: true, choices: SOURCES },
  { key: "path", kind: "text", label: "Part of it", takesData: false, help: "Left out: all of it.", example: "customer.name" },
  { key: "step", kind: "text", label: "Which step", takesData: false, help: "Left out: the one before.", advanced: true },
  { key: "value", kind: "text", label: "The value", takesData: false, advanced: true },
  { key: "default", kind: "text", label: "If there is nothing", takesData: false, advanced: true },
];

/** Settings by name, each with where its value is from, as rows. */
export function mappingControl(field, port, attributes, fieldBox) {
  const written = port.get();
  if (written !== undefined && !(isObject(written) && Object.values(written).every(isObject))) return jsonControl(field, port, attributes);
  const rows = Object.entries(written ?? {}).map(([target, entry]) => ({ target, ...entry }));
  const store = (next) => { const named = (next ?? []).filter((row) => row.target); port.set(named.length ? Object.fromEntries(named.map(({ target, ...entry }) => [target, entry])) : undefined); };
  return rowsControl({ ...field, row: ENTRY, listOnly: true, addLabel: "Fill a setting" }, { ...port, get: () => rows, set: store }, fieldBox);
}
