/** The data picker: lists what can be read at this place and puts the reference where the caret stands. */
import { h, icon } from "./dom.js";

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

class Picker {
  constructor(input, port) {
    this.input = input;
    this.port = port;
    this.groups = port.names();
    this.selection = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    this.list = h("ul", { class: "menu", role: "listbox", id: "pickdata-list", "aria-label": "Data" });
    this.search = h("input", { class: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "pickdata-list", "aria-label": "Find data", placeholder: "Find a value", autocomplete: "off", on: { input: () => this.#draw(), keydown: (event) => this.#key(event) } });
    this.element = h("div", { class: "pickdata", role: "dialog", "aria-label": "Insert data" }, h("div", { class: "search" }, icon("search"), this.search), this.list);
    this.element.addEventListener("focusout", (event) => { if (!this.element.contains(event.relatedTarget)) setTimeout(() => { if (!this.element.contains(document.activeElement)) this.element.remove(); }, 150); });
    this.#draw();
  }

  #draw() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (group, name) => words.every((word) => `${group.title} ${name.label} ${name.reference} ${name.help}`.toLowerCase().includes(word));
    const parts = [];
    this.options = [];
    for (const group of this.groups) {
      const names = group.names.filter((name) => fits(group, name));
      if (!names.length) continue;
      parts.push(h("li", { class: "head", role: "presentation" }, group.title, group.note && h("span", { class: "mut" }, ` · ${group.note}`)));
      for (const name of names) parts.push(this.#option(name));
    }
    this.list.replaceChildren(...(parts.length ? parts : [h("li", { class: "head", role: "presentation" }, this.groups.length ? "Nothing of that name can be read here." : "Nothing can be read here yet.")]));
    this.#point(0);
  }

  #option(name) {
    const option = h("li", { role: "option", id: `pickdata-${this.options.length}`, dataset: { reference: name.reference }, title: name.reference, on: { pointerdown: (event) => { event.preventDefault(); this.#take(name); } } },
      h("span", { class: "ty" }, name.type), h("span", { class: "grow" }, name.label), h("small", {}, name.help));
    this.options.push({ option, name });
    return option;
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

  /** In code the bare reference; in text with braces. A "{{" that was just typed is replaced. */
  #take(name) {
    const { input } = this;
    let [start, end] = this.selection;
    const isCode = input.dataset.code === "true";
    if (!isCode && input.value.slice(start - 2, start) === "{{") start -= 2;
    input.setRangeText(isCode ? name.reference : `{{ ${name.reference} }}`, start, end, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (name.entry && !name.entry.step.id) this.port.pin?.(name.entry);
    this.#close();
  }

  #close() {
    this.input.focus();
    this.element.remove();
  }
}
