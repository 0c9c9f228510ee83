/**
 * Conditions as a tree and as code, both ways without loss. Pure.
 *
 * Group: {join: "&&" | "||" | "none", items, text?}. Row: {left, comparison, right, text?}. Whatever rows cannot say: {code}.
 * `text` is the code as it was written; it counts until something inside is changed, so what nobody touches stays as it is.
 */

export const COMPARISONS = [
  ["==", "is"], ["!=", "is not"], [">", "is above"], [">=", "is at least"], ["<", "is below"], ["<=", "is at most"],
  ["contains", "contains"], ["!contains", "does not contain"], ["starts_with", "begins with"], ["ends_with", "ends with"], ["in", "is one of"],
  ["null", "is missing"], ["!null", "is given"], ["true", "is yes"], ["false", "is no"],
];
export const ALONE = new Set(["null", "!null", "true", "false"]);
export const ROOTS = ["inputs", "vars", "steps", "step", "item", "index", "config", "run", "error", "session", "event", "loop_item", "workflow_input"];
const DEEPEST = 8;

/** The tree of an expression, always a group at the top. `roots` as in codeOf. */
export function treeOf(code, roots = new Set(ROOTS)) {
  const text = code.trim();
  if (!text) return { join: "&&", items: [blankRow()] };
  const found = read(text, 0, roots);
  return found.items ? found : { join: "&&", items: [found], text };
}

export const blankRow = () => ({ left: "", comparison: "==", right: "" });

/** Whether rows say all of it. */
export function isAllRows(node) {
  return node.items ? node.items.every(isAllRows) : node.code === undefined;
}

function read(text, depth, roots) {
  if (depth > DEEPEST || hasChoice(text)) return { code: text };
  for (const join of ["||", "&&"]) {
    const parts = splitTop(text, join);
    if (!parts) return { code: text };
    if (parts.length > 1) return { join, items: parts.map((part) => read(part, depth + 1, roots)), text };
  }
  const inner = unwrapped(text);
  if (inner !== null) { const found = read(inner, depth + 1, roots); return { ...found, text }; }
  if (text.startsWith("!")) {
    const denied = unwrapped(text.slice(1).trim());
    if (denied !== null) { const found = read(denied, depth + 1, roots); return { join: "none", items: found.join === "||" ? found.items : [found], text }; }
  }
  return rowOf(text, roots) ?? { code: text };
}

/** The code of a tree; unfinished rows are left out. `roots`: names that are data, not text. */
export function codeOf(node, roots, isInner = false) {
  if (node.text !== undefined) return isInner && node.items && unwrapped(node.text) === null && node.join !== "none" ? `(${node.text})` : node.text;
  if (node.code !== undefined) return node.code;
  if (!node.items) return node.left.trim() ? rowCode(node, roots) : "";
  const parts = node.items.map((item) => codeOf(item, roots, true)).filter(Boolean);
  if (!parts.length) return "";
  if (node.join === "none") return `!(${parts.join(" || ")})`;
  const joined = parts.join(` ${node.join} `);
  return isInner && parts.length > 1 ? `(${joined})` : joined;
}

function rowCode({ left, comparison, right }, roots) {
  switch (comparison) {
    case "null": return `${left} == null`;
    case "!null": return `${left} != null`;
    case "true": return left;
    case "false": return `!${left}`;
    case "!contains": return `!contains(${left}, ${literal(right, roots)})`;
    case "contains": case "starts_with": case "ends_with": return `${comparison}(${left}, ${literal(right, roots)})`;
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
const CALL = new RegExp(`^(!?)\\s*(contains|starts_with|ends_with)\\(\\s*(${PATH})\\s*,\\s*(${VALUE})\\s*\\)$`);
const ONE_OF = new RegExp(`^(${PATH})\\s+in\\s+(\\[[^\\]]*\\]|${PATH})$`);
const BARE = new RegExp(`^(!?)\\s*(${PATH})$`);

function rowOf(text, roots) {
  let match = COMPARE.exec(text);
  if (match) {
    const [, left, comparison, right] = match;
    if (right === "null" && (comparison === "==" || comparison === "!=")) return { left, comparison: comparison === "==" ? "null" : "!null", right: "", text };
    return { left, comparison, right: shown(right, roots), text };
  }
  match = CALL.exec(text);
  if (match && (!match[1] || match[2] === "contains")) return { left: match[3], comparison: `${match[1]}${match[2]}`, right: shown(match[4], roots), text };
  match = ONE_OF.exec(text);
  if (match) return { left: match[1], comparison: "in", right: match[2], text };
  match = BARE.exec(text);
  return match && !["true", "false", "null", "not"].includes(match[2]) ? { left: match[2], comparison: match[1] ? "false" : "true", right: "", text } : null;
}

/** A text without its quotes, unless it would then be read as something else. */
function shown(literalText, roots) {
  if (!/^["']/.test(literalText)) return literalText;
  const text = literalText.startsWith("'") ? literalText.slice(1, -1) : JSON.parse(literalText);
  return /^(-?\d+(\.\d+)?|true|false|null|[A-Za-z_]\w*[.[].*)$/.test(text) || roots.has(text) || text === "" ? JSON.stringify(text) : text;
}

/** The places of a text that stand outside of quotes and brackets: [at, character]; ends early with null when something is not closed. */
function* outside(text) {
  let [depth, quote] = [0, ""];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quote) { if (char === "\\") at += 1; else if (char === quote) quote = ""; continue; }
    if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) { depth -= 1; if (depth < 0) { yield null; return; } }
    else if (!depth) yield [at, char];
  }
  if (depth || quote) yield null;
}

const WORDS = { "||": /^(\|\||or\b)/, "&&": /^(&&|and\b)/ };

/** Splits at one kind of join; null when brackets or quotes are not closed. */
function splitTop(text, join) {
  const parts = [];
  let from = 0;
  for (const place of outside(text)) {
    if (place === null) return null;
    const [at] = place;
    const match = at >= from && WORDS[join].exec(text.slice(at, at + 5));
    if (!match || (/[a-z]/.test(match[1]) && /\w/.test(text[at - 1] ?? " "))) continue;
    parts.push(text.slice(from, at).trim());
    from = at + match[1].length;
  }
  parts.push(text.slice(from).trim());
  return parts.every(Boolean) ? parts : null;
}

/** `a ? b : c` and `b if a else c` bind more loosely than all joins. */
function hasChoice(text) {
  for (const place of outside(text)) if (place && (place[1] === "?" || (/\s/.test(text[place[0] - 1] ?? "") && /^if\s/.test(text.slice(place[0], place[0] + 3))))) return true;
  return false;
}

/** What stands in brackets that hold all of it, else null. */
function unwrapped(text) {
  if (!text.startsWith("(") || !text.endsWith(")")) return null;
  const inner = text.slice(1, -1);
  for (const place of outside(inner)) if (place === null) return null;
  return inner.trim() || null;
}
