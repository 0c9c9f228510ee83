/** The drawing: nested lists with connectors in CSS. Elements are kept per step and touched only where something changed. */
import { button, h, icon } from "./dom.js";
import { stateIcon } from "./states.js";
import { foldedText, summaryOf, titleOf } from "./summary.js";

export class Drawing {
  #cards = new Map(); // key of a step -> {li, card, branches, signature}
  #blocks = new Map(); // ref of a block -> {list, tail, branch, label}
  #places = new WeakMap(); // slot element -> {ref, index}

  constructor(store, flow) {
    this.store = store;
    this.flow = flow;
    store.on("document", () => this.sync());
    store.on("folds", () => this.sync());
    store.on("faults", () => this.sync());
    store.on("trial", () => this.sync());
    store.on("selection", (_, detail) => this.mark(detail));
    this.sync();
  }

  /** Brings the page to what the store holds. */
  sync() {
    const hadFocus = this.flow.contains(document.activeElement) && document.activeElement.closest("[role=treeitem]");
    this.seen = new Set();
    const { root } = this.store.outline;
    const isBlank = this.store.editable && !root.blocks[0].entries.length;
    this.flow.classList.toggle("is-blank", isBlank);
    arrange(this.flow, [this.#start(), ...(isBlank ? [this.firstPress] : []), ...root.blocks.flatMap((block) => (block.spec.key === "steps" ? [this.#list(block, 1), this.#end()] : [this.#section(block)])), this.#more()]);
    for (const map of [this.#cards, this.#blocks]) for (const key of map.keys()) if (!this.seen.has(key)) map.delete(key);
    this.mark({});
    if (hadFocus && !this.flow.contains(document.activeElement)) this.focus();
  }

  /** What a playbook without steps says. */
  firstPress = h("button", { type: "button", class: "b-first", dataset: { action: "insert" } }, icon("plus"), h("b", {}, "Add the first step"), h("small", { class: "b-first-drag" }, "or drag one here from the left"));

  #start() {
    this.startCap ??= h("button", { type: "button", class: "cap", dataset: { action: "playbook-settings" }, title: "Settings of the playbook" });
    const inputs = Array.isArray(this.store.document.inputs) ? this.store.document.inputs.length : 0;
    const text = inputs ? `Starts with ${inputs === 1 ? "1 input" : `${inputs} inputs`}` : "Starts without inputs";
    if (this.startCap.textContent !== text) this.startCap.replaceChildren(icon("run", "s"), text);
    return this.startCap;
  }

  #end() {
    this.endCap ??= h("span", { class: "cap" }, icon("flag", "s"), "Done");
    return this.endCap;
  }

  /** What is done after the steps: when the run fails, always at the end. */
  #section(block) {
    const parts = this.#parts(block, () => {
      const label = h("span", { class: "lb" });
      return { label, branch: h("section", { class: "after" }, label) };
    });
    const isEmpty = !block.entries.length;
    set(parts.branch, "data-empty", isEmpty && !block.clause ? "" : null);
    setText(parts.label, block.clause ? `${block.spec.label}: ${block.clause.code ?? "*"}` : block.label);
    arrange(parts.branch, [parts.label, this.#list(block, 1)]);
    return parts.branch;
  }

  #more() {
    this.moreRow ??= h("div", { class: "after-more" }, button("If the run fails…", { look: "small plain", iconName: "shield", action: "add-catch" }));
    this.moreRow.hidden = !this.store.editable || this.store.outline.root.blocks.some((block) => block.spec.key === "catch");
    return this.moreRow;
  }

  #parts(block, make) {
    this.seen.add(block.ref);
    if (!this.#blocks.has(block.ref)) this.#blocks.set(block.ref, make());
    return this.#blocks.get(block.ref);
  }

  /** The list of a block: its steps and the slot at its end. */
  #list(block, level) {
    const parts = this.#parts(block, () => ({}));
    if (!parts.list) {
      parts.tailSlot = this.#slot();
      parts.tail = h("li", { role: "none", class: "tail" }, parts.tailSlot);
      parts.list = h("ol", { class: "seq" });
    }
    set(parts.list, "role", block.owner.parent ? "group" : "tree");
    set(parts.list, "aria-multiselectable", block.owner.parent ? null : "true");
    set(parts.list, "aria-label", block.owner.parent || block.spec.key !== "steps" ? block.label : this.store.document.name || "Playbook");
    this.#point(parts.tailSlot, block, block.entries.length);
    parts.tail.classList.toggle("is-empty", !block.entries.length);
    const items = block.entries.map((entry) => this.#step(entry, level));
    arrange(parts.list, [...items, parts.tail]);
    return parts.list;
  }

