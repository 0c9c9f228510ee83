/** States of steps and runs as people see them. */
import { icon } from "./dom.js";

/** The shape and colour of a state. */
export function stateIcon(state, size = "") {
  const made = icon(`s-${state}`, size);
  made.classList.add("st");
  made.dataset.state = state;
  return made;
}
