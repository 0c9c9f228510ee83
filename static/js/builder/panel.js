/** The settings beside the drawing: of the selected step, or of the playbook when none is selected. */
import { fieldPath, fieldValue } from "./catalogue.js";
import { clausesPart } from "./clauses.js";
import { button, count, h, icon } from "./dom.js";
import { fieldBox, fieldStack } from "./fields.js";
import { CODES, GUARD_GROUPS, GUARD_KEYS, ON_ERROR, RETRY } from "./guards.js";
import { lastRunParts } from "./last_run.js";
import { visibleAt } from "./names.js";
import * as operations from "./operations.js";
import { panelHeader, showFault } from "./panel_parts.js";
import { closeAll } from "./picker.js";
import { playbookParts } from "./playbook_panel.js";
import { dataReference } from "./references.js";
import { titleOf } from "./summary.js";

const TABS = [["settings", "Settings"], ["trouble", "If it goes wrong"], ["last", "Last run"], ["help", "Help"]];

export class Panel {
  /** element: the aside. people: suggestions by kind. openMenu(button): rare deeds with the selected step. */
  constructor({ store, element, people, samples, client, known, openMenu, moreSettings }) {
    Object.assign(this, { store, element, people, samples, client, known, openMenu, moreSettings });
    this.tab = "settings";
    this.shown = null;
    this.view = null; // {name, draw()}: something else than settings, until a step is selected
    store.on("selection", () => { if (store.selection.length) this.view = null; if (this.#wanted() !== this.shown) this.draw(); });
    store.on("trial", () => { if (this.tab === "last" && !this.view && store.focused && !this.element.contains(document.activeElement)) this.draw(); });
    store.on("document", (_, { from }) => this.#changed(from));
    store.on("faults", () => this.#showFaults());
    element.addEventListener("focusout", () => store.seal());
    this.draw();
  }

  /** Shows something else than settings: {name, draw() -> nodes}; null goes back. */
  show(view) {
    this.view = view;
    this.draw();
  }

  #wanted() {
    if (this.view) return `view ${this.view.name}`;
    const { selection } = this.store;
    return selection.length > 1 ? `many ${selection.join(" ")}` : (this.store.focused?.key ?? "root");
  }

  /** Redraws after changes from elsewhere; what was typed here stands already. */
  #changed(from) {
    if (from === "library") this.tab = "settings";
    if (this.view?.keep || (from === "panel" && this.#wanted() === this.shown)) { this.#title(); return; }
    const focus = this.#focusMark();
    this.draw();
    if (focus) this.#restore(focus);
  }

  #focusMark() {
    const active = document.activeElement;
    if (!this.element.contains(active)) return null;
    return { path: active.closest(".field")?.dataset.path, hook: active.dataset.field, start: active.selectionStart, top: this.element.scrollTop };
  }

  #restore({ path, hook, start, top }) {
    const target = (hook && this.element.querySelector(`[data-field="${CSS.escape(hook)}"]`)) || (path && this.element.querySelector(`.field[data-path="${CSS.escape(path)}"] :is(input, textarea, select)`));
    this.element.scrollTop = top;
    target?.focus({ preventScroll: true });
    if (typeof start === "number" && target?.setSelectionRange && target.type !== "checkbox") target.setSelectionRange(start, start);
  }

  draw() {
    closeAll();
    const isOther = this.shown !== this.#wanted();
    this.shown = this.#wanted();
    const entry = this.view || this.store.selection.length > 1 ? null : this.store.focused;
    if (isOther) this.element.scrollTop = 0;
    this.element.dataset.shows = entry ? "step" : this.store.selection.length ? "many" : "playbook";
    if (this.view) this.element.replaceChildren(...this.view.draw());
    else if (this.store.selection.length > 1) this.element.replaceChildren(...this.#many());
    else this.element.replaceChildren(...(entry ? this.#step(entry) : this.#playbook()));
    this.#showFaults();
  }

  #many() {
    const { store } = this;
    const line = (entry) => h("li", { dataset: { family: entry.kind.family } },
      h("button", { type: "button", class: "b-chosen", title: "Select only this one", on: { click: () => store.select([entry.key]) } }, h("span", { class: "ic" }, icon(entry.kind.icon)), h("span", { class: "clip" }, titleOf(entry))),
      button(`Leave out ${titleOf(entry)}`, { look: "small plain", only: true, iconName: "x", action: "leave-out", press: () => store.select(store.selection.filter((key) => key !== entry.key), { focus: false }) }));
    return [this.#header({ title: `${count(store.chosen.length, "step")} selected`, menu: true, iconName: "list" }), h("div", { class: "b-form stack" }, h("ul", { class: "b-chosen-list" }, store.chosen.map(line)))];
  }

  #header({ menu, ...shown }) {
    const more = menu && this.store.editable && button("More: duplicate, copy, fold, delete", { look: "small plain", only: true, iconName: "more", action: "step-menu", "aria-haspopup": "menu", press: (event) => this.openMenu(event.currentTarget) });
    return panelHeader({ ...shown, more });
  }

  #playbook() {
    const parts = playbookParts({ store: this.store, port: (path, from = "panel") => this.#documentPort(path, from), known: this.known.settings, more: this.moreSettings });
    return [panelHeader({ title: "Playbook", under: "", iconName: "playbook", more: button("History", { look: "small plain b-on-phone", iconName: "history", action: "history" }) }), h("div", { class: "b-form stack", dataset: { owner: "root" } }, parts)];
  }

  #documentPort(path, from) {
    const { store } = this;
    return {
      path: path.join("/"), editable: store.editable, people: this.people, names: () => [], takesData: false,
      get: () => operations.at(store.document, path),
      set: (value) => store.change("Changed the playbook", tidy(operations.put(store.document, path, value), path), { merge: `root ${path.join("/")}`, from }),
    };
  }

  #step(entry) {
    const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Step settings" }, TABS.map(([name, label]) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(this.tab === name), "aria-controls": "b-tab", tabindex: this.tab === name ? "0" : "-1", dataset: { action: `tab-${name}` }, on: { click: () => this.#openTab(name), keydown: (event) => this.#tabKey(event) } }, label)));
    const parts = { settings: () => this.#settings(entry), trouble: () => this.#trouble(entry), last: () => this.#last(entry), help: () => helpParts(entry) }[this.tab]();
    return [
      this.#header({ title: entry.kind.label, under: entry.id, family: entry.kind.family, iconName: entry.kind.icon, menu: true }), tabs,
      h("div", { class: "b-form stack", id: "b-tab", role: "tabpanel", "aria-labelledby": `tab-${this.tab}`, dataset: { owner: entry.key } }, h("div", { class: "b-loose" }), parts),
    ];
  }

  #last(entry) {
    return lastRunParts({ store: this.store, samples: this.samples, entry, tryStep: (step) => this.tryStep?.(step), redraw: () => this.draw() });
  }

  #openTab(name) {
    this.tab = name;
    this.draw();
    this.element.querySelector(`#tab-${name}`)?.focus();
  }

  #tabKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = TABS.findIndex(([name]) => name === this.tab);
    this.#openTab(TABS[(at + by + TABS.length) % TABS.length][0]);
  }

  /** A port to something of the step: `read(entry)`, `write(entry, value)` -> document. */
  #port(entry, path, read, write, { redraw = false } = {}) {
    const { store } = this;
    const here = () => store.outline.get(entry.key) ?? entry;
    return {
      path, editable: store.editable, people: this.people,
      names: () => [...visibleAt(store.outline, here()), ...(takesSecrets(here(), this.people) ? [secretNames(this.people)] : [])],
      source: () => this.samples.source,
      scope: () => this.samples.scopeOf(here()),
      evaluate: (value) => this.client.evaluate(value, this.samples.scopeOf(here())),
      pin: (read) => read && !read.step.id && store.change(`Kept the name of ${titleOf(read)}`, operations.put(store.document, [...read.path, "id"], read.id), { merge: `${entry.key} ${path}`, from: "panel" }),
      get: () => read(here()),
      set: (value) => store.change(`Changed ${titleOf(here())}`, write(here(), value), { merge: `${entry.key} ${path}`, from: redraw ? "" : "panel" }),
    };
  }

  #fieldPort(entry, key) {
    const path = fieldPath(entry.kind, key).join("/");
    const sibling = (other) => { const at = this.store.outline.get(entry.key) ?? entry; return fieldValue(at.step, at.kind, other); };
    const redraw = entry.kind.fields.some((field) => field.unless === key);
    return { ...this.#port(entry, path, (at) => fieldValue(at.step, at.kind, key), (at, value) => operations.setField(this.store.outline, at, key, value), { redraw }), sibling };
  }

  #ownPort(entry, path, options) {
    return this.#port(entry, path.join("/"), (at) => operations.at(at.step, path), (at, value) => operations.setOwn(this.store.outline, at, path, value), options);
  }

