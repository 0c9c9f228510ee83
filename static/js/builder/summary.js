/** One line about a step, made from its settings by rule; no step type is known by name. */
import { fieldValue, isObject } from "./catalogue.js";
import { count } from "./dom.js";

const SPEAKING = new Set(["text", "long_text", "expression", "name", "number", "integer", "duration", "choice", "people", "texts"]);

/** The name people read: its own, or what its type is called. */
export function titleOf(entry) {
  const name = typeof entry.step.name === "string" ? entry.step.name.trim() : "";
  return plain(name) || entry.kind.label;
}

/** The line under the name: the most telling settings, else branches, else the type. */
export function summaryOf(entry) {
  const told = tellingValues(entry);
  const lists = entry.kind.blocks.filter((spec) => spec.list);
  if (!told.length && lists.length) {
    const spec = lists[0];
    return count(entry.blocks.filter((block) => block.spec === spec).length, noun(spec));
  }
  if (told.length) return told.join(" · ");
  return entry.step.name ? entry.kind.label : entry.id;
}

const noun = (spec) => spec.prefix?.replace(/_/g, " ") || "branch";

function tellingValues(entry) {
  const told = [];
  for (const field of entry.kind.fields) {
    if (!SPEAKING.has(field.kind) || field.advanced) continue;
    const value = fieldValue(entry.step, entry.kind, field.key);
    const text = spoken(value, field);
    if (text) told.push(text);
    if (told.length === 2) break;
  }
  return told;
}

function spoken(value, field) {
  if (value === undefined || value === null || value === "") return "";
  if (field.kind === "people") return (Array.isArray(value) ? value : [value]).map(personText).filter(Boolean).join(", ");
  if (field.kind === "choice") return (field.choices ?? []).find(([each]) => each === value)?.[1] ?? plain(String(value));
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string").map(plain).join(", ");
  if (typeof value === "object") return "";
  return plain(String(value));
}

/** `{group: finance-leads}` as "finance-leads". */
export function personText(selector) {
  if (!isObject(selector)) return plain(String(selector ?? ""));
  return Object.values(selector).filter((each) => typeof each === "string").map(plain).join(" ");
}

/** Text for people: `{{ invoice.id | "x" }}` and `${{ … }}` without their braces, long ones cut. */
export function plain(text) {
  const bare = text.replace(/\$?\{\{\s*([\s\S]*?)\s*\}\}/g, "$1").replace(/\s+/g, " ").trim();
  return bare.length > 90 ? `${bare.slice(0, 88)}…` : bare;
}

/** What a folded step hides: "6 steps, 2 branches". */
export function foldedText(outline, entry) {
  const steps = outline.inside(entry);
  return entry.blocks.length > 1 ? `${count(steps, "step")} in ${count(entry.blocks.length, "branch")}` : count(steps, "step");
}
