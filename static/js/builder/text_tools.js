/** Taking the text along: copy, download, open a file, a command that starts the playbook. */
import { toast } from "./announce.js";
import { button, h } from "./dom.js";

/** view: TextView. Buttons for its bar. */
export function textTools(view) {
  const tools = [
    button("Copy as cURL", { look: "small plain", iconName: "code", action: "copy-curl", title: "A command that starts this playbook through the API", press: () => copyCurl(view) }),
    button("Copy", { look: "small plain", iconName: "copy", action: "copy-text", press: () => copy(view) }),
    button("Download", { look: "small plain", iconName: "download", action: "download-text", press: () => download(view) }),
  ];
  if (!view.store.editable) return tools;
  const file = h("input", { type: "file", accept: ".yaml,.yml,.json", hidden: true, dataset: { field: "source.file" }, on: { change: () => open(view, file) } });
  return [...tools, file, button("Open a file…", { look: "small plain", iconName: "upload", action: "open-file", press: () => file.click() })];
}

/** A file of this machine as the text. */
async function open({ editor }, file) {
  const [chosen] = file.files;
  if (!chosen) return;
  editor.write(0, editor.text.length, (await chosen.text()).replaceAll("\r\n", "\n"));
  file.value = "";
}

/** A command for a terminal that starts the newest version with the sample inputs. */
function copyCurl(view) {
  const body = JSON.stringify({ playbook: view.playbook.id, inputs: view.samples.inputs });
  const text = [`curl -X POST ${location.origin}${view.client.addresses.runs}`, "-H \"Authorization: Token $HANDRAIL_TOKEN\"", "-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`].join(" \\\n  ");
  navigator.clipboard?.writeText(text).catch(() => {});
  toast("Copied. Put your token into HANDRAIL_TOKEN; the profile page makes one.");
}

function copy({ editor }) {
  navigator.clipboard?.writeText(editor.text).catch(() => { editor.area.select(); document.execCommand("copy"); });
  toast("Copied the text.");
}

function download({ editor, store, as }) {
  const address = URL.createObjectURL(new Blob([editor.text], { type: "text/plain" }));
  const link = h("a", { href: address, download: `${(store.document.name || "playbook").replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}.${as}` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
