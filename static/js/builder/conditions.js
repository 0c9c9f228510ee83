/** Conditions as rows of data, comparison and value, all or any of them; the expression beside them is the truth, rows appear when it can be read as rows. */
import { button, h } from "./dom.js";

const COMPARISONS = [
  ["==", "is"], ["!=", "is not"], [">", "is above"], [">=", "is at least"], ["<", "is below"], ["<=", "is at most"],
  ["contains", "contains"], ["starts_with", "begins with"], ["in", "is one of"], ["null", "is missing"], ["!null", "is given"], ["true", "is yes"], ["false", "is no"],
];
const ALONE = new Set(["null", "!null", "true", "false"]);
const ROOTS = ["inputs", "vars", "steps", "step", "item", "index", "config", "run", "error", "session", "event", "loop_item", "workflow_input"];

/** Rows over the code in `input`. `read` is to be called when the code was changed by hand. */
export function conditionRows(input, port) {
  const element = h("div", { class: "cond-rows" });
  const listId = `names-${Math.random().toString(36).slice(2)}`;
  let model = null;
  const write = () => {
    input.value = codeOf(model, rootsOf(port));
    input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { fromRows: true } }));
  };
  const draw = () => {
    if (!model) { element.replaceChildren(h("p", { class: "hint" }, "Written by hand; too rich for rows.")); return; }
    const names = port.names().flatMap((group) => group.names.map((name) => h("option", { value: name.reference }, `${group.title}: ${name.label}`)));
    element.replaceChildren(...model.rows.map((row, index) => rowLine(row, index)), foot(), h("datalist", { id: listId }, names));
  };
  const rowLine = (row, index) => {
    const change = (part) => (event) => { row[part] = event.target.value; if (part === "comparison") draw(); write(); };
    return h("div", { class: "cond-row", dataset: { row: index } },
      h("input", { class: "input mono", list: listId, value: row.left, placeholder: "Data", "aria-label": `Data ${index + 1}`, dataset: { part: "left" }, readonly: !port.editable, autocomplete: "off", on: { input: change("left") } }),
      h("select", { class: "input", "aria-label": `Comparison ${index + 1}`, dataset: { part: "comparison" }, disabled: !port.editable, on: { change: change("comparison") } }, COMPARISONS.map(([value, label]) => h("option", { value, selected: value === row.comparison }, label))),
      ALONE.has(row.comparison) ? h("span") : h("input", { class: "input", list: listId, value: row.right, placeholder: "Value", "aria-label": `Value ${index + 1}`, dataset: { part: "right" }, readonly: !port.editable, autocomplete: "off", on: { input: change("right") } }),
      port.editable && model.rows.length > 1 ? button(`Remove condition ${index + 1}`, { look: "small plain", only: true, iconName: "x", action: "remove-condition", press: () => { model.rows.splice(index, 1); draw(); write(); } }) : null);
  };
  const foot = () => h("div", { class: "row wrap" },
    model.rows.length > 1 && h("select", { class: "input slim", "aria-label": "How the conditions are joined", dataset: { part: "join" }, disabled: !port.editable, on: { change: (event) => { model.join = event.target.value; write(); } } }, [["&&", "all must hold"], ["||", "any may hold"]].map(([value, label]) => h("option", { value, selected: value === model.join }, label))),
    port.editable && button("Condition", { look: "small plain", iconName: "plus", action: "add-condition", press: () => { model.rows.push({ left: "", comparison: "==", right: "" }); draw(); } }));
  const read = () => {
    const next = rowsOf(input.value);
    if (next || !input.value.trim()) model = next ?? { join: "&&", rows: [{ left: "", comparison: "==", right: "" }] };
    else model = null;
    draw();
  };
  read();
  return { element, read };
}

