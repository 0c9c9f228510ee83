/** Small pieces of page: elements, icons, and the one way to make them. Knows nothing about playbooks. */

let sprite = "";

/** Where the icons live. */
export function useSprite(address) {
  sprite = address;
}

/**
 * Makes an element. Attributes: `class`, `dataset` (object), `on` (event -> listener), `vars` (CSS custom properties);
 * true sets an empty attribute, false, null and undefined leave it out. Children: nodes, text, or arrays of them.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  else if (name === "vars") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
  else if (name === "dataset") for (const [key, each] of Object.entries(value)) { if (each !== undefined && each !== null) element.dataset[key] = each; }
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the set; says nothing to assistive technology, words stand beside it. Sizes: "", s, l. */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${size}`.trim());
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** A button. `label` is shown, or, with `only`, spoken alone. `action` is its stable hook for scripts and tests. */
export function button(label, { action, look = "", only, iconName, press, ...rest } = {}) {
  const attributes = { type: "button", class: `btn ${look} ${only ? "only" : ""}`.replace(/ +/g, " ").trim(), dataset: { action }, ...rest };
  if (only) attributes["aria-label"] = label;
  if (only && !rest.title) attributes.title = label;
  if (press) attributes.on = { click: press };
  return h("button", attributes, iconName && icon(iconName, look.includes("small") && !only ? "s" : ""), only ? null : label);
}

/** Runs `work` once, `wait` milliseconds after the last call. The result can be cancelled or run at once. */
export function later(wait, work) {
  let timer = 0;
  const call = () => { clearTimeout(timer); timer = setTimeout(() => { timer = 0; work(); }, wait); };
  call.cancel = () => { clearTimeout(timer); timer = 0; };
  call.isWaiting = () => timer !== 0;
  return call;
}

/** "1 step", "3 steps", "2 branches". */
export function count(number, noun, nouns = /(ch|s|x)$/.test(noun) ? `${noun}es` : `${noun}s`) {
  return `${number.toLocaleString()} ${number === 1 ? noun : nouns}`;
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function same(one, other) {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}
