/** History: every version with who, when and why; what is different, on the drawing and in the settings; back into the draft; deprecate with a reason. */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { clock } from "./clock.js";
import { ask } from "./dialog.js";
import { compared } from "./diffing.js";
import { button, count, h, icon } from "./dom.js";
import { Drawing } from "./drawing.js";
import * as operations from "./operations.js";
import { panelHeader } from "./panel_parts.js";
import { briefly } from "./samples.js";
import { Store } from "./store.js";
import { titleOf } from "./summary.js";

const WORDS = { added: "Added", removed: "Removed", changed: "Changed", moved: "Moved" };

export class Versions {
  /** element: where the comparison is drawn. look(name): shows another view of the page. */
  constructor({ store, client, panel, element, look }) {
    Object.assign(this, { store, client, panel, element, look });
    this.documents = new Map(); // id of a version -> its document
  }

  async open() {
    this.panel.show({ name: "versions", keep: true, draw: () => this.#draw() });
    this.panel.element.querySelector("h2")?.focus();
    const { ok, body } = await this.client.versions();
    this.rows = ok ? body.results : null;
    this.more = ok ? body.count - body.results.length : 0;
    if (this.panel.view?.name === "versions") this.panel.draw();
  }

  #draw() {
    const parts = this.compare ? this.#comparison() : [h("p", { class: "mut" }, "A version is a copy of the drawing that never changes. Runs hold on to theirs.")];
    return [panelHeader({ title: "History", iconName: "history", isView: true }), h("div", { class: "b-form stack" }, parts, this.#list())];
  }

  #list() {
    if (this.rows === undefined) return h("p", { class: "mut", role: "status" }, "Reading…");
    if (!this.rows) return h("p", { class: "note", dataset: { tone: "bad" } }, icon("alert"), "The versions could not be read. Close this and try again.");
    if (!this.rows.length) return h("p", { class: "mut" }, "Nothing is published yet.");
    return h("ol", { class: "b-versions" }, this.rows.map((row, at) => this.#row(row, this.rows[at + 1])), this.more > 0 && h("li", { class: "mut" }, `and ${this.more} older`));
  }

  #row(row, previous) {
    const isOut = Boolean(row.deprecated_at);
    return h("li", { dataset: { version: row.number, on: this.compare?.newer === row.number ? "" : null } },
      h("div", { class: "row" }, h("span", { class: `tag ${isOut ? "" : "accent"}` }, `Version ${row.number}`), h("span", { class: "small mut grow" }, `${row.published_by ?? "Handrail"}, ${clock(row.published_at)}`)),
      h("p", { class: "b-note" }, row.note || h("span", { class: "mut" }, "No note")),
      isOut && h("p", { class: "small mut" }, `Deprecated${row.deprecated_by ? ` by ${row.deprecated_by}` : ""}${row.deprecation_reason ? `: ${row.deprecation_reason}` : ""}. Nothing starts with it.`),
      h("div", { class: "row wrap" },
        button("Compare with the draft", { look: "small", iconName: "compare", action: "compare-draft", press: () => this.#compare(row, null) }),
        previous && button(`What changed since ${previous.number}`, { look: "small plain", action: "compare-previous", press: () => this.#compare(previous, row) }),
        this.store.editable && button("Restore into the draft", { look: "small plain", iconName: "undo", action: "restore-version", press: () => this.#restore(row) }),
        this.store.editable && button(isOut ? "Allow starts" : "Deprecate…", { look: "small plain", action: isOut ? "revive-version" : "deprecate-version", press: () => (isOut ? this.#change("revive", row) : this.#deprecate(row)) })));
  }

  async #document(row) {
    if (!this.documents.has(row.id)) {
      const { ok, body } = await this.client.version(row.id);
      if (!ok) { toast("That version could not be read."); return null; }
      this.documents.set(row.id, body.document);
    }
    return this.documents.get(row.id);
  }

  /** Of two versions, or of a version and the draft (`newer` null). */
  async #compare(older, newer) {
    const [before, after] = [await this.#document(older), newer ? await this.#document(newer) : this.store.document];
    if (!before || !after) return;
    this.compare = { ...compared(before, after, this.store.catalogue), older: older.number, newer: newer?.number ?? null };
    this.#drawBoth();
    this.look("compare");
    this.panel.draw();
  }

  /** The drawing of both, to look at only. */
  #drawBoth() {
    const flow = h("div", { class: "flow", dataset: { part: "compared" } });
    this.element.replaceChildren(h("div", { class: "b-trial" }, icon("compare"), h("b", {}, this.#heading()), h("span", { class: "grow small mut" }, this.#counts()), button("Back to the draft", { look: "small", action: "compare-close", press: () => this.close() })), h("div", { class: "b-scroll" }, flow));
    const store = new Store({ document: this.compare.document, catalogue: this.store.catalogue, editable: false });
    store.differences = this.compare.steps;
    new Drawing(store, flow);
    flow.addEventListener("click", (event) => { const step = event.target.closest(".card")?.parentElement; if (step) { store.select([step.dataset.key]); this.chosen = step.dataset.step; this.panel.draw(); this.panel.element.querySelector(`[data-changed="${CSS.escape(step.dataset.step)}"]`)?.scrollIntoView({ block: "nearest" }); } });
    flow.addEventListener("keydown", (event) => this.#walk(event, store));
    this.inner = store;
  }

  #walk(event, store) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const { entries } = store.outline;
    const next = entries[entries.indexOf(store.focused) + by];
    if (next) { store.select([next.key]); this.chosen = next.id; this.panel.draw(); store.say("selection", { focus: true, reveal: true }); }
  }

  #heading() {
    return this.compare.newer ? `Version ${this.compare.older} and version ${this.compare.newer}` : `Version ${this.compare.older} and the draft`;
  }

  #counts() {
    const said = Object.entries(WORDS).filter(([what]) => this.compare.counts[what]).map(([what, word]) => `${this.compare.counts[what]} ${word.toLowerCase()}`);
    if (this.compare.frame.length) said.push(`${count(this.compare.frame.length, "setting")} of the playbook`);
    return said.join(", ") || "Both say the same";
  }

  #comparison() {
    const { steps, frame } = this.compare;
    const lines = [...steps].map(([id, change]) => this.#change_line(id, change));
    const own = frame.length ? [h("section", { class: "b-change", dataset: { what: "changed" } }, h("h3", {}, "Playbook"), frame.map(sides))] : [];
    return [h("section", { class: "b-changes", "aria-label": this.#heading() }, h("h3", { class: "b-group" }, this.#heading()), [...own, ...lines].length ? [own, lines] : h("p", { class: "mut" }, "Both say the same."))];
  }

  #change_line(id, change) {
    const entry = this.inner.outline.entries.find((each) => each.id === id);
    const words = [WORDS[change.what], change.moved && change.what !== "moved" ? "moved" : ""].filter(Boolean).join(", ");
    return h("section", { class: "b-change", dataset: { what: change.what, changed: id, on: this.chosen === id ? "" : null } },
      h("h3", {}, h("button", { type: "button", class: "b-link", on: { click: () => { this.inner.select([entry.key]); this.chosen = id; this.panel.draw(); } } }, entry ? titleOf(entry) : id), h("span", { class: "tag" }, words)),
      change.from && h("p", { class: "small mut" }, `It stood in ${change.from}.`), change.fields.map(sides));
  }

  /** Back to drawing. */
  close() {
    this.compare = null;
    this.element.replaceChildren();
    this.look("drawing");
    this.panel.draw();
  }

  async #restore(row) {
    const document = await this.#document(row);
    if (!document) return;
    const isOther = this.store.change(`Restored version ${row.number}`, operations.adopt(this.store.outline, structuredClone(document)));
    if (this.compare) this.close();
    toast(isOther ? `The draft says what version ${row.number} says. Publish it to let runs start with it.` : "The draft says that already.", isOther ? { label: "Undo", act: () => this.store.undo() } : {});
  }

  async #deprecate(row) {
    const why = h("textarea", { class: "input", rows: "3", id: "deprecate-why", dataset: { field: "deprecate.reason" }, maxlength: "2000" });
    const said = await ask({
      title: `Deprecate version ${row.number}`, name: "deprecate",
      body: [h("p", {}, "Nothing starts with it any more; runs that have begun go on."), h("div", { class: "field" }, h("label", { for: "deprecate-why" }, "Why"), why)],
      deeds: [{ value: "", label: "Not now" }, { value: "deprecate", label: "Deprecate", look: "danger" }], onOpen: () => why,
    });
    if (said === "deprecate") this.#change("deprecate", row, { reason: why.value.trim() });
  }

  async #change(deed, row, body = {}) {
    const answer = await this.client.changeVersion(row.id, deed, body);
    if (answer.ok) Object.assign(row, answer.body);
    else toast(whatHappened(answer));
    this.panel.draw();
  }
}

/** One setting: what it said, what it says. */
function sides({ path, before, after }) {
  const shown = (value) => briefly(typeof value === "object" && value !== null ? JSON.stringify(value) : value, 300);
  return h("p", { class: "b-sides" }, h("span", { class: "small mut mono" }, path.replace(/^with\./, "")), before !== undefined && h("del", {}, shown(before) || "(empty)"), after !== undefined && h("ins", {}, shown(after) || "(empty)"));
}
