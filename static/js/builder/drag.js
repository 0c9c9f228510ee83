/**
 * Drag and drop by pointer: mouse, pen and touch alike. When a drag starts, every place that can take the step shows itself and nothing else moves;
 * each place is measured once, the nearest within reach is hot. Esc or leaving the drawing ends it without a change.
 */
import { h } from "./dom.js";

const START_AFTER = 5; // px of mouse
const HOLD = 220; // ms of touch
const STILL = 12; // px that a resting finger moves
const REACH = 160; // px from a slot
const EDGE = 50; // px from the border where the drawing scrolls
const FASTEST = 16; // px per frame
const BEYOND = 200; // px around what is in sight
const BELOW = -14; // px between the pointer and what it carries: the hot place stays in sight
const GRIP = 40; // px that it may stand to the left of the pointer

export class Dragging {
  #drag = null;

  /**
   * drawing: Drawing. scroller: the element that scrolls. root: where pointers are listened to.
   * take(element) -> {title, entries?, type?, node} or null. mayDrop(place, taken) -> boolean. warn(place, taken) -> string. drop(place, taken, isCopy). held(taken): a finger that did not move. tell(sentence).
   */
  constructor({ drawing, scroller, root, take, mayDrop, warn, drop, held, tell }) {
    Object.assign(this, { drawing, scroller, root, take, mayDrop, warn, drop, held, tell });
    this.layer = h("div", { class: "drag-layer", "aria-hidden": "true" });
    this.layer.addEventListener("wheel", (event) => scroller.scrollBy(event.deltaX, event.deltaY), { passive: true });
    document.body.append(this.layer);
    root.addEventListener("pointerdown", (event) => this.#down(event));
    document.addEventListener("pointermove", (event) => this.#moved(event));
    document.addEventListener("pointerup", () => this.#end(true));
    document.addEventListener("pointercancel", () => this.#end(false));
    window.addEventListener("blur", () => this.#end(false));
    document.addEventListener("keydown", (event) => this.#key(event), true);
    document.addEventListener("keyup", (event) => this.#key(event), true);
    document.addEventListener("touchmove", (event) => { if (this.isOn) event.preventDefault(); }, { passive: false });
    scroller.addEventListener("scroll", () => { if (this.isOn) this.#offer(); }, { passive: true });
    root.addEventListener("contextmenu", (event) => { if (this.#drag?.isTouch) event.preventDefault(); });
  }

  get isOn() {
    return Boolean(this.#drag?.ghost);
  }

  #down(event) {
    if (event.button || this.#drag) return;
    const taken = this.take(event.target);
    if (!taken) return;
    const isTouch = event.pointerType === "touch";
    this.#drag = { taken, isTouch, x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY, isCopy: event.ctrlKey || event.metaKey };
    if (isTouch) this.#drag.timer = setTimeout(() => { this.#begin(); navigator.vibrate?.(10); }, HOLD);
  }

  #moved(event) {
    const drag = this.#drag;
    if (!drag) return;
    Object.assign(drag, { x: event.clientX, y: event.clientY, isCopy: event.ctrlKey || event.metaKey });
    if (!drag.ghost) {
      if (Math.hypot(drag.x - drag.startX, drag.y - drag.startY) < START_AFTER) return;
      if (drag.isTouch) { this.#end(false); return; }
      this.#begin();
    }
    event.preventDefault();
    this.#follow();
  }

  #begin() {
    const drag = this.#drag;
    const box = drag.taken.node.getBoundingClientRect();
    drag.ghost = h("div", { class: "drag-ghost" }, drag.taken.node.cloneNode(true), h("span", { class: "drag-say" }));
    drag.grip = { x: Math.min(drag.startX - box.left, GRIP), y: BELOW };
    drag.slots = new Map();
    this.#offer();
    this.layer.replaceChildren(drag.ghost);
    this.layer.classList.add("on");
    for (const entry of drag.taken.entries ?? []) this.drawing.element(entry.key)?.classList.add("source");
    drag.frame = requestAnimationFrame(() => this.#scrollAtEdge());
    setTimeout(() => this.tell(`Dragging ${drag.taken.title}`));
    this.#follow();
  }

  /** A place with its middle in coordinates of the scrolled content; null if it may not take what is dragged. Asked once for each. */
  #measured(slot) {
    const drag = this.#drag;
    if (drag.slots.has(slot)) return drag.slots.get(slot);
    const place = this.drawing.place(slot);
    let found = null;
    if (place && this.mayDrop(place, drag.taken)) {
      const box = slot.getBoundingClientRect();
      found = { slot, place, x: box.x + box.width / 2 + drag.scrolled.x, y: box.y + box.height / 2 + drag.scrolled.y, half: box.width / 2 };
    }
    drag.slots.set(slot, found);
    return found;
  }

  /** The slots in sight, and a little beyond. Items of a list stand one under the other, so what lies below is not even asked where it is. */
  *#inSight(list, high, low) {
    for (const item of list.children) {
      const box = item.getBoundingClientRect();
      if (box.bottom < high) continue;
      if (box.top > low) return;
      yield* item.querySelectorAll(":scope > .slot, :scope > .card .inner");
      for (const inner of item.querySelectorAll(":scope > .branches > .branch > .seq")) yield* this.#inSight(inner, high, low);
    }
  }

  /** Shows the places in sight. Whatever measures or styles the whole drawing at once would cost a frame for each hundred steps. */
  #offer() {
    this.#drag.scrolled = { x: this.scroller.scrollLeft, y: this.scroller.scrollTop };
    const { top, bottom } = (this.#drag.bounds ??= this.scroller.getBoundingClientRect());
    const found = [...this.drawing.flow.querySelectorAll(":scope > .seq, :scope > .after > .seq")].flatMap((list) => [...this.#inSight(list, top - BEYOND, bottom + BEYOND)]);
    for (const each of found.map((slot) => this.#measured(slot))) each?.slot.classList.add("offer");
  }

  /** Moves the ghost and finds the hot slot. Nothing is read that would make the browser lay out what was just changed. */
  #follow() {
    const drag = this.#drag;
    drag.ghost.style.transform = `translate(${drag.x - drag.grip.x}px, ${drag.y - drag.grip.y}px)`;
    drag.ghost.classList.toggle("copies", drag.isCopy && !drag.taken.type);
    this.#heat(this.#nearest());
  }

  #nearest() {
    const { x, y, slots, scrolled } = this.#drag;
    const frame = (this.#drag.bounds ??= this.scroller.getBoundingClientRect());
    if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) return null;
    const [contentX, contentY] = [x + scrolled.x, y + scrolled.y];
    let [best, hot] = [REACH * REACH, null];
    for (const each of slots.values()) {
      if (!each) continue;
      const [dx, dy] = [Math.max(0, Math.abs(each.x - contentX) - each.half) * 0.6, each.y - contentY];
      const distance = dx * dx + dy * dy;
      if (distance < best) [best, hot] = [distance, each];
    }
    return hot;
  }

  #heat(hot) {
    const drag = this.#drag;
    if (hot === drag.hot) return;
    drag.hot?.slot.classList.remove("hot", "warns");
    drag.hot = hot;
    const warning = hot ? (hot.warning ??= this.warn(hot.place, drag.taken)) : "";
    hot?.slot.classList.add("hot");
    hot?.slot.classList.toggle("warns", Boolean(warning));
    drag.ghost.lastChild.textContent = warning;
  }

  #scrollAtEdge() {
    const drag = this.#drag;
    if (!drag?.ghost) return;
    const frame = (drag.bounds ??= this.scroller.getBoundingClientRect());
    const pull = (at, start, end) => (at < start || at > end ? 0 : at < start + EDGE ? -(start + EDGE - at) : at > end - EDGE ? at - (end - EDGE) : 0);
    const isInside = drag.x > frame.left && drag.x < frame.right && drag.y > frame.top && drag.y < frame.bottom;
    const [dx, dy] = isInside ? [pull(drag.x, frame.left, frame.right), pull(drag.y, frame.top, frame.bottom)] : [0, 0];
    if (dx || dy) {
      this.scroller.scrollBy((dx / EDGE) * FASTEST, (dy / EDGE) * FASTEST);
      this.#heat(this.#nearest());
    }
    drag.frame = requestAnimationFrame(() => this.#scrollAtEdge());
  }

  #key(event) {
    if (!this.isOn) return;
    if (event.key === "Escape" && event.type === "keydown") {
      event.preventDefault();
      event.stopPropagation();
      this.#end(false);
    } else if (event.key === "Control" || event.key === "Meta") {
      this.#drag.isCopy = event.type === "keydown";
      this.#follow();
    }
  }

  #end(isDrop) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    clearTimeout(drag.timer);
    if (!drag.ghost) return;
    cancelAnimationFrame(drag.frame);
    this.layer.classList.remove("on");
    this.layer.replaceChildren();
    for (const element of this.drawing.flow.querySelectorAll(".source, .hot, .offer")) element.classList.remove("source", "hot", "offer", "warns");
    this.#swallowClick();
    const isStill = drag.isTouch && Math.hypot(drag.x - drag.startX, drag.y - drag.startY) < STILL;
    if (isDrop && isStill) this.held(drag.taken);
    else if (isDrop && drag.hot) this.drop(drag.hot.place, drag.taken, drag.isCopy);
    else this.tell("Nothing was moved");
  }

  /** The click that follows a drag is not a press. */
  #swallowClick() {
    const swallow = (event) => { event.stopPropagation(); event.preventDefault(); };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  }
}
