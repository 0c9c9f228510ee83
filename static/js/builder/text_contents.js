/**
 * The contents of the text: its parts and steps as a tree that folds, beside the text. Pressing one goes to its lines. The text itself is never shortened,
 * so what is copied, searched and saved is always all of it.
 */
import { h, icon } from "./dom.js";

const PART = { yaml: /^([\w-]+)\s*:/, json: /^ {2}"([\w-]+)"\s*:/ };

/** [{id, line, depth, isStep}] in the order of the text. anchors: where steps begin, from text_steps. Pure. */
export function contentsOf(lines, as, anchors) {
  const parts = lines.flatMap((line, number) => { const match = PART[as].exec(line); return match ? [{ id: match[1], line: number, indent: -1, isStep: false }] : []; });
  const open = [];
  return [...parts, ...anchors.map((anchor) => ({ ...anchor, isStep: true }))].sort((one, other) => one.line - other.line || one.indent - other.indent).map(({ indent, ...item }) => {
    while (open.length && open.at(-1) >= indent) open.pop();
    open.push(indent);
    return { ...item, depth: open.length };
  });
}

export class Contents {
  #folded = new Set();
  #items = [];

  /** go(line): shows a line of the text. back(): the text gets the focus. describe(id): what people call a step: {title, iconName, family}. */
  constructor({ go, back, describe }) {
    Object.assign(this, { go, back, describe });
    this.tree = h("ul", { role: "tree", "aria-label": "Contents", on: { keydown: (event) => this.#key(event), click: (event) => this.#pressed(event) } });
    this.element = h("nav", { class: "b-contents", "aria-label": "Contents of the text" }, this.tree);
  }

  /** Draws the contents of this text; `here` is the line of the caret. */
  show(items, here) {
    this.#items = items;
    this.#draw();
    this.mark(here);
  }

  #name({ id, isStep }) {
    return `${isStep ? "step" : "part"} ${id}`;
  }

  #hasInner(at) {
    return this.#items[at + 1]?.depth > this.#items[at].depth;
  }

  #draw() {
    const focused = this.tree.contains(document.activeElement) ? document.activeElement.dataset.name : "";
    const shown = [];
    let hiddenBelow = Infinity;
    this.#items.forEach((item, at) => {
      if (item.depth > hiddenBelow) return;
      const isFolded = this.#folded.has(this.#name(item)) && this.#hasInner(at);
      hiddenBelow = isFolded ? item.depth : Infinity;
      shown.push(this.#line(item, this.#hasInner(at) ? String(!isFolded) : null));
    });
    this.tree.replaceChildren(...shown);
    this.#reach(shown.find((each) => each.dataset.name === focused) ?? shown[0], Boolean(focused));
  }

  #line(item, expanded) {
    const { title, iconName, family } = item.isStep ? this.describe(item.id) : { title: item.id };
    return h("li", { role: "treeitem", tabindex: "-1", "aria-level": String(item.depth), "aria-expanded": expanded, dataset: { name: this.#name(item), line: item.line, family }, vars: { "--depth": item.depth - 1 } },
      h("span", { class: "b-contents-fold", "aria-hidden": "true" }, expanded && icon(expanded === "true" ? "down" : "right", "s")), iconName && icon(iconName, "s"), h("span", { class: item.isStep ? "clip" : "clip mono" }, title), h("small", { "aria-hidden": "true" }, String(item.line + 1)));
  }

  /** Shows where the caret is: the last item that begins at or above its line. */
  mark(line) {
    const all = [...this.tree.children];
    const here = all.findLast((each) => Number(each.dataset.line) <= line);
    for (const each of all) { if (each === here) each.setAttribute("aria-current", "true"); else each.removeAttribute("aria-current"); }
    if (here && !this.tree.contains(document.activeElement)) { this.#reach(here, false); here.scrollIntoView({ block: "nearest" }); }
  }

  focus() {
    this.tree.querySelector('[tabindex="0"]')?.focus();
  }

  #reach(item, focus = true) {
    for (const each of this.tree.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    if (!item) return;
    item.tabIndex = 0;
    if (focus) item.focus();
  }

  #fold(item, folded) {
    if (item.ariaExpanded === null || (item.ariaExpanded === "false") === folded) return;
    if (folded) this.#folded.add(item.dataset.name);
    else this.#folded.delete(item.dataset.name);
    this.#draw();
  }

  #pressed(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    this.#reach(item);
    if (event.target.closest(".b-contents-fold") && item.ariaExpanded !== null) this.#fold(item, item.ariaExpanded === "true");
    else this.go(Number(item.dataset.line));
  }

  #key(event) {
    const item = event.target.closest("[role=treeitem]");
    const all = [...this.tree.children];
    const at = all.indexOf(item);
    const walk = { ArrowDown: all[at + 1], ArrowUp: all[at - 1], Home: all[0], End: all.at(-1) };
    if (event.key in walk) { if (walk[event.key]) this.#reach(walk[event.key]); }
    else if (event.key === "ArrowRight") this.#fold(item, false);
    else if (event.key === "ArrowLeft" && item.ariaExpanded === "true") this.#fold(item, true);
    else if (event.key === "ArrowLeft") this.#reach(all.slice(0, at).findLast((each) => Number(each.ariaLevel) < Number(item.ariaLevel)) ?? item);
    else if (event.key === " ") this.#fold(item, item.ariaExpanded === "true");
    else if (event.key === "Enter") this.go(Number(item.dataset.line));
    else if (event.key === "Escape") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
