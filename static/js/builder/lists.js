/** Fields that hold more than one value: texts, maps, people, rows, JSON. */
import { isObject } from "./catalogue.js";
import { button, h } from "./dom.js";
import { grow } from "./tokens.js";

const hookOf = (field) => field.hook ?? field.key;

/** A value that is written as one template instead of a list or an object. */
const isTemplate = (value) => typeof value === "string" && value.includes("{{");

function addButton(label, port, press) {
  return port.editable ? button(label, { look: "small plain", iconName: "plus", action: "add-row", press }) : null;
}

function removeButton(label, port, press) {
  return port.editable ? button(label, { look: "small plain", only: true, iconName: "x", action: "remove-row", press }) : null;
}

/** A list drawn by `line(item, index, change)`; `fresh` is what "add" adds. Empty lists are not written. */
function listControl({ field, port, items, fresh, line, write, add }) {
  const list = h("div", { class: "b-rows" });
  const element = h("div", { class: "b-list", dataset: { field: hookOf(field) } }, list);
  const store = (next) => { items = next; write(next); };
  const draw = () => list.replaceChildren(...items.map((item, index) => line({
    item, index,
    change: (value) => store(items.map((each, at) => (at === index ? value : each))),
    drop: removeButton(`Remove ${index + 1}`, port, () => { store(items.filter((_, at) => at !== index)); draw(); }),
  })));
  draw();
  const plus = addButton(add, port, () => { items = [...items, structuredClone(fresh)]; draw(); list.lastElementChild.querySelector("input, select, textarea")?.focus(); });
  if (plus) element.append(plus);
  return { element, labelled: false };
}

/** Several short texts. A single text counts as a list of one. */
export function textsControl(field, port, fieldBox) {
  const value = port.get();
  const items = value === undefined || value === null ? [] : Array.isArray(value) ? value.map(String) : [String(value)];
  if (!items.length && port.editable) items.push("");
  return listControl({
    field, port, items, fresh: "", add: "Add one",
    write: (next) => { const full = next.filter((each) => each !== ""); port.set(full.length ? (full.length === 1 && (isTemplate(value) || typeof value === "string") ? full[0] : full) : undefined); },
    line: ({ item, index, change, drop }) => {
      const inner = { ...field, key: String(index), hook: `${hookOf(field)}.${index}`, kind: "text", label: `${field.label} ${index + 1}`, required: true, help: "", example: "" };
      const box = fieldBox(inner, { ...port, path: `${port.path}/${index}`, get: () => item, set: (text) => change(text ?? "") });
      box.classList.add("slim");
      return h("div", { class: "b-row", dataset: { row: index } }, box, drop);
    },
  });
}

/** Names and values. Values that are not text are kept and shown as JSON. */
export function mapControl(field, port, fieldBox) {
  const value = port.get();
  if (isTemplate(value)) return jsonControl(field, port, {});
  const items = isObject(value) ? Object.entries(value) : [];
  return listControl({
    field, port, items, fresh: ["", ""], add: "Add one",
    write: (next) => { const full = next.filter(([key]) => key !== ""); port.set(full.length ? Object.fromEntries(full) : undefined); },
    line: ({ item, index, change, drop }) => {
      const pair = [...item];
      const isText = typeof pair[1] === "string" && !field.typed;
      const name = h("input", { class: "input", type: "text", "aria-label": `Name ${index + 1}`, placeholder: "Name", value: pair[0], readonly: !port.editable, autocomplete: "off", dataset: { part: "key" }, on: { input: () => { pair[0] = name.value; change([...pair]); } } });
      const inner = { key: "value", hook: `${hookOf(field)}.${index}`, kind: "text", label: `Value ${index + 1}`, quiet: true };
      const box = fieldBox(inner, { ...port, path: `${port.path}/${pair[0]}`, get: () => (typeof pair[1] === "string" && field.typed && isTyped(pair[1]) ? JSON.stringify(pair[1]) : pair[1]), set: (text) => { pair[1] = isText ? text ?? "" : typedValue(text ?? ""); change([...pair]); } });
      box.classList.add("slim");
      const value = box.querySelector("input, textarea");
      value.dataset.part = "value";
      if (!value.placeholder) value.placeholder = "Value";
      return h("div", { class: "b-row", dataset: { row: index } }, name, box, drop);
    },
  });
}

/** In JSON `5` is a number and `"5"` a text; what is no JSON is a text as it stands. */
const typedValue = (text) => (isTyped(text) ? parsed(text) : text);
const isTyped = (text) => text !== "" && parsed(text) !== text;

