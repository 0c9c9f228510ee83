/** The builder: puts the parts together. Everything it needs stands in the page. */
import { tell, toast } from "./announce.js";
import { Catalogue } from "./catalogue.js";
import { Chooser } from "./chooser.js";
import { Client } from "./client.js";
import { Clipboard } from "./clipboard.js";
import { Deeds } from "./deeds.js";
import { count, useSprite } from "./dom.js";
import { Dragging } from "./drag.js";
import { Drawing } from "./drawing.js";
import { Keyboard } from "./keyboard.js";
import { tellKeys } from "./keys_told.js";
import * as operations from "./operations.js";
import { ROOT } from "./outline.js";
import { Palette } from "./palette.js";
import { Panel } from "./panel.js";
import { Picking } from "./picking.js";
import { pinch, Sheets } from "./phone.js";
import { Dock, grouped, placed } from "./problems.js";
import { Publishing } from "./publishing.js";
import { Samples } from "./samples.js";
import { Saving } from "./saving.js";
import { StepMenu } from "./step_menu.js";
import { Store } from "./store.js";
import { titleOf } from "./summary.js";
import { Trying } from "./trying.js";
import { TextView } from "./text_view.js";
import { Presence } from "./presence.js";
import { Tips } from "./tips.js";
import { Versions } from "./versions.js";
import { Overview, Zoom } from "./view.js";

const PHONE = matchMedia("(max-width: 860px)");

