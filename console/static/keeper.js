// Keeps what is typed: in the browser at once, on the server soon, and in the browser until the server has it.

const SOON = 1500;
const AGAIN = 5000;
const PREFIX = "huawu-draft:";
const OLD = 7 * 24 * 3600 * 1000;
// Fields that say which form it is, and nothing of the call.
const IDS = ["window", "revision", "review_id", "plan_id", "work", "form", "calibration", "appeal"];

export class Keeper {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.place = PREFIX + form.dataset.memory;
    this.status = document.getElementById("kept");
    this.trouble = document.getElementById("trouble");
    this.people = document.getElementById("colleagues");
    this.timer = 0;
    this.open = false; // whether there is something that the server does not have
    this.sending = false;
    this.stopped = false; // by a conflict, until it is resolved
    this.onRestore = () => {};
    forgetOld();

    this.trouble.addEventListener("click", (event) => {
      const how = event.target.dataset.resolve;
      if (how) this.resolve(how);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
    addEventListener("pagehide", () => this.leave());
    // back from the browser's own memory: what the server holds may be newer
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  get fields() {
    return [...new FormData(this.form)].filter(([name, value]) => name !== "csrf_token" && value !== "");
  }

  get headers() {
    const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
    return { Accept: "application/json", "X-CSRFToken": token };
  }

  field(name) {
    return this.form.elements[name];
  }

  changed() {
    this.open = true;
    remember(this.place, { at: Date.now(), fields: this.fields });
    if (!this.stopped) this.later(SOON);
  }

  later(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), milliseconds);
  }

  async keep() {
    if (!this.open || this.sending || this.stopped) return;
    this.open = false;
    const answer = await this.post(this.words.draft);
    if (this.sending) return;
    if (answer.ok) {
      this.field("revision").value = answer.data.revision;
      this.status.textContent = answer.data.kept;
      this.tellPeople(answer.data.others);
      if (!this.open) forget(this.place);
      else this.later(SOON);
      return;
    }
    this.open = true;
    if (answer.data?.conflict) this.conflict(answer.data);
    else {
      this.status.textContent = this.words.unsent;
      this.later(AGAIN);
    }
  }

  leave() {
    if (!this.open || this.sending || this.stopped) return;
    clearTimeout(this.timer);
    fetch(this.words.draft, { method: "POST", body: this.body(), headers: this.headers, keepalive: true })
      .then(async (response) => {
        if (!response.ok) return;
        this.field("revision").value = (await response.json()).revision;
        this.open = false;
        forget(this.place);
      })
      .catch(() => {});
  }

  // Returns where to go on, or nothing where the verdict is not stored.
  async send() {
    if (this.sending) return null;
    this.sending = true;
    clearTimeout(this.timer);
    this.tell("");
    this.status.textContent = this.words.saving;
    remember(this.place, { at: Date.now(), fields: this.fields });
    const answer = await this.post(this.form.action);
    if (answer.ok && answer.data?.to) {
      forget(this.place);
      this.open = false;
      return answer.data.to; // still sending: nothing is kept any more
    }
    this.sending = false;
    this.status.textContent = "";
    if (answer.data?.conflict) this.conflict(answer.data);
    else {
      this.tell(answer.data?.problem ?? (answer.status === 0 ? this.words.offline
        : answer.status >= 500 ? this.words.store : this.words.refused));
      if (answer.data?.field) this.show(answer.data.field);
      this.changed();
    }
    return null;
  }

  // Throws away what is typed, here and on the server; returns where an empty form is, if that was done.
  async discard() {
    if (this.sending) return null;
    this.sending = true;
    clearTimeout(this.timer);
    this.tell("");
    const answer = await this.post(this.words.draft, this.unsaid());
    if (answer.ok) {
      forget(this.place);
      this.open = false;
      return this.words.page;
    }
    this.sending = false;
    if (answer.data?.conflict) this.conflict(answer.data);
    else this.tell(answer.status === 0 ? this.words.undiscarded : this.words.refused);
    return null;
  }

