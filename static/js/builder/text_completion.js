/** The list of what may be written at the caret of the text view: Tab or Enter takes it, Esc closes, Ctrl Space opens. */
import { h } from "./dom.js";
import { offered } from "./text_places.js";

const MOST = 40;

export class Completion {
  /** editor: TextEditor. context(): {as, outline, catalogue, known}. */
  constructor({ editor, holder, context }) {
    const { area } = editor;
    Object.assign(this, { editor, area, context });
    this.list = h("ul", { class: "menu b-complete", role: "listbox", id: "complete-list", "aria-label": "What can be written here", hidden: true });
    holder.append(this.list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", "complete-list");
    area.addEventListener("input", (event) => { if (!this.isTaking && /^insert(Text|CompositionText)$|^deleteContentBackward$/.test(event.inputType ?? "")) this.look(false); else this.close(); });
    area.addEventListener("keydown", (event) => this.#key(event), true);
    area.addEventListener("blur", () => setTimeout(() => this.close(), 120));
    area.addEventListener("scroll", () => { if (this.isOpen) this.#place(this.found.from); }, { passive: true });
    area.addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** asked: by a key, also where nothing was typed yet. */
  look(asked) {
    const { area } = this;
    const at = area.selectionStart;
    const found = area.readOnly || at !== area.selectionEnd ? null : offered(area.value, at, this.context().as, this.context());
    const typed = found ? at - found.from : 0;
    if (!found || (!asked && !typed && !found.isValue && !/\{\{ ?$/.test(area.value.slice(0, at)))) { this.close(); return; }
    this.found = found;
    this.options = found.options.slice(0, MOST);
    this.list.replaceChildren(...this.options.map((option, index) => h("li", { role: "option", id: `complete-${index}`, dataset: { text: option.text }, on: { mousedown: (event) => { event.preventDefault(); this.#take(option); } } }, h("span", { class: "mono" }, option.text), h("small", { class: "grow" }, option.note))));
    this.list.hidden = false;
    this.#place(found.from);
    this.#point(0);
  }

  close() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  /** Under the word, or above it where there is no room; text stands in columns of one width. */
  #place(from) {
    const { area, editor, list } = this;
    const style = getComputedStyle(area);
    const line = editor.lineOf(from);
    const pen = (this.pen ??= document.createElement("canvas").getContext("2d"));
    pen.font = style.font;
    const x = pen.measureText(area.value.slice(editor.lineStarts[line], from)).width + parseFloat(style.paddingInlineStart) - area.scrollLeft;
    const y = (line + 1) * editor.lineHeight + parseFloat(style.paddingBlockStart) - area.scrollTop;
    const isLow = y + list.offsetHeight > area.clientHeight;
    list.style.setProperty("--x", `${Math.max(area.offsetLeft, Math.min(area.offsetLeft + x, area.offsetLeft + area.clientWidth - list.offsetWidth - 8))}px`);
    list.style.setProperty("--y", `${area.offsetTop + (isLow ? Math.max(0, y - list.offsetHeight - editor.lineHeight - 4) : y + 2)}px`);
  }

  #point(at) {
    this.at = (at + this.options.length) % this.options.length;
    [...this.list.children].forEach((option, index) => { option.classList.toggle("on", index === this.at); option.setAttribute("aria-selected", String(index === this.at)); });
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.area.setAttribute("aria-activedescendant", `complete-${this.at}`);
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === " ") { event.preventDefault(); this.look(true); return; }
    if (!this.isOpen) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.#point(this.at + by);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey)) this.#take(this.options[this.at]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #take(option) {
    this.isTaking = true;
    this.editor.write(this.found.from, this.area.selectionStart, option.text);
    this.isTaking = false;
    this.close();
    this.area.focus();
  }
}
