/** Several steps at once: a bar says how many are selected and what can be done with them. By touch a held finger begins, and taps add. */
import { tell } from "./announce.js";
import { button, count, h } from "./dom.js";

export class Picking {
  #isTouch = false; // somebody selects by touch: a tap adds or takes away

  /** element: the bar. page: .builder. openMenu(button): the rarer deeds. */
  constructor({ store, element, page, deeds, clipboard, openMenu }) {
    Object.assign(this, { store, element, page });
    const done = (deed) => () => { this.#isTouch = false; deed(); };
    const press = (label, action, iconName, deed) => h("span", {}, button(label, { look: "plain", iconName, action, title: label, "aria-label": label, tabindex: "-1", press: deed }));
    this.words = h("b", { class: "b-picked-count" });
    element.replaceChildren(this.words,
      press("Up", "move-up", "up", () => deeds.nudge("up")), press("Down", "move-down", "down", () => deeds.nudge("down")),
      press("Copy", "copy", "copy", done(() => clipboard.copy())), press("Duplicate", "duplicate", "plus", done(() => deeds.duplicate())), press("Delete", "delete", "trash", done(() => deeds.remove())),
      press("More", "more-deeds", "more", (event) => openMenu(event.currentTarget)), press("Clear", "clear-selection", "x", () => store.select([])));
    element.addEventListener("keydown", (event) => this.#key(event));
    for (const event of ["selection", "document"]) store.on(event, () => this.draw());
  }

  get isTouch() {
    return this.#isTouch;
  }

  /** A finger was held on these steps. */
  begin(keys) {
    this.#isTouch = true;
    const { selection } = this.store;
    this.store.select([...new Set([...(selection.length > 1 || this.isShown ? selection : []), ...keys])], { focus: false, reveal: false });
  }

  toggle(key) {
    const { selection } = this.store;
    this.store.select(selection.includes(key) ? selection.filter((each) => each !== key) : [...selection, key], { focus: false, reveal: false });
  }

  get isShown() {
    return !this.element.hidden;
  }

  draw() {
    const { chosen, selection } = this.store;
    if (!selection.length) this.#isTouch = false;
    const wasHidden = this.element.hidden;
    this.element.hidden = selection.length < 2 && !this.#isTouch;
    this.page.toggleAttribute("data-picking", this.isShown);
    if (this.element.hidden) return;
    const words = `${count(chosen.length, "step")} selected`;
    if (this.words.textContent !== words || wasHidden) tell(words);
    this.words.textContent = words;
    if (wasHidden) this.#reach(0, false);
  }

  #buttons() {
    return [...this.element.querySelectorAll("button")];
  }

  /** One stop of Tab; arrows go along. */
  #reach(at, focus = true) {
    const all = this.#buttons();
    const next = (at + all.length) % all.length;
    all.forEach((each, number) => { each.tabIndex = number === next ? 0 : -1; });
    if (focus) all[next].focus();
  }

  #key(event) {
    const all = this.#buttons();
    const at = all.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) this.#reach(next);
    else if (event.key === "Escape") this.store.select(this.store.selection.slice(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
