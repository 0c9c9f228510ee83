/** The data picker: lists what can be read at this place with sample values, and puts the reference where the caret stands, by press, key or drag. */
import { isObject } from "./catalogue.js";
import { h, icon } from "./dom.js";
import { dataReference } from "./references.js";
import { briefly, kindOf, valueAt } from "./samples.js";

const DRAGGED = "application/x-handrail-reference";
const DEEPEST = 2; // levels of a sample that are listed by themselves
const MOST_INSIDE = 14; // names of one object

/** Opens under the field of `input`; pressing again closes. */
export function offerData(input, port) {
  const field = input.closest(".field");
  const open = field.querySelector(":scope > .pickdata");
  closeAll();
  if (open) { input.focus(); return; }
  const picker = new Picker(input, port);
  field.querySelector(":scope > .hint").before(picker.element);
  picker.search.focus();
  picker.element.scrollIntoView({ block: "nearest" });
}

export function closeAll() {
  for (const each of document.querySelectorAll(".pickdata")) each.remove();
}

/** A field into which data can be dragged from a picker, also from that of another field. */
export function takesDrops(input, port) {
  input.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes(DRAGGED)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; input.toggleAttribute("data-drop", true); } });
  input.addEventListener("dragleave", () => input.removeAttribute("data-drop"));
  input.addEventListener("drop", (event) => {
    const reference = event.dataTransfer.getData(DRAGGED);
    input.removeAttribute("data-drop");
    if (!reference) return;
    event.preventDefault();
    const at = caretAt(input, event);
    put(input, reference, at, at);
    port.pin?.(dragged?.entry);
    input.focus();
  });
}

let dragged = null;

/** Where a drop points to in a text: the caret under the pointer if the browser tells, else the end. */
function caretAt(input, event) {
  const found = document.caretPositionFromPoint?.(event.clientX, event.clientY);
  return found?.offsetNode === input ? found.offset : input.value.length;
}

/** In code the bare reference; in text with braces. A "{{" that was just typed is replaced. */
function put(input, reference, start, end) {
  const isCode = input.dataset.code === "true";
  const from = !isCode && input.value.slice(start - 2, start) === "{{" ? start - 2 : start;
  input.setRangeText(isCode ? reference : `{{ ${reference} }}`, from, end, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

class Picker {
  constructor(input, port) {
    this.input = input;
    this.port = port;
    this.scope = port.scope?.() ?? {};
    this.groups = port.names().filter((group) => !group.isSecret || input.dataset.code !== "true").map((group) => ({ ...group, names: group.names.flatMap((name) => this.#withSample(name, DEEPEST)) }));
    this.selection = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    this.list = h("ul", { class: "menu", role: "listbox", id: "pickdata-list", "aria-label": "Data" });
    this.search = h("input", { class: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "pickdata-list", "aria-label": "Find data", placeholder: "Find a value, or what it looked like", autocomplete: "off", on: { input: () => this.#draw(), keydown: (event) => this.#key(event) } });
    this.element = h("div", { class: "pickdata", role: "dialog", "aria-label": "Insert data" }, h("div", { class: "search" }, icon("search"), this.search), this.list, port.source && h("p", { class: "foot" }, port.source(), ". Press to insert, or drag into a field."));
    this.element.addEventListener("focusout", (event) => { if (!this.element.contains(event.relatedTarget)) setTimeout(() => { if (!this.element.contains(document.activeElement) && !this.isDragging) this.element.remove(); }, 150); });
    this.#draw();
  }

  /** A name with what it looked like, and the names inside where its sample is an object. */
  #withSample(name, depth) {
    const value = valueAt(this.scope, name.reference);
    const own = { ...name, value, type: value === undefined ? name.type : kindOf(value) || name.type };
    if (!depth || !isObject(value)) return [own];
    const inner = Object.keys(value).slice(0, MOST_INSIDE).map((key) => ({ ...name, reference: dataReference(name.reference, [key]), label: `${name.label}.${key}`, help: "" }));
    return [own, ...inner.flatMap((each) => this.#withSample(each, depth - 1))];
  }

  #draw() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (group, name) => words.every((word) => `${group.title} ${name.label} ${name.reference} ${name.help} ${briefly(name.value, 200)}`.toLowerCase().includes(word));
    const parts = [];
    const seen = new Set();
    this.options = [];
    for (const group of this.groups) {
      const names = group.names.filter((name) => !seen.has(name.reference) && fits(group, name));
      if (!names.length) continue;
      parts.push(h("li", { class: "head", role: "presentation" }, group.title, group.note && h("span", { class: "mut" }, ` · ${group.note}`)));
      for (const name of names) { seen.add(name.reference); parts.push(this.#option(name)); }
    }
    this.list.replaceChildren(...(parts.length ? parts : [h("li", { class: "head", role: "presentation" }, this.groups.length ? "Nothing of that name can be read here." : "Nothing can be read here yet.")]));
    this.#point(0);
  }

  #option(name) {
    const shown = name.value === undefined ? h("small", {}, name.help) : h("small", { class: "sample" }, briefly(name.value));
    const option = h("li", { role: "option", id: `pickdata-${this.options.length}`, draggable: "true", dataset: { reference: name.reference }, title: [name.reference, name.help].filter(Boolean).join("\n"), on: { mousedown: (event) => event.stopPropagation(), click: () => this.#take(name), dragstart: (event) => this.#drag(event, name), dragend: () => this.#dropped() } },
      h("span", { class: "ty" }, name.type), h("span", { class: "grow" }, name.label), shown);
    this.options.push({ option, name });
    return option;
  }

  #drag(event, name) {
    dragged = name;
    this.isDragging = true;
    event.dataTransfer.setData(DRAGGED, name.reference);
    event.dataTransfer.setData("text/plain", `{{ ${name.reference} }}`);
    event.dataTransfer.effectAllowed = "copy";
  }

  #dropped() {
    this.isDragging = false;
    this.element.remove();
  }

  #point(at) {
    this.at = Math.max(0, Math.min(at, this.options.length - 1));
    this.options.forEach(({ option }, index) => { option.classList.toggle("on", index === this.at); option.setAttribute("aria-selected", String(index === this.at)); });
    const { option } = this.options[this.at] ?? {};
    this.search.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in moves) this.#point(this.at + moves[event.key]);
    else if (event.key === "Enter" && this.options[this.at]) this.#take(this.options[this.at].name);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #take(name) {
    put(this.input, name.reference, ...this.selection);
    this.port.pin?.(name.entry);
    this.#close();
  }

  #close() {
    this.input.focus();
    this.element.remove();
  }
}
