// One chat in a column: what was said, by number and once; what is being written; who types; how far they have read.
import { warn } from "./console.js";
import { initials, make, pageOf } from "./live-rows.js";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;
export const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function linked(text) {
  const place = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const address = pageOf(match[0]);
    if (!address) continue;
    place.append(text.slice(at, match.index));
    const link = make("a", "", match[0]);
    link.href = address.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    place.append(link);
    at = match.index + match[0].length;
  }
  place.append(text.slice(at));
  return place;
}

export class Chat {
  /** `desk` gives: root, get, post, live (posts to the wire), outbox, about, typed(chat), acted(chat, deed). */
  constructor(key, row, desk) {
    Object.assign(this, { key, row, desk, last: 0, read: 0, delivered: 0, entries: new Map(), files: [], note: false });
    this.node = document.getElementById("chat-template").content.firstElementChild.cloneNode(true);
    this.node.dataset.key = key;
    const find = (selector) => this.node.querySelector(selector);
    this.log = find(".chat-log");
    this.thread = find(".chat-thread");
    this.alert = find(".chat-alert");
    this.types = find(".chat-typing");
    this.offers = find(".chat-offers");
    this.form = find(".chat-write");
    this.field = find("textarea");
    this.place = find(".files.waiting");
    this.mode = find("[data-mode]");
    this.wire();
    this.show(row);
    this.load();
  }

  get path() {
    return `live/${this.row.id}/`;
  }

  get mine() {
    return this.row.state === "served" && this.row.person === this.desk.about.me;
  }

