/** "Add a step": a box to find a step type and say where it goes; opened by `/`, by the + on a wire and by the button of the phone. */
import { h, icon } from "./dom.js";

export class Chooser {
  constructor({ catalogue, deeds, store }) {
    Object.assign(this, { catalogue, deeds, store });
    this.search = h("input", { class: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "choose-list", "aria-label": "Find a step", placeholder: "Find a step", autocomplete: "off", on: { input: () => this.#draw(), keydown: (event) => this.#key(event) } });
    this.where = h("select", { class: "input", "aria-label": "Where", dataset: { field: "insert.where" } });
    this.list = h("ul", { class: "menu", role: "listbox", id: "choose-list", "aria-label": "Steps" });
    this.dialog = h("dialog", { class: "dialog b-choose", "aria-label": "Add a step", dataset: { dialog: "insert" } },
      h("div", { class: "b-choose-head" }, h("div", { class: "search grow" }, icon("search"), this.search), this.where, h("button", { type: "button", class: "btn small only plain", "aria-label": "Close", on: { click: () => this.dialog.close() } }, icon("x"))), this.list);
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener("close", () => this.back?.focus?.({ preventScroll: true }));
    document.body.append(this.dialog);
  }

  /** place: {block, index} that is offered first; without it, around the selected step. */
  open(place) {
    if (!this.store.editable) return;
    this.back = document.activeElement;
    this.places = [...(place ? [{ label: `into ${place.block.label}, place ${place.index + 1}`, place }] : []), ...this.deeds.placesAround(this.store.focused)];
    this.where.replaceChildren(...this.places.map((each, at) => h("option", { value: String(at) }, each.label)));
    this.where.hidden = this.places.length < 2;
    this.search.value = "";
    this.#draw();
    this.dialog.showModal();
    this.search.focus();
  }

  #draw() {
    const found = new Set(this.catalogue.matching(this.search.value));
    this.options = [];
    const parts = [];
    for (const group of this.catalogue.families()) {
      const types = group.types.filter((type) => found.has(type));
      if (!types.length) continue;
      parts.push(h("li", { class: "head", role: "presentation" }, group.title));
      for (const type of types) parts.push(this.#option(type));
    }
    this.list.replaceChildren(...(parts.length ? parts : [h("li", { class: "head", role: "presentation" }, `No step matches “${this.search.value}”.`)]));
    this.#point(0);
  }

  #option(type) {
    const option = h("li", { role: "option", id: `choose-${type.name}`, dataset: { choose: type.name, family: type.family }, on: { click: () => this.#take(type) } },
      h("span", { class: "ic" }, icon(type.icon)), h("span", { class: "grow" }, h("b", {}, type.label), h("small", {}, type.summary)));
    this.options.push({ option, type });
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
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
    if (event.key in moves) this.#point(this.at + moves[event.key]);
    else if (event.key === "Enter" && this.options[this.at]) this.#take(this.options[this.at].type);
    else return;
    event.preventDefault();
  }

  #take(type) {
    const { place } = this.places[Number(this.where.value) || 0];
    this.back = null;
    this.dialog.close();
    this.deeds.add(type, place);
  }
}