class Builder {
  constructor(page, state) {
    this.page = page;
    this.playbook = state.playbook;
    this.part = (name) => page.querySelector(`[data-part="${name}"]`);
    const catalogue = new Catalogue(state.catalogue);
    this.store = new Store({ document: state.document, catalogue, editable: state.playbook.may_edit });
    this.client = new Client({ csrf: page.dataset.csrf, addresses: state.addresses });
    this.samples = new Samples({ store: this.store, client: this.client, pinned: state.pinned });
    this.#findFaults(state.problems);
    this.deeds = new Deeds(this.store, { toast: (text, { undo } = {}) => toast(text, undo ? this.#undoOf(this.store.document) : {}), tell });
    this.#draw(catalogue, state);
    if (this.store.editable) this.#edit(catalogue, state);
    if (this.store.editable && !PHONE.matches) this.tips = new Tips({ client: this.client, seen: state.seen_tips, element: this.part("tips") });
    this.#listen();
    tellKeys(document.getElementById("keys"));
    this.#look(this.#usualLook());
    if (page.dataset.look === "drawing") this.zoom.start();
    page.dataset.ready = "true";
  }

  /** The way back from the change that made this document; later changes come first. */
  #undoOf(document) {
    const act = () => { if (this.store.isStill(document)) this.store.undo(); else toast("Something was changed since. Undo that first."); };
    return { label: "Undo", act };
  }

  #draw(catalogue, state) {
    const { store, part } = this;
    this.drawing = new Drawing(store, part("flow"));
    this.zoom = new Zoom({ scroller: part("scroller"), flow: part("flow"), label: part("zoom") });
    this.overview = new Overview({ store, scroller: part("scroller"), flow: part("flow"), element: part("map") });
    this.panel = new Panel({ store, element: part("settings"), people: state.people, samples: this.samples, client: this.client, known: state.known, openMenu: (where) => this.menu?.open(where) });
    this.dock = new Dock({ store, element: part("problems"), goTo: (problem) => this.goTo(problem) });
    this.text = new TextView({ store, client: this.client, element: part("text"), known: state.known, samples: this.samples, playbook: this.playbook });
    this.versions = new Versions({ store, client: this.client, panel: this.panel, element: part("compare"), look: (name) => this.#look(name) });
    this.sheets = new Sheets({ page: this.page, parts: { settings: part("settings"), problems: part("problems") }, rest: () => [...this.page.querySelectorAll(".b-bar, .b-phone, .b-stage"), ...document.querySelectorAll(".tabbar, .skip")], back: () => this.drawing.focus() });
    pinch(part("scroller"), this.zoom);
    this.keyboard = new Keyboard({ store, drawing: this.drawing, deeds: this.deeds, tree: part("flow"), acts: this.#acts() });
  }

  #acts() {
    return {
      insert: () => this.chooser?.open(),
      insertAt: (place) => this.chooser?.open(place),
      rename: () => this.#rename(),
      openSettings: () => this.#openSettings(),
      menu: (card) => this.menu?.open(card),
      nextProblem: (by) => this.dock.next(by),
      save: () => this.saving?.byHand(),
    };
  }

  /** What only those who may change the draft have. */
  #edit(catalogue, state) {
    const { store, part, deeds } = this;
    this.palette = new Palette({ catalogue, element: part("palette"), search: part("palette-search"), add: (type) => deeds.add(type) });
    this.chooser = new Chooser({ catalogue, deeds, store });
    this.clipboard = new Clipboard({ store, deeds, tree: part("flow"), client: this.client });
    this.menu = new StepMenu({ store, deeds, clipboard: this.clipboard, acts: this.#acts() });
    this.picking = new Picking({ store, deeds, clipboard: this.clipboard, element: part("picked"), page: this.page, openMenu: (where) => this.menu.open(where) });
    this.saving = new Saving({ store, client: this.client, playbook: this.playbook, show: (text, state) => this.#showSaved(text, state), nameOf: (username) => state.people.user.find((each) => each.value === username)?.label ?? username });
    this.publishing = new Publishing({ store, client: this.client, saving: this.saving, playbook: this.playbook, goTo: (problem) => this.goTo(problem), published: () => this.#showVersion() });
    this.dragging = new Dragging({
      drawing: this.drawing, scroller: part("scroller"), root: this.page, tell,
      take: (target) => this.#taken(target),
      mayDrop: (place, taken) => !taken.entries || deeds.mayDrop(place, taken.entries),
      warn: (place, taken) => (taken.entries ? deeds.warning(place, taken.entries) : ""),
      drop: (place, taken, isCopy) => this.#dropped(place, taken, isCopy),
      held: (taken) => this.#held(taken),
    });
    this.trying = new Trying({ store, client: this.client, samples: this.samples, panel: this.panel, strip: part("trial") });
    this.panel.tryStep = (entry) => this.trying.start(entry);
    this.samples.load();
    this.presence = new Presence({ store, client: this.client, saving: this.saving, playbook: this.playbook, element: part("faces"), note: part("newer") });
    this.saving.recover();
  }

  /** What a pointer has taken hold of: a kind of step from the library, or steps of the drawing. */
  #taken(target) {
    const fromPalette = target.closest("[data-palette]");
    if (fromPalette) {
      const type = this.store.catalogue.byName.get(fromPalette.dataset.palette);
      return { title: type.label, type, node: fromPalette };
    }
    const card = target.closest(".card");
    const entry = card && !target.closest('[data-action="fold"]') && this.store.outline.get(card.parentElement.dataset.key);
    if (!entry) return null;
    const isOneOfMany = this.store.selection.includes(entry.key) && this.store.chosen.length > 1;
    return { title: titleOf(entry), entries: isOneOfMany ? this.store.chosen : [entry], node: card };
  }

  #dropped(place, taken, isCopy) {
    if (taken.type) this.deeds.add(taken.type, place);
    else if (isCopy) this.deeds.copyTo(place, taken.entries);
    else this.deeds.moveTo(place, taken.entries);
  }

  /** A finger that stayed on a step: taps select further ones. */
  #held({ entries }) {
    if (entries) this.picking.begin(entries.map((entry) => entry.key));
  }

  #listen() {
    const { store } = this;
    this.page.addEventListener("click", (event) => this.#pressed(event));
    this.part("flow").addEventListener("contextmenu", (event) => this.#rightPressed(event));
    store.on("document", (_, { sentence, spoken }) => { if (spoken) tell(sentence); this.#findFaults(this.known); this.#showDeeds(); });
    store.on("saved", (_, body) => { if (body?.problems) this.#faultsCame(body.problems); });
    store.on("trial", () => { if (store.trial && !("trial" in this.page.dataset)) this.sheets.close(); this.page.toggleAttribute("data-trial", Boolean(store.trial)); });
    store.on("refused", (_, problems) => this.#faultsCame(problems));
    PHONE.addEventListener("change", () => { this.sheets.close(); this.#look(this.#usualLook()); });
    store.on("faults", () => this.#showFaultCount());
    this.#showDeeds();
    store.say("faults");
  }

  /** Faults belong to the places where the steps stand at present. */
  #findFaults(problems) {
    this.known = problems ?? [];
    const all = placed(this.store.outline, this.known);
    this.store.setFaults(grouped(all), all);
  }

  #faultsCame(problems) {
    this.#findFaults(problems);
  }

  /** Shows a problem: its step, its field. */
  goTo(problem) {
    if (this.page.dataset.look === "text") this.#look("drawing");
    this.store.select(problem.key === "root" ? [] : [problem.key], { focus: false });
    this.#sheet();
    this.panel.goTo(problem.tail);
  }

  #pressed(event) {
    const pressed = event.target.closest("[data-action]");
    const act = pressed && this.#actions[pressed.dataset.action];
    if (act && pressed.getAttribute("aria-disabled") !== "true") act(pressed, event);
    else if (!pressed) this.#pressedDrawing(event);
  }

  #pressedDrawing(event) {
    const card = event.target.closest(".card");
    if (card) this.#pressedCard(card.parentElement.dataset.key, event);
    else if (event.target.closest('[data-part="scroller"]') && !event.target.closest("button")) { this.panel.view = null; this.store.select([], { focus: false }); }
  }

  #pressedCard(key, event) {
    const { selection } = this.store;
    if (this.picking?.isTouch) { this.picking.toggle(key); return; }
    if (event.ctrlKey || event.metaKey) this.store.select(selection.includes(key) ? selection.filter((each) => each !== key) : [...selection, key]);
    else if (event.shiftKey && this.store.focused) this.store.select(this.#range(this.store.focused.key, key));
    else this.store.select([key]);
    if (PHONE.matches) this.#openSettings();
  }

  /** All steps of one block between two of them; without a common block both. */
  #range(from, to) {
    const [start, end] = [this.store.outline.get(from), this.store.outline.get(to)];
    if (start.block !== end.block) return [...new Set([...this.store.selection, to])];
    const [low, high] = [start.position, end.position].sort((a, b) => a - b);
    const between = start.block.entries.slice(low, high + 1).map((entry) => entry.key);
    return [...between.filter((key) => key !== to), to];
  }

  #rightPressed(event) {
    const card = event.target.closest(".card");
    if (!card || !this.menu || this.dragging?.isOn) return;
    event.preventDefault();
    const { key } = card.parentElement.dataset;
    if (!this.store.selection.includes(key)) this.store.select([key]);
    this.menu.open({ x: event.clientX, y: event.clientY });
  }

  #actions = {
    undo: () => this.store.undo(),
    redo: () => this.store.redo(),
    save: () => this.saving?.byHand(),
    publish: () => this.publishing?.open(),
    try: () => this.#try(),
    history: () => { this.versions.open(); this.#sheet(); },
    "zoom-in": () => this.zoom.by(1),
    "zoom-out": () => this.zoom.by(-1),
    "zoom-one": () => this.zoom.set(1),
    fit: () => this.zoom.fit(),
    "fold-all": () => this.store.foldAll(!this.store.folded.size),
    "look-drawing": () => this.#look("drawing"),
    "look-outline": () => this.#look("outline"),
    "look-text": () => this.#look("text"),
    fold: (pressed) => this.store.fold(pressed.closest("[role=treeitem]").dataset.key),
    "playbook-settings": () => { this.panel.view = null; this.store.select([], { focus: false }); if (PHONE.matches) this.#openSettings(); },
    "insert-here": (pressed) => this.chooser?.open(this.drawing.place(pressed.closest(".slot"))),
    insert: () => this.chooser?.open(),
    "edit-branch": (pressed) => this.#editBranch(pressed),
    "add-catch": () => this.#addCatch(),
    "next-problem": () => this.dock.next(1),
    "close-settings": () => this.sheets.close(),
    problems: () => { this.#sheet("problems"); this.part("problems").querySelector("h2")?.focus(); },
    "close-view": () => { this.panel.show(null); this.sheets.close(); },
  };

  #try() {
    this.trying.open();
    this.#sheet();
  }

  #editBranch(label) {
    const li = label.closest("[role=treeitem]");
    if (!li) return;
    this.store.select([li.dataset.key]);
    const name = label.parentElement.dataset.branch.split("/").slice(1).join("/");
    this.panel.element.querySelector(`[data-clause-name="${CSS.escape(name)}"] :is(input, textarea)`)?.focus();
  }

  #addCatch() {
    const spec = ROOT.blocks.find((block) => block.key === "catch");
    this.store.change("Added what happens if the run fails", operations.put(this.store.document, [spec.key], [{ code: "*", steps: [] }]));
  }

  /** On the phone the head gets the focus: a field would bring up the keyboard unasked. */
  #openSettings() {
    this.#sheet();
    if (PHONE.matches) this.panel.element.querySelector("h2")?.focus();
    else this.panel.focus();
  }

  #sheet(name = "settings") {
    if (PHONE.matches) this.sheets.open(name);
  }

  #usualLook() {
    const kept = localStorage.getItem(PHONE.matches ? "handrail:look-phone" : "handrail:look");
    return kept ?? (PHONE.matches ? "outline" : "drawing");
  }

  /** On the phone faults are a number beside the tools, and a list that comes from below. */
  #showFaultCount() {
    const press = this.page.querySelector('[data-action="problems"]');
    if (!press) return;
    const errors = this.store.problems.filter((each) => each.level !== "warning").length;
    press.hidden = !this.store.problems.length;
    press.dataset.tone = errors ? "bad" : "hint";
    press.querySelector("b").textContent = String(errors || this.store.problems.length);
    press.setAttribute("aria-label", errors ? count(errors, "problem") : count(this.store.problems.length, "hint"));
    if (press.hidden && this.sheets.name === "problems") this.sheets.close();
  }

  #rename() {
    if (this.panel.tab !== "settings") { this.panel.tab = "settings"; this.panel.draw(); }
    this.#sheet();
    const name = this.panel.element.querySelector('[data-field="@name"]');
    name?.focus();
    name?.select();
  }

  #look(look) {
    const before = this.page.dataset.look;
    this.page.dataset.look = look;
    if (look !== "text" && look !== "compare") localStorage.setItem(PHONE.matches ? "handrail:look-phone" : "handrail:look", look);
    for (const each of this.page.querySelectorAll('[data-action^="look-"]')) each.setAttribute("aria-pressed", String(each.dataset.action === `look-${look}`));
    this.part("text").hidden = look !== "text";
    this.part("canvas").hidden = look === "text" || look === "compare";
    this.part("compare").hidden = look !== "compare";
    if (look === "compare") this.sheets.close();
    if (look === "text") this.text.open();
    else if (look === "drawing" && before !== "drawing") requestAnimationFrame(() => (PHONE.matches ? this.zoom.start() : this.zoom.middle()));
    this.overview.draw();
  }

  #showDeeds() {
    const { store } = this;
    for (const [action, can, deed] of [["undo", store.canUndo, store.lastDeed], ["redo", store.canRedo, store.nextDeed]]) {
      for (const press of this.page.querySelectorAll(`[data-action="${action}"]`)) {
        press.setAttribute("aria-disabled", String(!can));
        press.title = can ? `${action === "undo" ? "Undo" : "Redo"}: ${deed}` : `Nothing to ${action}`;
      }
    }
    const name = typeof store.document.name === "string" && store.document.name ? store.document.name : "Untitled playbook";
    this.part("name").textContent = name;
  }

  #showSaved(text, state) {
    const place = this.part("saved");
    if (place.textContent !== text) place.textContent = text;
    place.dataset.state = state;
  }

  #showVersion() {
    this.part("version").textContent = `Draft of version ${this.playbook.version + 1}`;
  }
}

useSprite(document.documentElement.dataset.sprite);
const page = document.querySelector(".builder");
new Builder(page, JSON.parse(document.getElementById("builder-state").textContent));
