// How long the chat in front is really looked at: told every few seconds, and before it leaves the front or is closed.

const EVERY_MS = 10000;
const IDLE_MS = 60000;

export class Attention {
  /** @param {(chat: any, values: Record<string, string | number>) => Promise<unknown>} tell posts what was counted */
  constructor(tell) {
    Object.assign(this, { post: tell, chat: null, counted: 0, since: Date.now(), acted: Date.now(), typedAt: 0 });
    const act = () => (this.acted = Date.now());
    for (const name of ["keydown", "pointermove", "pointerdown", "wheel"]) addEventListener(name, act, { passive: true, capture: true });
    setInterval(() => this.tell(), EVERY_MS);
  }

  typed() {
    this.typedAt = Date.now();
  }

  /** Count what passed since it was last counted; called every second. */
  count() {
    const at = Date.now();
    const looks = !document.hidden && document.hasFocus() && at - this.acted < IDLE_MS;
    if (this.chat && looks) this.counted += at - this.since;
    this.since = at;
  }

  /** Another chat is in front from here on, or none. */
  turn(chat) {
    if (chat === this.chat) return;
    this.tell();
    this.chat = chat;
    this.counted = 0;
  }

  /** Tell what was counted; what is less than a second is kept for the next time, unless this is the last. */
  async tell(last = false) {
    this.count();
    const seconds = (last ? Math.ceil : Math.floor)(this.counted / 1000);
    this.counted -= seconds * 1000;
    const values = Date.now() - this.typedAt < EVERY_MS ? { seconds, types: "1" } : { seconds };
    if (!this.chat?.mine || (!seconds && !values.types)) return;
    await this.post(this.chat, values).catch(() => {});
  }
}
