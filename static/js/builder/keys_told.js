/** Every key, press and touch of the builder, in the sheet that `?` opens. What other pages have is left out of it here. */
import { h } from "./dom.js";

export const TOLD = [
  ["Walk", [["↑ ↓", "along the flow"], ["→ ←", "into a branch, across, out"], ["Home End", "first, last step"], ["Space", "fold, unfold"], ["A … Z", "the next step with this name"], ["F8", "next problem; with Shift the one before"], ["Tab", "on to what belongs to the drawing"]]],
  ["Change", [["/", "add a step after this one"], ["Enter .", "settings of the step"], ["F2", "rename"], ["Alt ↑ ↓", "move along the flow"], ["Alt → ←", "move into, out of a branch"], ["Ctrl D", "duplicate"], ["Ctrl C X V", "copy, cut, paste; also as text"], ["Delete", "delete"], ["Shift F10", "all deeds of the step"], ["Ctrl Z Y", "undo, redo"], ["Ctrl S", "save now"]]],
  ["Select several", [["Shift ↑ ↓", "one more"], ["Ctrl A", "all of this block"], ["Esc", "none"], ["Ctrl press", "one more, one less"], ["Shift press", "from here to there"], ["Hold", "by touch; taps add"]]],
  ["Mouse and touch", [["Drag", "move; Ctrl copies, Esc ends it"], ["Hold, move", "drag by touch"], ["Right press", "all deeds of the step"], ["Ctrl wheel", "zoom; by touch two fingers"]]],
  ["Text", [["Ctrl Space", "what can be written here"], ["Ctrl F", "find and replace"], ["Ctrl Shift O", "contents: fold, unfold, go"], ["Tab", "further in; with Shift out"], ["Ctrl /", "comment"], ["Ctrl Enter", "apply at once"], ["Esc Tab", "leave the text"]]],
];

/** Puts them into the sheet of keys instead of what it says about the other pages. */
export function tellKeys(sheet) {
  const grid = sheet?.querySelector(".keys-grid");
  if (!grid) return;
  const [everywhere] = grid.children;
  const group = ([title, keys]) => h("div", {}, h("h3", {}, title), h("dl", {}, keys.map(([press, deed]) => h("div", {}, h("dt", {}, press.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, deed)))));
  grid.replaceChildren(...TOLD.map(group), everywhere);
}
