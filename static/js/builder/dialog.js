/** Dialogs: a question with its deeds. */
import { button, h, icon } from "./dom.js";

/**
 * Shows a dialog and answers the `value` of the deed that was pressed, "" when it was closed.
 * deeds: [{value, label, look, check?}]; `check(dialog)` may hold it open by answering false. mustAnswer: Esc does not close.
 */
export function ask({ title, name, body, deeds, onOpen, wide = false }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": `dialog-${name}`, dataset: { dialog: name }, vars: wide ? { "--w": "720px" } : {} });
    const close = (value) => { dialog.close(); dialog.remove(); resolve(value); before?.focus?.({ preventScroll: true }); };
    const before = document.activeElement;
    const foot = deeds.map((deed) => button(deed.label, { look: deed.look, action: `dialog-${deed.value}`, press: async () => { if (!deed.check || (await deed.check(dialog)) !== false) close(deed.value); } }));
    dialog.append(
      h("header", {}, h("h2", { id: `dialog-${name}` }, title), h("button", { type: "button", class: "btn small only plain", "aria-label": "Close", on: { click: () => close("") } }, icon("x"))),
      h("div", { class: "body stack" }, body), h("footer", {}, foot));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(""); });
    document.body.append(dialog);
    dialog.showModal();
    (onOpen?.(dialog) ?? foot[0])?.focus();
  });
}