  body() {
    return new FormData(this.form);
  }

  // The form as if nothing were said of the call.
  unsaid() {
    const kept = ["csrf_token", ...IDS];
    const body = new FormData();
    for (const [name, value] of this.body()) if (kept.includes(name)) body.append(name, value);
    return body;
  }

  async post(address, body = null, first = true) {
    try {
      const response = await fetch(address, { method: "POST", body: body ?? this.body(), headers: this.headers });
      const isData = response.headers.get("Content-Type")?.startsWith("application/json");
      // the session may have ended, and been begun anew in another window
      if (first && [401, 403].includes(response.status) && await this.renew()) {
        body?.set("csrf_token", this.headers["X-CSRFToken"]);
        return this.post(address, body, false);
      }
      return { ok: response.ok && isData, status: response.status, data: isData ? await response.json() : null };
    } catch {
      return { ok: false, status: 0, data: null };
    }
  }

  // Takes the token of the present session, if that is of the same user.
  async renew() {
    const response = await fetch(this.words.page);
    if (!response.ok) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("meta[name=csrf-token]")?.content;
    if (!token || page.querySelector("form.sheet")?.dataset.memory !== this.words.memory) return false;
    document.querySelector("meta[name=csrf-token]").content = token;
    if (this.field("csrf_token")) this.field("csrf_token").value = token;
    return true;
  }

  tell(words, choices = false) {
    this.trouble.hidden = !words;
    this.trouble.querySelector("p").textContent = words;
    this.trouble.querySelector(".choices").hidden = !choices;
    if (words) this.trouble.scrollIntoView({ block: "nearest" });
  }

  show(field) {
    const place = this.form.querySelector(`[data-item="${CSS.escape(field)}"]`)
      ?? this.form.querySelector(`[name="${CSS.escape(field)}"]`);
    place?.setAttribute("aria-invalid", "true");
    place?.focus();
  }

  tellPeople(sentences) {
    this.people.replaceChildren(...sentences.map((words) => {
      const line = document.createElement("p");
      line.className = "notice warn";
      line.textContent = words;
      return line;
    }));
  }

  conflict(data) {
    this.stopped = true;
    this.theirs = data.revision;
    this.tell(data.problem, true);
  }

  resolve(how) {
    if (how === "theirs") {
      this.open = false;
      forget(this.place);
      location.assign(this.words.page);
      return;
    }
    this.field("revision").value = this.theirs;
    this.stopped = false;
    this.tell("");
    this.changed();
    this.keep();
  }

  // What an earlier page could not bring to the server.
  recover() {
    const kept = recall(this.place);
    if (!kept) return;
    const old = new Map(kept.fields);
    if (this.words.given.split(" ").includes(old.get("review_id"))) {
      forget(this.place);
      return;
    }
    const now = new Map(this.fields);
    const said = (fields) => JSON.stringify([...fields].filter(([name]) => !IDS.includes(name)).sort());
    if (said(old) === said(now)) {
      forget(this.place);
      return;
    }
    for (const control of this.form.elements) {
      if (!control.name || control.name === "csrf_token" || ["plan_id", "work", "form", "calibration", "appeal"].includes(control.name)) continue;
      const value = old.get(control.name) ?? "";
      if (control.type === "radio") control.checked = control.value === value;
      else control.value = value;
    }
    this.onRestore();
    this.status.textContent = this.words.recovered;
    this.changed();
  }
}

function remember(place, what) {
  try {
    localStorage.setItem(place, JSON.stringify(what));
  } catch {
    // full or forbidden: the server's copy is what there is
  }
}

function recall(place) {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

function forget(place) {
  try {
    localStorage.removeItem(place);
  } catch {
    // nothing was kept either
  }
}

function forgetOld() {
  try {
    for (const place of Object.keys(localStorage)) {
      if (place.startsWith(PREFIX) && !(recall(place)?.at > Date.now() - OLD)) forget(place);
    }
  } catch {
    // forbidden
  }
}
