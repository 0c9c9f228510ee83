/** Faults from the server: where in the drawing each belongs, and the list under it. */
import { button, count, h, icon } from "./dom.js";
import { remedyFor } from "./remedies.js";
import { titleOf } from "./summary.js";

/** `steps/each/body[3]/pay` and `inputs[0]` as parts: brackets with numbers are parts of their own. */
export function addressParts(address) {
  return address.replace(/\[(\d+)\]/g, "/$1").split("/").filter(Boolean).map((part) => decodeURIComponent(part.replace(/%(?![0-9A-Fa-f]{2})/g, "%25")));
}

/** Each problem with the key of its step ("root" for the playbook's own) and the rest of its address: {...problem, key, tail}. */
export function placed(outline, problems) {
  return problems.map((problem) => {
    const parts = addressParts(problem.address ?? "");
    const [owner, used] = deepest(outline, parts);
    return { ...problem, key: owner.key, tail: parts.slice(used).join("/") };
  });
}

/** The step that the parts lead to, and how many of them it took. Blocks and steps count by name or by number. */
function deepest(outline, parts) {
  let [owner, used] = [outline.root, 0];
  for (;;) {
    const found = stepInside(owner, parts.slice(used));
    if (!found) return [owner, used];
    [owner, used] = [found.entry, used + found.used];
  }
}

function stepInside(owner, parts) {
  for (const block of owner.blocks) {
    for (const names of [[block.name], ...(block.clause ? [[block.spec.key, String(block.number), "steps"], [block.spec.key, block.name, "steps"], [block.spec.key, block.name], [block.spec.key, String(block.number)]] : [[block.spec.key]])]) {
      if (!names.every((name, at) => parts[at] === name)) continue;
      const wanted = parts[names.length];
      const entry = block.entries.find((each) => each.id === wanted) ?? block.entries.find((each) => String(each.position) === wanted);
      if (entry) return { entry, used: names.length + 1 };
    }
  }
  return null;
}

/** Problems grouped by the key they belong to. */
export function grouped(problems) {
  const found = new Map();
  for (const problem of problems) found.set(problem.key, [...(found.get(problem.key) ?? []), problem]);
  return found;
}

/** The list under the drawing; folds to one line. */
export class Dock {
  constructor({ store, element, goTo }) {
    Object.assign(this, { store, element, goTo });
    this.isFolded = localStorage.getItem("handrail:problems") === "folded";
    this.at = -1;
    store.on("faults", () => this.draw());
    store.on("document", () => this.draw());
    this.draw();
  }

  draw() {
    const { problems } = this.store;
    const errors = problems.filter((each) => each.level !== "warning");
    const hints = problems.length - errors.length;
    this.element.dataset.tone = errors.length ? "bad" : hints ? "hint" : "ok";
    const words = [errors.length && count(errors.length, "problem"), hints && count(hints, "hint")].filter(Boolean).join(", ") || "No problems";
    const say = errors.length ? "Publishing waits until these are solved" : hints ? "Publishing is possible" : "";
    const head = h("header", {}, h("h2", { id: "pb-h" }, icon(errors.length ? "alert" : hints ? "info" : "check"), words), h("span", { class: "small mut grow" }, say),
      problems.length > 0 && h("button", { type: "button", class: "btn small plain", dataset: { action: "next-problem" } }, h("kbd", {}, "F8"), " next"),
      problems.length > 0 && button(this.isFolded ? "Show the list" : "Fold the list", { look: "small plain", only: true, iconName: this.isFolded ? "up" : "down", action: "fold-problems", "aria-expanded": String(!this.isFolded), press: () => this.#fold() }));
    const list = h("ul", {}, this.isFolded ? [] : [...errors, ...problems.filter((each) => each.level === "warning")].map((problem) => this.#line(problem)));
    this.element.replaceChildren(head, list);
  }

  #fold() {
    this.isFolded = !this.isFolded;
    localStorage.setItem("handrail:problems", this.isFolded ? "folded" : "open");
    this.draw();
    this.element.querySelector('[data-action="fold-problems"]')?.focus();
  }

  #line(problem) {
    const entry = this.store.outline.get(problem.key);
    const who = entry ? titleOf(entry) : "Playbook";
    const isError = problem.level !== "warning";
    return h("li", { dataset: { problem: problem.code, level: problem.level ?? "error" } },
      h("button", { type: "button", class: "b-go", on: { click: () => this.goTo(problem) } }, icon(isError ? "alert" : "info"), who),
      h("span", { class: "grow", title: [problem.message, problem.hint, problem.address].filter(Boolean).join("\n") }, problem.message, problem.hint && h("span", { class: "mut" }, ` ${problem.hint}`)), this.#remedy(problem));
  }

  #remedy(problem) {
    const remedy = this.store.editable && remedyFor(this.store.outline, problem);
    return remedy ? button(remedy.label, { look: "small", action: "mend", press: () => this.store.change(`Mended: ${remedy.label}`, remedy.document, problem.key === "root" ? {} : { select: [problem.key] }) }) : null;
  }

  /** The next problem of the list (F8), or the one before. */
  next(by) {
    const { problems } = this.store;
    if (!problems.length) return;
    this.at = (this.at + by + problems.length) % problems.length;
    this.goTo(problems[this.at]);
  }
}
