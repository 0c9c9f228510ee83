/** A field for the name of something that the account has: a connection, a playbook, a group, a time zone. Data may stand there too. */
import { button, h } from "./dom.js";
import { CODES } from "./guards.js";

const ELSEWHERE = { connection: "/settings/connections/" };
let lastList = 0;

/** Adds suggestions to an input; the browser shows them. */
export function withNames(input, field, port) {
  const names = namesOf(field, port);
  if (!names.length) return [];
  const list = h("datalist", { id: `names-of-${(lastList += 1)}` }, names.map((each) => h("option", { value: each.value }, each.label === each.value ? "" : each.label)));
  input.setAttribute("list", list.id);
  return [list];
}

/** A list to choose from; what is not in it can be written. */
export function chosenName(field, port, attributes, textControl) {
  const value = port.get() ?? "";
  const names = namesOf(field, port);
  const isKnown = value === "" || names.some((each) => each.value === value);
  if (!isKnown || (!names.length && value)) return written(field, port, attributes, textControl, names);
  const options = [h("option", { value: "" }, "None"), ...names.map((each) => h("option", { value: each.value, selected: each.value === value }, each.label)), h("option", { value: "\u0000" }, "Write a name, or take it from data…")];
  const select = h("select", { ...attributes, class: "input", dataset: { field: field.hook ?? field.key }, disabled: !port.editable || !names.length }, options);
  const box = h("div", { class: "b-named" }, select, names.length ? null : nothing(field, port));
  select.addEventListener("change", () => {
    if (select.value !== "\u0000") { port.set(select.value || undefined); return; }
    const made = written(field, port, attributes, textControl, names);
    box.replaceChildren(made.element);
    made.input.focus();
  });
  return { element: box, input: select };
}

function written(field, port, attributes, textControl, names) {
  const made = textControl(field, port, attributes);
  const back = port.editable && names.length ? button("Choose from the list", { look: "small plain", press: () => port.set(undefined) }) : null;
  return { element: h("div", { class: "b-named" }, made.element, withNames(made.input, field, port), back), input: made.input };
}

function nothing(field, port) {
  const address = ELSEWHERE[field.names];
  return port.editable && address ? h("p", { class: "small mut" }, "There is none yet. ", h("a", { href: address, target: "_blank", rel: "noopener" }, `Set up a ${field.names}`), ".") : null;
}

/** [{value, label}] of what can be named. */
export function namesOf(field, port) {
  if (field.names === "timezone") return Intl.supportedValuesOf("timeZone").map((value) => ({ value, label: value }));
  if (field.codes) return CODES.map((value) => ({ value, label: value }));
  return port.people?.[field.names] ?? [];
}
