/** One press that mends a problem, where the server has said which known word was probably meant. Pure. */
import { isObject } from "./catalogue.js";
import { at, put } from "./operations.js";
import { inherit } from "./outline.js";

const MEANT = /^Did you mean “(.+)”\?$/;
const DATA = /\$?\{\{[\s\S]*?\}\}/g;
const WRITTEN = /“([^”]+)”/;

/** {label, document} for a problem that `placed` has put at a step; null where a person has to think. */
export function remedyFor(outline, problem) {
  const meant = MEANT.exec(problem.hint ?? "")?.[1];
  const written = WRITTEN.exec(problem.message)?.[1];
  const owner = problem.key === "root" ? outline.root : outline.get(problem.key);
  if (!meant || !written || !owner) return null;
  const path = [...owner.path, ...problem.tail.split("/").filter(Boolean).map((part) => (/^\d+$/.test(part) ? Number(part) : part))];
  const document = renamed(outline.document, path, written, meant) ?? rewritten(outline.document, path, owner, written, meant);
  return document ? { label: `Use “${meant}”`, document } : null;
}

/** A key that is not known, under the one that is; it keeps its place. */
function renamed(document, path, written, meant) {
  const holder = at(document, path.slice(0, -1));
  if (path.at(-1) !== written || !isObject(holder) || !(written in holder) || meant in holder) return null;
  const next = Object.fromEntries(Object.entries(holder).map(([key, value]) => [key === written ? meant : key, value]));
  return put(document, path.slice(0, -1), inherit(next, holder));
}

/** The word in the text at that place: the whole of it, or where it stands as a name. The place may be told only as far as the step. */
function rewritten(document, path, owner, written, meant) {
  for (let length = path.length; length >= owner.path.length; length -= 1) {
    const found = at(document, path.slice(0, length));
    if (found === undefined) continue;
    if (typeof found !== "string") return null;
    const name = new RegExp(`(?<![\\p{L}\\p{N}_-])${written.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_-])`, "gu");
    const text = found === written ? meant : found.replace(DATA, (data) => data.replace(name, meant));
    return text === found ? null : put(document, path.slice(0, length), text);
  }
  return null;
}
