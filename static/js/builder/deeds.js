/** What people do to steps, each one change with one sentence; mouse, keys, menus and drags all come here. */
import { blankStep } from "./catalogue.js";
import { keyOf } from "./outline.js";
import * as operations from "./operations.js";
import { idsVisibleAt } from "./names.js";
import { titleOf } from "./summary.js";

export class Deeds {
  constructor(store, { toast, tell }) {
    Object.assign(this, { store, toast, tell });
  }

  get outline() {
    return this.store.outline;
  }

  /** A step of this type from the palette, put at a place {block, index}. */
  add(type, place = this.placeAfterSelection()) {
    const step = blankStep(type, this.outline.ids.give(type.name));
    this.store.change(`Added ${type.label}`, operations.insert(this.outline, place.block, place.index, [step]), { select: [keyOf(step)], from: "library" });
  }

  /** After the selected step, else at the end. */
  placeAfterSelection() {
    const at = this.store.focused;
    if (at) return { block: at.block, index: at.position + 1 };
    const block = this.outline.root.blocks[0];
    return { block, index: block.entries.length };
  }

  /** Places where something can be added beside or inside a step: [{label, place}]. */
  placesAround(entry) {
    if (!entry) return this.outline.root.blocks.map((block) => ({ label: block.spec.key === "steps" ? "at the end" : block.label, place: end(block) }));
    return [
      { label: `after “${titleOf(entry)}”`, place: { block: entry.block, index: entry.position + 1 } },
      { label: `before “${titleOf(entry)}”`, place: { block: entry.block, index: entry.position } },
      ...entry.blocks.map((block) => ({ label: `into ${block.label}`, place: end(block) })),
    ];
  }

  mayDrop(place, entries) {
    return operations.mayHold(this.outline, place.block, entries);
  }

  /** In words what would stop working if these went there; "" if nothing. */
  warning(place, entries) {
    const broken = operations.brokenBy(this.outline, entries, idsVisibleAt(place.block, place.index));
    const names = broken.map((id) => titleOf(this.outline.entries.find((entry) => entry.id === id)));
    return names.length ? `needs ${names.map((name) => `“${name}”`).join(" and ")} before it` : "";
  }

  moveTo(place, entries) {
    const warning = this.warning(place, entries);
    const document = operations.move(this.outline, entries, place.block, place.index);
    const next = place.block.entries[place.index];
    const where = next && !entries.includes(next) ? `before ${titleOf(next)}` : `to the end of ${place.block.label}`;
    if (!this.store.change(`Moved ${this.#names(entries)} ${where}`, document, { select: entries.map((entry) => entry.key) })) return;
    if (warning) this.toast(`Moved, but it ${warning}.`, { undo: true });
  }

  copyTo(place, entries) {
    this.#put(`Copied ${this.#names(entries)}`, place, entries.map((entry) => entry.step));
  }

  /** Steps from a clipboard put after the selection. */
  paste(steps, place = this.placeAfterSelection()) {
    this.#put(steps.length === 1 ? "Pasted a step" : `Pasted ${steps.length} steps`, place, steps);
  }

  #put(sentence, place, steps) {
    const copies = operations.fresh(this.outline, steps);
    this.store.change(sentence, operations.insert(this.outline, place.block, place.index, copies), { select: copies.map(keyOf) });
  }

  duplicate() {
    const entries = this.store.chosen;
    const last = entries.at(-1);
    if (last) this.#put(`Duplicated ${this.#names(entries)}`, { block: last.block, index: last.position + 1 }, entries.map((entry) => entry.step));
  }

  remove(word = "Deleted") {
    const entries = this.store.chosen;
    if (!entries.length) return;
    const [first] = entries;
    const near = first.block.entries.filter((entry) => !entries.includes(entry));
    const next = near.find((entry) => entry.position > first.position) ?? near.at(-1) ?? (first.parent?.parent ? first.parent : null);
    const sentence = `${word} ${this.#names(entries)}`;
    if (this.store.change(sentence, operations.remove(this.outline, entries), { select: next ? [next.key] : [] })) this.toast(`${sentence}.`, { undo: true });
  }

  #names(entries) {
    return entries.length === 1 ? titleOf(entries[0]) : `${entries.length} steps`;
  }

  /** Alt + arrow: up and down along the flow (at the ends out of the block), right into, left out of. */
  nudge(direction) {
    const entries = this.store.chosen;
    if (!entries.length) return;
    const place = { up: above, down: below, right: inwards, left: outwards }[direction](entries);
    if (place && this.mayDrop(place, entries)) this.moveTo(place, entries);
    else this.tell("It cannot go further that way");
  }
}

const end = (block) => ({ block, index: block.entries.length });
const before = (entry) => ({ block: entry.block, index: entry.position });
const after = (entry) => ({ block: entry.block, index: entry.position + 1 });
const isNested = (entry) => Boolean(entry.parent?.parent);
const siblings = (entry) => entry.parent.blocks;

function above([first]) {
  if (first.position > 0) return { block: first.block, index: first.position - 1 };
  return isNested(first) ? before(first.parent) : null;
}

function below(entries) {
  const last = entries.at(-1);
  if (last.position < last.block.entries.length - 1) return { block: last.block, index: last.position + 2 };
  return isNested(last) ? after(last.parent) : null;
}

/** Into the container just before; else into the branch to the right; else into the container just after. */
function inwards(entries) {
  const [first, last] = [entries[0], entries.at(-1)];
  const previous = first.block.entries[first.position - 1];
  if (previous?.blocks.length) return end(previous.blocks[0]);
  const at = siblings(first).indexOf(first.block);
  if (isNested(first) && siblings(first)[at + 1]) return end(siblings(first)[at + 1]);
  const next = last.block.entries[last.position + 1];
  return next?.blocks.length ? { block: next.blocks[0], index: 0 } : null;
}

/** Into the branch to the left; else out, behind the container. */
function outwards([first]) {
  if (!isNested(first)) return null;
  const at = siblings(first).indexOf(first.block);
  return at > 0 ? end(siblings(first)[at - 1]) : after(first.parent);
}
