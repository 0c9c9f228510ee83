/** Who else has this playbook open, and whether somebody saved it meanwhile. News comes by socket; without it the page asks every few seconds. */
import { toast } from "./announce.js";
import { clock } from "./clock.js";
import { button, h } from "./dom.js";
import * as operations from "./operations.js";

const SIGN_OF_LIFE = 15000; // ms; the server forgets a page after three missed ones
const WITHOUT_SOCKET = 6000; // ms between two looks
const AGAIN = [1000, 30000]; // ms until the socket is tried again: at first, at most

export class Presence {
  /** element: the place for faces. note: the place for "somebody saved". */
  constructor({ store, client, saving, playbook, element, note }) {
    Object.assign(this, { store, client, saving, playbook, element, note });
    this.tab = crypto.randomUUID?.() ?? `t${Math.random().toString(36).slice(2)}`;
    store.on("saved", () => this.#draw());
    addEventListener("pagehide", () => this.client.present(this.tab, true, { keepalive: true }));
    addEventListener("pageshow", (event) => { if (event.persisted) this.#look(); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.#look(); });
    this.#look();
    this.#connect(AGAIN[0]);
  }

  #connect(wait) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    let opened = false;
    const socket = new WebSocket(`${scheme}//${location.host}/ws/playbooks/${this.playbook.id}/`);
    socket.addEventListener("open", () => { opened = true; this.isLive = true; });
    socket.addEventListener("message", () => this.#look());
    socket.addEventListener("close", ({ code }) => {
      this.isLive = false;
      if (code === 4404) return;
      setTimeout(() => this.#connect(opened ? AGAIN[0] : Math.min(wait * 2, AGAIN[1])), wait);
    });
  }

  /** A sign of life; its answer says who else is here and which draft the server has. */
  async #look() {
    clearTimeout(this.timer);
    if (this.isAsking) { this.isAskedAgain = true; return; }
    this.isAsking = true;
    const { ok, body } = await this.client.present(this.tab);
    this.isAsking = false;
    if (ok) { this.state = body; this.#draw(); }
    if (this.isAskedAgain) { this.isAskedAgain = false; this.#look(); return; }
    this.timer = setTimeout(() => this.#look(), this.isLive ? SIGN_OF_LIFE : WITHOUT_SOCKET);
  }

  #draw() {
    const { others = [], revision = 0 } = this.state ?? {};
    const names = others.map((each) => each.name).join(", ");
    this.element.replaceChildren(...others.slice(0, 3).map((each) => h("span", { class: "avatar s", title: `${each.name} has this playbook open`, vars: { "--h": hue(each.username) } }, each.initials)), ...(others.length > 3 ? [h("span", { class: "avatar s" }, `+${others.length - 3}`)] : []));
    this.element.setAttribute("aria-label", names ? `Also here: ${names}` : "Nobody else is here");
    this.element.hidden = !others.length;
    this.#say(revision > this.saving.revision && !this.saving.isWriting);
  }

  /** Somebody saved a draft that this page does not show. */
  #say(isNewer) {
    this.note.hidden = !isNewer;
    if (!isNewer || this.said === this.state.revision) return;
    this.said = this.state.revision;
    this.note.replaceChildren(h("span", { class: "grow" }, `${this.state.saved_by ?? "Somebody"} saved this draft at ${clock(this.state.saved_at)}. You see it as it was before.`), button("Show the changes", { look: "small", action: "take-newer", press: () => this.#take() }));
  }

  /** Without changes of one's own the newer draft is simply taken; else both are joined, or asked about. */
  async #take() {
    if (this.saving.isDirty) { await this.saving.now(); this.#draw(); return; }
    const { ok, body } = await this.client.read();
    if (!ok) return;
    this.saving.take(operations.adopt(this.store.outline, body.document), body, `Took over what ${this.state.saved_by ?? "somebody"} saved`);
    toast("You see the newest draft.");
    this.#draw();
  }
}

/** A colour of one's own for each person. */
const hue = (name) => String([...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7));
