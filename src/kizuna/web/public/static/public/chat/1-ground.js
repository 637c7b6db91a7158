// @ts-check
/*
 * kizuna-chat.js: the panel through which visitors of a shop talk with its people. No dependencies, no cookies.
 *
 *   <script src="https://crm.example/kizuna-chat.js" data-write-key="KEY" async></script>
 *
 * Before it has loaded, calls wait in a queue:  (window.kizunaChat ||= []).push(["open"])
 * Attributes: data-consent="required" shows the launcher, but asks and stores nothing until kizunaChat.consent("granted")
 * or until the visitor opens the panel; data-do-not-track="ignore" overrides the browser's wish; data-launcher="none"
 * shows none; data-language; data-host names another address.
 * The files of this folder are one script in the order of their numbers; the door puts them into one function, after
 * STYLE (chat.css), ENGLISH (en.json) and LANGUAGES (code: name).
 */

const tag = /** @type {HTMLScriptElement | null} */ (
  document.currentScript || document.querySelector("script[data-write-key][src*='kizuna-chat']")
);
const writeKey = (tag && tag.dataset.writeKey) || "";
const host = ((tag && tag.dataset.host) || (tag && tag.src ? new URL(tag.src, location.href).origin : "")).replace(/\/+$/, "");
const prefix = `kizuna.${writeKey.slice(0, 12)}.`;
const PHONE = "(max-width: 520px), (max-height: 480px)";
const LONGEST_TEXT = 5000;
const LARGEST_FILE = 10 * 1024 * 1024;

// --- what the browser remembers, in memory where storage is blocked ---------------------------------------------
/** @type {Map<string, string>} */
const memory = new Map();
/** @param {() => Storage} which @returns {Storage | null} */
function findStorage(which) {
  try {
    const probe = `${prefix}probe`;
    which().setItem(probe, "1");
    which().removeItem(probe);
    return which();
  } catch {
    return null;
  }
}
const isPreview = !!(tag && tag.dataset.preview);
const storage = isPreview ? null : findStorage(() => localStorage);
const tabStorage = isPreview ? null : findStorage(() => sessionStorage);

/** @param {string} name @param {Storage | null} [where] @returns {string | null} */
function recall(name, where = storage) {
  return memory.get(prefix + name) ?? (where ? where.getItem(prefix + name) : null);
}

/** @param {string} name @param {string | null} value @param {Storage | null} [where] */
function keep(name, value, where = storage) {
  const key = prefix + name;
  memory.delete(key);
  try {
    if (where && value !== null) return where.setItem(key, value);
    if (where) where.removeItem(key);
  } catch {
    /* full: memory then */
  }
  if (value !== null) memory.set(key, value);
}

/** @param {string} start @returns {string[]} names that begin so, in order */
function recallAll(start) {
  const names = new Set(memory.keys());
  if (storage) for (let i = 0; i < storage.length; i++) names.add(storage.key(i) || "");
  return [...names].filter((name) => name.startsWith(prefix + start)).map((name) => name.slice(prefix.length)).sort();
}

/** @returns {string} */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @template T @param {string | null} text @param {T} otherwise @returns {T} */
function parse(text, otherwise) {
  try {
    return text ? JSON.parse(text) : otherwise;
  } catch {
    return otherwise;
  }
}

// --- may we look on? The visitor who opens the panel asks for it; everything before that needs a yes ---------------
const wishes = /** @type {any} */ (navigator);
const asksNotTo = !(tag && tag.dataset.doNotTrack === "ignore") && (wishes.doNotTrack === "1" || wishes.globalPrivacyControl === true);

/** Whether the visitor may be watched (glances, invitations); kizuna.js keeps the same decision. */
function mayWatch() {
  const decided = recall("consent");
  if (decided) return decided === "granted";
  return !asksNotTo && !(tag && tag.dataset.consent === "required");
}

// --- words ------------------------------------------------------------------------------------------------------
/** @typedef {Record<string, string | Record<string, string>>} Words */
let language = "en";
let direction = "ltr";
/** @type {Words} */
let words = ENGLISH.words;
/** @type {Record<string, Record<string, string>>} */
let ownWords = {};
/** @type {Intl.PluralRules} */
let plural = new Intl.PluralRules("en");

/** Say a word of the language file, with its gaps filled; what is not translated is English. Owners' words come first.
 * @param {string} name @param {Record<string, string | number>} [gaps] @returns {string} */
function say(name, gaps = {}) {
  const own = (ownWords[language] || {})[name];
  const found = own || (words[name] ?? ENGLISH.words[name] ?? "");
  const text = typeof found === "string" ? found : found[plural.select(Number(gaps.n))] || found.other || "";
  return text.replace(/\{(\w+)\}/g, (whole, gap) => (gap in gaps ? String(gaps[gap]) : whole));
}

/** @returns {string} the first language the visitor reads and a file exists for */
function wantedLanguage() {
  const asked = [recall("locale", tabStorage), tag && tag.dataset.language, document.documentElement.lang, ...navigator.languages];
  for (const each of asked) {
    const code = (each || "").toLowerCase();
    const found = Object.keys(LANGUAGES).find((known) => known.toLowerCase() === code) || code.split("-")[0];
    if (found in LANGUAGES) return found;
  }
  return "en";
}

/** Fetch a language file; where it cannot be had the panel speaks English. @param {string} code */
async function learnLanguage(code) {
  let file = ENGLISH;
  if (code !== "en") {
    try {
      const answer = await fetch(`${host}/chat-languages/${code}.json`, { credentials: "omit" });
      if (answer.ok) file = await answer.json();
    } catch {
      code = "en";
    }
  }
  language = code;
  words = file.words;
  direction = file.direction || "ltr";
  plural = new Intl.PluralRules(code);
}

