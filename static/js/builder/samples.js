/** Sample values: what the author has pinned, else what the last run handled, else the usual values of inputs. For the picker, previews and trying. */
import { fieldValue, isObject } from "./catalogue.js";
import { later } from "./dom.js";

const NOTHING = { run: null, inputs: {}, vars: {}, steps: {}, items: {} };

export class Samples {
  #listeners = [];

  /** pinned: {inputs, steps: {id: output}} as the server keeps it. */
  constructor({ store, client, pinned }) {
    Object.assign(this, { store, client });
    this.pinned = { inputs: pinned?.inputs ?? {}, steps: pinned?.steps ?? {} };
    this.last = NOTHING;
    this.told = later(30, () => { for (const listener of this.#listeners) listener(this); });
  }

  on(listener) {
    this.#listeners.push(listener);
  }

  /** Fetches what the last run handled. */
  async load() {
    const { ok, body } = await this.client.samples();
    if (!ok) return;
    this.last = { ...NOTHING, ...body };
    this.told();
  }

  /** While a run is being watched: what its steps have given so far. */
  watch(run, inputs, steps) {
    const given = Object.fromEntries(Object.entries(steps).filter(([, each]) => "output" in each).map(([id, each]) => [id, { output: each.output }]));
    this.last = { ...this.last, run: { id: run.id, mode: run.mode, created_at: run.created_at }, inputs, steps: { ...this.last.steps, ...given } };
    this.told();
  }

  /** Where the values come from, in words. */
  get source() {
    const pins = Object.keys(this.pinned.steps).length;
    const run = this.last.run ? `Values from ${this.last.run.mode === "live" ? "run" : "try"} #${this.last.run.id}` : "No run yet: values of inputs are the usual ones";
    return pins ? `${run}; ${pins} pinned` : run;
  }

  isPinned(id) {
    return id in this.pinned.steps;
  }

  /** The sample output of a step, undefined if there is none. */
  output(id) {
    return this.isPinned(id) ? this.pinned.steps[id] : this.last.steps[id]?.output;
  }

  get inputs() {
    const usual = Object.fromEntries(this.#declared().filter((input) => input.default !== undefined).map((input) => [input.name, input.default]));
    const names = new Set(this.#declared().map((input) => input.name));
    const known = (values) => Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
    return { ...usual, ...known(this.last.inputs), ...known(this.pinned.inputs) };
  }

  #declared() {
    const written = this.store.document.inputs;
    if (isObject(written)) return Object.entries(written).map(([name, each]) => ({ name, ...(isObject(each) ? each : { type: each }) }));
    return Array.isArray(written) ? written.filter((input) => isObject(input) && input.name) : [];
  }

  /** Everything that an expression of `entry` can read, by root. */
  scopeOf(entry) {
    const steps = {};
    for (const each of this.store.outline.entries) {
      const output = this.output(each.id);
      if (output !== undefined) steps[each.id] = { output, status: "succeeded" };
    }
    const run = { id: this.last.run?.id ?? 1, status: "running", started_by: { username: "you", email: "you@example.com", name: "You" } };
    const scope = { inputs: this.inputs, vars: this.last.vars, steps, config: {}, run };
    for (let at = entry; at?.parent; at = at.parent) this.#bind(at.block, scope);
    return scope;
  }

  #bind(block, scope) {
    const { owner, spec } = block;
    for (const [standard, source] of Object.entries(spec.names ?? {})) {
      const field = owner.kind.fields?.find((each) => each.kind === "name" && each.default === standard);
      const name = (field && fieldValue(owner.step, owner.kind, field.key)) || standard;
      if (name in scope) continue;
      if (source === "index") scope[name] = 0;
      else if (source === "error") scope[name] = { code: "ServerError", message: "What happened", address: owner.id };
      else { const value = this.#item(owner, scope); if (value !== undefined) scope[name] = value; }
    }
  }

  /** The first item of a loop: of the last run, else of the list that it goes through, as far as that is a plain path. */
  #item(owner, scope) {
    const field = owner.kind.fields.find((each) => each.kind === "expression");
    const written = field && fieldValue(owner.step, owner.kind, field.key);
    const path = typeof written === "string" ? /^(?:\$?\{\{)?\s*([A-Za-z_][\w.]*)\s*(?:\}\})?$/.exec(written)?.[1] : null;
    const list = path ? path.split(".").reduce((value, key) => value?.[key], scope) : written;
    return Array.isArray(list) && list.length ? list[0] : this.last.items[owner.id];
  }

  /** Keeps or lets go of sample data on the server. Answers whether it was kept. */
  async pin(change) {
    const answer = await this.client.pin(change);
    if (answer.ok) { this.pinned = { inputs: answer.body.inputs ?? {}, steps: answer.body.steps ?? {} }; this.told(); }
    return answer;
  }
}

/** The value at a reference such as `steps["http-1"].output.body.id`, undefined if there is none. */
export function valueAt(scope, reference) {
  const parts = [...reference.matchAll(/([A-Za-z_]\w*)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/g)].map((match) => match[1] ?? match[2] ?? Number(match[3]));
  return parts.reduce((value, part) => (value === null || value === undefined ? undefined : value[part]), scope);
}

/** A value in a few characters. */
export function briefly(value, most = 48) {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : Array.isArray(value) ? `${value.length} ${value.length === 1 ? "item" : "items"}` : value === true ? "yes" : value === false ? "no" : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** What kind of value it is, in the words of the picker. */
export function kindOf(value) {
  if (Array.isArray(value)) return "list";
  if (value === null || value === undefined) return "";
  return { string: "text", number: "number", boolean: "yes/no", object: "object" }[typeof value];
}
