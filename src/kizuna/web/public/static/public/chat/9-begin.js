// @ts-check
// What a page can call, and the beginning.

const before = /** @type {any} */ (window).kizunaChat;
const ANNOUNCED = ["ready", "open", "close", "message", "unread", "invited", "opened", "closed"];

/** Who the visitor is, was, or wears: hello is said again, in every tab. */
function anew() {
  if (state.ready || greeting || isOpen()) hello(true).then(restartStream, () => {});
}

const methods = {
  open: () => show(),
  close: () => hide(),
  toggle: () => (isOpen() ? hide() : show()),
  /** @param {string} identifier the shop's own number of the customer @param {Record<string, any>} [more] name, email, identifier_hash or jwt */
  setUser(identifier, more = {}) {
    const { name, email, identifier_hash, jwt, ...attributes } = more;
    const told = { identifier: String(identifier), name, email, identifier_hash, jwt };
    methods.setCustomAttributes(attributes);
    if (JSON.stringify(told) === JSON.stringify(state.user)) return;
    state.user = told;
    anew();
  },
  /** @param {Record<string, unknown>} attributes */
  setCustomAttributes(attributes) {
    Object.assign(state.attributes, attributes);
    setTimeout(tellAbout);
  },
  /** @param {string} label */
  setLabel(label) {
    if (!state.labels.includes(String(label))) state.labels.push(String(label));
    setTimeout(tellAbout);
  },
  /** @param {{minor: number, currency: string} | null} cart what lies in the cart, in minor units */
  setCart(cart) {
    state.cart = cart ? { minor: Math.max(0, Math.round(Number(cart.minor) || 0)), currency: String(cart.currency || "").slice(0, 3) } : null;
    glance();
  },
  /** @param {string} code such as de */
  async setLocale(code) {
    keep("locale", String(code), tabStorage);
    await learnLanguage(wantedLanguage());
    if (shown.view) goTo(shown.view.name, { quietly: true });
    draw();
  },
  /** @param {"granted" | "denied"} decision about being watched; who opens the panel may always talk */
  consent(decision) {
    keep("consent", decision === "granted" ? "granted" : "denied");
    if (decision === "granted") hello().catch(() => {});
    else if (stream && !recall("engaged")) stream.abort("again");
  },
  /** Somebody signed out: the next one at this browser is another visitor. */
  reset() {
    forget();
    tellTabs("reset");
    if (mayWatch()) hello(true).then(restartStream, () => {});
  },
  /** @param {string} name one of ready, open, close, message, unread, invited, opened, closed @param {(told?: any) => void} act */
  on(name, act) {
    if (ANNOUNCED.includes(name) && typeof act === "function") on(name, act);
  },
};

/** @param {unknown} call a queued call: ["setUser", "K1", {...}] */
function run(call) {
  if (!Array.isArray(call)) return;
  const [name, ...given] = call;
  const act = Object.prototype.hasOwnProperty.call(methods, name) && /** @type {any} */ (methods)[name];
  try {
    if (act) Promise.resolve(act(...given)).catch((problem) => console.warn("kizuna-chat:", problem));
  } catch (problem) {
    console.warn("kizuna-chat:", problem);
  }
}

let queued = false;
function queueStream() {
  if (!queued) queueForLead();
  else if (leads) void holdStream();
  else tellTabs("ask");
  queued = true;
}

let unreadBefore = 0;
let closedBefore = false;
on("changed", () => {
  const unread = countUnread();
  if (unread !== unreadBefore) emit("unread", unread);
  unreadBefore = unread;
  if (isClosed() && !closedBefore && state.chat) emit("closed", state.chat.id);
  closedBefore = isClosed();
  draw();
});
on("link", draw);
on("ready", queueStream);
on("ready", tellAbout);
on("message", () => {
  const looks = isOpen() && document.visibilityState === "visible" && document.hasFocus();
  if (leads && !looks) chime();
});
on("person", (name) => sayAloud(say("with", { name })));
addEventListener("visibilitychange", () => draw());
addEventListener("pageshow", (event) => event.persisted && state.ready && anew());

/** In the settings the panel is tried out in a box of the page; it asks nobody and keeps nothing. */
function preview() {
  const box = document.querySelector(/** @type {string} */ (tag && tag.dataset.preview));
  if (!box) return;
  const wear = (/** @type {any} */ event) => {
    state.settings = event.detail;
    ownWords = event.detail.words || {};
    if (event.detail.language && event.detail.language !== language) return learnLanguage(event.detail.language).then(again);
    draw();
  };
  const again = () => (shown.view && goTo(shown.view.name, { quietly: true }), draw());
  Object.assign(state, { ready: true, link: "live", settings: parse((tag && tag.dataset.settings) || null, {}) });
  ownWords = state.settings.words || {};
  box.addEventListener("kizuna-preview", wear);
  show({ quietly: true });
}

async function start() {
  await learnLanguage(wantedLanguage());
  if (isPreview) return preview();
  if (!document.body) await new Promise((go) => addEventListener("DOMContentLoaded", go, { once: true }));
  const wasOpen = recall("panel", tabStorage) === "open";
  if (mayWatch() || recall("engaged")) {
    watch();
    await hello().catch(() => {});
  }
  if (state.settings.is_on === false) return;
  if (wasOpen && !isPhone()) show({ quietly: true });
  if (listWaiting().length) void flush();
  draw();
}

if (writeKey && host && (!before || Array.isArray(before))) {
  /** @type {any} */
  const shared = { push: (/** @type {unknown[]} */ ...calls) => calls.forEach(run) };
  for (const name of Object.keys(methods)) shared[name] = (/** @type {unknown[]} */ ...given) => run([name, ...given]);
  /** @type {any} */ (window).kizunaChat = shared;
  (before || []).filter((/** @type {any} */ call) => Array.isArray(call) && call[0] !== "open" && call[0] !== "toggle").forEach(run);
  void start().then(() => (before || []).filter((/** @type {any} */ call) => Array.isArray(call) && (call[0] === "open" || call[0] === "toggle")).forEach(run));
}
