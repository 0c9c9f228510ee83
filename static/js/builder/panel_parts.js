/** Parts that every view of the panel beside the drawing has. */
import { button, h, icon } from "./dom.js";

/** The head of the panel. `more`: the button of rare deeds, if there is one. `isView`: something beside the settings, which can be closed. */
export function panelHeader({ title, under, family, iconName, more, isView }) {
  return h("header", {},
    h("span", { class: "ic", dataset: { family } }, icon(iconName)),
    h("div", { class: "grow" }, h("h2", { id: "bs-h", tabindex: "-1" }, title), under && h("span", { class: "small mut mono", dataset: { part: "id" } }, under)),
    more, isView ? button("Close", { look: "small plain", only: true, iconName: "x", action: "close-view" }) : button("Close settings", { look: "small plain b-close", only: true, iconName: "x", action: "close-settings" }));
}

/** Shows or takes away the fault under a field. */
export function showFault(field, message, level = "error") {
  const line = field?.querySelector(":scope > .fault");
  if (!line) return;
  field.toggleAttribute("data-invalid", Boolean(message) && level !== "warning");
  line.hidden = !message;
  line.dataset.level = level;
  line.querySelector("span").textContent = message;
  const input = field.querySelector("input, textarea, select");
  if (input && message) input.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
}
