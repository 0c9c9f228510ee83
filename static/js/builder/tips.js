/** Hints for whoever is here for the first time: one at a time, put away for good, remembered per person. */
import { button, h, icon } from "./dom.js";

const TIPS = [
  { name: "builder-drag", text: "Drag a step from the left into the drawing, or press + on a line." },
  { name: "builder-data", text: "Press { } beside a field to put in data: what somebody gave at the start, or what an earlier step found." },
  { name: "builder-try", text: "“Try it” runs the draft with sample inputs. Nothing is sent, and each step shows what it gave." },
  { name: "builder-keys", text: "Everything works by keys too: arrows move along, / adds a step, Ctrl Z takes back. Press ? for all of them." },
];

export class Tips {
  constructor({ client, seen, element }) {
    Object.assign(this, { client, element });
    this.seen = new Set(seen);
    this.#draw();
  }

  #draw() {
    const waiting = TIPS.filter((tip) => !this.seen.has(tip.name));
    this.element.hidden = !waiting.length;
    if (!waiting.length) { this.element.replaceChildren(); return; }
    const [tip] = waiting;
    this.element.replaceChildren(h("div", { class: "b-tip" },
      icon("info", "s"), h("p", {}, tip.text),
      h("div", { class: "row" }, h("span", { class: "small mut" }, `${TIPS.length - waiting.length + 1} of ${TIPS.length}`),
        button("No more hints", { look: "small plain", action: "tips-off", press: () => this.#away(waiting) }), button(waiting.length > 1 ? "Next" : "Got it", { look: "small", action: "tip-next", press: () => this.#away([tip]) }))));
  }

  #away(tips) {
    for (const { name } of tips) { this.seen.add(name); this.client.putAway(name); }
    const had = this.element.contains(document.activeElement);
    this.#draw();
    if (had) this.element.querySelector('[data-action="tip-next"]')?.focus();
  }
}
