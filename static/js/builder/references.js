/** How steps and data are named inside templates and expressions: writing, finding and renaming such references. Pure. */
import { isObject } from "./catalogue.js";

const PLAIN = /^[A-Za-z_]\w*$/;

/** `steps.pay`, or `steps["http-1"]` where a plain name cannot stand. */
export function stepReference(id) {
  return PLAIN.test(id) ? `steps.${id}` : `steps[${JSON.stringify(id)}]`;
}

/** `root.a.b`, with brackets where needed. */
export function dataReference(root, path) {
  return path.reduce((text, name) => (PLAIN.test(name) ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`), root);
}

const TEMPLATE = /\$?\{\{([\s\S]*?)\}\}/g;
const STEP = /\bsteps?(?:\.([A-Za-z_][\w-]*)|\[\s*(["'])(.*?)\2\s*\])/g;

/** The ids of steps that a piece of the document reads, as a Set. */
export function idsRead(value) {
  const found = new Set();
  eachText(value, (text, isCode) => {
    for (const code of isCode ? [text] : [...text.matchAll(TEMPLATE)].map((match) => match[1])) {
      for (const match of code.matchAll(STEP)) found.add(match[1] ?? match[3]);
    }
  });
  return found;
}

/** The same piece of the document with other ids: `renamed` is a Map old -> new. What does not change is the same object. */
export function withRenamedIds(value, renamed) {
  if (!renamed.size) return value;
  return mapTexts(value, (text) => (text.includes("{{") ? text.replace(TEMPLATE, (template) => template.replace(STEP, (reference, plain, quote, quoted) => {
    const to = renamed.get(plain ?? quoted);
    return to === undefined ? reference : stepReference(to);
  })) : text));
}

function eachText(value, see) {
  const open = [value];
  while (open.length) {
    const next = open.pop();
    if (typeof next === "string") see(next, false);
    else if (Array.isArray(next)) open.push(...next);
    else if (isObject(next)) open.push(...Object.values(next));
  }
}

function mapTexts(value, change) {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    const list = value.map((each) => mapTexts(each, change));
    return list.some((each, at) => each !== value[at]) ? list : value;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, mapTexts(each, change)]);
  return entries.some(([key, each]) => each !== value[key]) ? Object.fromEntries(entries) : value;
}
