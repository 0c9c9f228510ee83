/**
 * What may be written at the caret of a text: which keys, values or names. Pure; works on texts that are not complete.
 * Answers {from, options: [{text, note}]}: `from` is where what was typed so far begins.
 */
import { GUARD_GROUPS, GUARD_KEYS, RETRY } from "./guards.js";
import { visibleAt } from "./names.js";
import { INPUT, OUTPUT, SETTINGS } from "./playbook_panel.js";

const PLAYBOOK = [["handrail", "1"], ["name", "What it is called"], ["description", "What it is for"], ["owner", "Who answers for it"], ["inputs", "Asked for at the start"], ["outputs", "What it gives back"], ["settings", "Rules for its runs"], ["steps", "What is done"], ["catch", "If the run fails"], ["finally", "Always at the end"]];
const STEP = [["id", "Name in expressions"], ["type", "Kind of step"], ["name", "What people read"], ["with", "Its settings"]];

/** text: all of it. at: the caret. as: yaml or json. */
export function offered(text, at, as, { outline, catalogue, known }) {
  const before = text.slice(0, at);
  const open = /\$?\{\{\s*(?:[^{}]*?[\s(!,&|+*/<>=-])?([A-Za-z_][\w.\-[\]"]*)?$/.exec(before.slice(before.lastIndexOf("\n") + 1));
  if (open) return names(before, open[1] ?? "", { outline, catalogue });
  const place = as === "json" ? jsonPlace(before) : yamlPlace(text, at);
  if (!place) return null;
  const options = (place.isValue ? values(place, catalogue) : keys(place, catalogue, known)).filter((option) => option.text.toLowerCase().startsWith(place.typed.toLowerCase()) && option.text !== place.typed);
  return options.length ? { from: at - place.typed.length, options, isValue: place.isValue } : null;
}

/** What can be read at the step whose id stands nearest above. */
function names(before, typed, { outline }) {
  const id = [...before.matchAll(/["']?\bid["']?\s*:\s*["']?([\w-]+)/g)].at(-1)?.[1];
  const [block] = outline.root.blocks;
  const entry = outline.entries.find((each) => each.id === id) ?? { parent: outline.root, block, position: block.entries.length };
  const groups = visibleAt(outline, entry);
  const options = groups.flatMap((group) => group.names.map((name) => ({ text: name.reference, note: `${group.title}: ${name.label}` })));
  const fit = options.filter((option) => option.text.startsWith(typed) && option.text !== typed);
  return fit.length ? { from: before.length - typed.length, options: fit } : null;
}

/** place: {path: keys from the outside in, siblings: Map key -> value text, typed, isValue, key}. */
function keys({ path, siblings }, catalogue, known) {
  const parent = path.at(-1);
  const given = (pairs) => pairs.filter(([key]) => !siblings.has(key)).map(([text, note]) => ({ text, note }));
  if (!path.length) return given(PLAYBOOK);
  if (parent === "settings" && path.length === 1) return given(SETTINGS.map((field) => [field.key, field.label]).filter(([key]) => known.settings.includes(key)));
  if (parent === "retry") return given(RETRY.map((field) => [field.key, field.label]));
  if (path.length === 1 && (parent === "inputs" || parent === "outputs")) return given((parent === "inputs" ? INPUT : OUTPUT).map((field) => [field.key, field.label]));
  if (parent === "with") { const kind = kindOf(path.siblings, catalogue); return kind ? given(kind.fields.filter((field) => !kind.beside?.includes(field.key) && kind.settings_in !== "step").map((field) => [field.key, field.label])) : []; }
  if (!isStep(path, siblings, catalogue)) return clauseKeys(path, catalogue, given);
  const kind = kindOf(siblings, catalogue);
  const own = kind ? [...kind.fields.filter((field) => kind.settings_in === "step" || kind.beside?.includes(field.key)).map((field) => [field.key, field.label]), ...kind.blocks.map((block) => [block.key, block.label])] : [];
  const guards = GUARD_GROUPS.flatMap((group) => group.fields).filter((field) => known.guards.includes(field.key)).map((field) => [field.key, field.label]);
  return given([...STEP, ...own, ...guards, ["retry", "Try again"], ["on_error", "When it has failed for good"]].filter(([key]) => key !== "with" || !kind || kind.settings_in !== "step"));
}

const blockKeys = (catalogue) => new Set(["steps", "finally", ...catalogue.types.flatMap((type) => type.blocks.filter((block) => !block.list).map((block) => block.key))]);

function isStep(path, siblings, catalogue) {
  return siblings.has("type") || blockKeys(catalogue).has(path.at(-1));
}

function clauseKeys(path, catalogue, given) {
  const spec = catalogue.types.flatMap((type) => type.blocks).find((block) => block.list && block.key === path.at(-1));
  return spec ? given([...(spec.fields ?? []).map((field) => [field.key, field.label]), ["steps", "What is done"]]) : [];
}

const kindOf = (siblings, catalogue) => catalogue.byName.get((siblings?.get("type") ?? "").replace(/["',\s]/g, ""));

function values({ key, path, siblings }, catalogue) {
  if (key === "type" && (path.at(-1) === "inputs" || path.at(-1) === "outputs")) return INPUT[1].choices.map(([text, note]) => ({ text, note }));
  if (key === "type") return catalogue.types.map((type) => ({ text: type.name, note: type.label }));
  const kind = kindOf(path.at(-1) === "with" ? path.siblings : siblings, catalogue);
  const guard = GUARD_KEYS.includes(key) && GUARD_GROUPS.flatMap((group) => group.fields).find((field) => field.key === key);
  const field = kind?.fields.find((each) => each.key === key) ?? (path.at(-1) === "settings" ? SETTINGS.find((each) => each.key === key) : null) ?? guard;
  if (!field) return [];
  if (field.kind === "boolean") return [{ text: "true", note: "" }, { text: "false", note: "" }];
  return (field.choices ?? []).map(([text, note]) => ({ text: String(text), note }));
}

/** By indentation: the keys around the line, and the keys beside it. */
function yamlPlace(text, at) {
  const lines = text.split("\n");
  const number = text.slice(0, at).split("\n").length - 1;
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const match = /^(\s*(?:- +)*)(?:([\w-]+):\s+)?(["']?)([\w./-]*)$/.exec(line);
  if (!match) return null;
  const indent = match[1].length;
  const path = [];
  let siblings = siblingsOf(lines, number, indent);
  const own = siblings;
  let inner = indent;
  for (let row = number - 1; row >= 0 && inner > 0; row -= 1) {
    const above = /^(\s*(?:- +)*)([\w-]+):/.exec(lines[row]);
    if (!above || above[1].length >= inner || (/-/.test(match[1]) && above[1].length >= match[1].indexOf("-") && inner === indent && row === number)) continue;
    if (above[1].length < inner && leads(lines, row, number, above[1].length)) {
      siblings = siblingsOf(lines, row, above[1].length);
      path.unshift(above[2]);
      path.siblings ??= siblings;
      inner = above[1].length;
    }
  }
  const isDash = path.length && /- /.test(match[1]);
  return { path, siblings: isDash && !match[2] && own.size === 0 ? new Map() : own, typed: match[4], isValue: Boolean(match[2]), key: match[2] };
}

/** Whether nothing between two lines stands further out than `indent`. */
function leads(lines, from, to, indent) {
  for (let row = from + 1; row < to; row += 1) if (lines[row].trim() && lines[row].search(/\S/) < indent) return false;
  return true;
}

/** Keys beside a line: same column, same item. */
function siblingsOf(lines, number, indent) {
  const found = new Map();
  const take = (row) => {
    const match = /^(\s*(?:- +)*)([\w-]+):\s*(.*)$/.exec(lines[row]);
    if (match && match[1].length === indent) found.set(match[2], match[3]);
    return match;
  };
  const begins = (row) => /^\s*(?:- +)/.test(lines[row]) && /^(\s*(?:- +)*)/.exec(lines[row])[1].length === indent;
  const column = (row) => /^(\s*(?:- +)*)/.exec(lines[row])[1].length;
  if (!begins(number)) for (let row = number - 1; row >= 0; row -= 1) { if (!lines[row].trim()) continue; if (column(row) < indent) break; take(row); if (begins(row)) break; }
  for (let row = number + 1; row < lines.length; row += 1) { if (!lines[row].trim()) continue; if (column(row) < indent || lines[row].search(/\S/) < indent - 2 || begins(row)) break; take(row); }
  return found;
}

/** By brackets: the keys around the caret, and those before it in the same object. */
function jsonPlace(before) {
  const stack = [];
  let key = null;
  const tokens = /"((?:[^"\\]|\\.)*)"|[{}[\],:]|-?[\d.]+|true|false|null|"((?:[^"\\]|\\.)*)$/g;
  let last = "";
  for (const match of before.matchAll(tokens)) {
    const token = match[0];
    if (match[2] !== undefined) return place(stack, key, match[2], last === ":");
    if (token === "{" || token === "[") { stack.push({ isList: token === "[", key, siblings: new Map() }); key = null; }
    else if (token === "}" || token === "]") { stack.pop(); key = null; }
    else if (token === ",") key = null;
    else if (token !== ":") { if (last === ":") { if (key !== null) stack.at(-1)?.siblings.set(key, match[1] ?? token); } else if (match[1] !== undefined && !stack.at(-1)?.isList) key = match[1]; }
    last = token;
  }
  return null;
}

function place(stack, key, typed, isValue) {
  const path = stack.slice(1).filter((each) => each.key !== null).map((each) => each.key);
  path.siblings = stack.filter((each) => !each.isList).at(-2)?.siblings;
  return { path, siblings: stack.at(-1)?.siblings ?? new Map(), typed, isValue, key };
}
