/** What the editor holds: the document, the selection, what is folded, the faults; and the history of changes without limit. */
import { Outline } from "./outline.js";

/**
 * Events: "document" (the document changed), "selection", "folds", "faults", "trial" (a try of the draft). Listeners get (store, detail).
 */
export class Store {
  #listeners = new Map();
  #past = [];
  #future = [];
  #merge = "";

  constructor({ document, catalogue, editable }) {
    this.catalogue = catalogue;
    this.editable = editable;
    this.selection = [];
    this.folded = new Set();
    this.faults = new Map();
    this.#show(document);
  }

  #show(document) {
    this.document = document;
    this.outline = new Outline(document, this.catalogue);
    this.selection = this.selection.filter((key) => this.outline.get(key));
  }

  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  say(event, detail) {
    for (const listener of this.#listeners.get(event) ?? []) listener(this, detail);
  }

  /** The selected entries in order of the document, without those that lie inside others. */
  get chosen() {
    return this.outline.tops(this.selection);
  }

  /** The one that has the focus: the last selected. */
  get focused() {
    return this.outline.get(this.selection.at(-1));
  }

  /**
   * The only way to change the document. `sentence` says what was done ("Moved Pay before Report").
   * select: keys of what is selected afterwards. merge: changes with the same word are one step of undo. from: who made it.
   */
  change(sentence, document, { select, merge = "", from = "" } = {}) {
    if (!this.editable || document === this.document) return false;
    if (!merge || merge !== this.#merge) this.#past.push({ sentence, document: this.document, selection: this.selection });
    this.#merge = merge;
    this.#future = [];
    this.#show(document);
    if (select) this.#choose(select);
    this.say("document", { sentence, from, spoken: !merge });
    if (select) this.say("selection", { focus: true, reveal: true });
    return true;
  }

  /** The next change is a step of undo of its own, whatever its merge word. */
  seal() {
    this.#merge = "";
  }

  /** The present state, to ask later whether anything was changed since. */
  isStill(document) {
    return this.document === document;
  }

  get canUndo() { return this.editable && this.#past.length > 0; }
  get canRedo() { return this.editable && this.#future.length > 0; }
  get lastDeed() { return this.#past.at(-1)?.sentence ?? ""; }
  get nextDeed() { return this.#future.at(-1)?.sentence ?? ""; }

  undo() { if (this.canUndo) this.#travel(this.#past, this.#future, "Undone"); }
  redo() { if (this.canRedo) this.#travel(this.#future, this.#past, "Done again"); }

  #travel(from, to, word) {
    const { sentence, document, selection } = from.pop();
    const [outline, here] = [this.outline, this.selection];
    to.push({ sentence, document: this.document, selection: here });
    this.seal();
    this.#show(document);
    const kept = (selection.length ? selection : here).filter((key) => this.outline.get(key));
    this.#choose(kept.length ? kept : this.#nearest(outline, here.at(-1)));
    this.say("document", { sentence: `${word}: ${sentence}`, from: "history", spoken: true });
    this.say("selection", { follow: true, reveal: true });
  }

  /** Who stands where a step stood that is gone: the next one, else the one before, else the step around. */
  #nearest(before, key) {
    const gone = before.get(key);
    if (!gone) return [];
    const { entries } = gone.block;
    const found = [...entries.slice(gone.position + 1), ...entries.slice(0, gone.position).reverse(), gone.parent].find((entry) => this.outline.get(entry.key));
    return found ? [found.key] : this.#nearest(before, gone.parent.key);
  }

  #choose(keys) {
    this.selection = keys.filter((key) => this.outline.get(key));
    for (const key of this.selection) this.#open(this.outline.get(key));
  }

  /** Whatever is selected is not hidden in a folded step. */
  #open(entry) {
    for (let at = entry.parent; at?.parent; at = at.parent) if (this.folded.delete(at.key)) this.say("folds");
  }

  select(keys, detail = {}) {
    this.seal();
    this.#choose(keys);
    this.say("selection", { focus: true, reveal: true, ...detail });
  }

  fold(key, folded = !this.folded.has(key)) {
    if (!this.outline.get(key)?.blocks.length) return;
    if (folded) this.folded.add(key);
    else this.folded.delete(key);
    if (folded) this.selection = this.selection.map((each) => (each !== key && this.outline.within(this.outline.get(each), this.outline.get(key)) ? key : each));
    this.say("folds");
    this.say("selection", {});
  }

  foldAll(folded) {
    this.folded = new Set(folded ? this.outline.entries.filter((entry) => entry.blocks.length).map((entry) => entry.key) : []);
    this.selection = this.selection.length ? [this.#topOf(this.outline.get(this.selection.at(-1))).key] : [];
    this.say("folds");
    this.say("selection", {});
  }

  #topOf(entry) {
    return entry.parent?.parent && this.folded.size ? this.#topOf(entry.parent) : entry;
  }

  /** The run of the draft that is being watched, or null: {run, steps: {id: {state, output …}}, only}. */
  setTrial(trial) {
    this.trial = trial;
    this.say("trial");
  }

  trial = null;

  /** faults: Map key of a step (or "root") -> [problem]. all: the list as it came. */
  setFaults(faults, all) {
    this.faults = faults;
    this.problems = all;
    this.say("faults");
  }

  problems = [];
}