function parsed(text) {
  try { return JSON.parse(text); } catch { return text; }
}

const SELECTORS = [["group", "Group"], ["user", "Person"], ["department", "Department"], ["role", "Role"], ["manager_of", "Manager of"], ["expression", "From data"]];

/** Who: `{group: finance-leads}`, or a list of such; a bare text is kept. */
export function peopleControl(field, port) {
  const value = port.get();
  const items = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  const wasList = Array.isArray(value);
  if (!items.length && port.editable) items.push({ group: "" });
  return listControl({
    field, port, items, fresh: { group: "" }, add: "Person, group, data",
    write: (next) => { const full = next.filter((each) => !isObject(each) || Object.values(each).some((text) => text !== "")); port.set(full.length ? (full.length === 1 && !wasList ? full[0] : full) : undefined); },
    line: ({ item, index, change, drop }) => personLine({ item, index, change, drop, field, port }),
  });
}

function personLine({ item, index, change, drop, field, port }) {
  const isKnown = isObject(item) && SELECTORS.some(([key]) => key in item);
  let [kind, who] = isKnown ? Object.entries(item).find(([key]) => SELECTORS.some(([each]) => each === key)) : ["expression", typeof item === "string" ? item : JSON.stringify(item)];
  const options = h("datalist", { id: `people-${port.path.replaceAll("/", "-")}-${index}` });
  const suggest = () => options.replaceChildren(...(port.people?.[kind] ?? []).map((each) => h("option", { value: each.value }, each.label ?? each.value)));
  const store = () => change({ ...(isKnown ? without(item, SELECTORS.map(([key]) => key)) : {}), [kind]: who });
  const select = h("select", { class: "input kind", "aria-label": `Kind ${index + 1}`, dataset: { part: "kind" }, disabled: !port.editable, on: { change: () => { kind = select.value; suggest(); store(); } } }, SELECTORS.map(([key, label]) => h("option", { value: key, selected: key === kind }, label)));
  const input = h("input", { class: "input", type: "text", "aria-label": `${field.label} ${index + 1}`, list: options.id, value: who ?? "", dataset: { part: "value" }, readonly: !port.editable, autocomplete: "off", on: { input: () => { who = input.value; store(); } } });
  suggest();
  return h("div", { class: "b-row", dataset: { row: index } }, select, input, options, drop);
}

function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)));
}

/** Objects described by `field.row`; keys that the description does not know are kept. */
export function rowsControl(field, port, fieldBox) {
  const value = port.get();
  if (isTemplate(value) || (field.listOnly && isObject(value))) return jsonControl(field, port, {});
  const items = Array.isArray(value) ? value : isObject(value) ? [value] : [];
  return listControl({
    field, port, items, fresh: {}, add: field.addLabel ?? "Add one",
    write: (next) => port.set(next.length ? next : undefined),
    line: ({ item, index, change, drop }) => {
      let row = isObject(item) ? item : {};
      const portOf = (each) => ({ ...port, path: `${port.path}/${index}/${each.key}`, get: () => row[each.key], set: (next) => { row = next === undefined ? without(row, [each.key]) : { ...row, [each.key]: next }; change(row); } });
      const shown = (field.row ?? []).filter((each) => !each.advanced);
      const hidden = (field.row ?? []).filter((each) => each.advanced);
      return h("div", { class: "b-card", dataset: { row: index } }, h("div", { class: "b-card-fields" }, shown.map((each) => fieldBox({ ...each, hook: `${hookOf(field)}.${index}.${each.key}` }, portOf(each)))),
        hidden.length ? h("details", { class: "b-more" }, h("summary", {}, "More"), h("div", { class: "stack" }, hidden.map((each) => fieldBox({ ...each, hook: `${hookOf(field)}.${index}.${each.key}` }, portOf(each))))) : null, drop);
    },
  });
}

