/** Under a field: what its template or expression gives with the sample values, or what is wrong with it, while it is typed. The server computes it. */
import { h, later } from "./dom.js";

const WAIT = 250; // ms after the last key

/** Adds the line to a field whose port can evaluate. */
export function withPreview(box, port) {
  if (!port.evaluate) return;
  const line = h("p", { class: "b-preview", hidden: true, role: "status" });
  box.append(line);
  let asked = null;
  const look = later(WAIT, async () => {
    const value = port.get();
    const written = JSON.stringify(value);
    if (!written?.includes("{{")) { line.hidden = true; asked = null; return; }
    const own = (asked = {});
    const answer = await port.evaluate(value);
    if (asked !== own || !line.isConnected) return;
    show(line, answer);
  });
  box.addEventListener("focusin", look);
  box.addEventListener("input", look);
}

function show(line, { ok, body }) {
  line.hidden = !ok;
  if (!ok) return;
  const { problem } = body;
  const isMissing = problem?.code === "TemplateError" && problem.message.startsWith("There is nothing at");
  line.dataset.tone = problem ? (isMissing ? "missing" : "bad") : "ok";
  if (!problem) line.replaceChildren(h("span", { class: "mut" }, "= "), h("span", { class: "mono" }, "shown" in body ? body.shown : said(body.value)));
  else if (isMissing && problem.message.includes("secrets")) line.replaceChildren("The secret is put in on the way out; nobody sees it.");
  else if (isMissing) line.replaceChildren(`${problem.message.replace("There is nothing at", "No sample value for")} Try the playbook, or pin one.`);
  else line.replaceChildren([problem.message, problem.hint].filter(Boolean).join(" "));
}

const said = (value) => (typeof value === "string" ? (value === "" ? "(empty)" : value) : value === true ? "yes (true)" : value === false ? "no (false)" : JSON.stringify(value));
