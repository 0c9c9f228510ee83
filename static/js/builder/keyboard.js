/** The tree by keyboard. Arrows go along the flow, Alt + arrows move steps, letters never act while somebody types. */

export class Keyboard {
  /** acts: functions by name: insert, rename, openSettings, menu, nextProblem, save. */
  constructor({ store, drawing, deeds, tree, acts }) {
    Object.assign(this, { store, drawing, deeds, acts });
    tree.addEventListener("keydown", (event) => this.#inTree(event));
    document.addEventListener("keydown", (event) => this.#anywhere(event));
  }

  #anywhere(event) {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (event.defaultPrevented) return;
    if (event.key === "F8") act(event, () => this.acts.nextProblem(event.shiftKey ? -1 : 1));
    else if (command && key === "s") act(event, this.acts.save);
    else if (isTyping) return;
    else if (command && key === "z" && !event.shiftKey) act(event, () => this.store.undo());
    else if (command && (key === "y" || (key === "z" && event.shiftKey))) act(event, () => this.store.redo());
    else if (event.key === "/" && lettersAct() && !command && !event.altKey && !event.target.closest("[role=tree]")) act(event, () => this.acts.insert());
  }

  #inTree(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.target !== item) return;
    const entry = this.store.outline.get(item.dataset.key);
    if (!entry) return;
    if (event.altKey) this.#move(event);
    else if (event.ctrlKey || event.metaKey) this.#command(event, entry);
    else this.#plain(event, entry, item);
  }

  #move(event) {
    const direction = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (direction && this.store.editable) act(event, () => this.deeds.nudge(direction));
  }

  #command(event, entry) {
    const key = event.key.toLowerCase();
    if (key === "d") act(event, () => this.deeds.duplicate());
    else if (key === "a") act(event, () => this.store.select(entry.block.entries.map((each) => each.key)));
  }

  #plain(event, entry, item) {
    const items = this.drawing.items();
    const at = items.indexOf(item);
    const walk = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items.at(-1) };
    if (event.key in walk) act(event, () => this.#go(walk[event.key], event.shiftKey));
    else if (event.key === "ArrowRight") act(event, () => this.#right(entry));
    else if (event.key === "ArrowLeft") act(event, () => this.#left(entry));
    else if (event.key === " ") act(event, () => this.store.fold(entry.key));
    else if (event.key === "Enter" || (event.key === "." && lettersAct())) act(event, () => this.acts.openSettings());
    else if (event.key === "/" && lettersAct()) act(event, () => this.acts.insert());
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) act(event, () => { if (!this.store.selection.includes(entry.key)) this.store.select([entry.key]); this.acts.menu(item.querySelector(":scope > .card")); });
    else if (event.key === "F2") act(event, () => this.acts.rename());
    else if (event.key === "Delete" || event.key === "Backspace") act(event, () => this.deeds.remove());
    else if (event.key === "Escape") act(event, () => this.store.select([], { focus: false }));
    else if (lettersAct() && event.key.length === 1 && /\p{L}|\p{N}/u.test(event.key)) this.#typeAhead(event, items, at);
  }

  #go(item, extend) {
    if (!item) return;
    const keys = extend ? [...this.store.selection.filter((key) => key !== item.dataset.key), item.dataset.key] : [item.dataset.key];
    this.store.select(keys);
  }

  /** Unfolds; then into the first branch that has steps; then to the branch to the right. */
  #right(entry) {
    if (entry.blocks.length && this.store.folded.has(entry.key)) { this.store.fold(entry.key, false); return; }
    const inner = entry.blocks.find((block) => block.entries.length);
    this.#select(inner?.entries[0] ?? this.#beside(entry, 1));
  }

  /** To the branch to the left; then to the step around. */
  #left(entry) {
    this.#select(this.#beside(entry, -1) ?? (entry.parent?.parent ? entry.parent : null));
  }

  #beside(entry, by) {
    if (!entry.parent?.parent) return null;
    const { blocks } = entry.parent;
    for (let at = blocks.indexOf(entry.block) + by; blocks[at]; at += by) if (blocks[at].entries.length) return blocks[at].entries[0];
    return null;
  }

  #select(entry) {
    if (entry) this.store.select([entry.key]);
  }

  /** Letters jump to the next step whose name begins with them. */
  #typeAhead(event, items, at) {
    const now = performance.now();
    this.typed = (now - (this.typedAt ?? 0) < 700 ? this.typed : "") + event.key.toLowerCase();
    this.typedAt = now;
    const from = this.typed.length > 1 ? at : at + 1;
    const found = [...items.slice(from), ...items.slice(0, from)].find((item) => item.getAttribute("aria-label").toLowerCase().startsWith(this.typed));
    if (found) this.store.select([found.dataset.key]);
  }
}

/** Single letters can be switched off in the profile. */
const lettersAct = () => document.documentElement.dataset.keys !== "off";

function act(event, deed) {
  event.preventDefault();
  event.stopPropagation();
  deed();
}
