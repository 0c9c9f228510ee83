/**
 * A form made from descriptions of settings: {key, kind, label, help, example, required, default, choices, minimum, maximum, row, advanced, group}.
 * A port connects a field with the document: {path, get(), set(value | undefined), editable, names(), people, sample(reference), evaluate(value)}.
 */
import { conditionRows } from "./conditions.js";
import { button, h, icon } from "./dom.js";
import { anyListControl, grantControl, jsonControl, mapControl, objectControl, peopleControl, rowsControl, textsControl } from "./lists.js";
import { chosenName, withNames } from "./named_field.js";
import { valueControl } from "./object_field.js";
import { offerData, takesDrops } from "./picker.js";
import { withPreview } from "./preview.js";
import { flagsControl, mappingControl, schemaControl } from "./special_fields.js";
import { grow, withTokens } from "./tokens.js";

const CONDITIONS = new Set(["if", "when", "while", "until"]);
const NO_DATA = new Set(["name", "choice", "boolean", "rows", "people", "map", "texts", "flags", "grant", "schema", "mapping"]);
const NO_PREVIEW = new Set(["name", "choice", "boolean", "rows", "flags", "grant", "schema"]);
let lastNumber = 0;

/** One labelled field. `data-path` is where its faults point to; `data-field` on the control is its stable name. */
export function fieldBox(field, port) {
  const id = `f${(lastNumber += 1)}`;
  const described = `${id}-h`;
  const made = control(field, port, { id, "aria-describedby": described });
  const box = h("div", { class: "field", dataset: { path: port.path, kind: field.kind } });
  const isOne = made.labelled !== false;
  if (field.unless && port.sibling?.(field.unless) && made.input) made.input.placeholder = "/payments";
  if ((field.kind === "boolean" && !made.isText) || made.isOwnLabel) box.append(made.element);
  else box.append(head(field, port, made, isOne ? id : null), made.element);
  box.append(h("p", { class: "hint", id: described }, hintOf(field, port)), h("p", { class: "fault", hidden: true }, icon("alert", "s"), h("span")));
  if (!NO_PREVIEW.has(field.kind) && port.takesData !== false) withPreview(box, port);
  if (made.input && port.editable && !NO_DATA.has(field.kind)) takesDrops(made.input, port);
  if (!isOne) { box.setAttribute("role", "group"); box.setAttribute("aria-label", field.label); }
  return box;
}

function head(field, port, made, id) {
  const words = [field.label, isNeeded(field, port) && !field.quiet ? h("span", { class: "opt" }, " · needed") : null];
  const label = id ? h("label", { for: id }, words) : h("span", { class: "label" }, words);
  const tools = [];
  if (port.editable && port.takesData !== false && field.takesData !== false && made.input && !NO_DATA.has(field.kind)) tools.push(button("Insert data", { look: "small plain b-tool", only: true, iconName: "set", action: "insert-data", press: () => offerData(made.input, port) }));
  if (made.toggle) tools.push(made.toggle);
  return h("div", { class: "field-head" }, label, tools);
}

/** Whether it has to be filled in, as the other settings are. */
const isNeeded = (field, port) => field.required && !(field.unless && port.sibling?.(field.unless));

function hintOf(field, port) {
  const over = field.unless && port.people?.[field.unless]?.find((each) => each.value === port.sibling?.(field.unless));
  if (over?.address) return `A path after ${over.address}, such as /payments; or nothing.`;
  const parts = [field.help];
  const example = field.kind === "expression" ? bare(String(field.example ?? "")) : field.example;
  if (example && !String(field.help ?? "").includes(example) && !field.quiet) parts.push(`For example ${example}`);
  return parts.filter(Boolean).join(" ");
}

function control(field, port, attributes) {
  const value = port.get();
  switch (field.kind) {
    case "boolean": return typeof value === "string" ? { ...textControl(field, port, attributes), isText: true } : booleanControl(field, port, attributes);
    case "choice": return choiceControl(field, port, attributes);
    case "expression": return expressionControl(field, port, attributes);
    case "number": case "integer": case "duration": return scalarControl(field, port, attributes);
    case "texts": return textsControl(field, port, fieldBox);
    case "map": return mapControl(field, port, fieldBox);
    case "flags": return flagsControl(field, port);
    case "mapping": return mappingControl(field, port, attributes, fieldBox);
    case "schema": return schemaControl(field, port, attributes, fieldBox);
    case "people": return peopleControl(field, port);
    case "rows": return rowsControl(field, port, fieldBox);
    case "list": return field.row ? rowsControl({ ...field, listOnly: true }, port, fieldBox) : anyListControl(field, port, attributes);
    case "grant": return grantControl(field, port, fieldBox);
    case "json": return jsonOrParts(field, port, attributes);
    default: return textControl(field, port, attributes);
  }
}

/** JSON whose parts are known is a form; a number that may also be a word is one line. */
function jsonOrParts(field, port, attributes) {
  if (field.row) return objectControl(field, port, fieldBox);
  return typeof field.default === "number" ? scalarControl({ ...field, kind: "number" }, port, attributes) : valueControl(field, port, attributes, fieldBox);
}

const hook = (field) => ({ field: field.hook ?? field.key });

/** What is shown where nothing is written: the usual value. */
function usual(field) {
  const { default: value } = field;
  if (value === null || value === undefined || value === "" || typeof value === "object") return "";
  return String(value);
}

