/** Finding and replacing in the text view. */
import { button, h } from "./dom.js";

const MOST = 5000; // places that are shown

export class TextSearch {
  constructor({ editor }) {
    this.editor = editor;
    this.hits = [];
    this.at = -1;
    const field = (label, hook, keydown) => h("input", { class: "input", type: "search", "aria-label": label, placeholder: label, autocomplete: "off", spellcheck: "false", dataset: { field: hook }, on: { keydown } });
    this.find = field("Find in the text", "source.find", (event) => this.#key(event));
    this.find.addEventListener("input", () => { this.look(); this.#go(this.#nearest()); });
    this.said = h("span", { class: "small mut b-find-count", role: "status" });
    const step = (label, iconName, by) => button(label, { look: "small plain", only: true, iconName, action: by > 0 ? "find-next" : "find-before", press: () => this.next(by) });
    this.with = field("Replace with", "source.replace", (event) => { if (event.key === "Enter") { event.preventDefault(); this.#replace(); } else this.#key(event); });
    const replacing = editor.editable ? h("div", { class: "row" }, this.with, button("Replace", { look: "small", action: "replace-one", press: () => this.#replace() }), button("All", { look: "small", action: "replace-all", title: "Replace all", press: () => this.#replaceAll() })) : null;
    this.element = h("div", { class: "b-find", role: "search", "aria-label": "Find in the text", hidden: true }, h("div", { class: "row" }, this.find, this.said, step("The one before", "up", -1), step("The next one", "down", 1)), replacing, button("Close the search", { look: "small plain b-find-close", only: true, iconName: "x", action: "find-close", press: () => this.close() }));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    const { selectionStart, selectionEnd } = this.editor.area;
    const chosen = this.editor.text.slice(selectionStart, selectionEnd);
    if (chosen && !chosen.includes("\n")) this.find.value = chosen;
    this.from = selectionStart;
    this.element.hidden = false;
    this.find.focus();
    this.find.select();
    this.look();
    this.#go(this.#nearest());
  }

  close() {
    this.element.hidden = true;
    this.hits = [];
    this.editor.area.focus({ preventScroll: true });
    this.editor.draw();
  }

  /** Every place that holds the words, large and small letters alike. */
  look() {
    const wanted = this.find.value.toLowerCase();
    const text = this.editor.text.toLowerCase();
    this.hits = [];
    if (!this.isOpen || !wanted) { this.#say(); return; }
    for (let at = text.indexOf(wanted); at >= 0 && this.hits.length < MOST; at = text.indexOf(wanted, at + wanted.length)) this.hits.push(at);
    this.at = Math.min(this.at, this.hits.length - 1);
    this.#say();
  }

  /** Ranges in one line, for the colours. */
  rangesOf(line) {
    if (!this.hits.length) return [];
    const start = this.editor.lineStarts[line];
    const end = start + this.editor.lines[line].length;
    const size = this.find.value.length;
    return this.hits.map((hit, index) => ({ from: hit - start, to: hit - start + size, on: index === this.at, hit })).filter(({ hit }) => hit >= start && hit < end);
  }

  #nearest() {
    const after = this.hits.findIndex((hit) => hit >= (this.from ?? 0));
    return after < 0 ? 0 : after;
  }

  next(by) {
    if (this.hits.length) this.#go((this.at + by + this.hits.length) % this.hits.length);
  }

  #go(at) {
    this.at = this.hits.length ? at : -1;
    if (this.at >= 0) { this.from = this.hits[this.at]; this.editor.select(this.from, this.from + this.find.value.length, { focus: false }); }
    else this.editor.draw();
    this.#say();
  }

  #say() {
    this.said.textContent = !this.find.value ? "" : this.hits.length ? `${this.at + 1} of ${this.hits.length}${this.hits.length === MOST ? "+" : ""}` : "Not found";
  }

  #key(event) {
    if (event.key === "Enter") this.next(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #replace() {
    const at = this.hits[this.at];
    if (at === undefined) return;
    this.editor.write(at, at + this.find.value.length, this.with.value);
    this.from = at + this.with.value.length;
    this.look();
    this.#go(this.#nearest());
  }

  #replaceAll() {
    if (!this.hits.length) return;
    let [text, from] = ["", 0];
    for (const hit of this.hits) { text += this.editor.text.slice(from, hit) + this.with.value; from = hit + this.find.value.length; }
    const { length } = this.hits;
    this.editor.write(0, this.editor.text.length, text + this.editor.text.slice(from));
    this.look();
    this.said.textContent = `${length} replaced`;
  }
}
