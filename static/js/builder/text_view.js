/**
 * The playbook as text: YAML or JSON, the same document as the drawing, two ways. As soon as what was typed can be read it is the document; until then the
 * drawing keeps the last text that could, and the typed one is kept in this browser. The server reads and writes it, so nothing is understood differently here.
 */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { button, h, icon, later, same } from "./dom.js";
import { merged } from "./merging.js";
import * as operations from "./operations.js";
import { Outline } from "./outline.js";
import { titleOf } from "./summary.js";
import { Completion } from "./text_completion.js";
import { Contents, contentsOf } from "./text_contents.js";
import { TextEditor } from "./text_editor.js";
import { anchorsOf, stepsAround } from "./text_steps.js";
import { textTools } from "./text_tools.js";

const WAIT = 450; // ms after the last key
const WIDE = matchMedia("(min-width: 1181px)");
const PHONE = matchMedia("(max-width: 860px)");

export class TextView {
  constructor({ store, client, element, known, samples, playbook }) {
    Object.assign(this, { store, client, element, known, samples, playbook });
    this.as = localStorage.getItem("handrail:text") === "json" ? "json" : "yaml";
    this.editor = new TextEditor({ label: "Text of the playbook", editable: store.editable, changed: () => this.#typed(), moved: (line) => this.#moved(line) });
    this.area = this.editor.area;
    this.area.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); this.#apply(); } });
    this.state = h("span", { class: "b-source-state", role: "status", dataset: { part: "state" } });
    this.crumbs = h("nav", { class: "b-source-crumbs", "aria-label": "Where the caret is" });
    this.list = h("div", { class: "b-source-faults" });
    this.ways = h("div", { class: "join", role: "group", "aria-label": "Format" }, ["yaml", "json"].map((as) => h("button", { type: "button", class: "btn small", "aria-pressed": String(as === this.as), dataset: { action: `as-${as}` }, on: { click: () => this.#change(as) } }, as.toUpperCase())));
    const find = button("Find", { look: "small plain", iconName: "search", action: "find-text", title: "Find and replace (Ctrl F)", press: () => this.editor.search.open() });
    this.contents = new Contents({ go: (line) => this.#goToLine(line), back: () => this.area.focus({ preventScroll: true }), describe: (id) => this.#describe(id) });
    const kept = localStorage.getItem("handrail:contents");
    this.contents.element.hidden = PHONE.matches || (kept ? kept === "closed" : !WIDE.matches);
    this.listing = button("Contents", { look: "small plain", iconName: "list", action: "contents", title: "Parts and steps of the text (Ctrl Shift O)", "aria-expanded": String(!this.contents.element.hidden), press: () => this.#list(this.contents.element.hidden) });
    this.area.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "o") { event.preventDefault(); this.#list(true); this.contents.focus(); } });
    this.listSoon = later(200, () => this.#showContents());
    element.replaceChildren(h("div", { class: "b-source-bar" }, this.listing, this.ways, this.state, find, textTools(this), store.editable && button("Apply", { look: "small", action: "apply-text", title: "At once, instead of a moment after the last key (Ctrl Enter)", press: () => this.#apply() })), h("div", { class: "b-text-body" }, this.contents.element, this.editor.element), this.list, this.crumbs);
    this.completion = new Completion({ editor: this.editor, holder: this.editor.box, context: () => ({ as: this.as, outline: this.outline ?? store.outline, catalogue: store.catalogue, known }) });
    this.check = later(WAIT, () => this.#check());
    this.keepSoon = later(WAIT / 2, () => this.#keep());
    addEventListener("pagehide", () => { if (this.isTouched) this.#keep(); });
    store.on("document", (_, { from }) => { if (!element.hidden && from !== "text" && !this.isTouched) this.#write(); });
    store.on("selection", () => { if (!element.hidden && document.activeElement !== this.area) this.#showChosen(); });
  }

  #list(isOpen) {
    this.contents.element.hidden = !isOpen;
    this.listing.setAttribute("aria-expanded", String(isOpen));
    if (!PHONE.matches) localStorage.setItem("handrail:contents", isOpen ? "open" : "closed");
    this.#showContents();
    this.editor.draw();
  }

  #showContents() {
    if (!this.contents.element.hidden) this.contents.show(contentsOf(this.editor.lines, this.as, this.#anchors), this.editor.lineOf(this.area.selectionStart));
  }

  #describe(id) {
    const entry = this.store.outline.entries.find((each) => each.id === id);
    return entry ? { title: titleOf(entry), iconName: entry.kind.icon, family: entry.kind.family } : { title: id };
  }

  #goToLine(line) {
    if (PHONE.matches) this.#list(false);
    const from = this.editor.lineStarts[line];
    this.editor.select(from, from, { focus: !this.contents.element.contains(document.activeElement) || PHONE.matches });
    this.area.scrollTop = Math.max(0, line * this.editor.lineHeight - this.area.clientHeight / 4);
    this.#moved(line);
  }

  get #shelf() {
    return `handrail:text:${this.playbook.id}`;
  }

  async open() {
    if (!this.isTouched && !this.#recover()) await this.#write();
    this.#showChosen();
    this.area.focus({ preventScroll: true });
    this.editor.draw();
  }

  /** A text that could not be read when the page was left. */
  #recover() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(this.#shelf)); } catch { /* nothing that can be read */ }
    if (!kept?.text || !this.store.editable) return false;
    this.#turn(kept.as);
    this.base = kept.base;
    this.editor.show(kept.text, this.as);
    this.#touched("Your text of the last visit, which could not be read yet");
    this.#check();
    return true;
  }

  #keep() {
    try {
      if (this.isTouched) localStorage.setItem(this.#shelf, JSON.stringify({ text: this.editor.text, as: this.as, base: this.base }));
      else localStorage.removeItem(this.#shelf);
    } catch { /* the browser has no room */ }
  }

  #turn(as) {
    this.as = as;
    localStorage.setItem("handrail:text", as);
    for (const each of this.ways.children) each.setAttribute("aria-pressed", String(each.dataset.action === `as-${as}`));
  }

  async #change(as) {
    if (this.isTouched && !(await this.#apply())) return;
    const step = this.around?.at(-1);
    this.#turn(as);
    await this.#write();
    if (step) this.#goTo(step, { focus: false });
  }

  /** Shows the document as text; an answer that comes too late, after typing or a later question, is dropped. */
  async #write() {
    const asked = (this.asked = {});
    const { document } = this.store;
    const { as } = this;
    const answer = as === "json" ? { ok: true, body: { text: JSON.stringify(document, null, 2) } } : await this.client.write(document, "yaml");
    if (this.asked !== asked || this.isTouched) return;
    if (!answer.ok) { this.#say([{ message: whatHappened(answer), address: "" }]); return; }
    this.base = document;
    this.outline = this.store.outline;
    this.#replace(answer.body.text, as);
    this.#settled();
    this.#say([]);
    if (this.store.problems.length) this.#check();
  }

  /** Another text, with the caret and the view at the same step. */
  #replace(text, as) {
    const id = this.around?.at(-1);
    const before = this.#lineOf(id);
    this.editor.show(text, as);
    this.anchors = null;
    this.#showContents();
    const by = id && before !== undefined ? (this.#lineOf(id) ?? before) - before : 0;
    if (by) this.area.scrollTop += by * this.editor.lineHeight;
    this.editor.draw();
  }

  #touched(words) {
    this.isTouched = true;
    this.state.textContent = words;
    this.state.dataset.state = "busy";
  }

  #settled() {
    this.isTouched = false;
    this.#keep();
    this.state.textContent = this.store.editable ? "The drawing follows" : "";
    this.state.dataset.state = "ok";
  }

  #typed() {
    this.anchors = null;
    this.#touched("Reading…");
    this.listSoon();
    this.keepSoon();
    this.check();
  }

  async #read() {
    const text = this.editor.text;
    const answer = await this.client.readText(text, this.as);
    return { text, ...answer };
  }

  /** A moment after the last key: the text becomes the document if it can be read. */
  async #check() {
    const answer = await this.#read();
    if (answer.text !== this.editor.text) return;
    if (answer.ok) this.#adopt(answer.body);
    else this.#unread(answer);
  }

  #unread(answer) {
    if (this.isTouched) { this.state.textContent = answer.status === 0 ? "No connection: kept in this browser" : "Cannot be read yet: the drawing waits"; this.state.dataset.state = "bad"; }
    this.#say(answer.body?.problems ?? [{ message: whatHappened(answer), address: "" }]);
  }

  /** The document that the text says. What was changed beside it meanwhile is joined where the two do not touch. */
  #adopt({ document, problems }) {
    const { store } = this;
    const isMoved = this.base && this.base !== store.document && !same(this.base, store.document);
    const joined = isMoved ? merged(this.base, document, store.document) : document;
    const wanted = joined ?? document;
    if (store.editable && !same(wanted, store.document)) store.change("Changed the text", operations.adopt(store.outline, wanted), { merge: "text", from: "text" });
    if (isMoved && !joined) toast("The text and the settings changed the same thing. The text was kept.", { label: "Undo", act: () => store.undo() });
    this.base = store.document;
    this.outline = store.outline;
    this.anchors = null;
    this.listSoon();
    this.#settled();
    this.#say(problems);
    if (isMoved && !same(wanted, document)) this.#write();
  }

  /** At once, because somebody asks for it. */
  async #apply() {
    this.check.cancel();
    const answer = await this.#read();
    if (!answer.ok) { this.#unread(answer); this.area.focus(); return false; }
    const before = this.store.document;
    this.#adopt(answer.body);
    toast("Applied. The drawing shows it.", before === this.store.document ? {} : { label: "Undo", act: () => { this.store.undo(); } });
    return true;
  }

  /** Faults at their lines, and as a list. */
  #say(problems) {
    const marks = new Map();
    for (const problem of problems) {
      const line = problem.line ?? Number(lineNamed(problem));
      if (line && marks.get(line)?.level !== "error") marks.set(line, { level: problem.level ?? "error", message: problem.message });
    }
    this.editor.mark(marks);
    const isFirst = (problem, at) => problems.findIndex((each) => each.message === problem.message && each.line === problem.line && each.address === problem.address) === at;
    const lines = problems.filter(isFirst).slice(0, 30).map((problem) => h("li", { dataset: { level: problem.level, line: problem.line ?? null } }, h("button", { type: "button", class: "b-go", on: { click: () => this.#find(problem) } }, icon(problem.level === "warning" ? "info" : "alert"), problem.line ? `Line ${problem.line}` : problem.address || "Text"), h("span", { class: "grow" }, problem.message, problem.hint && h("span", { class: "mut" }, ` ${problem.hint}`))));
    this.list.replaceChildren(...(lines.length ? [h("ul", { "aria-label": "Problems" }, lines)] : []));
    this.area.toggleAttribute("data-invalid", problems.some((problem) => problem.level !== "warning"));
  }

  /** Puts the caret where a fault is: at its line if it names one, else at the last named part of its address. */
  #find(problem) {
    const line = problem.line ?? lineNamed(problem);
    const { text, lineStarts } = this.editor;
    let from = -1;
    if (line) from = lineStarts[Math.min(Number(line), lineStarts.length) - 1];
    else for (const part of (problem.address ?? "").split("/").reverse()) { from = part ? text.indexOf(part) : -1; if (from >= 0) break; }
    if (from < 0) { this.area.focus(); return; }
    const end = text.indexOf("\n", from);
    this.editor.select(from, end < 0 ? text.length : end);
  }

  get #anchors() {
    return (this.anchors ??= anchorsOf(this.editor.lines, this.as, new Set(this.store.outline.entries.map((entry) => entry.id))));
  }

  #lineOf(id) {
    return this.#anchors.find((anchor) => anchor.id === id)?.line;
  }

  /** The caret went to a line: its step is shown beside the text. */
  #moved(line) {
    this.around = stepsAround(this.#anchors, this.editor.lines, line, this.as);
    if (!this.contents.element.hidden) this.contents.mark(line);
    const entries = this.around.map((id) => this.store.outline.entries.find((entry) => entry.id === id)).filter(Boolean);
    this.crumbs.replaceChildren(h("span", { class: "mut" }, `Line ${line + 1}`), ...entries.map((entry) => button(titleOf(entry), { look: "small plain", press: () => this.#goTo(entry.id) })));
    const entry = entries.at(-1);
    if (!this.isTouched && document.activeElement === this.area && this.store.focused !== entry) this.store.select(entry ? [entry.key] : [], { focus: false, reveal: false });
  }

  #showChosen() {
    const entry = this.store.focused;
    if (entry && !this.isTouched && this.around?.at(-1) !== entry.id) this.#goTo(entry.id, { focus: false });
  }

  #goTo(id, options) {
    const line = this.#lineOf(id);
    if (line === undefined) return;
    const from = this.editor.lineStarts[line] + Math.max(0, this.editor.lines[line].search(/[^\s-]/));
    this.editor.select(from, from, options);
    this.around = stepsAround(this.#anchors, this.editor.lines, line, this.as);
  }
}

const lineNamed = (problem) => /line (\d+)/.exec(`${problem.address} ${problem.message}`)?.[1];