/** @param {number} seconds @returns {string} */
function sayTime(seconds) {
  return seconds < 60 ? say("under_minute") : say("minutes", { n: Math.ceil(seconds / 60) });
}

/** @param {string} iso @returns {string} such as 14:05, or Monday 09:00, in the visitor's own time */
function sayWhen(iso) {
  const at = new Date(iso);
  const days = (at.getTime() - Date.now()) / 86400000;
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: "numeric", minute: "2-digit" };
  if (at.toDateString() === new Date().toDateString()) return at.toLocaleTimeString(language, clock);
  return at.toLocaleString(language, days < 6 ? { weekday: "long", ...clock } : { day: "numeric", month: "long", ...clock });
}

/** @param {string} iso @returns {string} */
function sayDay(iso) {
  const at = new Date(iso);
  const today = new Date();
  if (at.toDateString() === today.toDateString()) return say("today");
  today.setDate(today.getDate() - 1);
  if (at.toDateString() === today.toDateString()) return say("yesterday");
  return at.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
}

// --- elements: text is always text ---------------------------------------------------------------------------------
/** @param {string} name @param {Record<string, any>} [given] @param {...(Node | string | null | undefined | false)} children
 * @returns {any} */
function h(name, given = {}, ...children) {
  const made = document.createElement(name);
  if (name === "button") made.setAttribute("type", "button"); // none sends a form unless it says so
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, value);
    else if (key in made && typeof value !== "string") /** @type {any} */ (made)[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(.../** @type {(Node | string)[]} */ (children.filter((each) => each || each === "")));
  return made;
}

const ICONS = {
  chat: "M12 3.2c5 0 9 3.4 9 7.7s-4 7.7-9 7.7c-.9 0-1.8-.1-2.6-.3L4.6 20.6c-.5.2-1-.3-.8-.8l1.2-3.4C3.7 15 3 13 3 10.9c0-4.3 4-7.7 9-7.7z",
  down: "M5.5 9 12 15.5 18.5 9",
  back: "M14.5 5.5 8 12l6.5 6.5",
  close: "M6 6l12 12M18 6 6 18",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  send: "M4.5 12 20 4.5 14.5 20l-3-6.5z",
  clip: "M19.5 11.5 12 19a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7-7",
  smile: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM8.5 14c.8 1.3 2 2 3.5 2s2.7-.7 3.5-2M9 9.5h.01M15 9.5h.01",
  search: "M10.5 17.5a7 7 0 1 1 0-14 7 7 0 0 1 0 14zM16 16l4.5 4.5",
  one: "M5 12.5 10 17.5 19.5 7",
  two: "M2.5 12.5 7.5 17.5 16.5 7M11.5 16.7l.8.8L21.5 7",
  clock: "M12 20.5a8.5 8.5 0 1 1 0-17 8.5 8.5 0 0 1 0 17zM12 7v5.5l3.5 2",
  file: "M7 3.5h7l4.5 4.5v12.5H7zM14 3.5V8h4.5",
  alert: "M12 7.5v5.5M12 16.5h.01M12 20.5a8.5 8.5 0 1 1 0-17 8.5 8.5 0 0 1 0 17z",
  next: "M9.5 5.5 16 12l-6.5 6.5",
  mail: "M3.5 6h17v12.5h-17zM4 6.5l8 6.5 8-6.5",
  spark: "M12 3.5 14 10l6.5 2-6.5 2-2 6.5-2-6.5L3.5 12 10 10z",
};

/** @param {keyof typeof ICONS} name @returns {SVGElement} */
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", `icon ${name}`);
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", ICONS[name]);
  drawn.append(line);
  return drawn;
}

/** @param {string} label @param {keyof typeof ICONS} sign @param {(event: any) => void} click @param {string} [kind] */
function iconButton(label, sign, click, kind = "") {
  return h("button", { class: `icon-button ${kind}`, "aria-label": label, title: label, click }, icon(sign));
}

// --- colours: whatever a shop chooses, words on it can be read --------------------------------------------------------
/** @param {string} colour #rrggbb @returns {number[]} */
function channels(colour) {
  return [1, 3, 5].map((from) => parseInt(colour.slice(from, from + 2), 16));
}

/** @param {number[]} rgb @returns {number} relative luminance */
function luminance(rgb) {
  const [r, g, b] = rgb.map((each) => ((each /= 255) <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {number[]} one @param {number[]} other @returns {number} */
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Move a colour towards black or white until it can be read. @param {number[]} rgb @param {number[]} ground @param {number[]} towards */
function readable(rgb, ground, towards) {
  let found = rgb;
  for (let step = 1; step <= 20 && contrast(found, ground) < 4.6; step++) {
    found = rgb.map((each, i) => Math.round(each + ((towards[i] - each) * step) / 20));
  }
  return `rgb(${found.join(" ")})`;
}

/** @param {string} colour @returns {Record<string, string>} the custom properties of a shop's colour */
function shades(colour) {
  const rgb = channels(/^#[0-9a-f]{6}$/i.test(colour) ? colour : "#2f6f5e");
  const [white, black] = [[255, 255, 255], [16, 18, 24]];
  const dark = contrast(rgb, white) >= contrast(rgb, black);
  const on = dark ? white : black;
  const ground = readable(rgb, on, dark ? [0, 0, 0] : white);
  return {
    "--brand": ground,
    "--on-brand": `rgb(${on.join(" ")})`,
    "--ink-light": readable(rgb, [246, 246, 249], [0, 0, 0]),
    "--ink-dark": readable(rgb, [36, 39, 48], white),
  };
}
