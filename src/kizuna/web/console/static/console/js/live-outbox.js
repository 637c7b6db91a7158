// What an operator has said and the server has not acknowledged: kept over reloads, sent in order, once by client id.

const FIRST_MS = 800;
const LONGEST_MS = 15000;

export class Outbox {
  /**
   * @param {string} name where it is kept in this browser
   * @param {(words: any) => Promise<Response>} send posts one entry
   * @param {(words: any) => void} changed told when an entry's state changes
   */
  constructor(name, send, changed) {
    Object.assign(this, { name, send, changed, busy: new Set() });
    this.words = this.read();
    for (const each of this.words) if (each.state !== "refused") each.state = "waits";
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]").filter((each) => each.client_id && each.conversation);
    } catch {
      return []; // storage blocked or not ours
    }
  }

  keep() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.words));
    } catch {
      // it lives in memory until the page is closed
    }
  }

  of(conversation) {
    return this.words.filter((each) => each.conversation === conversation);
  }

  add(words) {
    this.words.push({ ...words, state: "waits" });
    this.keep();
    this.go(words.conversation);
  }

  drop(clientId) {
    const before = this.words.length;
    this.words = this.words.filter((each) => each.client_id !== clientId);
    if (this.words.length !== before) this.keep();
    return this.words.length !== before;
  }

  again(clientId) {
    const words = this.words.find((each) => each.client_id === clientId);
    if (!words) return;
    words.state = "waits";
    this.changed(words);
    this.go(words.conversation);
  }

  /** Send what waits of one chat, in order; one that is refused lets the others wait for a decision. */
  async go(conversation) {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    let wait = FIRST_MS;
    try {
      for (;;) {
        const [words] = this.of(conversation);
        if (!words || words.state === "refused") return;
        const outcome = await this.put(words);
        if (outcome === "kept") {
          wait = FIRST_MS;
        } else if (outcome === "later") {
          await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)));
          wait = Math.min(wait * 2, LONGEST_MS);
        }
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  async put(words) {
    words.state = "sending";
    this.changed(words);
    try {
      const response = await this.send(words);
      if (response.ok) {
        const told = await response.json();
        this.drop(words.client_id);
        this.changed({ ...words, state: "kept", ...told });
        return "kept";
      }
      if (response.status === 429 || response.status >= 500) throw new Error(`status ${response.status}`);
      words.state = "refused";
      words.why = (await response.json().catch(() => ({}))).error ?? `status ${response.status}`;
      this.keep();
      this.changed(words);
      return "refused";
    } catch {
      words.state = "waits";
      this.changed(words);
      return "later";
    }
  }
}
