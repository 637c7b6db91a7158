// @ts-check
// What the panel knows, and how it hears: one stream for all tabs of a browser, resumed by the last number.

/**
 * @typedef {{name: string, url?: string, type: string, size: number, token?: string}} Attached
 * @typedef {{title: string, price?: string, url?: string, image?: string}} Card
 * @typedef {{number: number, client_id?: string, kind: string, from: "you" | "us" | "machine", name?: string, text: string,
 *   at: string, attachments?: Attached[], card?: Card, choices?: string[]}} Entry
 * @typedef {{id: string, number: number, state: string, person: string, position: number, wait: number | null, overflow: boolean}} Chat
 * @typedef {{id: string, when: Record<string, any>, words: Record<string, string>}} Rule
 */

const state = {
  ready: false,
  token: "",
  /** @type {Record<string, any>} */
  settings: {},
  isOpen: true,
  isThere: true,
  opensAt: "",
  /** @type {Chat | null} */
  chat: null,
  /** @type {Map<number, Entry>} */
  entries: new Map(),
  heard: 0,
  read: 0,
  marks: { delivered: 0, read: 0 },
  typingUntil: 0,
  /** @type {{id: string, subject: string, closed_at: string, preview: string}[]} */
  history: [],
  known: false,
  /** @type {"idle" | "live" | "lost" | "offline"} */
  link: "idle",
  linkSince: Date.now(),
  retryAt: 0,
  /** @type {Record<string, any> | null} */
  user: null,
  /** @type {Record<string, unknown>} */
  attributes: {},
  /** @type {string[]} */
  labels: [],
  /** @type {{minor: number, currency: string} | null} */
  cart: null,
};
/** @type {{chats: number, reconnects: number, failures: number, delivery_ms: Record<string, number>}} */
const report = { chats: 0, reconnects: 0, failures: 0, delivery_ms: {} };

// --- who listens inside the page ------------------------------------------------------------------------------------
/** @type {Map<string, Set<(told?: any) => void>>} */
const listeners = new Map();
/** @param {string} name @param {(told?: any) => void} act */
function on(name, act) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  /** @type {Set<any>} */ (listeners.get(name)).add(act);
}

/** What goes wrong in a shop's own function stays there. @param {string} name @param {any} [told] */
function emit(name, told) {
  for (const act of listeners.get(name) || []) {
    try {
      act(told);
    } catch (problem) {
      console.warn("kizuna-chat:", problem);
    }
  }
}

