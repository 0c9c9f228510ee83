/** Text with data in it: at rest the references are shown as tokens, while typing as they are written. */
import { h } from "./dom.js";
import { plain } from "./summary.js";

const TEMPLATE = /\$?\{\{[\s\S]*?\}\}/g;

/** Puts a view with tokens over an input or textarea; it is seen as long as the field has no focus. */
export function withTokens(input) {
  const view = h("div", { class: "token-view", "aria-hidden": "true" });
  const box = h("div", { class: "tokened" }, input, view);
  const draw = () => {
    const parts = split(input.value);
    box.classList.toggle("has-tokens", parts.some((part) => part.isData));
    view.replaceChildren(...parts.map((part) => (part.isData ? h("span", { class: "token", title: part.text }, plain(part.text)) : part.text)));
    if (input.tagName === "TEXTAREA") grow(input);
  };
  input.addEventListener("input", draw);
  queueMicrotask(draw);
  requestAnimationFrame(draw);
  return box;
}

/** "Pay {{ x }}!" -> [{text: "Pay "}, {text: "{{ x }}", isData: true}, {text: "!"}]. */
export function split(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: match[0], isData: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** A textarea as high as its text, within reason. */
export function grow(area) {
  area.style.setProperty("block-size", "auto");
  if (area.scrollHeight) area.style.setProperty("block-size", `${Math.min(area.scrollHeight + 2, 320)}px`);
}
