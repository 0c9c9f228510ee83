/** Any value: as names and values where it is an object, else as text or JSON. One press goes from one to the other, and nothing is lost. */
import { isObject } from "./catalogue.js";
import { h } from "./dom.js";
import { jsonControl, mapControl } from "./lists.js";

export function valueControl(field, port, attributes, fieldBox) {
  const json = jsonControl(field, port, attributes);
  if (!port.editable && !isObject(port.get())) return json;
  const holder = h("div", { class: "b-fields" });
  const isForm = () => { const value = port.get(); return isObject(value) || value === undefined || value === null; };
  const show = (look) => {
    for (const each of ways.children) each.setAttribute("aria-pressed", String(each.dataset.action === `look-${look}`));
    json.element.hidden = look === "fields";
    holder.hidden = look !== "fields";
    if (look === "fields") holder.replaceChildren(mapControl({ ...field, hook: `${field.hook ?? field.key}.fields`, typed: true }, port, fieldBox).element);
    else { const value = port.get(); json.input.value = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2); json.input.dispatchEvent(new CustomEvent("grow")); }
  };
  const way = (look, label) => h("button", { type: "button", class: "btn small", dataset: { action: `look-${look}` }, on: { click: () => { if (look !== "fields" || isForm()) show(look); } } }, label);
  const ways = h("div", { class: "join", role: "group", "aria-label": `How “${field.label}” is shown` }, way("fields", "Fields"), way("json", "As JSON"));
  const value = port.get();
  show((isObject(value) && Object.keys(value).length) || (value === undefined && /^\{"/.test(field.example ?? "")) ? "fields" : "json");
  return { element: h("div", { class: "b-either" }, holder, json.element, ways), input: json.input };
}
