/** Publishing: the draft becomes the next version, with a note; refused while there are problems, with their list. */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { ask } from "./dialog.js";
import { h, icon } from "./dom.js";
import { placed } from "./problems.js";
import { titleOf } from "./summary.js";

const MOST = 12; // problems in the dialog

export class Publishing {
  constructor({ store, client, saving, playbook, goTo, published }) {
    Object.assign(this, { store, client, saving, playbook, goTo, published });
  }

  async open() {
    const note = h("textarea", { class: "input", rows: "3", id: "publish-note", dataset: { field: "publish.note" }, placeholder: "What is different, and why" });
    const faults = h("div", { class: "b-refused", role: "alert" });
    const next = (this.playbook.version ?? 0) + 1;
    await ask({
      title: `Publish version ${next}`, name: "publish",
      body: [
        h("p", {}, "Runs that start from now on take this version. Runs that have begun go on with theirs."),
        faults,
        h("div", { class: "field" }, h("label", { for: "publish-note" }, "Note", h("span", { class: "opt" }, " optional")), note),
      ],
      deeds: [{ value: "cancel", label: "Not yet" }, { value: "publish", label: `Publish version ${next}`, look: "primary", check: (dialog) => this.#publish(dialog, note.value.trim(), faults) }],
      onOpen: () => { this.#list(faults, this.store.problems); return note; },
    });
  }

  async #publish(dialog, note, faults) {
    const press = dialog.querySelector('[data-action="dialog-publish"]');
    press.setAttribute("aria-disabled", "true");
    const isSaved = await this.saving.now();
    const answer = isSaved ? await this.client.publish(note, this.saving.revision) : { ok: false, status: 0, body: { message: "The draft could not be saved, so it was not published." } };
    press.removeAttribute("aria-disabled");
    if (answer.ok) { this.#done(answer.body); return true; }
    this.#refused(faults, answer);
    return false;
  }

  #done(version) {
    this.playbook.version = version.number;
    toast(`Published version ${version.number}.`, { label: "Open the playbook", act: () => { location.href = this.playbook.address; } });
    this.published(version);
  }

  #refused(faults, answer) {
    const problems = placed(this.store.outline, answer.body?.problems ?? []);
    if (problems.length) this.store.say("refused", answer.body.problems);
    this.#list(faults, problems, whatHappened(answer));
  }

  /** What has to be mended before, each with its remedy; pressing one leads there. */
  #list(faults, problems, otherwise = "") {
    const line = (problem) => {
      const entry = this.store.outline.get(problem.key);
      return h("li", {}, h("button", { type: "button", class: "b-link", on: { click: () => { faults.closest("dialog").querySelector('[aria-label="Close"]').click(); this.goTo(problem); } } }, entry ? titleOf(entry) : "Playbook"), ` ${problem.message}`, problem.hint && h("span", { class: "mut" }, ` ${problem.hint}`));
    };
    const shown = problems.filter((problem) => problem.level !== "warning");
    if (!shown.length && !otherwise) return;
    faults.replaceChildren(h("div", { class: "note", dataset: { tone: "bad" } }, icon("alert"), h("div", {}, h("p", { class: "t" }, shown.length ? "It cannot be published yet" : otherwise), h("ul", {}, shown.slice(0, MOST).map(line)), shown.length > MOST && h("p", { class: "small mut" }, `and ${shown.length - MOST} more`))));
  }
}