/** One object described by `field.row`, set up by a switch. What is no object (a template, a bare value) stays as it is written. */
export function objectControl(field, port, fieldBox) {
  let value = port.get();
  if (field.bare && value !== undefined && value !== null && !isObject(value)) value = { [field.bare]: value };
  if (value !== undefined && value !== null && !isObject(value)) return jsonControl(field, port, {});
  const body = h("div", { class: "b-card", hidden: value === undefined || value === null });
  const toggle = h("input", { type: "checkbox", disabled: !port.editable, dataset: { field: hookOf(field) } });
  toggle.checked = value !== undefined && value !== null;
  const portOf = (each) => ({
    ...port, path: `${port.path}/${each.key}`, get: () => (each.isList ? Array.isArray(value?.[each.key]) : value?.[each.key]),
    set: (given) => {
      const next = each.isList && given ? [] : given;
      value = next === undefined ? without(value ?? {}, [each.key]) : { ...value, [each.key]: next }; port.set(value);
    },
  });
  const fill = () => body.replaceChildren(h("div", { class: "b-card-fields" }, (field.row ?? []).map((each) => fieldBox({ ...each, hook: `${hookOf(field)}.${each.key}`, quiet: true }, portOf(each)))));
  toggle.addEventListener("change", () => { value = toggle.checked ? structuredClone(field.fresh ?? {}) : undefined; body.hidden = !toggle.checked; if (toggle.checked) fill(); port.set(value); body.querySelector("input, select, textarea")?.focus(); });
  if (toggle.checked) fill();
  return { element: h("div", { class: "b-object" }, h("label", { class: "check" }, toggle, h("span", {}, field.label)), body), labelled: false, isOwnLabel: true };
}

/** All of it, nothing, or (`field.names`) some of it by name: true, false, a list. Left out is the usual. */
export function grantControl(field, port, fieldBox) {
  const value = port.get();
  const now = Array.isArray(value) ? "names" : value === undefined || value === null ? "" : String(value);
  const choices = [["", field.usual ?? "Usual: all of it"], ["true", "All of it"], ["false", "Nothing of it"], ...(field.names ? [["names", field.names]] : [])];
  const select = h("select", { class: "input", "aria-label": field.label, dataset: { field: hookOf(field) }, disabled: !port.editable }, choices.map(([each, label]) => h("option", { value: each, selected: each === now }, label)));
  const names = h("div", { hidden: true });
  const inner = { key: "names", hook: `${hookOf(field)}.names`, kind: "texts", label: "Names", help: `For example ${field.example}`, quiet: true };
  const fill = () => { names.hidden = select.value !== "names"; names.replaceChildren(...(select.value === "names" ? [fieldBox(inner, { ...port, path: `${port.path}/names`, get: () => (Array.isArray(port.get()) ? port.get() : []), set: (next) => port.set(next === undefined ? [] : [next].flat()) })] : [])); };
  select.addEventListener("change", () => { port.set({ "": undefined, true: true, false: false, names: [] }[select.value]); fill(); names.querySelector("input")?.focus(); });
  fill();
  return { element: h("div", { class: "stack" }, select, names), labelled: false };
}

/** A list of anything: texts as they are, other values as JSON. */
export function anyListControl(field, port, attributes) {
  const value = port.get();
  if (isTemplate(value) || (value !== undefined && !Array.isArray(value))) return jsonControl(field, port, attributes);
  const items = value ? [...value] : [];
  if (!items.length && port.editable) items.push("");
  return listControl({
    field, port, items, fresh: "", add: "Add one",
    write: (next) => { const full = next.filter((each) => each !== ""); port.set(full.length ? full : undefined); },
    line: ({ item, index, change, drop }) => {
      const isText = typeof item === "string";
      const input = h("input", { class: "input", type: "text", "aria-label": `${field.label} ${index + 1}`, value: isText ? item : JSON.stringify(item), readonly: !port.editable, autocomplete: "off", dataset: { part: "value" }, on: { input: () => change(isText ? input.value : parsed(input.value)) } });
      return h("div", { class: "b-row", dataset: { row: index } }, input, drop);
    },
  });
}

/** Anything, as JSON. Text that is no JSON (yet) is kept and said so; a template may stand there as it is. */
export function jsonControl(field, port, attributes) {
  const value = port.get();
  const area = h("textarea", { ...attributes, class: "input mono code", rows: "2", dataset: { field: hookOf(field) }, spellcheck: "false", readonly: !port.editable, "aria-label": attributes.id ? null : field.label, value: value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2) });
  area.addEventListener("input", () => {
    grow(area);
    const read = readJson(area.value);
    area.toggleAttribute("data-unread", read.isUnread);
    area.setAttribute("aria-invalid", String(read.isUnread));
    area.closest(".field")?.toggleAttribute("data-unread", read.isUnread);
    if (!read.isUnread) port.set(read.value);
  });
  requestAnimationFrame(() => grow(area));
  area.addEventListener("grow", () => grow(area));
  return { element: area, input: area };
}

function readJson(text) {
  const bare = text.trim();
  if (bare === "") return { value: undefined, isUnread: false };
  try { return { value: JSON.parse(bare), isUnread: false }; } catch { /* not JSON */ }
  const isText = !/^[[{"]/.test(bare) || /^\{\{[\s\S]*\}\}$/.test(bare);
  return { value: bare, isUnread: !isText };
}
