/** The playbook as text: YAML or JSON, the same document as the drawing, two ways. The server reads and writes it, so nothing is understood differently here. */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { button, h, icon, later } from "./dom.js";
import * as operations from "./operations.js";
import { Outline } from "./outline.js";
import { Completion } from "./text_completion.js";

export class TextView {
  /** start: {playbook, address} of the API door that starts it. samples: for its inputs. */
  constructor({ store, client, element, known, samples, playbook }) {
    Object.assign(this, { store, client, element, known, samples, playbook });
    this.as = localStorage.getItem("handrail:text") === "json" ? "json" : "yaml";
    this.area = h("textarea", { class: "input mono b-source", spellcheck: "false", "aria-label": "Text of the playbook", readonly: !store.editable, dataset: { field: "source" }, on: { input: () => this.#typed(), keydown: (event) => this.#key(event) } });
    this.gutter = h("div", { class: "b-gutter", "aria-hidden": "true" });
    this.area.addEventListener("scroll", () => { this.gutter.scrollTop = this.area.scrollTop; }, { passive: true });
    this.list = h("div", { class: "b-source-faults", role: "status" });
    this.apply = store.editable ? button("Apply", { look: "primary small", action: "apply-text", press: () => this.#apply() }) : null;
    this.ways = h("div", { class: "join", role: "group", "aria-label": "Format" }, ["yaml", "json"].map((as) => h("button", { type: "button", class: "btn small", "aria-pressed": String(as === this.as), dataset: { action: `as-${as}` }, on: { click: () => this.#change(as) } }, as.toUpperCase())));
    const tools = [button("Copy as cURL", { look: "small plain", iconName: "code", action: "copy-curl", title: "A command that starts this playbook through the API", press: () => this.#copyCurl() }), button("Copy", { look: "small", iconName: "copy", action: "copy-text", press: () => this.#copy() }), button("Download", { look: "small", iconName: "download", action: "download-text", press: () => this.#download() }), store.editable && this.#opener()];
    element.replaceChildren(h("div", { class: "b-source-bar" }, this.ways, h("span", { class: "small mut grow", dataset: { part: "state" } }), tools, this.apply), h("div", { class: "b-source-box" }, this.gutter, this.area), this.list);
    this.completion = new Completion({ area: this.area, holder: this.area.parentElement, context: () => ({ as: this.as, outline: this.outline ?? store.outline, catalogue: store.catalogue, known }) });
    this.check = later(500, () => this.#check());
    store.on("document", () => { if (!element.hidden && !this.isTouched) this.#write(); });
  }

  /** A file of this machine as the text. */
  #opener() {
    const file = h("input", { type: "file", accept: ".yaml,.yml,.json", hidden: true, dataset: { field: "source.file" }, on: { change: async () => { const [chosen] = file.files; if (chosen) { this.area.value = await chosen.text(); file.value = ""; this.#typed(); } } } });
    return [file, button("Open a file…", { look: "small", iconName: "upload", action: "open-file", press: () => file.click() })];
  }

  async open() {
    if (!this.isTouched) await this.#write();
    this.area.focus();
  }

  async #change(as) {
    if (this.isTouched && !(await this.#apply())) return;
    this.as = as;
    localStorage.setItem("handrail:text", as);
    for (const each of this.ways.children) each.setAttribute("aria-pressed", String(each.dataset.action === `as-${as}`));
    await this.#write();
  }

  /** Shows the document as text; an answer that comes too late, after typing or a later question, is dropped. */
  async #write() {
    this.#touched(false);
    const asked = (this.asked = {});
    const { document } = this.store;
    const answer = this.as === "json" ? { ok: true, body: { text: JSON.stringify(document, null, 2) } } : await this.client.write(document, "yaml");
    if (this.asked !== asked || this.isTouched) return;
    if (!answer.ok) { this.#say([{ message: whatHappened(answer), address: "" }]); return; }
    this.area.value = answer.body.text;
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
    this.#say([]);
    if (this.store.problems.length) this.#check();
  }

  #touched(isTouched) {
    this.isTouched = isTouched;
    this.apply?.setAttribute("aria-disabled", String(!isTouched));
    this.element.querySelector('[data-part="state"]').textContent = isTouched ? "Changed, not applied yet" : "";
  }

  #typed() {
    this.#touched(true);
    this.#number();
    this.check();
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); this.#apply(); }
    if (event.key === "Tab" && !event.shiftKey && this.store.editable && this.tabs) { event.preventDefault(); this.area.setRangeText("  ", this.area.selectionStart, this.area.selectionEnd, "end"); this.#typed(); }
  }

  async #read() {
    const text = this.area.value;
    const answer = await this.client.readText(text, this.as);
    return { text, ...answer };
  }

  async #check() {
    const { ok, body, text, status } = await this.#read();
    if (text !== this.area.value) return;
    if (ok) this.outline = new Outline(body.document, this.store.catalogue);
    this.#say(ok ? body.problems : (body?.problems ?? [{ message: whatHappened({ status, body }), address: "" }]));
  }

  /** The text becomes the document, faults or not, as long as it can be read at all. */
  async #apply() {
    this.check.cancel();
    const answer = await this.#read();
    if (!answer.ok) {
      this.#say(answer.body?.problems ?? [{ message: whatHappened(answer), address: "" }]);
      this.area.focus();
      return false;
    }
    this.#touched(false);
    if (this.store.change("Applied the text", operations.adopt(this.store.outline, answer.body.document))) toast("Applied. The drawing shows it.", { label: "Undo", act: () => { this.store.undo(); this.#write(); } });
    this.#say(answer.body.problems);
    return true;
  }

  #say(problems) {
    const lines = problems.slice(0, 30).map((problem) => h("li", { dataset: { level: problem.level, line: problem.line ?? null } }, h("button", { type: "button", class: "b-go", on: { click: () => this.#find(problem) } }, icon(problem.level === "warning" ? "info" : "alert"), problem.line ? `Line ${problem.line}` : problem.address || "Text"), h("span", { class: "grow" }, problem.message, problem.hint && h("span", { class: "mut" }, ` ${problem.hint}`))));
    this.list.replaceChildren(...(lines.length ? [h("ul", {}, lines)] : []));
    this.marks = new Map(problems.map((problem) => [problem.line ?? Number(lineNamed(problem)), problem.level ?? "error"]).reverse());
    this.#number();
    this.area.toggleAttribute("data-invalid", problems.some((problem) => problem.level !== "warning"));
  }

  /** Numbers beside the lines, with a mark where something is wrong. */
  #number() {
    const total = this.area.value.split("\n").length;
    const marks = [...(this.marks ?? [])].filter(([line]) => line > 0 && line <= total);
    this.gutter.replaceChildren(h("pre", {}, Array.from({ length: total }, (_, at) => at + 1).join("\n")), ...marks.map(([line, level]) => h("span", { class: "b-gutter-mark", dataset: { line, level }, vars: { "--line-number": line - 1 } })));
    this.gutter.scrollTop = this.area.scrollTop;
  }

  /** Puts the caret where a fault is: at its line if it names one, else at the last named part of its address. */
  #find(problem) {
    const line = problem.line ?? lineNamed(problem);
    const text = this.area.value;
    let from = -1;
    if (line) from = text.split("\n").slice(0, Number(line) - 1).join("\n").length + (line > 1 ? 1 : 0);
    else for (const part of (problem.address ?? "").split("/").reverse()) { from = part ? text.indexOf(part) : -1; if (from >= 0) break; }
    this.area.focus();
    if (from < 0) return;
    const end = text.indexOf("\n", from);
    this.area.setSelectionRange(from, end < 0 ? text.length : end);
    const height = parseFloat(getComputedStyle(this.area).lineHeight) || 18;
    this.area.scrollTop = Math.max(0, (text.slice(0, from).split("\n").length - 4) * height);
  }

  /** A command for a terminal that starts the newest version with the sample inputs. */
  #copyCurl() {
    const body = JSON.stringify({ playbook: this.playbook.id, inputs: this.samples.inputs });
    const text = [`curl -X POST ${location.origin}${this.client.addresses.runs}`, "-H \"Authorization: Token $HANDRAIL_TOKEN\"", "-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`].join(" \\\n  ");
    navigator.clipboard?.writeText(text).catch(() => {});
    this.copied = text;
    toast("Copied. Put your token into HANDRAIL_TOKEN; the profile page makes one.");
  }

  #copy() {
    this.area.select();
    navigator.clipboard?.writeText(this.area.value).catch(() => document.execCommand("copy"));
    toast("Copied the text.");
  }

  #download() {
    const address = URL.createObjectURL(new Blob([this.area.value], { type: "text/plain" }));
    const link = h("a", { href: address, download: `${(this.store.document.name || "playbook").replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}.${this.as}` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
}

const lineNamed = (problem) => /line (\d+)/.exec(`${problem.address} ${problem.message}`)?.[1];