// --- asking the server ------------------------------------------------------------------------------------------------
class Refusal extends Error {
  /** @param {number} status 0: not reached @param {string} message @param {string} [field] @param {number} [wait] */
  constructor(status, message, field = "", wait = 0) {
    super(message);
    this.status = status;
    this.field = field;
    this.wait = wait;
  }

  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** @param {Response} answer @returns {Promise<Refusal>} */
async function readRefusal(answer) {
  const told = await answer.json().catch(() => ({}));
  return new Refusal(answer.status, told.error || String(answer.status), told.field, Number(answer.headers.get("Retry-After")) || 0);
}

/** @param {string} path @param {Record<string, unknown>} [fields] @param {RequestInit} [more] @returns {Promise<any>} */
async function post(path, fields = {}, more = {}) {
  if (isPreview) return { conversation: "preview", number: ++state.heard, at: new Date().toISOString() };
  const body = more.body ?? JSON.stringify({ token: state.token || undefined, ...fields });
  const headers = { "Content-Type": "text/plain" };
  let answer;
  try {
    answer = await fetch(`${host}/chat/v1/${path}`, {
      method: "POST", headers, credentials: "omit", signal: AbortSignal.timeout(30000), ...more, body,
    });
  } catch {
    throw new Refusal(0, "not reached");
  }
  if (!answer.ok) throw await readRefusal(answer);
  return answer.json().catch(() => ({}));
}

function here() {
  return { url: location.href.split("#")[0].slice(0, 500), title: document.title.replace(/^\(\d+\) /, "").slice(0, 200), referrer: document.referrer.slice(0, 500) };
}

/** @type {Promise<void> | null} */
let greeting = null;
/** Say hello, once at a time: who we are, how the panel looks, what was said before. @param {boolean} [anew] @returns {Promise<void>} */
function hello(anew = false) {
  if (state.ready && !anew) return Promise.resolve();
  if (greeting && anew) return greeting.catch(() => {}).then(() => hello(true));
  greeting ??= greetInTurn().catch(missed).finally(() => (greeting = null));
  return greeting;
}

/** Who is not wanted here leaves the page alone; who was not heard says so and tries again. @param {any} problem */
function missed(problem) {
  if (problem instanceof Refusal && [401, 403].includes(problem.status)) {
    state.settings = { is_on: false };
    emit("changed");
  } else if (!state.ready) {
    const wait = again(problem.wait || 0);
    setLink(navigator.onLine ? "lost" : "offline", Date.now() + wait);
    setTimeout(() => !state.ready && (isOpen() || listWaiting().length) && hello().catch(() => {}), wait);
  }
  throw problem;
}

/** Tabs that say their first hello at once say it one after the other, or each would be a visitor of its own. */
async function greetInTurn() {
  if (!lane || !navigator.locks || recall("chat")) return greet();
  await navigator.locks.request(`${prefix}hello`, greet);
}

async function greet() {
  if (!recall("visitor")) keep("visitor", randomId());
  const told = await post("hello", {
    key: writeKey,
    visitor: recall("visitor"),
    token: recall("chat") || undefined,
    user: state.user || undefined,
    page: here(),
    cart: state.cart || undefined,
    locale: language,
    consent: mayWatch() ? "granted" : "denied",
  });
  keep("chat", told.token);
  state.token = told.token;
  state.settings = told.panel || {};
  hearHours(told);
  state.history = told.history || [];
  state.known = !!told.known;
  ownWords = state.settings.words || {};
  takeConversation(told.conversation);
  state.ready = true;
  emit("ready");
  emit("changed");
}

/** @param {any} told the conversation as hello or open told it; null where there is none */
function takeConversation(told) {
  const id = told ? told.id : null;
  if (id !== (state.chat && state.chat.id)) {
    state.entries.clear();
    Object.assign(state, { heard: 0, read: 0, marks: { delivered: 0, read: 0 }, typingUntil: 0 });
  }
  if (!told) return void (state.chat = null);
  state.chat = {
    id, number: told.number, state: told.state || "open", person: (told.person && told.person.name) || "",
    position: told.position || 0, wait: told.expected_wait_s ?? null, overflow: !!told.overflow,
  };
  for (const each of told.messages || []) takeEntry(each);
  state.marks.read = Math.max(state.marks.read, told.read || 0);
  const [seen, upTo] = (recall("seen") || "").split(" ");
  state.read = seen === id ? Number(upTo) : 0;
}

/** The same entry twice is shown once. An entry of our own may overtake others: only what was heard moves `heard` on.
 * @param {Entry} entry @param {boolean} [heard] */
function takeEntry(entry, heard = true) {
  if (heard) state.heard = Math.max(state.heard, entry.number);
  const isNew = !state.entries.has(entry.number);
  state.entries.set(entry.number, entry);
  if (entry.client_id) settle(entry.client_id);
  return isNew;
}

/** @returns {Entry[]} in their order */
function listEntries() {
  return [...state.entries.values()].sort((a, b) => a.number - b.number);
}

function countUnread() {
  return listEntries().filter((each) => each.kind === "message" && each.from !== "you" && each.number > state.read).length;
}

// --- the tabs of a browser: one of them holds the stream, all of them hear ---------------------------------------------
const lane = storage && "BroadcastChannel" in window ? new BroadcastChannel(`${prefix}chat`) : null;
let leads = false;

/** @param {string} kind @param {any} [told] */
function tellTabs(kind, told) {
  if (lane) lane.postMessage({ kind, told });
}

if (lane) {
  lane.onmessage = ({ data: { kind, told } }) => {
    if (kind === "heard") hear(told.name, told.value);
    else if (kind === "sent") hearEntry(told, false);
    else if (kind === "link") setLink(told.link, told.retryAt);
    else if (kind === "outbox") emit("changed");
    else if (kind === "read") noteRead(told);
    else if (kind === "hello") void hello(true).then(() => (restartStream(), goOn()), () => {});
    else if (kind === "reset") forget(null);
    else if (kind === "again" && leads) tryNow();
    else if (kind === "ask" && leads) tellTabs("link", { link: state.link, retryAt: state.retryAt });
  };
}

/** Take the lead where nobody has it, else as soon as who has it is gone. */
function queueForLead() {
  const locks = lane && navigator.locks;
  const lead = () => {
    leads = true;
    void holdStream();
    setTimeout(glance, 1500); // whoever led may have said that the visitor left
    return new Promise(() => {});
  };
  if (!locks) return void lead();
  locks.request(`${prefix}chat`, lead).catch(() => void lead());
  tellTabs("ask");
}

/** @param {typeof state.link} link @param {number} [retryAt] */
function setLink(link, retryAt = 0) {
  const back = link === "live" && (state.link === "lost" || state.link === "offline");
  if (link !== state.link) state.linkSince = Date.now();
  Object.assign(state, { link, retryAt });
  if (leads) tellTabs("link", { link, retryAt });
  if (back) emit("back");
  emit("link");
}

// --- the stream ------------------------------------------------------------------------------------------------------
const SILENCE = 40000;
let holding = false;
let tries = 0;
/** @type {AbortController | null} */
let stream = null;
/** @type {() => void} */
let wake = () => {};

const wantsStream = () => !isPreview && leads && !!state.token && state.settings.is_on !== false && (!!recall("engaged") || mayWatch());

async function holdStream() {
  if (holding) return;
  holding = true;
  while (wantsStream()) {
    const wait = await listen().catch((problem) => (problem instanceof Refusal ? mend(problem) : again(0)));
    if (wait > 0) {
      setLink(navigator.onLine ? "lost" : "offline", Date.now() + wait);
      await new Promise((go) => {
        const timer = setTimeout(go, wait);
        wake = () => (clearTimeout(timer), go(undefined));
      });
    }
  }
  holding = false;
}

/** @param {number} least seconds @returns {number} ms until the next try: twice as long each time, never all at once */
function again(least) {
  tries += 1;
  return Math.max(least * 1000, Math.min(30000, 400 * 2 ** Math.min(tries, 8)) * (0.5 + Math.random() / 2));
}

/** @param {Refusal} problem @returns {Promise<number>} */
async function mend(problem) {
  if (!problem.passes) await hello(true).catch(() => {});
  return again(problem.wait);
}

/** Listen until the stream ends; gives how long to wait before the next. */
async function listen() {
  const mine = (stream = new AbortController());
  let meant = false;
  mine.signal.addEventListener("abort", () => (meant = mine.signal.reason === "again"));
  let timer = setTimeout(() => mine.abort(), SILENCE);
  try {
    const body = JSON.stringify({ token: state.token, conversation: state.chat ? state.chat.id : undefined, after: state.heard });
    const headers = { "Content-Type": "text/plain" };
    const answer = await fetch(`${host}/chat/v1/stream`, { method: "POST", headers, body, credentials: "omit", signal: mine.signal });
    if (!answer.ok || !answer.body) throw await readRefusal(answer);
    if (tries) report.reconnects += 1;
    setLink("live");
    void flush();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) break;
      tries = 0;
      clearTimeout(timer);
      timer = setTimeout(() => mine.abort(), SILENCE);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() || "";
      parts.forEach(readEvent);
    }
  } catch (problem) {
    if (!meant) throw problem;
  } finally {
    clearTimeout(timer);
    mine.abort();
  }
  return meant ? 0 : again(0);
}

