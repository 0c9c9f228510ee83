/** What hands need on a small screen: sheets that come from below, go by a swipe and keep the rest still; two fingers that zoom. */

const AWAY = 90; // px of a swipe that closes a sheet

export class Sheets {
  /** page: .builder, whose data-sheet names what is open. parts: elements by name of sheet. rest(): what is still meanwhile. back(): takes the focus. */
  constructor({ page, parts, rest, back }) {
    Object.assign(this, { page, parts, rest, back });
    for (const element of Object.values(parts)) this.#swipe(element);
    page.addEventListener("click", (event) => { if (event.target === page && this.name) this.close(); });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.name && !event.defaultPrevented && !document.querySelector("dialog[open], .b-menu")) { this.close(); event.preventDefault(); } });
  }

  get name() {
    return this.page.dataset.sheet ?? "";
  }

  open(name) {
    this.page.dataset.sheet = name;
    for (const element of this.rest()) element.inert = true;
  }

  close() {
    if (!this.name) return;
    delete this.page.dataset.sheet;
    for (const element of this.rest()) element.inert = false;
    this.back();
  }

  /** The head of a sheet follows the finger down. */
  #swipe(element) {
    let from = null;
    const at = (event) => event.touches[0].clientY;
    element.addEventListener("touchstart", (event) => { if (this.name && event.touches.length === 1 && event.target.closest("header") && !event.target.closest("button")) from = at(event); }, { passive: true });
    element.addEventListener("touchmove", (event) => { if (from !== null) element.style.setProperty("--pulled", `${Math.max(0, at(event) - from)}px`); }, { passive: true });
    const end = (event) => {
      if (from === null) return;
      const by = event.changedTouches[0].clientY - from;
      from = null;
      element.style.removeProperty("--pulled");
      if (by > AWAY && event.type === "touchend") this.close();
    };
    element.addEventListener("touchend", end);
    element.addEventListener("touchcancel", end);
  }
}

/** Two fingers on the drawing zoom it. */
export function pinch(scroller, zoom) {
  let start = null;
  const apart = ({ touches: [one, other] }) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  scroller.addEventListener("touchstart", (event) => { if (event.touches.length === 2) start = { apart: apart(event), value: zoom.value }; }, { passive: true });
  scroller.addEventListener("touchmove", (event) => {
    if (!start || event.touches.length !== 2) return;
    event.preventDefault();
    zoom.set((start.value * apart(event)) / start.apart);
  }, { passive: false });
  scroller.addEventListener("touchend", (event) => { if (event.touches.length < 2) start = null; });
}
