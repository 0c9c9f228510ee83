/** Copy, cut and paste of steps, also between playbooks and as text: what is copied is the steps as JSON. */
import { tell, toast } from "./announce.js";
import { isObject } from "./catalogue.js";
import { count } from "./dom.js";
import { stepInOrder } from "./reading_order.js";

const SHELF = "handrail:copied";

export class Clipboard {
  constructor({ store, deeds, tree, client }) {
    Object.assign(this, { store, deeds, tree, client });
    document.addEventListener("copy", (event) => { if (this.#isOurs(event)) this.#copied(event); });
    document.addEventListener("cut", (event) => { if (this.#isOurs(event) && store.editable && this.#copied(event)) deeds.remove("Cut"); });
    document.addEventListener("paste", (event) => { if (this.#isOurs(event)) this.#pasted(event); });
  }

  #isOurs(event) {
    return this.tree.contains(document.activeElement) && !event.target.closest?.("input, textarea") && !String(getSelection());
  }

  #text() {
    return JSON.stringify({ steps: this.store.chosen.map((entry) => stepInOrder(entry.step, this.store.catalogue)) }, null, 2);
  }

  #copied(event) {
    if (!this.store.chosen.length) return false;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.#text());
    localStorage.setItem(SHELF, this.#text());
    tell(`Copied ${count(this.store.chosen.length, "step")}`);
    return true;
  }

  /** From the menu, where no key was pressed. */
  copy() {
    const text = this.#text();
    localStorage.setItem(SHELF, text);
    navigator.clipboard?.writeText(text).catch(() => { /* refused: the shelf of this browser has it */ });
    toast(`Copied ${count(this.store.chosen.length, "step")}.`);
  }

  cut() {
    this.copy();
    this.deeds.remove("Cut");
  }

  /** From the menu: what was copied last in this browser. */
  paste() {
    this.#take(localStorage.getItem(SHELF) ?? "");
  }

  #pasted(event) {
    event.preventDefault();
    this.#take(event.clipboardData.getData("text/plain") || localStorage.getItem(SHELF) || "");
  }

  async #take(text) {
    if (!this.store.editable || !text.trim()) return;
    const steps = stepsIn(readJson(text)) ?? stepsIn((await this.client.readText(text, "yaml")).body?.document);
    if (steps?.length) this.deeds.paste(steps);
    else toast("There are no steps in what was copied.");
  }
}

function readJson(text) {
  try { return JSON.parse(text); } catch { return null; }
}

/** The steps in a pasted value: {steps: […]}, a list of steps, or one step. */
function stepsIn(value) {
  const list = Array.isArray(value) ? value : Array.isArray(value?.steps) && !value.type ? value.steps : isObject(value) && value.type ? [value] : null;
  return list?.every(isObject) && list.length ? list : null;
}