/** @param {string} text one event */
function readEvent(text) {
  let name = "message";
  let value = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) value += line.slice(5);
  }
  if (!value) return;
  const told = parse(value, null);
  tellTabs("heard", { name, value: told });
  hear(name, told);
}

/** @param {string} name @param {any} told */
function hear(name, told) {
  if (!told) return;
  if (name === "message") hearEntry(told);
  else if (name === "state") hearState(told);
  else if (name === "mark") for (const each of /** @type {const} */ (["delivered", "read"])) state.marks[each] = Math.max(state.marks[each], told[each] || 0);
  else if (name === "typing") state.typingUntil = told.typing === false ? 0 : Date.now() + 6000;
  else if (name === "invite") emit("invite", told);
  emit("changed");
}

/** @param {Entry & {conversation?: string}} told @param {boolean} [heard] */
function hearEntry(told, heard = true) {
  if (told.conversation && (!state.chat || told.conversation !== state.chat.id)) return;
  const isNew = takeEntry(told, heard);
  if (!heard) emit("changed");
  else if (leads) noteArrival();
  if (!isNew || told.from === "you") return;
  state.typingUntil = 0;
  if (told.kind === "message") emit("message", told);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let arrival;
/** It has arrived, whether or not anybody looks: who looks says so by what is read. */
function noteArrival() {
  clearTimeout(arrival);
  arrival = setTimeout(() => {
    if (state.chat && state.read < state.heard) post("read", { conversation: state.chat.id, delivered: state.heard }).catch(() => {});
  }, 500);
}

/** Whether one may write to somebody now, whether somebody sits there, and when somebody will. @param {any} told */
function hearHours(told) {
  Object.assign(state, { isOpen: told.open !== false, isThere: told.there !== false, opensAt: told.opens_at || "" });
}

/** @param {any} told */
function hearState(told) {
  if ("open" in told) hearHours(told);
  if (!state.chat) return;
  const before = state.chat.person;
  state.chat.state = told.state || state.chat.state;
  if ("person" in told) state.chat.person = (told.person && told.person.name) || told.person || "";
  state.chat.position = told.position || 0;
  state.chat.wait = told.expected_wait_s ?? null;
  state.chat.overflow = !!told.overflow;
  if (state.chat.person && state.chat.person !== before) emit("person", state.chat.person);
  state.marks.read = Math.max(state.marks.read, told.read || 0);
  if (isClosed()) state.typingUntil = 0;
}

function isClosed() {
  return !!state.chat && ["closed", "spam", "ended"].includes(state.chat.state);
}

/** The chat is another one, or we are: listen with what is known now. */
function restartStream() {
  if (stream && holding) stream.abort("again");
  else void holdStream();
  wake();
}

function tryNow() {
  tries = 0;
  if (!leads) tellTabs("again");
  if (!state.ready && isOpen()) hello().catch(() => {});
  wake();
  void flush();
}

addEventListener("online", tryNow);
addEventListener("offline", () => setLink("offline"));
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && state.link !== "live") tryNow();
});