  #settings(entry) {
    const name = fieldBox({ key: "name", hook: "@name", kind: "text", label: "Name", default: entry.kind.label, quiet: true }, this.#ownPort(entry, ["name"]));
    const unknown = entry.kind.unknown && h("p", { class: "note", dataset: { tone: "warn" } }, icon("info"), entry.kind.summary);
    const lists = entry.kind.blocks.filter((spec) => spec.list);
    return [unknown, name, fieldStack(entry.kind.fields, (field) => this.#fieldPort(entry, field.key)), lists.map((spec) => clausesPart({ store: this.store, entry, spec, port: (path) => this.#ownPort(entry, path) })), this.#idField(entry)];
  }

  /** Another id is taken over when the field is left, with everything that reads the old one. */
  #idField(entry) {
    const box = fieldBox({ key: "id", hook: "@id", kind: "name", label: "Name in expressions", help: "Whatever reads this step follows when you change it.", quiet: true }, { ...this.#ownPort(entry, ["id"]), get: () => entry.id, set: () => {} });
    const note = fieldBox({ key: "description", hook: "@description", kind: "long_text", label: "Note for whoever reads the playbook", quiet: true, takesData: false }, this.#ownPort(entry, ["description"]));
    const input = box.querySelector("input");
    input.addEventListener("change", () => this.#rename(entry, input));
    return h("details", { class: "b-more" }, h("summary", {}, "Name in expressions: ", h("span", { class: "mono" }, entry.id)), h("div", { class: "stack" }, box, note));
  }

  #rename(entry, input) {
    const at = this.store.outline.get(entry.key);
    const wanted = input.value.trim();
    const isTaken = this.store.outline.ids.used.has(wanted);
    if (!at || wanted === at.id) return;
    const fault = !/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(wanted) ? "Begins with a letter; letters, digits, _ and - only." : isTaken ? "Another step has this name." : "";
    showFault(input.closest(".field"), fault);
    if (!fault) this.store.change(`Renamed ${at.id} to ${wanted}`, operations.rename(this.store.outline, at, wanted));
  }

  #trouble(entry) {
    const retry = entry.step.retry !== undefined && entry.step.retry !== null;
    const part = (fields, prefix) => fieldStack(fields, (field) => this.#ownPort(entry, [...prefix, field.key]));
    return [
      GUARD_GROUPS.map((group) => this.#guards(entry, group, part)),
      h("fieldset", { class: "b-part" }, h("legend", {}, "Try again"), this.#retrySwitch(entry, retry), retry && h("div", { class: "stack" }, part(RETRY, ["retry"]))),
      h("fieldset", { class: "b-part" }, h("legend", {}, "When it has failed for good"), this.#onError(entry)),
    ];
  }

  /** A group of guards, as far as the language knows them; folded while nothing in it is set, where it is rare. */
  #guards(entry, group, part) {
    const fields = group.fields.filter((field) => this.known.guards.includes(field.key) || entry.step[field.key] !== undefined);
    if (!fields.length) return null;
    if (group.open) return h("fieldset", { class: "b-part" }, h("legend", {}, group.title), part(fields, []));
    return h("details", { class: "b-more", open: fields.some((field) => entry.step[field.key] !== undefined) }, h("summary", {}, group.title), h("div", { class: "stack" }, part(fields, [])));
  }

  #retrySwitch(entry, isOn) {
    const port = this.#ownPort(entry, ["retry"], { redraw: true });
    const box = fieldBox({ key: "retry", hook: "retry", kind: "boolean", label: "With rules of its own", help: isOn ? "" : "Usually three tries, for faults that may pass by themselves.", quiet: true }, { ...port, get: () => isOn, set: (value) => port.set(value ? { max_attempts: 3 } : undefined) });
    return box;
  }

  /** One answer for all faults, and others by code. */
  #onError(entry) {
    const written = entry.step.on_error;
    const byCode = typeof written === "object" && written ? written : { ...(written === undefined ? {} : { "*": written }) };
    const port = this.#ownPort(entry, ["on_error"]);
    const store = (next) => { const keys = Object.keys(next); port.set(!keys.length ? undefined : keys.length === 1 && "*" in next ? next["*"] : next); };
    const rows = Object.entries(byCode).filter(([code]) => code !== "*").map(([code, act]) => ({ code, act }));
    const whole = () => store({ ...Object.fromEntries(rows.filter((row) => row.code).map((row) => [row.code, row.act ?? "continue"])), ...("*" in byCode ? { "*": byCode["*"] } : {}) });
    const every = { key: "on_error", kind: "choice", label: "Then", choices: ON_ERROR, default: "stop", quiet: true };
    const some = { key: "codes", hook: "on_error.codes", kind: "rows", label: "Other answers by fault", addLabel: "For one kind of fault", row: [{ key: "code", kind: "text", label: "Fault", required: true, example: CODES[3] }, { key: "act", kind: "choice", label: "Then", required: true, choices: ON_ERROR }] };
    return h("div", { class: "stack" },
      fieldBox(every, { ...port, get: () => byCode["*"], set: (value) => { if (value === undefined) delete byCode["*"]; else byCode["*"] = value; whole(); } }),
      fieldBox(some, { ...port, path: "on_error/codes", get: () => rows, set: (value) => { rows.splice(0, rows.length, ...(value ?? [])); whole(); } }));
  }

  /** Keeps head and id line true while somebody types. */
  #title() {
    const entry = this.store.focused;
    const id = this.element.querySelector('header [data-part="id"]');
    if (entry && id) id.textContent = entry.id;
  }

  /** Every fault under the field that it is about; what fits no field stands on top. */
  #showFaults() {
    const form = this.element.querySelector(".b-form");
    if (!form) return;
    const fields = [...form.querySelectorAll(".field[data-path]")];
    for (const field of fields) showFault(field, "");
    const loose = [];
    for (const problem of this.store.faults.get(form.dataset.owner) ?? []) {
      const field = bestField(fields, problem.tail ?? "");
      if (field) showFault(field, [problem.message, problem.hint].filter(Boolean).join(" "), problem.level);
      else loose.push(h("p", { class: "fault", dataset: { level: problem.level } }, icon("alert", "s"), h("span", {}, [problem.message, problem.hint].filter(Boolean).join(" "))));
    }
    form.querySelector(".b-loose")?.replaceChildren(...loose);
  }

  /** The field that a fault with this tail is about, made visible and focused. */
  goTo(tail) {
    const tab = GUARD_KEYS.includes(tail.split("/")[0]) ? "trouble" : "settings";
    this.view = null;
    if (this.tab !== tab || this.#wanted() !== this.shown) { this.tab = tab; this.draw(); }
    const field = bestField([...this.element.querySelectorAll(".field[data-path]")], tail);
    for (let at = field; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    (field?.querySelector("input, textarea, select") ?? this.element.querySelector("h2"))?.focus();
  }

  focus() {
    (this.element.querySelector('.b-form :is(input, textarea, select):not([tabindex="-1"])') ?? this.element.querySelector("h2"))?.focus();
  }
}

const takesSecrets = (entry, names) => entry.kind.takes_secrets && names.secret?.length;

/** Their names only; values are put in on the way out, and seen by nobody. */
function secretNames(names) {
  return { title: "Secrets", note: "put in on the way out", isSecret: true, names: names.secret.map(({ value }) => ({ reference: dataReference("secrets", [value]), label: value, type: "", help: "Kept by the account; its value is never shown" })) };
}

function bestField(fields, tail) {
  const parts = tail.split("/").filter(Boolean);
  for (let length = parts.length; length > 0; length -= 1) {
    const path = parts.slice(0, length).join("/");
    const found = fields.find((field) => field.dataset.path === path) ?? fields.find((field) => field.dataset.path === `with/${path}`);
    if (found) return found;
  }
  return null;
}

/** An emptied `settings` object goes with its last key. */
function tidy(document, path) {
  const holder = document[path[0]];
  return path.length > 1 && holder && typeof holder === "object" && !Object.keys(holder).length ? operations.put(document, [path[0]], undefined) : document;
}

/** What the step does, what it gives back, how it is used. */
function helpParts(entry) {
  const { kind } = entry;
  const outputs = Object.entries(kind.output_help ?? {});
  return [
    h("p", {}, kind.summary),
    outputs.length > 0 && h("div", {}, h("h3", { class: "b-group" }, "What it gives back"), h("dl", { class: "facts" }, outputs.map(([key, help]) => h("div", {}, h("dt", { class: "mono" }, key || "output"), h("dd", {}, help))))),
    (kind.examples ?? []).map((example) => h("div", {}, h("h3", { class: "b-group" }, example.title), h("pre", { class: "b-example", tabindex: "0" }, JSON.stringify(example.step, null, 2)))),
  ];
}
