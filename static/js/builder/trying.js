/** Trying the draft in the sandbox: the form with sample inputs, the strip over the drawing, and the states that come back while it runs. */
import { tell, toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { button, count, h, icon } from "./dom.js";
import { fieldBox } from "./fields.js";
import { panelHeader, showFault } from "./panel_parts.js";
import { stateIcon } from "./states.js";
import { titleOf } from "./summary.js";

const FIRST_LOOK = 350; // ms after the start
const SLOWEST_LOOK = 3000; // ms between two looks at a run that takes long
const KINDS = { string: "text", number: "number", boolean: "boolean" };

export class Trying {
  #timer = 0;

  /** strip: the element over the drawing. goTo(problem): shows a fault. */
  constructor({ store, client, samples, panel, strip, goTo }) {
    Object.assign(this, { store, client, samples, panel, strip, goTo });
    this.values = {};
    store.on("trial", () => this.#drawStrip());
  }

  /** The form beside the drawing. */
  open() {
    this.values = structuredClone(this.samples.inputs);
    this.panel.show({ name: "try", draw: () => this.#form() });
    this.panel.element.querySelector("h2")?.focus();
  }

  #form() {
    const declared = (Array.isArray(this.store.document.inputs) ? this.store.document.inputs : []).filter((input) => input?.name);
    this.faults = h("div", { class: "b-refused", role: "alert" });
    const keep = declared.length ? button("Keep these inputs", { look: "small plain", iconName: "save", action: "pin-inputs", press: () => this.#keep() }) : null;
    return [
      panelHeader({ title: "Try the draft", iconName: "flask", isView: true }),
      h("div", { class: "b-form stack", dataset: { owner: "try" } },
        h("p", { class: "note", dataset: { tone: "info" } }, icon("shield"), h("span", {}, h("b", {}, "Nothing is sent."), " Calls and mails are not made: each answers with what you pinned, else with a sample of its kind. Questions to people come to you alone.")),
        this.faults,
        declared.length ? declared.map((input) => this.#field(input)) : h("p", { class: "mut" }, "This playbook asks for nothing at its start."),
        h("div", { class: "row wrap" }, button("Try it", { look: "primary", iconName: "flask", action: "try-start", press: () => this.start() }), keep),
        h("p", { class: "small mut" }, `${this.samples.source}. Pinned outputs stand in for their steps.`)),
    ];
  }

  #field(input) {
    const kind = Array.isArray(input.allowed) && input.allowed.every((each) => typeof each === "string") ? "choice" : (KINDS[input.type ?? "string"] ?? (["date", "datetime"].includes(input.type) ? "text" : "json"));
    const field = { key: input.name, hook: `try.${input.name}`, kind, label: input.name, help: input.description, required: input.required, choices: (input.allowed ?? []).map((each) => [each, String(each)]), example: { date: "2026-11-20", datetime: "2026-11-20T09:00:00Z" }[input.type] };
    return fieldBox(field, { path: `inputs/${input.name}`, editable: true, takesData: false, names: () => [], get: () => this.values[input.name], set: (value) => { if (value === undefined) delete this.values[input.name]; else this.values[input.name] = value; } });
  }

  async #keep() {
    const answer = await this.samples.pin({ inputs: this.values });
    toast(answer.ok ? "Kept. The next try begins with these inputs." : whatHappened(answer));
  }

  /** Starts it; `only` is one step, with what is known of the others. */
  async start(only = null) {
    if (this.isStarting) return;
    this.isStarting = true;
    this.#giveUp();
    const inputs = only ? this.samples.inputs : this.values;
    const answer = await this.client.attempt(this.store.document, inputs, only?.id);
    this.isStarting = false;
    if (!answer.ok) { this.#refused(answer, only); return; }
    this.inputs = inputs;
    tell(only ? `Trying ${titleOf(only)}` : "Trying the draft");
    this.store.setTrial({ run: { id: answer.body.id, state: "running", words: "Starting", over: false, mode: "sandbox" }, steps: {}, only: only?.id ?? null });
    this.#soon(FIRST_LOOK);
  }

  #refused(answer, only) {
    const problems = answer.body?.problems ?? [];
    if (problems.length) this.store.say("refused", problems.filter((problem) => !problem.address.startsWith("inputs/") || problem.address.startsWith("inputs/0")));
    if (only || !this.faults?.isConnected) { this.values = structuredClone(this.samples.inputs); if (only) this.open(); }
    const fields = new Map([...this.panel.element.querySelectorAll(".field[data-path]")].map((field) => [field.dataset.path, field]));
    for (const field of fields.values()) showFault(field, "");
    const loose = problems.filter((problem) => { const field = fields.get(problem.address) ?? fields.get(`inputs/${problem.address}`); if (field) showFault(field, [problem.message, problem.hint].filter(Boolean).join(" ")); return !field; });
    this.faults.replaceChildren(h("div", { class: "note", dataset: { tone: "bad" } }, icon("alert"), h("div", {}, h("p", { class: "t" }, problems.length ? "It cannot be tried yet" : whatHappened(answer)), h("ul", {}, loose.slice(0, 8).map((problem) => h("li", {}, [problem.message, problem.hint].filter(Boolean).join(" ")))))));
  }

  #soon(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(wait), wait);
  }

  async #look(wait) {
    const { trial } = this.store;
    if (!trial) return;
    const { ok, body } = await this.client.glance(trial.run.id);
    if (this.store.trial?.run.id !== trial.run.id) return;
    if (ok) {
      this.samples.watch(body.run, this.inputs ?? {}, body.steps);
      const asked = Object.values(body.steps).some((each) => each.state === "person") ? await this.#questions(trial) : [];
      this.store.setTrial({ ...trial, ...body, asked });
    }
    if (ok && hasStopped(body.run)) this.#ended(body);
    else this.#soon(Math.min(SLOWEST_LOOK, wait * 1.15));
  }

  /** What the try asks: only whoever started it is asked. */
  async #questions(trial) {
    const { ok, body } = await this.client.questions(trial.run.id);
    return ok ? body.results : (trial.asked ?? []);
  }

  async #decide(question, decision) {
    const answer = await this.client.decide(question.id, decision);
    if (!answer.ok) toast(whatHappened(answer));
    this.#soon(FIRST_LOOK);
  }

  /** The first open question with its answers. */
  #answers() {
    const question = this.store.trial.asked?.[0];
    if (!question) return null;
    return h("span", { class: "row", role: "group", "aria-label": question.title }, question.choices.map(({ value, label }) => button(label || value, { look: `small ${value === "approve" ? "approve" : value === "reject" ? "danger" : ""}`, action: `try-decide-${value}`, press: () => this.#decide(question, value) })));
  }

  #ended({ run }) {
    tell(`The try has ended: ${run.words}`);
  }

  #drawStrip() {
    const { trial } = this.store;
    this.strip.hidden = !trial;
    if (!trial) { this.strip.replaceChildren(); return; }
    const states = Object.values(trial.steps).map((each) => each.state);
    const done = states.filter((state) => ["succeeded", "skipped"].includes(state)).length;
    const failed = Object.entries(trial.steps).find(([, each]) => ["failed", "unknown"].includes(each.state) && each.error);
    const said = trial.waiting_for?.[0]?.sentence;
    this.strip.replaceChildren(...[
      h("span", { class: "state", dataset: { state: trial.run.state } }, stateIcon(trial.run.state), trial.run.words),
      h("span", { class: "grow small" }, failed ? h("button", { type: "button", class: "b-link", on: { click: () => this.#show(failed[0]) } }, failed[1].error.message ?? failed[1].error.code) : trial.asked?.[0]?.title ?? said ?? `${count(done, "step")} done${trial.run.over ? ". Nothing was sent." : ""}`),
      this.#answers(),
      h("a", { class: "btn small plain", href: `/runs/${trial.run.id}/`, target: "_blank", rel: "noopener" }, `Try #${trial.run.id}`, icon("ext", "s")),
      hasStopped(trial.run) ? button("Again", { look: "small", iconName: "retry", action: "try-again", press: () => this.start(trial.only ? this.store.outline.entries.find((entry) => entry.id === trial.only) : null) }) : button("Stop", { look: "small", iconName: "stop", action: "try-stop", press: () => this.client.stop(trial.run.id) }),
      button("Leave the try", { look: "small plain", only: true, iconName: "x", action: "try-close", press: () => this.close() }),
    ].filter(Boolean));
  }

  #show(id) {
    const entry = this.store.outline.entries.find((each) => each.id === id);
    if (entry) { this.panel.tab = "last"; this.store.select([entry.key]); this.panel.draw(); }
  }

  /** Back to drawing; a run that goes on is stopped. */
  close() {
    this.#giveUp();
    this.store.setTrial(null);
  }

  /** A run that nobody watches any more does not go on. */
  #giveUp() {
    clearTimeout(this.#timer);
    if (this.store.trial && !this.store.trial.run.over) this.client.stop(this.store.trial.run.id);
  }
}

/** It is over, or a step has failed and nobody is there to repair it. */
const hasStopped = (run) => run.over || run.state === "failed";
