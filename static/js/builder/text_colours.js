/**
 * The text of a playbook in colours: each line as pieces {kind, text}; kinds are key, id, type, text, plain, number, word, data, note, sign. Pure.
 * A line needs to know only whether it lies inside a text that began further up.
 */

const LONGEST = 2000; // characters; longer lines stay without colours
const TEMPLATE = /\$?\{\{[\s\S]*?\}\}/g;
const BLOCK_TEXT = /(?:^|[:-] +)[|>][+-]?\d?[+-]?(?:\s+#.*)?$/;
const LINE = /^(\s*)((?:- +|-$)*)(?:((?:[^\s#:"'{}[\],&*!|>%@`-]|-(?=\S))[^:#]*?|"(?:[^"\\]|\\.)*"|'[^']*')(\s*:)(?=\s|$))?(\s*)(.*)$/;
const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|([{}[\],:])|(\s+)|([^\s"{}[\],:]+|")/g;
const SPECIAL = { id: "id", type: "type" };

/** For each line of YAML the indentation of the key whose long text it continues, or -1. */
export function insideTexts(lines) {
  let around = -1;
  return lines.map((line) => {
    const indent = line.search(/\S/);
    if (around >= 0 && (indent < 0 || indent > around)) return around;
    around = BLOCK_TEXT.test(line) ? Math.max(0, indent) : -1;
    return -1;
  });
}

/** One line as pieces. inside: its answer from `insideTexts`. as: yaml or json. */
export function coloured(line, inside, as) {
  if (line.length > LONGEST) return [{ kind: "plain", text: line }];
  if (as === "json") return jsonLine(line);
  return inside >= 0 ? withData(line, "text") : yamlLine(line);
}

function yamlLine(line) {
  if (/^\s*#/.test(line)) return [{ kind: "note", text: line }];
  const [, indent, dashes, key, colon, gap, rest] = LINE.exec(line) ?? [null, "", "", undefined, "", "", line];
  const [value, note] = withoutNote(rest);
  const name = (key ?? "").replace(/["']/g, "");
  return [piece("plain", indent), piece("sign", dashes), piece("key", key), piece("sign", colon), piece("plain", gap), ...scalar(value, SPECIAL[name]), piece("note", note)].filter((each) => each.text);
}

const piece = (kind, text) => ({ kind, text: text ?? "" });

/** What stands before and after ` #`, which begins a remark unless it lies in quotation marks or braces. */
function withoutNote(text) {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\{\{.*?\}\}/g, (found) => "x".repeat(found.length));
  const at = bare.search(/(?:^|\s)#/);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

function scalar(text, special) {
  const bare = text.trim();
  if (/^[{[]/.test(bare) && !bare.startsWith("{{")) return jsonLine(text);
  if (/^[|>][+-]?\d?[+-]?$/.test(bare)) return [piece("sign", text)];
  if (/^["']/.test(bare)) return withData(text, special ?? "text");
  if (/^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(bare)) return [piece("number", text)];
  if (/^(?:true|false|null|~)$/i.test(bare)) return [piece("word", text)];
  return withData(text, special ?? "plain");
}

/** Text in which references and expressions stand out. */
function withData(text, kind) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    found.push(piece(kind, text.slice(from, match.index)), piece("data", match[0]));
    from = match.index + match[0].length;
  }
  return [...found, piece(kind, text.slice(from))].filter((each) => each.text);
}

function jsonLine(line) {
  const found = [];
  let special = "";
  for (const [whole, text, colon, number, word] of line.matchAll(JSON_TOKEN)) {
    if (text && colon) { found.push(piece("key", text), piece("sign", colon)); special = SPECIAL[text.slice(1, -1)] ?? ""; continue; }
    if (text) found.push(...withData(text, special || "text"));
    else found.push(piece(number ? "number" : word ? "word" : /^[{}[\],:]$/.test(whole) ? "sign" : "plain", whole));
    if (/\S/.test(whole)) special = "";
  }
  return found;
}

/** Pieces cut where ranges [{from, to, on}] of the line begin and end; those inside carry `hit`: "" or "on". */
export function cutAt(pieces, ranges) {
  if (!ranges.length) return pieces;
  const found = [];
  let at = 0;
  for (const each of pieces) {
    const edges = ranges.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at && edge < at + each.text.length);
    const stops = [...new Set([at, ...edges, at + each.text.length])].sort((a, b) => a - b);
    for (let i = 0; i + 1 < stops.length; i += 1) {
      const range = ranges.find(({ from, to }) => stops[i] >= from && stops[i] < to);
      found.push({ kind: each.kind, text: each.text.slice(stops[i] - at, stops[i + 1] - at), ...(range ? { hit: range.on ? "on" : "" } : {}) });
    }
    at += each.text.length;
  }
  return found;
}