  wire() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
      if (event.key === "Escape") {
        event.stopPropagation();
        this.field.blur();
      }
    });
    this.field.addEventListener("input", () => this.written());
    this.mode.addEventListener("click", () => this.write(!this.note));
    this.form.querySelector("[type=file]").addEventListener("change", async (event) => {
      for (const file of [...event.target.files]) await this.upload(file);
      event.target.value = "";
    });
    this.form.addEventListener("paste", (event) => [...event.clipboardData.files].forEach((file) => this.upload(file)));
    this.form.addEventListener("dragover", (event) => event.preventDefault());
    this.form.addEventListener("drop", (event) => {
      event.preventDefault();
      [...event.dataTransfer.files].forEach((file) => this.upload(file));
    });
    this.log.addEventListener("scroll", () => this.seen(), { passive: true });
  }

  /** Show what its row says: who it is, who has it, what may be done. */
  show(row) {
    this.row = row;
    this.node.dataset.state = row.state;
    const tone = `seg-${(row.segment || "none").toLowerCase()}`;
    const avatar = this.node.querySelector("[data-avatar]");
    avatar.className = `avatar ${tone}`;
    avatar.textContent = initials(row.who);
    this.node.querySelector("[data-who]").textContent = row.who;
    this.node.setAttribute("aria-label", `Chat with ${row.who}`);
    this.field.setAttribute("aria-label", this.note ? `Note about ${row.who}` : `Answer to ${row.who}`);
    const about = [row.segment ? `${row.segment} ${row.factor}` : row.known ? "known customer" : "new to you"];
    if (row.unproven) about.push("not proven who");
    if (row.state === "waiting") about.push("waits");
    else if (row.state === "served" && !this.mine) about.push(`with ${row.by}`);
    if (row.stake) about.push(`about ${row.stake} at stake`);
    this.node.querySelector("[data-about]").textContent = about.join(" · ");
    const can = (deed, may) => (this.node.querySelector(`[data-deed="${deed}"]`).hidden = !may);
    can("claim", row.state === "waiting");
    can("over", row.state === "served" && !this.mine && this.desk.about.supervises);
    can("transfer", this.mine || row.state === "waiting");
    can("close", this.mine || row.state === "waiting");
    can("wish", row.state !== "over");
    this.form.hidden = row.state === "over" || row.state === "waiting";
    this.keepToNotes(row.state === "served" && !this.mine && !this.desk.about.supervises);
    this.node.querySelector("[data-macros]").hidden = !this.mine && !this.desk.about.supervises;
    this.field.disabled = this.form.hidden;
    this.tell(this.why());
    this.reached(row.read, row.delivered);
    if (row.number > this.last && this.loaded) this.load();
  }

  why() {
    if (this.row.state === "over") return "This chat has ended, or goes on by mail in the inbox.";
    if (this.row.state === "waiting") return "Nobody has this chat yet: take it to answer.";
    if (this.mine) return "";
    return this.desk.about.supervises ? `${this.row.by} has this chat. What you write goes to the customer too.` : `${this.row.by} has this chat: you can leave a note.`;
  }

  tell(words) {
    this.alert.hidden = !words;
    if (this.alert.textContent !== words) this.alert.textContent = words;
  }

  /** Read on from the last number there is; asked again while it reads, it reads once more. */
  async load() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      const told = await this.desk.get(`${this.path}entries/?after=${this.last}`);
      for (const entry of told.entries) this.add(entry);
      if (told.drafts && !this.loaded) this.field.value = told.drafts.reply;
      if (!this.loaded) for (const words of this.desk.outbox.of(this.row.id)) this.pend(words);
      this.loaded = true;
      this.reached(told.read, told.delivered);
    } catch {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.load(), 2000);
    } finally {
      this.loading = false;
    }
    if (this.again) {
      this.again = false;
      this.load();
    }
  }

  add(entry) {
    if (this.entries.has(entry.number)) return;
    const follows = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    this.last = Math.max(this.last, entry.number);
    if (entry.client_id) this.pending(entry.client_id)?.remove();
    const node = entry.side === "within" ? this.happening(entry) : this.bubble(entry);
    this.entries.set(entry.number, { entry, node });
    this.thread.insertBefore(node, this.thread.querySelector(".pending"));
    if (entry.side === "in") this.types.textContent = "";
    if (follows || entry.mine) this.end();
    this.seen();
  }

  happening(entry) {
    const node = make("li", "turn within");
    const named = !entry.who || entry.who === "Kizuna" || entry.text.startsWith(entry.who);
    node.append(make("span", "quiet tiny", `${named ? "" : `${entry.who}: `}${entry.text} · ${clock(entry.at)}`));
    return node;
  }

  bubble(entry) {
    const node = make("li", `turn ${entry.side}`);
    const bubble = make("div", "bubble");
    const head = make("div", "turn-head");
    const who = entry.side === "in" ? entry.who || this.row.who : entry.who;
    head.append(make("span", "strong tiny cut", who));
    if (entry.side === "note") head.append(make("span", "badge warn", "note"));
    if (entry.machine) head.append(make("span", "badge", "automatic"));
    if (entry.mail) head.append(make("span", "badge", "by mail"));
    head.append(make("span", "grow"), make("time", "quiet tiny nowrap", clock(entry.at)));
    if (entry.side === "in" && entry.text) {
      const wish = make("button", "button plain small take-wish", "Wish");
      wish.type = "button";
      wish.dataset.wish = entry.number;
      wish.setAttribute("aria-label", "Take this message as a wish");
      head.append(wish);
    }
    const said = make("div", "said");
    said.append(linked(entry.text));
    bubble.append(head, said);
    if (entry.card?.title) said.append(make("p", "strong", `${entry.card.title} ${entry.card.price ?? ""}`));
    if (entry.files?.length) bubble.append(this.attached(entry.files));
    node.append(bubble);
    return node;
  }

  attached(files) {
    const list = make("ul", "files");
    for (const file of files) {
      const link = make("a", "file");
      link.href = file.url;
      link.target = "_blank";
      link.rel = "noopener";
      if (file.image) {
        const image = make("img");
        image.src = file.url;
        image.alt = "";
        image.loading = "lazy";
        link.append(image);
      }
      link.append(make("span", "cut", file.name));
      const item = make("li");
      item.append(link);
      list.append(item);
    }
    return list;
  }

  pending(clientId) {
    return this.thread.querySelector(`.pending[data-client="${CSS.escape(clientId)}"]`);
  }

  /** Show words that are not acknowledged yet, honestly. */
  pend(words) {
    const known = [...this.entries.values()].some(({ entry }) => entry.client_id === words.client_id);
    if (known) return this.pending(words.client_id)?.remove();
    let node = this.pending(words.client_id);
    if (!node) {
      node = make("li", "turn out pending");
      node.dataset.client = words.client_id;
      const bubble = make("div", "bubble");
      const said = make("div", "said");
      said.append(linked(words.text));
      bubble.append(said, make("div", "row tight pending-state"));
      node.append(bubble);
      this.thread.append(node);
      this.end();
    }
    const state = node.querySelector(".pending-state");
    const label = { waits: "Waits for the connection …", sending: "Sending …", kept: "Sent", refused: `Not sent: ${words.why}` };
    state.replaceChildren(make("span", `tiny ${words.state === "refused" ? "bad" : "quiet"}`, label[words.state]));
    if (words.state !== "refused") return undefined;
    for (const [name, text] of [["again", "Send again"], ["discard", "Discard"]]) {
      const button = make("button", "button small", text);
      button.type = "button";
      button.addEventListener("click", () => {
        if (name === "again") return this.desk.outbox.again(words.client_id);
        this.desk.outbox.drop(words.client_id);
        node.remove();
        return this.desk.outbox.go(this.row.id);
      });
      state.append(button);
    }
    return undefined;
  }

  end() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** Under the last answer: how far it has got. */
  reached(read = 0, delivered = 0) {
    this.read = Math.max(this.read, read ?? 0);
    this.delivered = Math.max(this.delivered, delivered ?? 0);
    const mine = [...this.entries.values()].filter(({ entry }) => entry.side === "out" && !entry.machine);
    const latest = mine.at(-1);
    this.thread.querySelector(".reached")?.remove();
    if (!latest) return;
    const { number } = latest.entry;
    const words = number <= this.read ? "Read" : number <= this.delivered ? "Delivered" : "Sent";
    latest.node.querySelector(".bubble").append(make("span", "reached quiet tiny", words));
  }

  /** Tell the panel that this was seen, when somebody really looks. */
  seen() {
    if (!this.mine || document.hidden || !document.hasFocus() || !this.node.isConnected) return;
    if (this.last <= (this.told ?? 0)) return;
    this.told = this.last;
    this.desk.live("seen", { conversation: this.row.id, number: this.last }).catch(() => (this.told = 0));
  }

  typing(name) {
    const words = `${name} is typing …`;
    if (this.types.textContent !== words) this.types.textContent = words;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => (this.types.textContent = ""), 4000);
  }

  written() {
    this.desk.typed(this);
    const now = Date.now();
    if (!this.note && now - (this.typed ?? 0) > 2500) {
      this.typed = now;
      this.desk.live("typing", { conversation: this.row.id }).catch(() => {});
    }
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      const kind = this.note ? "note" : "reply";
      this.desk.post(`inbox/${this.row.id}/draft/`, { text: this.field.value, kind }).catch(() => {});
    }, 700);
  }

  /** In a chat that somebody else serves an operator writes notes only: one visitor is answered by one person. */
  keepToNotes(only) {
    this.mode.disabled = only;
    if (only === Boolean(this.noteOnly)) return;
    this.noteOnly = only;
    this.setMode(only);
  }

  write(note) {
    this.setMode(note || Boolean(this.noteOnly));
    this.field.focus();
  }

  setMode(note) {
    this.note = note;
    this.form.classList.toggle("note", note);
    this.mode.setAttribute("aria-pressed", String(note));
    this.field.placeholder = note ? "Only your people see this. @ and a name tells them." : "Write an answer …";
    this.field.setAttribute("aria-label", note ? `Note about ${this.row.who}` : `Answer to ${this.row.who}`);
  }

  insert(text) {
    const { selectionStart: from, selectionEnd: to } = this.field;
    this.field.setRangeText(text, from, to, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.field.focus();
  }

  async send() {
    const text = this.field.value.trim();
    const ready = this.files.filter((file) => file.token);
    if (this.files.length !== ready.length) return warn("A file is still being kept; send in a moment.");
    if (!text && (!ready.length || this.note)) return undefined;
    clearTimeout(this.keeping);
    this.field.value = "";
    const clientId = fresh();
    if (this.note) return this.keepNote(text, clientId);
    const words = { conversation: this.row.id, client_id: clientId, text, attachments: ready.map((file) => file.token) };
    this.files = [];
    this.place.replaceChildren();
    this.pend({ ...words, state: "sending" });
    this.desk.outbox.add(words);
    return this.desk.post(`inbox/${this.row.id}/draft/`, { text: "", kind: "reply" }).catch(() => {});
  }

  async keepNote(text, clientId) {
    try {
      await this.desk.post(`inbox/${this.row.id}/note/`, { text, client_id: clientId });
      this.write(false);
      this.load();
    } catch {
      this.field.value = text;
      warn("The note could not be kept. Try again.");
    }
  }

  async upload(file) {
    const kept = { name: file.name, token: "" };
    this.files.push(kept);
    const line = make("li", "file");
    const name = make("span", "cut", `${file.name} …`);
    line.append(name);
    this.place.append(line);
    try {
      const told = await (await this.desk.post(`inbox/${this.row.id}/files/`, { file })).json();
      if (told.refused) throw new Error(told.refused);
      Object.assign(kept, { token: told.token, name: told.name });
      name.textContent = told.name;
      const remove = make("button", "button plain small", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${told.name}`);
      remove.addEventListener("click", () => {
        this.files = this.files.filter((each) => each !== kept);
        line.remove();
        this.desk.post(`inbox/${this.row.id}/files/${kept.token}/remove/`).catch(() => {});
      });
      line.append(remove);
    } catch (problem) {
      this.files = this.files.filter((each) => each !== kept);
      line.remove();
      warn(`${file.name}: ${problem.message}.`);
    }
  }
}
