/** How the drawing is looked at: zoom, fit, the map in the corner; drawing, outline or text. */
import { later } from "./dom.js";

const [WIDEST, NARROWEST, HIGHEST] = [104, 56, 140]; // px of the map
const MOST_PIXELS = 16_000; // of a canvas, in height
const STEPS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5];

export class Zoom {
  constructor({ scroller, flow, label }) {
    Object.assign(this, { scroller, flow, label });
    this.value = 1;
    scroller.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  set(value) {
    const { scroller } = this;
    const [x, y] = [(scroller.scrollLeft + scroller.clientWidth / 2) / scroller.scrollWidth, (scroller.scrollTop + scroller.clientHeight / 2) / scroller.scrollHeight];
    this.value = Math.min(1.5, Math.max(0.3, value));
    this.flow.style.setProperty("--zoom", this.value);
    this.label.textContent = `${Math.round(this.value * 100)} %`;
    scroller.scrollTo(x * scroller.scrollWidth - scroller.clientWidth / 2, y * scroller.scrollHeight - scroller.clientHeight / 2);
  }

  by(direction) {
    const next = direction > 0 ? STEPS.find((step) => step > this.value + 0.01) : STEPS.findLast((step) => step < this.value - 0.01);
    this.set(next ?? this.value);
  }

  /** Everything in sight, as far as it stays readable. */
  fit() {
    const box = this.flow.getBoundingClientRect();
    const inner = { width: Math.max(...[...this.flow.children].map((child) => child.getBoundingClientRect().width)) + 64 * this.value, height: box.height };
    const share = Math.min(this.scroller.clientWidth / inner.width, this.scroller.clientHeight / inner.height);
    this.set(Math.min(1, Math.floor(this.value * share * 50) / 50));
    this.middle();
  }

  /** The first look: as wide as the frame if that stays readable. */
  start() {
    const wanted = this.scroller.clientWidth / this.flow.scrollWidth;
    if (wanted < 1) this.set(Math.max(0.85, Math.floor(wanted * 20) / 20));
    this.middle();
  }

  /** The flow in the middle of the frame, from its beginning. */
  middle() {
    this.scroller.scrollTo((this.scroller.scrollWidth - this.scroller.clientWidth) / 2, 0);
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.set(this.value * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
  }
}

/** The whole flow as small bars; press or drag to go there. For the eye only. */
export class Overview {
  constructor({ store, scroller, flow, element }) {
    Object.assign(this, { store, scroller, flow, element });
    this.canvas = element.querySelector("canvas");
    this.frame = element.querySelector(".b-map-frame");
    const soon = later(120, () => this.draw());
    for (const event of ["document", "folds", "faults", "selection"]) store.on(event, soon);
    new ResizeObserver(soon).observe(flow);
    new ResizeObserver(soon).observe(scroller);
    scroller.addEventListener("scroll", () => this.#follow(), { passive: true });
    element.addEventListener("pointerdown", (event) => { element.setPointerCapture(event.pointerId); this.#go(event); });
    element.addEventListener("pointermove", (event) => { if (event.buttons) this.#go(event); });
    this.draw();
  }

  draw() {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = this.scroller;
    const isAll = scrollHeight <= clientHeight + 4 && scrollWidth <= clientWidth + 4;
    this.element.hidden = isAll || !this.store.outline.entries.length;
    if (this.element.hidden) return;
    this.#measure();
    this.#paint();
    this.#follow();
  }

  /** What is shown: from the first thing drawn to the last. A long flow is not made so small that nothing can be told; the map scrolls with it. */
  #measure() {
    const frame = this.scroller.getBoundingClientRect();
    const boxes = [...this.flow.children].map((child) => child.getBoundingClientRect()).filter((box) => box.height);
    const [left, right, top, bottom] = [Math.min(...boxes.map((box) => box.left)), Math.max(...boxes.map((box) => box.right)), Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))];
    this.origin = { x: left, y: top };
    this.inner = { x: left - frame.left + this.scroller.scrollLeft, y: top - frame.top + this.scroller.scrollTop, width: right - left, height: bottom - top };
    this.scale = Math.min(WIDEST / this.inner.width, Math.max(HIGHEST / this.inner.height, NARROWEST / this.inner.width));
    this.size = { width: Math.ceil(this.inner.width * this.scale), height: Math.ceil(this.inner.height * this.scale) };
    this.element.style.setProperty("--w", `${this.size.width}px`);
    this.element.style.setProperty("--h", `${Math.min(this.size.height, HIGHEST)}px`);
    this.canvas.style.setProperty("block-size", `${this.size.height}px`);
  }

  #paint() {
    const pen = this.canvas.getContext("2d");
    const density = Math.min(devicePixelRatio || 1, MOST_PIXELS / this.size.height);
    Object.assign(this.canvas, { width: Math.ceil(this.size.width * density), height: Math.ceil(this.size.height * density) });
    const inks = Object.fromEntries(["--map", "--bad", "--accent", "--line"].map((name) => [name, this.#colour(name)]));
    const { scale, origin } = this;
    pen.scale(density, density);
    const bar = (element, ink) => {
      const box = element.getBoundingClientRect();
      pen.fillStyle = inks[ink];
      pen.fillRect((box.left - origin.x) * scale, (box.top - origin.y) * scale, Math.max(2, box.width * scale), Math.max(1.5, box.height * scale));
    };
    for (const section of this.flow.querySelectorAll(".after")) bar(section, "--line");
    for (const card of this.flow.querySelectorAll(".card")) {
      const step = card.parentElement;
      bar(card, step.classList.contains("has-fault") ? "--bad" : step.getAttribute("aria-selected") === "true" ? "--accent" : "--map");
    }
  }

  /** A token as a colour that a canvas understands, in the present theme. */
  #colour(name) {
    this.element.style.setProperty("color", `var(${name})`);
    const { color } = getComputedStyle(this.element);
    this.element.style.removeProperty("color");
    return color;
  }

  /** The frame shows what is in sight, as far as there is something drawn. */
  #follow() {
    if (this.element.hidden || !this.scale) return;
    const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollHeight } = this.scroller;
    const { inner, scale, size } = this;
    const within = (value, most) => Math.min(Math.max(value * scale, 0), most);
    const [x, right] = [within(scrollLeft - inner.x, size.width), within(scrollLeft + clientWidth - inner.x, size.width)];
    const [y, bottom] = [within(scrollTop - inner.y, size.height), within(scrollTop + clientHeight - inner.y, size.height)];
    this.shift = Math.max(0, size.height - HIGHEST) * (scrollTop / Math.max(1, scrollHeight - clientHeight));
    this.canvas.style.setProperty("translate", `0 ${-this.shift}px`);
    for (const [name, value] of Object.entries({ "--x": x, "--y": y - this.shift, "--fw": right - x, "--fh": bottom - y })) this.frame.style.setProperty(name, `${value}px`);
  }

  #go(event) {
    const box = this.canvas.getBoundingClientRect();
    this.scroller.scrollTo((event.clientX - box.left) / this.scale + this.inner.x - this.scroller.clientWidth / 2, (event.clientY - box.top) / this.scale + this.inner.y - this.scroller.clientHeight / 2);
  }
}
