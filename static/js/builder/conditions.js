/** Conditions as rows of data, comparison and value, in groups inside groups; the expression beside them says the same, and either can be changed. */
import { ALONE, blankRow, codeOf, COMPARISONS, isAllRows, ROOTS, treeOf } from "./condition_code.js";
import { button, h } from "./dom.js";
import { takesDrops } from "./picker.js";
import { briefly, valueAt } from "./samples.js";

const JOINS = [["&&", "all of these hold"], ["||", "any of these holds"], ["none", "none of these holds"]];

/** Rows over the code in `input`, and the switch between them. `read` is to be called when the code was changed by hand. */
export function conditionRows(input, port) {
  return new Rows(input, port);
}

class Rows {
  constructor(input, port) {
    Object.assign(this, { input, port });
    this.list = h("div", { class: "cond-rows" });
    this.tree = treeOf(input.value, this.#roots());
    this.look = isAllRows(this.tree) ? "rows" : "code";
    const way = (look, label) => h("button", { type: "button", class: "btn small", dataset: { action: `as-${look}` }, on: { click: () => this.#show(look) } }, label);
    this.ways = h("div", { class: "join", role: "group", "aria-label": "How the condition is shown" }, way("rows", "Rows"), way("code", "Expression"));
    this.element = h("div", { class: "condition" }, this.list, input, this.ways);
    this.#show(this.look);
  }

  #show(look) {
    this.look = look;
    for (const each of this.ways.children) each.setAttribute("aria-pressed", String(each.dataset.action === `as-${look}`));
    this.list.hidden = look !== "rows";
    this.input.hidden = look !== "code";
    if (look === "rows") this.read();
  }

  /** The code was changed by hand. */
  read() {
    if (codeOf(this.tree, this.#roots()) !== this.input.value.trim()) this.tree = treeOf(this.input.value, this.#roots());
    if (this.look === "rows") this.#draw();
  }

  #roots() {
    return new Set([...ROOTS, ...this.port.names().flatMap((group) => group.names.map((name) => name.reference.split(/[.[]/)[0]))]);
  }

  /** Something inside these groups is another: their code is made anew. */
  #changed(groups, { draw = false } = {}) {
    for (const group of groups) delete group.text;
    this.input.value = codeOf(this.tree, this.#roots());
    this.input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { fromRows: true } }));
    if (draw) this.#draw();
  }

  #draw() {
    this.number = 0;
    this.listId = `names-${Math.random().toString(36).slice(2)}`;
    this.scope = this.port.scope?.() ?? {};
    const names = this.port.names().flatMap((group) => group.names.map((name) => h("option", { value: name.reference }, `${group.title}: ${name.label}`)));
    this.list.replaceChildren(this.#group(this.tree, []), h("datalist", { id: this.listId }, names));
  }

  #group(group, around) {
    const path = [...around, group];
    const { editable } = this.port;
    const needsJoin = group.items.length > 1 || group.join === "none" || around.length > 0;
    const join = needsJoin && h("select", { class: "input slim", "aria-label": "How the conditions are joined", dataset: { part: "join" }, disabled: !editable, on: { change: (event) => { group.join = event.target.value; this.#changed(path); } } }, JOINS.map(([value, label]) => h("option", { value, selected: value === group.join }, label)));
    const add = (label, action, fresh) => button(label, { look: "small plain", iconName: "plus", action, press: () => { group.items.push(fresh()); this.#draw(); this.list.querySelectorAll(".cond-row")[this.#numberOf(group.items.at(-1))]?.querySelector("input, textarea")?.focus(); } });
    const tools = editable && h("div", { class: "row wrap" }, add("Condition", "add-condition", blankRow), around.length < 3 && add("Group", "add-group", () => ({ join: group.join === "||" ? "&&" : "||", items: [blankRow(), blankRow()] })),
      around.length > 0 && this.#remove(group, around, "Remove the group"));
    return h("div", { class: "cond-group", dataset: { depth: around.length }, role: "group", "aria-label": JOINS.find(([value]) => value === group.join)[1] }, join, group.items.map((item) => (item.items ? this.#group(item, path) : this.#row(item, path))), tools);
  }

  #numberOf(wanted) {
    let found = -1;
    const walk = (node) => { if (node.items) node.items.forEach(walk); else { node.at = found += 1; } };
    walk(this.tree);
    return (wanted.items ? wanted.items[0] : wanted).at;
  }

  #row(row, path) {
    const number = this.number;
    this.number += 1;
    const remove = this.tree.items.length > 1 || path.length > 1 ? this.#remove(row, path, `Remove condition ${number + 1}`, "remove-condition") : null;
    if (row.code !== undefined) return h("div", { class: "cond-row", dataset: { row: number } }, h("input", { class: "input mono cond-code", value: row.code, "aria-label": `Expression ${number + 1}`, dataset: { part: "code", code: "true" }, readonly: !this.port.editable, on: { input: (event) => { row.code = event.target.value; this.#changed(path); } } }), remove);
    const change = (part) => (event) => { row[part] = event.target.value; delete row.text; this.#changed(path, { draw: part === "comparison" }); };
    const text = (part, label, placeholder) => {
      const input = h("input", { class: `input ${part === "left" ? "mono" : ""}`, list: this.listId, value: row[part], placeholder, "aria-label": `${label} ${number + 1}`, dataset: { part, code: "true" }, readonly: !this.port.editable, autocomplete: "off", on: { input: change(part) } });
      if (this.port.editable) takesDrops(input, this.port);
      return input;
    };
    const sample = row.left ? briefly(valueAt(this.scope, row.left), 24) : "";
    return h("div", { class: "cond-row", dataset: { row: number } }, text("left", "Data", "Data"),
      h("select", { class: "input", "aria-label": `Comparison ${number + 1}`, dataset: { part: "comparison" }, disabled: !this.port.editable, on: { change: change("comparison") } }, COMPARISONS.map(([value, label]) => h("option", { value, selected: value === row.comparison }, label))),
      ALONE.has(row.comparison) ? h("span") : text("right", "Value", sample ? `such as ${sample}` : "Value"), remove);
  }

  #remove(item, path, label, action = "remove-group") {
    if (!this.port.editable) return null;
    return button(label, { look: "small plain", only: true, iconName: "x", action, press: () => { this.#drop(item, path); this.#changed(path, { draw: true }); } });
  }

  /** Without this item; a group that is empty goes too. */
  #drop(item, path) {
    const group = path.at(-1);
    group.items = group.items.filter((each) => each !== item);
    if (!group.items.length && path.length > 1) this.#drop(group, path.slice(0, -1));
    else if (!group.items.length) group.items = [blankRow()];
  }
}
