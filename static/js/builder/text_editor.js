/**
 * A text field with colours, line numbers, marks at lines, and search. What is typed into is an ordinary textarea, so that the keyboard of a phone, screen
 * readers, spelling of other languages and the browser's own undo work; the colours lie behind it, and only the lines in sight are drawn.
 */
import { h, later } from "./dom.js";
import { coloured, cutAt, insideTexts } from "./text_colours.js";
import { TextSearch } from "./text_search.js";

const BEYOND = 12; // lines drawn above and below what is in sight

export class TextEditor {
  /** changed(): somebody typed. moved(line): the caret went to a line, counted from 0. */
  constructor({ label, editable, changed, moved }) {
    Object.assign(this, { changed, moved, editable });
    this.as = "yaml";
    this.marks = new Map(); // line from 1 -> {level, message}
    this.area = h("textarea", { class: "input mono b-source", spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": label, "aria-describedby": "source-keys", readonly: !editable, dataset: { field: "source" }, on: { input: () => this.#typed(), keydown: (event) => this.#key(event), blur: () => { this.tabs = false; } } });
    this.ink = h("pre", { class: "b-ink-lines" });
    this.gutter = h("div", { class: "b-gutter", "aria-hidden": "true" }, (this.numbers = h("div", { class: "b-numbers" })));
    this.search = new TextSearch({ editor: this });
    this.box = h("div", { class: "b-source-box" }, this.gutter, h("div", { class: "b-ink", "aria-hidden": "true" }, this.ink), this.area);
    this.element = h("div", { class: "b-editor" }, this.search.element, this.box, h("p", { class: "vh", id: "source-keys" }, "Control Space offers what can be written. Control F finds. After typing Tab indents; Escape, then Tab leaves."));
    this.area.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.area);
    const soon = later(80, () => this.#moved());
    document.addEventListener("selectionchange", () => { if (document.activeElement === this.area) soon(); });
    this.lines = [""];
    this.inside = [];
  }

  get text() {
    return this.area.value;
  }

  /** Shows another text; the caret and what is in sight stay where they are as far as there is text. */
  show(text, as = this.as) {
    this.as = as;
    if (text === this.text) { this.#read(); return; }
    const { selectionStart, scrollTop } = this.area;
    this.area.value = text;
    this.area.setSelectionRange(selectionStart, selectionStart);
    this.area.scrollTop = scrollTop;
    this.#read();
  }

  /** marks: Map of a line, from 1, to {level, message}. */
  mark(marks) {
    this.marks = marks;
    this.draw();
  }

  #typed() {
    this.tabs = true;
    this.#read();
    this.changed();
  }

  #read() {
    this.lines = this.text.split("\n");
    this.inside = this.as === "yaml" ? insideTexts(this.lines) : [];
    this.starts = null;
    this.search.look();
    this.#drawSoon();
  }

  /** Before the next picture; several changes at once are drawn once. */
  #drawSoon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  get lineHeight() {
    return (this.height ??= parseFloat(getComputedStyle(this.area).lineHeight) || 21);
  }

  /** Where each line begins. */
  get lineStarts() {
    if (!this.starts) { let at = 0; this.starts = this.lines.map((line) => { const start = at; at += line.length + 1; return start; }); }
    return this.starts;
  }

  /** The line of a place in the text, from 0. */
  lineOf(at) {
    const { lineStarts } = this;
    let [low, high] = [0, lineStarts.length - 1];
    while (low < high) { const middle = (low + high + 1) >> 1; if (lineStarts[middle] <= at) low = middle; else high = middle - 1; }
    return low;
  }

