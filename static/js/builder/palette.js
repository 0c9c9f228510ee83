/** The library of steps: searchable, by family; drag one into the drawing, or press to put it after the selected step. */
import { h, icon } from "./dom.js";

export class Palette {
  constructor({ catalogue, element, search, add }) {
    Object.assign(this, { catalogue, element, search, add });
    search.addEventListener("input", () => this.draw());
    search.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("click", (event) => this.#press(event));
    this.draw();
  }

  draw() {
    const found = new Set(this.catalogue.matching(this.search.value));
    const groups = this.catalogue.families().map((group) => ({ ...group, types: group.types.filter((type) => found.has(type)) })).filter((group) => group.types.length);
    this.element.replaceChildren(...groups.flatMap((group) => [h("h2", { id: `pal-${group.family}` }, group.title), h("ul", { "aria-labelledby": `pal-${group.family}` }, group.types.map(item))]));
    if (!groups.length) this.element.append(h("p", { class: "mut small b-none" }, `No step matches “${this.search.value}”.`));
  }

  #key(event) {
    const items = [...this.element.querySelectorAll("[data-palette]")];
    if (event.key === "Enter" && items[0]) { event.preventDefault(); this.add(this.catalogue.byName.get(items[0].dataset.palette)); }
    else if (event.key === "ArrowDown") { event.preventDefault(); items[0]?.focus(); }
    else if (event.key === "Escape" && this.search.value) { event.preventDefault(); this.search.value = ""; this.draw(); }
  }

  #press(event) {
    const pressed = event.target.closest("[data-palette]");
    if (pressed) this.add(this.catalogue.byName.get(pressed.dataset.palette));
  }
}

function item(type) {
  return h("li", { dataset: { family: type.family } },
    h("button", { type: "button", class: "pal-item", dataset: { palette: type.name, family: type.family }, title: type.summary },
      h("span", { class: "ic" }, icon(type.icon)), h("span", { class: "pal-label" }, type.label)));
}
