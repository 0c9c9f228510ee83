/** The menu of rare deeds: from the button beside the settings, or the right mouse button on a step. */
import { h, icon } from "./dom.js";

export class StepMenu {
  #menu = null;

  constructor({ store, deeds, clipboard, acts }) {
    Object.assign(this, { store, deeds, clipboard, acts });
    document.addEventListener("pointerdown", (event) => { if (this.#menu && !this.#menu.contains(event.target)) this.close(false); }, true);
  }

  #items() {
    const entry = this.store.focused;
    const isFolded = entry && this.store.folded.has(entry.key);
    const place = (by) => ({ block: entry.block, index: entry.position + by });
    return [
      entry && ["insert-before", "plus", "Add a step before…", "", () => this.acts.insertAt(place(0))],
      entry && ["insert-after", "plus", "Add a step after…", "/", () => this.acts.insertAt(place(1))],
      ["move-up", "up", "Move up", "Alt ↑", () => this.deeds.nudge("up")],
      ["move-down", "down", "Move down", "Alt ↓", () => this.deeds.nudge("down")],
      ["move-in", "right", "Move inwards", "Alt →", () => this.deeds.nudge("right")],
      ["move-out", "left", "Move outwards", "Alt ←", () => this.deeds.nudge("left")],
      ["duplicate", "copy", "Duplicate", "Ctrl D", () => this.deeds.duplicate()],
      ["copy", "copy", "Copy", "Ctrl C", () => this.clipboard.copy()],
      ["cut", "x", "Cut", "Ctrl X", () => this.clipboard.cut()],
      ["paste", "download", "Paste after", "Ctrl V", () => this.clipboard.paste()],
      entry?.blocks.length && ["fold", isFolded ? "unfold" : "fold", isFolded ? "Unfold" : "Fold", "Space", () => this.store.fold(entry.key)],
      ["rename", "edit", "Rename", "F2", () => this.acts.rename()],
      ["delete", "trash", "Delete", "Del", () => this.deeds.remove()],
    ].filter(Boolean);
  }

  /** At an element (under it) or at a point {x, y}. */
  open(where) {
    this.close(false);
    this.back = where instanceof HTMLButtonElement ? where : document.activeElement;
    const box = where instanceof Element ? where.getBoundingClientRect() : { left: where.x, right: where.x, bottom: where.y };
    this.#menu = h("ul", { class: "menu b-menu", role: "menu", "aria-label": "Step", on: { keydown: (event) => this.#key(event) } }, this.#items().map(([action, iconName, label, keys, deed]) => h("li", { role: "none" }, h("button", { type: "button", role: "menuitem", tabindex: "-1", dataset: { action }, on: { click: () => { this.close(); deed(); } } }, icon(iconName), h("span", { class: "grow" }, label), h("small", {}, keys)))));
    document.body.append(this.#menu);
    const left = Math.max(8, Math.min(where instanceof Element ? box.right - 230 : box.left, innerWidth - 238));
    const top = Math.min(box.bottom + 4, innerHeight - this.#menu.offsetHeight - 8);
    this.#menu.style.setProperty("--x", `${left}px`);
    this.#menu.style.setProperty("--y", `${top}px`);
    this.#buttons()[0].focus();
  }

  #buttons() {
    return [...this.#menu.querySelectorAll("button")];
  }

  close(giveBack = true) {
    if (!this.#menu) return;
    this.#menu.remove();
    this.#menu = null;
    if (giveBack) this.back?.focus?.({ preventScroll: true });
  }

  #key(event) {
    const all = this.#buttons();
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (next !== undefined) all[(next + all.length) % all.length].focus();
    else if (event.key.length === 1 && event.key !== " ") [...all.slice(at + 1), ...all].find((each) => each.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
