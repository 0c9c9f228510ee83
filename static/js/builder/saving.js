/** Keeps the draft: saves by itself a moment after each change, keeps a copy in this browser meanwhile, and never overwrites somebody else's work unasked. */
import { toast } from "./announce.js";
import { whatHappened } from "./client.js";
import { clock } from "./clock.js";
import { askAboutConflict } from "./conflict.js";
import { later, same } from "./dom.js";
import * as operations from "./operations.js";

const WAIT = 500; // ms after the last change
const TRY_AGAIN = 5000; // ms after a lost connection

export class Saving {
  #saved; // the document as the server has it
  #isBusy = false;
  #isHeld = false; // a conflict waits for an answer
  #isAsking = false;
  #sent = []; // saves whose answer has not come: the server may have them all the same

  /** playbook: {id, revision, saved_at}. show(text, state): the word in the bar. nameOf(username): what people call somebody. */
  constructor({ store, client, playbook, show, nameOf }) {
    Object.assign(this, { store, client, playbook, show, nameOf });
    this.revision = playbook.revision;
    this.#saved = store.document;
    this.soon = later(WAIT, () => this.now());
    store.on("document", () => { this.#keep(); this.soon(); this.#say(); });
    addEventListener("pagehide", () => this.#leave());
    addEventListener("beforeunload", (event) => { if (this.isDirty && this.#isHeld) event.preventDefault(); });
    addEventListener("online", () => this.now());
    this.#say();
  }

  get isDirty() {
    return this.store.document !== this.#saved;
  }

  get #shelf() {
    return `handrail:draft:${this.playbook.id}`;
  }

  #keep() {
    try {
      if (this.isDirty) localStorage.setItem(this.#shelf, JSON.stringify({ revision: this.revision, base: this.#saved, document: this.store.document, at: Date.now() }));
      else localStorage.removeItem(this.#shelf);
    } catch { /* the browser has no room: the server's copy is what counts */ }
  }

  /** Takes up what an earlier visit could not save any more. */
  recover() {
    const kept = this.#shelved();
    if (!kept || same(kept.document, this.store.document)) { localStorage.removeItem(this.#shelf); return; }
    if (kept.revision !== this.revision) { this.#conflict({ mine: kept.document, base: kept.base, at: kept.at }); return; }
    this.store.change("Took up unsaved changes", operations.adopt(this.store.outline, kept.document));
    toast(`Took up your changes of ${clock(kept.at)} that had not been saved.`, { label: "Undo", act: () => this.store.undo() });
  }

  #shelved() {
    try { return JSON.parse(localStorage.getItem(this.#shelf)); } catch { return null; }
  }

  /** Saves because somebody asked for it; asks again what was left open. */
  byHand() {
    return this.#isHeld ? this.#conflict({ mine: this.store.document }) : this.now();
  }

  /** Saves at once. True when the server has what the page shows. */
  async now() {
    this.soon.cancel();
    if (!this.isDirty) return true;
    if (this.#isBusy) { await this.#isBusy; return this.now(); }
    if (this.#isHeld) return false;
    const document = this.store.document;
    this.show("Saving…", "busy");
    if (this.#sent.at(-1) !== document) this.#sent.push(document);
    this.#isBusy = this.client.save(document, this.revision);
    const answer = await this.#isBusy;
    this.#isBusy = false;
    return this.#answered(answer, document);
  }

  /** A newer draft of the server's, taken when nothing here was changed. */
  take(document, body, sentence) {
    this.revision = body.revision;
    this.playbook.saved_at = body.saved_at;
    this.store.change(sentence, document);
    this.#saved = this.store.document;
    this.soon.cancel();
    this.#keep();
    this.#say();
    this.store.say("saved", body);
  }

  /** A save is on its way. */
  get isWriting() {
    return Boolean(this.#isBusy);
  }

  async #answered(answer, document) {
    if (answer.ok) {
      this.#accept(document, answer.body);
      return !this.isDirty || this.now();
    }
    if (answer.status === 412) await this.#conflict({ mine: this.store.document });
    else if (answer.status === 0) this.#later("No connection, kept here");
    else if (answer.status === 401) this.#later("Signed out, kept here");
    else if (answer.status === 429 || answer.status >= 500) this.#later("Server does not answer, kept here");
    else { this.show("Not saved", "bad"); this.#refused(answer); }
    return false;
  }

  #later(words) {
    this.show(words, "bad");
    clearTimeout(this.again);
    this.again = setTimeout(() => this.now(), TRY_AGAIN);
  }

  #accept(document, body) {
    this.#saved = document;
    this.#sent = [];
    this.revision = body?.revision ?? this.revision + 1;
    this.playbook.saved_at = body?.saved_at ?? new Date().toISOString();
    this.#keep();
    this.#say();
    this.store.say("saved", body);
  }

  #refused(answer) {
    if (this.lastRefusal === answer.body?.message) return;
    this.lastRefusal = answer.body?.message;
    toast(whatHappened(answer));
    this.store.say("refused", answer.body?.problems ?? []);
  }

  /** Somebody else has saved meanwhile: shows both and lets the person choose. */
  async #conflict({ mine, base = this.#saved, at }) {
    if (this.#isAsking) return;
    this.#isHeld = this.#isAsking = true;
    this.show("Changed by somebody else", "bad");
    const theirs = await this.client.read();
    if (!theirs.ok) { this.#isHeld = false; this.#isAsking = false; setTimeout(() => this.now(), TRY_AGAIN); return; }
    if (same(theirs.body.document, mine)) { this.#isHeld = this.#isAsking = false; this.revision = theirs.body.revision; this.#accept(mine, theirs.body); return; }
    const ours = this.#sent.find((each) => same(theirs.body.document, each));
    if (ours) { this.#isHeld = this.#isAsking = false; this.#accept(ours, theirs.body); await this.now(); return; }
    const choice = await askAboutConflict({ store: this.store, nameOf: this.nameOf, base, mine, theirs: theirs.body, at });
    this.#isAsking = false;
    if (!choice.keep) return;
    this.#isHeld = false;
    this.revision = theirs.body.revision;
    this.#saved = theirs.body.document;
    const document = { mine, theirs: this.#saved, both: choice.document }[choice.keep];
    const word = { mine: "Kept my version", theirs: "Took the other version", both: "Joined both versions" }[choice.keep];
    if (choice.keep !== "theirs") this.store.change("Took the other version", operations.adopt(this.store.outline, structuredClone(this.#saved)));
    this.store.change(word, operations.adopt(this.store.outline, structuredClone(document)));
    if (choice.keep === "theirs") { this.#saved = this.store.document; this.#keep(); this.#say(); }
    else await this.now();
  }

  #say() {
    if (this.#isHeld) return;
    if (this.isDirty) this.show("Not saved yet", "busy");
    else this.show(this.playbook.saved_at ? `Saved ${clock(this.playbook.saved_at)}` : "Saved", "ok");
  }

  /** The tab closes: a last try that outlives the page; the browser's copy stands by. */
  #leave() {
    if (!this.isDirty || this.#isHeld || !this.store.editable) return;
    this.client.save(this.store.document, this.revision, { keepalive: true });
  }
}