function rootsOf(port) {
  return new Set([...ROOTS, ...port.names().flatMap((group) => group.names.map((name) => name.reference.split(/[.[]/)[0]))]);
}

/** The code of a model; unfinished rows are left out. */
export function codeOf(model, roots) {
  return model.rows.filter((row) => row.left.trim()).map((row) => rowCode(row, roots)).join(` ${model.join} `);
}

function rowCode({ left, comparison, right }, roots) {
  switch (comparison) {
    case "null": return `${left} == null`;
    case "!null": return `${left} != null`;
    case "true": return left;
    case "false": return `!${left}`;
    case "contains": case "starts_with": return `${comparison}(${left}, ${literal(right, roots)})`;
    case "in": return `${left} in ${/^[[\w.]+/.test(right.trim()) && (right.trim().startsWith("[") || isReference(right.trim(), roots)) ? right.trim() : JSON.stringify(right.split(",").map((each) => each.trim()))}`;
    default: return `${left} ${comparison} ${literal(right, roots)}`;
  }
}

const isReference = (text, roots) => /^[A-Za-z_]\w*([.[][\s\S]*)?$/.test(text) && roots.has(text.split(/[.[]/)[0]);

/** What was typed as a value: number, yes/no, data, or else text. */
function literal(text, roots) {
  const bare = text.trim();
  if (/^-?\d+(\.\d+)?$/.test(bare) || ["true", "false", "null"].includes(bare) || isReference(bare, roots) || /^"(?:[^"\\]|\\.)*"$/.test(bare)) return bare;
  return JSON.stringify(text);
}

const PATH = String.raw`[A-Za-z_]\w*(?:\.\w+|\[(?:"[^"]*"|\d+)\])*`;
const VALUE = String.raw`-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|'[^'\\]*'|true|false|null|${PATH}`;
const COMPARE = new RegExp(`^(${PATH})\\s*(==|!=|>=|<=|>|<)\\s*(${VALUE})$`);
const CALL = new RegExp(`^(contains|starts_with)\\(\\s*(${PATH})\\s*,\\s*(${VALUE})\\s*\\)$`);
const ONE_OF = new RegExp(`^(${PATH})\\s+in\\s+(\\[[^\\]]*\\]|${PATH})$`);
const BARE = new RegExp(`^(!?)\\s*(${PATH})$`);

/** The code as {join, rows}, or null when it says more than rows can. */
export function rowsOf(code) {
  const parts = splitTop(code.trim());
  const rows = parts?.parts.map(rowOf);
  return rows?.length && rows.every(Boolean) ? { join: parts.join, rows } : null;
}

function rowOf(text) {
  let match = COMPARE.exec(text);
  if (match) {
    const [, left, comparison, right] = match;
    if (right === "null" && (comparison === "==" || comparison === "!=")) return { left, comparison: comparison === "==" ? "null" : "!null", right: "" };
    return { left, comparison, right: shown(right) };
  }
  match = CALL.exec(text);
  if (match) return { left: match[2], comparison: match[1], right: shown(match[3]) };
  match = ONE_OF.exec(text);
  if (match) return { left: match[1], comparison: "in", right: match[2] };
  match = BARE.exec(text);
  return match && !["true", "false", "null"].includes(match[2]) ? { left: match[2], comparison: match[1] ? "false" : "true", right: "" } : null;
}

/** A text without its quotes, unless it would then be read as something else. */
function shown(literalText) {
  if (!/^["']/.test(literalText)) return literalText;
  const text = literalText.startsWith("'") ? literalText.slice(1, -1) : JSON.parse(literalText);
  return /^(-?\d+(\.\d+)?|true|false|null|[A-Za-z_]\w*[.[].*)$/.test(text) || ROOTS.includes(text) || text === "" ? JSON.stringify(text) : text;
}

/** Splits at && or || (not both) outside of quotes and brackets. */
function splitTop(code) {
  if (!code) return null;
  const parts = [];
  const joins = new Set();
  let [depth, quote, from] = [0, "", 0];
  for (let at = 0; at < code.length; at += 1) {
    const char = code[at];
    if (quote) { if (char === "\\") at += 1; else if (char === quote) quote = ""; continue; }
    if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (!depth && (code.startsWith("&&", at) || code.startsWith("||", at))) { joins.add(code.slice(at, at + 2)); parts.push(code.slice(from, at).trim()); at += 1; from = at + 1; }
  }
  parts.push(code.slice(from).trim());
  return joins.size > 1 ? null : { join: [...joins][0] ?? "&&", parts };
}
