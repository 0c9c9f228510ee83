/** Talks to the server. Every answer is {ok, status, body, etag}; a lost connection is status 0. */

export class Client {
  /** addresses: {playbook, publish, text, evaluate, pinned, samples, try, editors, tips, versions, runs}. */
  constructor({ csrf, addresses }) {
    Object.assign(this, { csrf, addresses });
  }

  async send(...asked) {
    this.#open(1);
    try { return await this.#send(...asked); } finally { this.#open(-1); }
  }

  /** The page says that it waits for an answer. */
  #open(by) {
    this.#asks += by;
    document.documentElement.toggleAttribute("data-asks", this.#asks > 0);
  }

  #asks = 0;

  async #send(method, address, body, headers = {}, options = {}) {
    try {
      const ask = () => fetch(address, { method, credentials: "same-origin", headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json", "X-CSRFToken": this.csrf }), ...headers }, body: body === undefined ? undefined : JSON.stringify(body), ...options });
      let answer = await ask();
      if (answer.status === 403 && body !== undefined && (await this.#takeNewToken())) answer = await ask();
      const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
      return { ok: answer.ok, status: answer.status, body: isJson ? await answer.json() : null, etag: answer.headers.get("ETag") };
    } catch {
      return { ok: false, status: 0, body: null, etag: null };
    }
  }

  /** Whoever signs in again in another tab has another token: the page has it. */
  async #takeNewToken() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href, { credentials: "same-origin" })).text(), "text/html");
    const token = page.querySelector(".builder")?.dataset.csrf;
    if (token) this.csrf = token;
    return Boolean(token);
  }

  read() {
    return this.send("GET", this.addresses.playbook);
  }

  save(document, revision, options) {
    return this.send("PATCH", this.addresses.playbook, { document }, { "If-Match": `"${revision}"` }, options);
  }

  /** What an expression gives with sample values: {value, kind} or {problem}. */
  evaluate(text, scope) {
    return this.send("POST", this.addresses.evaluate, { text, scope });
  }

  samples() {
    return this.send("GET", this.addresses.samples);
  }

  pin(change) {
    return this.send("PATCH", this.addresses.pinned, change);
  }

  /** A run of this document in the sandbox; `only` is the id of one step. */
  attempt(document, inputs, only) {
    return this.send("POST", this.addresses.try, { document, inputs, ...(only ? { only } : {}) });
  }

  glance(run) {
    return this.send("GET", `${this.addresses.runs}${run}/glance/`);
  }

  versions() {
    return this.send("GET", `${this.addresses.versions}?page_size=100`);
  }

  version(id) {
    return this.send("GET", `${this.addresses.version}${id}/`);
  }

  /** deed: deprecate or revive. */
  changeVersion(id, deed, body) {
    return this.send("POST", `${this.addresses.version}${id}/${deed}/`, body);
  }

  /** A sign of life of this page; who else is here. */
  present(tab, leaving = false, options = {}) {
    return this.send("POST", this.addresses.editors, { tab, leaving }, {}, options);
  }

  putAway(tip) {
    return this.send("POST", this.addresses.tips, { tip });
  }

  questions(run) {
    return this.send("GET", `${this.addresses.approvals}?status=open&all=1&run=${run}`);
  }

  decide(question, decision) {
    return this.send("POST", `${this.addresses.approvals}${question}/decide/`, { decision, comment: "Tried in the builder" });
  }

  stop(run) {
    return this.send("POST", `${this.addresses.runs}${run}/cancel/`, {});
  }

  publish(note, revision) {
    return this.send("POST", this.addresses.publish, { note }, { "If-Match": `"${revision}"` });
  }

  /** The document as YAML or JSON text. */
  write(document, as) {
    return this.send("POST", this.addresses.text, { document, as });
  }

  /** Text as a document: {document, problems}. */
  readText(text, as) {
    return this.send("POST", this.addresses.text, { text, as });
  }
}

/** What went wrong in one sentence. */
export function whatHappened(answer) {
  if (answer.status === 0) return "No connection to the server. Nothing is lost: your changes are kept in this browser.";
  if (answer.status === 401) return "You are signed out. Sign in again in another tab; your changes are kept here.";
  return answer.body?.message || `The server answered ${answer.status}.`;
}
