/** The choice when two people have changed one draft: theirs, mine, or both where they do not touch. Nothing is lost before it is made. */
import { clock } from "./clock.js";
import { h } from "./dom.js";
import { differences, merged } from "./merging.js";
import { ask } from "./dialog.js";

/** theirs: the playbook as the server has it now. Answers {keep: "mine" | "theirs" | "both" | "", document}. */
export async function askAboutConflict({ store, base, mine, theirs, at }) {
  const both = merged(base, mine, theirs.document);
  const who = theirs.saved_by ?? "Somebody else";
  const when = theirs.saved_at ? ` at ${clock(theirs.saved_at)}` : "";
  const keep = await ask({
    title: "Somebody else has saved this playbook", name: "conflict",
    body: [
      h("p", {}, `${who} saved this draft${when}, while you were changing it${at ? ` (yours are of ${clock(at)})` : ""}. Nothing has been overwritten.`),
      h("div", { class: "b-compare" }, column("You changed", differences(base, mine, store.catalogue)), column("They changed", differences(base, theirs.document, store.catalogue))),
      both ? h("p", {}, "The changes do not touch each other: both can be kept.") : h("p", {}, "Both changed the same thing. Whichever you do not keep stays in the history of this page: Undo brings it back."),
    ],
    deeds: [
      { value: "theirs", label: "Take theirs" },
      { value: "mine", label: "Keep mine", look: both ? "" : "primary" },
      ...(both ? [{ value: "both", label: "Keep both", look: "primary" }] : []),
    ],
  });
  return { keep, document: both };
}

function column(heading, found) {
  const lines = found.slice(0, 8).map((each) => h("li", {}, h("b", {}, each.title), ` ${each.word}`));
  if (found.length > 8) lines.push(h("li", { class: "mut" }, `and ${found.length - 8} more`));
  return h("section", {}, h("h3", {}, heading), h("ul", {}, lines.length ? lines : h("li", { class: "mut" }, "Nothing")));
}

