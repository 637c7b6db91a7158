// @ts-check
/*
 * kizuna.js: tells Kizuna what happens in a shop, from the shop's own pages. No dependencies, no cookies, no build.
 *
 *   <script src="https://crm.example/kizuna.js" data-write-key="KEY" async></script>
 *
 * Before it has loaded, calls wait in a queue:  (window.kizuna ||= []).push(["identify", "K1001", {name: "Ada"}])
 * Attributes: data-consent="required" waits for kizuna.consent("granted"); data-do-not-track="ignore" overrides the
 * browser's wish; data-page="manual" sends no page call by itself; data-routes="auto" follows single-page routes;
 * data-host names another address to send to. Everything is kept in an outbox until the server has it for good.
 */
(() => {
  "use strict";

  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript || document.querySelector("script[data-write-key]")
  );
  const before = /** @type {any} */ (window).kizuna;
  if (!script || !script.dataset.writeKey || (before && !Array.isArray(before))) return;

  /** @typedef {Record<string, unknown>} Fields */
  /** @typedef {{key: string, text: string}} Kept */

  const writeKey = script.dataset.writeKey;
  const host = (script.dataset.host || new URL(script.src, location.href).origin).replace(/\/+$/, "");
  const prefix = `kizuna.${writeKey.slice(0, 12)}.`;
  const LARGEST_EVENT = 32000;
  const LARGEST_BATCH = 56000; // what browsers still deliver while a page closes is 64 KB
  const MOST_KEPT = 400;
  const LONGEST_WAIT = 300;

  // --- what the browser remembers, in memory where storage is blocked -------------------------------------------
  /** @type {Map<string, string>} */
  const memory = new Map();
  const storage = (() => {
    try {
      const probe = `${prefix}probe`;
      localStorage.setItem(probe, "1");
      localStorage.removeItem(probe);
      return localStorage;
    } catch {
      return null;
    }
  })();

  /** @param {string} name @returns {string | null} */
  function read(name) {
    return memory.get(prefix + name) ?? (storage ? storage.getItem(prefix + name) : null);
  }

  /** @param {string} name @param {string | null} value */
  function write(name, value) {
    const key = prefix + name;
    memory.delete(key);
    try {
      if (storage && value !== null) return storage.setItem(key, value);
      if (storage) storage.removeItem(key);
    } catch {
      /* full: memory then */
    }
    if (value !== null) memory.set(key, value);
  }

  /** @returns {string} */
  function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function visitor() {
    const known = read("visitor");
    if (known) return known;
    const made = randomId();
    write("visitor", made);
    return made;
  }

  // --- may we? ------------------------------------------------------------------------------------------------
  const wishes = /** @type {any} */ (navigator);
  const asksNotTo =
    script.dataset.doNotTrack !== "ignore" && (wishes.doNotTrack === "1" || wishes.globalPrivacyControl === true);
  const mustAsk = script.dataset.consent === "required";
  /** @type {string[]} */
  let undecided = [];

  /** @returns {"yes" | "no" | "ask"} */
  function allowed() {
    const decided = read("consent");
    if (decided) return decided === "granted" ? "yes" : "no";
    return asksNotTo ? "no" : mustAsk ? "ask" : "yes";
  }

  // --- the outbox: an entry of its own per event, so that several tabs never overwrite each other --------------
  /** @returns {Kept[]} */
  function outbox() {
    const names = new Set(memory.keys());
    if (storage) for (let i = 0; i < storage.length; i++) names.add(storage.key(i) || "");
    return [...names]
      .filter((name) => name.startsWith(`${prefix}e.`))
      .sort()
      .map((key) => ({ key, text: read(key.slice(prefix.length)) || "" }));
  }

  let count = 0;
  /** @param {string} text */
  function keep(text) {
    if (text.length > LARGEST_EVENT) return;
    const order = `${Date.now().toString(36).padStart(9, "0")}${(count++).toString(36).padStart(4, "0")}`;
    write(`e.${order}.${randomId().slice(0, 6)}`, text);
    const waiting = outbox();
    for (const old of waiting.slice(0, Math.max(0, waiting.length - MOST_KEPT))) write(old.key.slice(prefix.length), null);
    soon(0);
  }

  /** @param {Kept[]} waiting @returns {{taken: Kept[], body: string}} */
  function pack(waiting) {
    const taken = [];
    let size = 200;
    for (const each of waiting) {
      const bytes = new Blob([each.text]).size + 1;
      if (taken.length && (size + bytes > LARGEST_BATCH || taken.length >= 100)) break;
      size += bytes;
      taken.push(each);
    }
    const events = taken.map((each) => each.text).join(",");
    const head = JSON.stringify({ writeKey, sentAt: new Date().toISOString() }).slice(0, -1);
    return { taken, body: `${head},"batch":[${events}]}` };
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let due = Infinity;
  let tries = 0;
  /** @type {Set<string>} */
  const leaving = new Set();
  let sending = false;

  /** @param {number} seconds */
  function soon(seconds) {
    const at = Date.now() + seconds * 1000;
    if (at >= due || (tries > 0 && seconds === 0)) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(send, seconds * 1000);
  }

  async function send() {
    clearTimeout(timer);
    due = Infinity;
    if (sending) return;
    const { taken, body } = pack(outbox());
    if (!taken.length) return;
    sending = true;
    let wait = 0;
    try {
      for (const each of taken) leaving.add(each.key);
      const answer = await fetch(`${host}/v1/b`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" },
        body,
        keepalive: true,
        credentials: "omit",
      });
      const passing = answer.status >= 500 || answer.status === 408 || answer.status === 429;
      if (!answer.ok && passing) {
        wait = Number(answer.headers.get("Retry-After")) || 0;
        throw new Error(String(answer.status));
      }
      for (const each of taken) write(each.key.slice(prefix.length), null);
      tries = 0;
    } catch {
      tries += 1;
      wait = Math.max(wait, Math.min(LONGEST_WAIT, 2 ** Math.min(tries, 9)) * (0.5 + Math.random() / 2));
    } finally {
      sending = false;
      for (const each of taken) leaving.delete(each.key);
    }
    if (wait || outbox().length) soon(wait || 0.01);
  }

  /** What has not been sent goes with the closing page; it stays in the outbox, the server knows repeated ids. */
  function leave() {
    const waiting = outbox().filter((each) => !leaving.has(each.key));
    if (!waiting.length || !navigator.sendBeacon) return;
    const { taken, body } = pack(waiting);
    if (navigator.sendBeacon(`${host}/v1/b`, new Blob([body], { type: "text/plain" }))) {
      for (const each of taken) leaving.add(each.key);
    }
  }

  // --- events -------------------------------------------------------------------------------------------------
  /** @returns {Record<string, string> | undefined} */
  function campaign() {
    /** @type {Record<string, string>} */
    const found = {};
    new URLSearchParams(location.search).forEach((value, name) => {
      if (!name.startsWith("utm_") || !value) return;
      const short = name.slice(4);
      found[short === "campaign" ? "name" : short] = value.slice(0, 200);
    });
    return Object.keys(found).length ? found : undefined;
  }

  function here() {
    const { pathname: path, search } = location;
    return { path, search, url: location.href.split("#")[0], title: document.title, referrer: document.referrer };
  }

  /** @param {string} type @param {Fields} fields @param {string} [messageId] */
  function record(type, fields, messageId) {
    const may = allowed();
    if (may === "no") return;
    const event = {
      type,
      messageId: messageId || `kz-${randomId()}`,
      timestamp: new Date().toISOString(),
      userId: read("customer") || undefined,
      ...fields,
      context: {
        page: here(),
        campaign: campaign(),
        locale: navigator.language,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        userAgent: navigator.userAgent,
        library: { name: "kizuna.js", version: "1" },
      },
    };
    if (may === "yes") keep(JSON.stringify({ ...event, anonymousId: visitor() }));
    else if (undecided.length < 50) undecided.push(JSON.stringify(event));
  }

  /** @param {string} event @param {Fields} [properties] @param {string} [messageId] */
  function track(event, properties, messageId) {
    record("track", { event, properties: properties || {} }, messageId);
  }

  const methods = {
    /** A page was opened; called by itself unless data-page="manual". @param {string} [name] @param {Fields} [more] */
    page(name, more) {
      const title = name || document.title;
      record("page", { name: title, properties: { ...here(), name: title, ...more } });
    },
    track,
    /** @param {Fields} product sku, name, category, price, currency, url, image_url */
    product(product) {
      track("Product Viewed", product);
    },
    /** @param {string} category @param {Fields[]} [products] */
    list(category, products) {
      track("Product List Viewed", { category, products });
    },
    /** @param {string} query */
    search(query) {
      track("Products Searched", { query });
    },
    cart: {
      /** @param {Fields} product */
      add(product) {
        track("Product Added", product);
      },
      /** @param {Fields} product */
      remove(product) {
        track("Product Removed", product);
      },
      /** @param {Fields[]} products */
      view(products) {
        track("Cart Viewed", { products });
      },
    },
    /** @param {Fields} checkout value, currency, products */
    checkout(checkout) {
      track("Checkout Started", checkout);
    },
    /** The same order told twice (a reloaded page) counts once. @param {Fields} order order_id, total, currency ... */
    order(order) {
      const brought = read("referral");
      track("Order Completed", brought ? { referral: brought, ...order } : order, `order-${String(order.order_id)}`.slice(0, 99));
    },
    /** @param {string | null} [customer] the shop's own customer number @param {Fields} [traits] */
    identify(customer, traits) {
      if (customer) customer = String(customer);
      if (customer && allowed() === "yes") write("customer", customer);
      record("identify", { userId: customer || read("customer") || undefined, traits: traits || {} });
    },
    /** @param {"granted" | "denied"} decision @param {string} [purpose] analytics (decides on tracking) or another */
    consent(decision, purpose = "analytics") {
      const granted = decision === "granted";
      const tell = () => track(granted ? "Consent Given" : "Consent Refused", { purpose });
      if (purpose !== "analytics") return tell();
      if (granted) {
        write("consent", "granted");
        for (const text of undecided) {
          const event = JSON.parse(text);
          if (event.userId) write("customer", event.userId);
          keep(JSON.stringify({ ...event, anonymousId: visitor() }));
        }
        tell();
      } else {
        if (allowed() === "yes") tell();
        write("consent", "denied");
        methods.reset();
      }
      undecided = [];
    },
    /** Somebody signed out: the next one at this browser is another visitor. */
    reset() {
      write("customer", null);
      write("visitor", null);
    },
    flush() {
      tries = 0;
      return send();
    },
  };

  /** Somebody came by a customer's link: told once per browser and code, and named again with the order. */
  function follow() {
    const code = new URLSearchParams(location.search).get("kz_ref") || "";
    if (!/^[a-z0-9]{10}$/.test(code) || read("referral") === code) return;
    if (allowed() === "yes") write("referral", code);
    track("Referral Followed", { code });
  }

  /** @param {unknown} call a queued call: ["product", {...}] or ["cart.add", {...}] */
  function run(call) {
    if (!Array.isArray(call)) return;
    const [name, ...words] = call;
    try {
      const path = String(name).split(".");
      const found = path.reduce((from, step) => from && from[step], /** @type {any} */ (methods));
      if (typeof found === "function") found(...words);
    } catch (problem) {
      console.warn("kizuna:", problem);
    }
  }

  /** @type {any} */
  const safe = { push: (/** @type {unknown[]} */ ...calls) => calls.forEach(run), cart: {} };
  for (const name of Object.keys(methods)) {
    if (name !== "cart") safe[name] = (/** @type {unknown[]} */ ...words) => run([name, ...words]);
  }
  for (const name of Object.keys(methods.cart)) {
    safe.cart[name] = (/** @type {unknown[]} */ ...words) => run([`cart.${name}`, ...words]);
  }
  /** @type {any} */ (window).kizuna = safe;

  addEventListener("pagehide", leave);
  addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? leave() : void safe.flush()));
  addEventListener("online", () => void safe.flush());
  addEventListener("pageshow", (event) => event.persisted && leaving.clear());

  if (script.dataset.routes === "auto") {
    let path = location.pathname;
    const moved = () => {
      if (location.pathname === path) return;
      path = location.pathname;
      setTimeout(() => methods.page(), 0);
    };
    for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
      const original = history[name];
      history[name] = function (...words) {
        original.apply(this, words);
        moved();
      };
    }
    addEventListener("popstate", moved);
  }
  if (Array.isArray(before)) before.forEach(run);
  if (script.dataset.page !== "manual") methods.page();
  follow();
  soon(0);
})();