  #slot() {
    const plus = h("button", { type: "button", tabindex: "-1", dataset: { action: "insert-here" } }, icon("plus", "s"));
    return h("span", { class: "slot", "aria-hidden": "true" }, ...(this.store.editable ? [plus] : []));
  }

  #point(slot, block, index) {
    this.#places.set(slot, { ref: block.ref, index });
    set(slot, "data-slot", `${block.owner.id}/${block.name}/${index}`);
  }

  /** The place that a slot stands for: {block, index}. */
  place(slot) {
    const { ref, index } = this.#places.get(slot) ?? {};
    const block = this.store.outline.byRef.get(ref);
    return block ? { block, index } : null;
  }

  #step(entry, level) {
    this.seen.add(entry.key);
    let parts = this.#cards.get(entry.key);
    if (!parts) {
      const slot = this.#slot();
      const card = h("div", { class: "card" });
      parts = { slot, card, li: h("li", { role: "treeitem", class: "step", tabindex: "-1", "aria-selected": "false", dataset: { key: entry.key } }, slot, card) };
      this.#cards.set(entry.key, parts);
    }
    this.#point(parts.slot, entry.block, entry.position);
    this.#dress(parts, entry, level);
    arrange(parts.li, this.store.folded.has(entry.key) || !entry.kind.blocks.length ? [parts.slot, parts.card] : [parts.slot, parts.card, this.#branches(parts, entry, level)]);
    return parts.li;
  }

  #dress(parts, entry, level) {
    const { li } = parts;
    const faults = this.store.faults.get(entry.key) ?? [];
    const folded = this.store.folded.has(entry.key);
    set(li, "data-step", entry.id);
    set(li, "data-family", entry.kind.family);
    set(li, "aria-level", level);
    set(li, "aria-posinset", entry.position + 1);
    set(li, "aria-setsize", entry.block.entries.length);
    set(li, "aria-expanded", entry.kind.blocks.length ? String(!folded) : null);
    li.classList.toggle("loop", entry.kind.blocks.some((spec) => spec.iterated));
    const worst = faults.find((fault) => fault.level !== "warning") ?? faults[0];
    const ran = this.store.trial ? (this.store.trial.steps[entry.id] ?? { state: "pending", words: "Not reached" }) : null;
    set(li, "data-state", ran?.state ?? null);
    const change = this.store.differences?.get(entry.id);
    set(li, "data-diff", change?.what ?? null);
    const signature = [entry.id, change?.what, ran?.state, ran?.counts && JSON.stringify(ran.counts), folded, folded && foldedText(this.store.outline, entry), worst?.message, worst?.level, faults.length].join("|");
    if (parts.step === entry.step && parts.signature === signature) return;
    Object.assign(parts, { step: entry.step, signature });
    li.classList.toggle("has-fault", Boolean(worst) && worst.level !== "warning");
    this.#fill(parts.card, entry, { folded, worst, more: faults.length - 1, ran, change });
    li.setAttribute("aria-label", [spokenName(entry, this.store.outline, folded, faults), ran?.words, change?.what].filter(Boolean).join(", "));
  }

  #fill(card, entry, { folded, worst, more, ran, change }) {
    const ic = h("span", { class: "ic", dataset: { family: entry.kind.family } }, icon(entry.kind.icon));
    const children = [ic, h("span", { class: "nm" }, titleOf(entry)), h("span", { class: "ty" }, summaryOf(entry))];
    const marks = guardMarks(entry.step);
    if (entry.kind.blocks.length) children.push(h("span", { class: "fold", "aria-hidden": "true", dataset: { action: "fold" } }, icon(folded ? "right" : "down", "s")));
    else if (marks.length) children.push(h("span", { class: "fold marks", "aria-hidden": "true" }, marks));
    if (change) children.push(h("span", { class: "diff", dataset: { what: change.what } }, change.moved && change.what === "changed" ? "changed, moved" : change.what));
    if (ran) children.push(ranMark(ran));
    if (worst) children.push(h("span", { class: "flt", dataset: { level: worst.level ?? "error" } }, icon("alert", "s"), h("span", { class: "clip" }, worst.message), more > 0 && h("b", {}, `+${more}`)));
    if (folded) children.push(this.#foldedLine(entry));
    card.replaceChildren(...children);
  }

  /** What is hidden, and one slot per hidden block, so that things can be dropped into a folded step. */
  #foldedLine(entry) {
    const slots = entry.blocks.map((block) => {
      const slot = h("span", { class: "slot inner", "aria-hidden": "true" }, h("span", { class: "into" }, entry.blocks.length > 1 ? block.label : `at the end of ${block.label}`));
      this.#point(slot, block, block.entries.length);
      return slot;
    });
    return h("span", { class: "folded" }, h("span", {}, foldedText(this.store.outline, entry)), h("span", { class: "inners" }, slots));
  }

  #branches(parts, entry, level) {
    parts.branches ??= h("ul", { role: "group", class: "branches" });
    set(parts.branches, "aria-label", titleOf(entry));
    arrange(parts.branches, entry.blocks.map((block) => this.#branch(block, level)));
    return parts.branches;
  }

  #branch(block, level) {
    const parts = this.#parts(block, () => {
      const label = h("span", { class: "lb", dataset: { action: "edit-branch" } });
      return { label, branch: h("li", { role: "none", class: "branch" }, label) };
    });
    parts.branch.className = `branch${block.spec.inner ? " overtime" : ({ then: " tone-yes", else: " tone-no" }[block.name] ?? "")}`;
    set(parts.branch, "data-branch", `${block.owner.id}/${block.name}`);
    setText(parts.label, block.label);
    arrange(parts.branch, [parts.label, this.#list(block, level + 1)]);
    return parts.branch;
  }

  /** The element of a step, null if it is folded away. */
  element(key) {
    const li = this.#cards.get(key)?.li;
    return li?.isConnected ? li : null;
  }

  /** Shows what is selected; one item of the tree is reached by Tab. */
  mark({ focus = false, reveal = false, follow = false } = {}) {
    const chosen = new Set(this.store.selection);
    for (const li of this.flow.querySelectorAll('[aria-selected="true"], [tabindex="0"][role=treeitem]')) if (!chosen.has(li.dataset.key)) { li.setAttribute("aria-selected", "false"); li.tabIndex = -1; }
    for (const key of chosen) this.element(key)?.setAttribute("aria-selected", "true");
    const last = this.element(this.store.selection.at(-1)) ?? this.flow.querySelector("[role=treeitem]");
    if (!last) { if (focus && this.store.editable) this.firstPress.focus(); return; }
    for (const key of chosen) { const li = this.element(key); if (li) li.tabIndex = -1; }
    last.tabIndex = 0;
    const isHere = document.activeElement === document.body || this.flow.contains(document.activeElement);
    if (focus || (follow && isHere)) last.focus({ preventScroll: true });
    if (reveal && chosen.size) last.querySelector(":scope > .card").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  focus() {
    (this.element(this.store.selection.at(-1)) ?? this.flow.querySelector('[role=treeitem][tabindex="0"]'))?.focus({ preventScroll: true });
  }

  /** Every step on the page in the order in which it is read. */
  items() {
    return [...this.flow.querySelectorAll("[role=treeitem]")];
  }
}

const MARKS = [["when", "filter", "Only under a condition"], ["retry", "retry", "Is tried again"], ["timeout", "clock", "Has a time limit"], ["once", "lock", "Done once only"]];

function guardMarks(step) {
  return MARKS.filter(([key]) => step[key] !== undefined).map(([, name, title]) => h("span", { title }, icon(name, "s")));
}

/** How a step went in the try: shape and colour, and how often if more than once. */
function ranMark({ state, counts }) {
  const many = Object.values(counts ?? {}).reduce((sum, each) => sum + each, 0);
  return h("span", { class: "ran", "aria-hidden": "true" }, stateIcon(state), many > 1 && h("small", {}, String(many)));
}

function spokenName(entry, outline, folded, faults) {
  const parts = [titleOf(entry), entry.step.name ? entry.kind.label : "", summaryOf(entry), folded ? `folded, ${foldedText(outline, entry)}` : "", ...faults.map((fault) => `problem: ${fault.message}`)];
  return [...new Set(parts.filter(Boolean))].join(", ");
}

function set(element, name, value) {
  const wanted = value === null ? null : String(value);
  if (element.getAttribute(name) === wanted) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes `children` the children of `parent`, moving only what is not in its place. */
function arrange(parent, children) {
  children.forEach((child, at) => { if (parent.childNodes[at] !== child) parent.insertBefore(child, parent.childNodes[at] ?? null); });
  while (parent.childNodes.length > children.length) parent.lastChild.remove();
}
