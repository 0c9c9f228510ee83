/** Which step a line of the text belongs to, and the other way round. Pure; goes by the ids that stand in the text. */

const ID = { yaml: /^(\s*(?:- +)*)id\s*:\s*["']?([^"'\s#]+)/, json: /^(\s*)"id"\s*:\s*"([^"]+)"/ };

/** [{id, line, indent}] in the order of the text; line: where the step begins. known: ids of steps. */
export function anchorsOf(lines, as, known) {
  const found = [];
  lines.forEach((line, number) => {
    const match = ID[as].exec(line);
    if (match && known.has(match[2])) found.push({ id: match[2], ...beginning(lines, number, match[1], as) });
  });
  return found.sort((a, b) => a.line - b.line);
}

/** A step begins at its dash or its brace, which may stand above its id. */
function beginning(lines, number, before, as) {
  const indent = before.length;
  if (as === "yaml" && before.includes("-")) return { line: number, indent };
  for (let row = number - 1; row >= 0; row -= 1) {
    const lead = /^(\s*(?:- +)*)/.exec(lines[row])[1];
    if (as === "json" ? lines[row].search(/\S/) < indent : lead.includes("-") && lead.length === indent) return { line: row, indent };
    if (as === "yaml" && lines[row].trim() && lead.length < indent) break;
  }
  return { line: number, indent };
}

/** The ids of the steps around a line, from the outside in. */
export function stepsAround(anchors, lines, number, as) {
  const at = contentIndent(lines, number, as);
  const found = [];
  let within = Infinity;
  for (const anchor of anchors.filter((each) => each.line <= number).reverse()) {
    if (anchor.indent >= within || (anchor.line < number && anchor.indent > at)) continue;
    if (leaves(lines, anchor, number, as)) continue;
    found.unshift(anchor.id);
    within = anchor.indent;
  }
  return found;
}

/** Column of the content of a line; that of the line above where it is empty. */
function contentIndent(lines, number, as) {
  for (let row = number; row >= 0; row -= 1) if (lines[row].trim()) return as === "yaml" ? /^(\s*(?:- +)*)/.exec(lines[row])[1].length : lines[row].search(/\S/) + (/^\s*[}\]]/.test(lines[row]) ? 1 : 0);
  return 0;
}

/** Whether something between stands further out than the content of the step. */
function leaves(lines, { line, indent }, number, as) {
  for (let row = line + 1; row <= number; row += 1) {
    const at = lines[row].search(/\S/);
    if (at >= 0 && at < indent - (as === "json" ? 2 : 0)) return true;
    if (as === "json" && at === indent - 2 && row < number) return true;
  }
  return false;
}