function textControl(field, port, attributes) {
  if (field.names === "connection" && !field.isWritten) return chosenName({ ...field, isWritten: true }, port, attributes, textControl);
  const value = port.get();
  const shown = value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const common = { ...attributes, class: `input ${field.kind === "name" ? "mono" : ""}`, dataset: hook(field), placeholder: usual(field), readonly: !port.editable, autocomplete: "off", spellcheck: field.kind === "long_text" ? "true" : "false", "aria-required": field.required ? "true" : null };
  const input = field.kind === "long_text" ? h("textarea", { ...common, rows: "2", value: shown }) : h("input", { ...common, type: "text", value: shown });
  input.addEventListener("input", () => port.set(input.value === "" ? undefined : input.value));
  const names = field.names || field.codes ? withNames(input, field, port) : [];
  const element = field.kind === "name" ? input : withTokens(input);
  return { element: names.length ? h("div", { class: "b-named" }, element, names) : element, input };
}

/** Numbers and durations; data may stand there too. */
function scalarControl(field, port, attributes) {
  const value = port.get();
  const isNumeric = field.kind !== "duration";
  const input = h("input", { ...attributes, class: "input short", type: "text", inputmode: isNumeric ? "decimal" : null, dataset: hook(field), placeholder: usual(field) || (isNumeric ? "" : "30s, 5m, 2h, 3d"), readonly: !port.editable, autocomplete: "off", value: value === undefined || value === null ? "" : String(value) });
  input.addEventListener("input", () => port.set(scalar(input.value.trim())));
  return { element: withTokens(input), input };
}

function scalar(text) {
  if (text === "") return undefined;
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}

function booleanControl(field, port, attributes) {
  const value = port.get() ?? field.default ?? false;
  const box = h("input", { ...attributes, type: "checkbox", dataset: hook(field), disabled: !port.editable });
  box.checked = value === true;
  box.addEventListener("change", () => port.set(box.checked === (field.default ?? false) ? undefined : box.checked));
  return { element: h("label", { class: "check" }, box, h("span", {}, field.label)), input: box };
}

function choiceControl(field, port, attributes) {
  const value = port.get();
  const chosen = value === undefined ? "" : String(value);
  const usualLabel = (field.choices ?? []).find(([each]) => each === field.default)?.[1];
  const options = (field.choices ?? []).map(([each, label]) => h("option", { value: each, selected: each === value }, label));
  if (!field.required || value === undefined) options.unshift(h("option", { value: "" }, usualLabel ? `Usual: ${usualLabel}` : "Not set"));
  if (chosen && !(field.choices ?? []).some(([each]) => each === value)) options.push(h("option", { value: chosen, selected: true }, chosen));
  const select = h("select", { ...attributes, class: "input", dataset: hook(field), disabled: !port.editable }, options);
  select.addEventListener("change", () => port.set(select.value === "" ? undefined : select.value));
  return { element: select, input: select };
}

/** Code is shown without its `${{ }}`; conditions have rows beside it. */
function expressionControl(field, port, attributes) {
  const written = port.get();
  const input = h("textarea", { ...attributes, class: "input mono code", rows: "1", dataset: hook(field), placeholder: field.example ? bare(String(field.example)) : "", readonly: !port.editable, spellcheck: "false", autocomplete: "off", "aria-required": field.required ? "true" : null, value: shownCode(written) });
  input.dataset.code = "true";
  const rows = CONDITIONS.has(field.key) ? conditionRows(input, port) : null;
  input.addEventListener("input", (event) => {
    grow(input);
    port.set(writtenCode(input.value.trim(), written));
    if (!event.detail?.fromRows) rows?.read();
  });
  requestAnimationFrame(() => grow(input));
  return { element: rows ? rows.element : input, input };
}

const WRAPPED = /^\$\{\{([\s\S]*)\}\}$/;

function bare(text) {
  const match = WRAPPED.exec(text.trim());
  return match && !match[1].includes("{{") ? match[1].trim() : text;
}

function shownCode(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? bare(value) : JSON.stringify(value);
}

/** `a > b` is stored as `${{ a > b }}`; what has braces of its own, or is plain JSON as it was before, stays so. */
function writtenCode(text, before) {
  if (text === "") return undefined;
  if (before !== undefined && typeof before !== "string") {
    try { return JSON.parse(text); } catch { /* no longer JSON: an expression from here on */ }
  }
  return text.includes("{{") ? text : `\${{ ${text} }}`;
}

/** The fields of a description as a stack; advanced ones folded away, groups under their heading. */
export function fieldStack(fields, portOf, { openAdvanced = false } = {}) {
  const plain = fields.filter((field) => !field.advanced);
  const advanced = fields.filter((field) => field.advanced);
  const parts = [];
  let group = "";
  for (const field of plain) {
    if ((field.group ?? "") !== group) { group = field.group ?? ""; if (group) parts.push(h("h3", { class: "b-group" }, group)); }
    parts.push(fieldBox(field, portOf(field)));
  }
  if (advanced.length) {
    const isUsed = openAdvanced || advanced.some((field) => portOf(field).get() !== undefined);
    parts.push(h("details", { class: "b-more", open: isUsed }, h("summary", {}, "More settings"), h("div", { class: "stack" }, advanced.map((field) => fieldBox(field, portOf(field))))));
  }
  return parts;
}
