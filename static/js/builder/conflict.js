/** The choice when two people have changed one draft: theirs, mine, or both, with an answer for each thing that both touched. Nothing is lost before it is made. */
import { clock } from "./clock.js";
import { ask } from "./dialog.js";
import { count, h } from "./dom.js";
import { differences, joined } from "./merging.js";
import { Outline } from "./outline.js";
import { titleOf } from "./summary.js";

const MOST = 8; // lines of one side
const LONGEST = 400; // characters of a value

/** theirs: the playbook as the server has it now. Answers {keep: "mine" | "theirs" | "both" | "", document}. */
export async function askAboutConflict({ store, nameOf, base, mine, theirs, at }) {
  const { clashes } = joined(base, mine, theirs.document);
  const chosen = clashes.map(() => "mine");
  const who = theirs.saved_by ? nameOf(theirs.saved_by) : "Somebody else";
  const when = theirs.saved_at ? ` at ${clock(theirs.saved_at)}` : "";
  const titles = titlesOf([mine, theirs.document], store.catalogue);
  const keep = await ask({
    title: "Somebody else has saved this playbook", name: "conflict", wide: true,
    body: [
      h("p", {}, `${who} saved this draft${when}, while you were changing it${at ? ` (yours are of ${clock(at)})` : ""}. Nothing has been overwritten.`),
      h("div", { class: "b-compare" }, column("You changed", differences(base, mine, store.catalogue)), column("They changed", differences(base, theirs.document, store.catalogue))),
      clashes.length
        ? h("div", { class: "stack" }, h("p", {}, `${count(clashes.length, "thing")} were changed by both. Choose for each; everything else is kept from both. Undo brings back what is not kept.`.replace(/^1 thing were/, "One thing was")), clashes.map((clash, number) => clashPart(clash, number, chosen, titles, who)))
        : h("p", {}, "The changes do not touch each other: both can be kept."),
    ],
    deeds: [{ value: "theirs", label: "Take only theirs" }, { value: "mine", label: "Keep only mine" }, { value: "both", label: clashes.length ? "Join as chosen" : "Keep both", look: "primary" }],
  });
  return { keep, document: joined(base, mine, theirs.document, (number) => chosen[number]).document };
}

function column(heading, found) {
  const lines = found.slice(0, MOST).map((each) => h("li", {}, h("b", {}, each.title), ` ${each.word}`));
  if (found.length > MOST) lines.push(h("li", { class: "mut" }, `and ${found.length - MOST} more`));
  return h("section", {}, h("h3", {}, heading), h("ul", {}, lines.length ? lines : h("li", { class: "mut" }, "Nothing")));
}

/** One thing that both touched, with both values to choose from. */
function clashPart({ path, ...values }, number, chosen, titles, who) {
  const option = (side, label) => h("label", { class: "b-side" }, h("input", { type: "radio", name: `clash-${number}`, value: side, checked: side === "mine", dataset: { field: `clash.${number}.${side}` }, on: { change: () => { chosen[number] = side; } } }), h("span", {}, h("b", {}, label), h("span", { class: "b-side-value mono" }, said(values[side]))));
  return h("fieldset", { class: "b-clash" }, h("legend", {}, placeOf(path, titles)), h("div", { class: "b-compare" }, option("mine", "Yours"), option("theirs", `Saved by ${who}`)));
}

function said(value) {
  if (value === undefined) return "(deleted)";
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** "Pay: with url", or "Playbook: name". */
function placeOf(path, titles) {
  const at = path.findLastIndex((key) => titles.has(key));
  const rest = path.slice(at + 1).filter((key) => key !== "with").join(" ");
  return `${at < 0 ? "Playbook" : titles.get(path[at])}${rest ? `: ${rest.replaceAll("_", " ")}` : ""}`;
}

const titlesOf = (documents, catalogue) => new Map(documents.flatMap((document) => new Outline(document, catalogue).entries.map((entry) => [entry.id, titleOf(entry)])));