  /** Draws the lines in sight. */
  draw() {
    if (!this.area.clientHeight) return;
    const { scrollTop, scrollLeft, clientHeight } = this.area;
    const first = Math.max(0, Math.floor(scrollTop / this.lineHeight) - BEYOND);
    const last = Math.min(this.lines.length, Math.ceil((scrollTop + clientHeight) / this.lineHeight) + BEYOND);
    const top = `${first * this.lineHeight - scrollTop}px`;
    this.ink.style.setProperty("--y", top);
    this.ink.style.setProperty("--x", `${-scrollLeft}px`);
    this.numbers.style.setProperty("--y", `${-scrollTop}px`);
    const here = this.lineOf(this.area.selectionStart);
    this.ink.replaceChildren(...this.lines.slice(first, last).map((line, at) => this.#line(line, first + at)));
    const shown = Array.from({ length: last - first }, (_, at) => h("span", { class: first + at === here ? "on" : null }, String(first + at + 1)));
    const marks = [...this.marks].filter(([line]) => line > 0 && line <= this.lines.length).map(([line, { level }]) => h("i", { class: "b-gutter-mark", dataset: { line, level }, vars: { "--line-number": line - 1 } }));
    this.numbers.replaceChildren(h("div", { vars: { "--line-number": first }, class: "b-number-lines" }, shown), ...marks);
    this.gutter.style.setProperty("--digits", String(this.lines.length).length);
  }

  #line(line, number) {
    const mark = this.marks.get(number + 1);
    const pieces = cutAt(coloured(line, this.inside[number] ?? -1, this.as), this.search.rangesOf(number));
    const nodes = pieces.map(({ kind, text, hit }) => h(hit === undefined ? "span" : "mark", { class: `ink-${kind}${hit ? " on" : ""}` }, text));
    return h("div", { dataset: mark ? { level: mark.level } : {} }, nodes.length ? nodes : "\u200b", mark && h("span", { class: "b-ink-say" }, mark.message));
  }

  /** Selects a part of the text and brings it into sight. */
  select(from, to, { focus = true } = {}) {
    this.area.setSelectionRange(from, to);
    if (focus) this.area.focus({ preventScroll: true });
    const y = this.lineOf(from) * this.lineHeight;
    const { scrollTop, clientHeight } = this.area;
    if (y < scrollTop + this.lineHeight || y > scrollTop + clientHeight - 3 * this.lineHeight) this.area.scrollTop = Math.max(0, y - clientHeight / 3);
    this.draw();
  }

  #moved() {
    this.draw();
    this.moved(this.lineOf(this.area.selectionStart));
  }

  /** Writes over a part of the text such that the browser's undo can take it back. */
  write(from, to, text) {
    const { activeElement } = document;
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(from, to);
    const isDone = text ? document.execCommand("insertText", false, text) : from === to || document.execCommand("delete");
    if (!isDone) { this.area.setRangeText(text, from, to, "end"); this.area.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "historyRedo" })); }
    if (activeElement !== this.area) activeElement?.focus?.({ preventScroll: true });
  }

  #key(event) {
    const command = event.ctrlKey || event.metaKey;
    const deed = command && event.key.toLowerCase() === "f" ? () => this.search.open() : this.editable ? this.#deedOf(event, command) : null;
    if (!deed) { if (event.key === "Escape") this.tabs = false; return; }
    event.preventDefault();
    event.stopPropagation();
    deed();
  }

  #deedOf(event, command) {
    if (event.isComposing) return null;
    if (event.key === "Tab" && this.tabs && !command && !event.altKey) return () => this.#indent(event.shiftKey ? -1 : 1);
    if (event.key === "Enter" && !command && !event.shiftKey) return () => this.#newLine();
    if (command && event.key === "/" && this.as === "yaml") return () => this.#changeLines((lines) => (lines.every((line) => /^\s*(#|$)/.test(line)) ? lines.map((line) => line.replace(/^(\s*)# ?/, "$1")) : lines.map((line) => line.replace(/^(\s*)(?=\S)/, "$1# "))));
    if (command && (event.key === "]" || event.key === "[")) return () => this.#indent(event.key === "]" ? 1 : -1, true);
    return null;
  }

  #indent(by, whole = false) {
    const { selectionStart: from, selectionEnd: to } = this.area;
    if (by > 0 && !whole && this.lineOf(from) === this.lineOf(to)) { this.write(from, to, "  "); return; }
    this.#changeLines((lines) => lines.map((line) => (by > 0 ? line && `  ${line}` : line.replace(/^ {1,2}/, ""))));
  }

  /** All lines of the selection written anew. */
  #changeLines(change) {
    const { selectionStart, selectionEnd } = this.area;
    const [first, last] = [this.lineOf(selectionStart), this.lineOf(Math.max(selectionStart, selectionEnd - 1))];
    const [from, to] = [this.lineStarts[first], this.lineStarts[last] + this.lines[last].length];
    const [before, after] = [this.text.slice(from, to), change(this.lines.slice(first, last + 1)).join("\n")];
    if (before === after) return;
    this.write(from, to, after);
    const isOne = selectionStart === selectionEnd;
    const at = Math.max(from, selectionEnd + after.length - before.length);
    this.area.setSelectionRange(isOne ? at : from, at);
  }

  /** The next line begins below this one, further in after what opens something. */
  #newLine() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    const before = this.text.slice(this.lineStarts[this.lineOf(from)], from);
    const [, spaces, dashes] = /^(\s*)((?:- +)*)/.exec(before);
    const opens = this.as === "json" ? /[{[]\s*$/.test(before) : /:\s*$/.test(before) || /(?:^|[:-] +)[|>][+-]?$/.test(before);
    const isEmpty = !before.slice(spaces.length + dashes.length).trim();
    this.write(from, to, `\n${spaces}${isEmpty ? "" : " ".repeat(dashes.length)}${opens ? "  " : ""}`);
  }
}
