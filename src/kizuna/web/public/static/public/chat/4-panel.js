// @ts-check
// The frame: a custom element with a shadow root, the launcher, the panel with one view at a time, and who has the focus.

/** @typedef {{name: string, node: HTMLElement, draw?: () => void, focus?: () => void, title?: () => string, composer?: HTMLElement}} View */

class KizunaChat extends HTMLElement {}
if (writeKey && !customElements.get("kizuna-chat")) customElements.define("kizuna-chat", KizunaChat);

const shown = {
  /** @type {HTMLElement | null} */
  element: null,
  /** @type {any} */
  root: null,
  /** @type {HTMLElement | null} */
  panel: null,
  /** @type {View | null} */
  view: null,
  /** @type {HTMLElement | null} */
  cameFrom: null,
  pageOverflow: "",
  notice: "",
  launcher: !(tag && tag.dataset.launcher === "none"),
};
/** @type {Record<string, any>} parts of the open panel */
let parts = {};

const isOpen = () => !!shown.panel;
const isPhone = () => !isPreview && matchMedia(PHONE).matches;
const shopName = () => say("title") || state.settings.shop || location.hostname;

/** Put the element into the page; a page that removes it gets it back with the next call. */
function mount() {
  if (shown.element && shown.element.isConnected) return;
  const element = shown.element || document.createElement("kizuna-chat");
  if (!shown.element) {
    const shadow = element.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    shown.element = element;
    shown.root = h("div", { class: "root" });
    shadow.append(shown.root);
    shown.root.addEventListener("keydown", onKey);
    // keys pressed here are not the page's shortcuts
    for (const name of ["keydown", "keyup", "keypress"]) shadow.addEventListener(name, (event) => event.stopPropagation());
  }
  if (isPreview) element.setAttribute("preview", "");
  ((isPreview && document.querySelector(/** @type {any} */ (tag).dataset.preview)) || document.body || document.documentElement).append(element);
}

function dress() {
  const { colour = (tag && tag.dataset.colour) || "", position, theme } = state.settings;
  const element = /** @type {HTMLElement} */ (shown.element);
  for (const [name, value] of Object.entries(shades(colour))) element.style.setProperty(name, value);
  element.setAttribute("theme", theme || "auto");
  shown.root.setAttribute("dir", direction);
  shown.root.setAttribute("lang", language);
  shown.root.classList.toggle("left", position === "left");
  shown.root.classList.toggle("opened", isOpen());
}

// --- drawing: at most once a frame ---------------------------------------------------------------------------------
let drawSoon = false;
function draw() {
  if (drawSoon) return;
  drawSoon = true;
  const act = () => {
    drawSoon = false;
    drawNow();
  };
  if (document.visibilityState === "visible") requestAnimationFrame(act);
  else setTimeout(act, 0);
}

function drawNow() {
  if (state.settings.is_on === false) return void (shown.element && shown.element.remove());
  mount();
  dress();
  drawLauncher();
  drawTeaser();
  drawTitle();
  if (shown.panel && shown.view) {
    shown.panel.setAttribute("aria-label", say("panel", { shop: shopName() }));
    drawTop();
    drawLines();
    if (shown.view.draw) shown.view.draw();
  }
}

/** @type {any} */
let launcher = null;
function drawLauncher() {
  if (!shown.launcher) return;
  launcher ??= h("button", { class: "launcher", click: () => (isOpen() ? hide() : show()) }, icon("chat"), icon("down"));
  if (!launcher.isConnected) shown.root.append(launcher);
  const unread = isOpen() ? 0 : countUnread() + (teaser ? 1 : 0);
  const label = isOpen() ? say("launcher_close") : unread ? say("launcher_unread", { n: unread }) : say("launcher_open");
  launcher.setAttribute("aria-label", label);
  launcher.setAttribute("aria-expanded", String(isOpen()));
  const badge = launcher.querySelector(".badge");
  if (!unread) return badge && badge.remove();
  const count = unread > 9 ? "9+" : String(unread);
  if (badge) badge.textContent = count;
  else launcher.append(h("span", { class: "badge", "aria-hidden": "true" }, count));
}

/** The page's title says that somebody answered while it was out of sight. */
function drawTitle() {
  const bare = document.title.replace(/^\(\d+\) /, "");
  const unread = document.visibilityState === "hidden" ? countUnread() : 0;
  const wanted = unread ? `(${unread}) ${bare}` : bare;
  if (document.title !== wanted) document.title = wanted;
}

let openedAt = 0;

// --- opening and closing -------------------------------------------------------------------------------------------
/** @param {{quietly?: boolean, view?: string}} [how] quietly: the focus stays where it is */
function show(how = {}) {
  if (state.settings.is_on === false) return undefined;
  if (isOpen()) return how.view ? goTo(how.view) : undefined;
  mount();
  openedAt = Date.now();
  keep("engaged", "1");
  keep("panel", "open", tabStorage);
  const inner = /** @type {any} */ (document.activeElement);
  shown.cameFrom = inner && inner !== document.body ? inner : null;
  parts = {
    top: h("header", { class: "top" }),
    lines: h("div", { class: "lines", role: "status" }),
    body: h("div", { class: "body", tabindex: "0" }),
    foot: h("div", {}),
    aloud: h("div", { class: "unseen", role: "status" }),
  };
  shown.panel = h(
    "div", { class: "panel", role: "dialog", "aria-modal": String(isPhone()) },
    parts.top, parts.lines, parts.body, parts.foot, parts.aloud,
  );
  shown.root.prepend(shown.panel);
  fitPhone();
  goTo(how.view || (state.chat && !isClosed() ? "talk" : "home"), { quietly: how.quietly });
  emit("open");
  hello().then(() => {
    goOn();
    draw();
  }, () => draw());
}

/** Who has a talk under way sees it, also where this tab hears of it a moment after it was opened. */
function goOn() {
  const { view } = shown;
  if (view && view.name === "home" && Date.now() - openedAt < 3000 && state.chat && !isClosed()) goTo("talk", { quietly: view.node.contains(shown.root.getRootNode().activeElement) === false });
}

/** @param {{keepFocus?: boolean}} [how] */
function hide(how = {}) {
  const { panel } = shown;
  if (!panel) return;
  keep("panel", null, tabStorage);
  Object.assign(shown, { panel: null, view: null });
  panel.classList.add("away");
  panel.inert = true;
  const gone = () => panel.remove();
  panel.addEventListener("animationend", gone, { once: true });
  setTimeout(gone, 400);
  document.documentElement.style.overflow = shown.pageOverflow;
  drawNow();
  if (!how.keepFocus) (launcher || shown.cameFrom || document.body).focus();
  emit("close");
}

/** On a phone the panel covers what is seen above the keyboard, and the page behind rests. */
function fitPhone() {
  if (!shown.panel || !shown.element) return;
  const phone = isPhone();
  shown.panel.setAttribute("aria-modal", String(phone));
  const seen = window.visualViewport;
  if (phone && seen) shown.element.style.setProperty("--seen-height", `${Math.round(seen.height)}px`);
  const page = document.documentElement.style;
  if (phone && page.overflow !== "hidden") {
    shown.pageOverflow = page.overflow;
    page.overflow = "hidden";
  } else if (!phone) page.overflow = shown.pageOverflow;
}
if (window.visualViewport) window.visualViewport.addEventListener("resize", fitPhone);

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === "Escape") {
    if (closeMenus()) return;
    if (isOpen()) hide();
    else if (teaser) declineInvite();
  }
  if (event.key !== "Tab" || !shown.panel || !isPhone()) return;
  const reach = [...shown.panel.querySelectorAll("button, input, textarea, select, a[href], [tabindex='0']")].filter((each) => /** @type {any} */ (each).offsetParent);
  const [first, last] = [reach[0], reach[reach.length - 1]];
  const at = shown.root.getRootNode().activeElement;
  if (event.shiftKey ? at === first : at === last) {
    event.preventDefault();
    /** @type {any} */ (event.shiftKey ? last : first).focus();
  }
}

/** @returns {boolean} whether something was open */
function closeMenus() {
  const open = shown.root.querySelector(".menu, .emoji");
  if (!open) return false;
  const opener = shown.root.querySelector("[aria-expanded='true'][aria-haspopup]");
  open.remove();
  if (opener) {
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  }
  return true;
}

/** @type {Record<string, (more?: any) => View>} */
const views = {};

/** @param {string} name @param {{quietly?: boolean, more?: any}} [how] */
function goTo(name, how = {}) {
  if (!isOpen()) return;
  shown.view = views[name](how.more);
  shown.view.name = name;
  shown.notice = "";
  parts.body.replaceChildren(shown.view.node);
  parts.foot.replaceChildren(...(shown.view.composer ? [shown.view.composer] : []));
  parts.body.scrollTop = 0;
  drawNow();
  if (!how.quietly) focusView();
}

/** On a phone the keyboard would cover half: the heading takes the focus there. */
function focusView() {
  const { view } = shown;
  if (!view) return;
  if (view.focus && !isPhone()) return view.focus();
  const heading = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (shown.panel).querySelector("h2, h3"));
  if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

/** @param {string} text said by screen readers alone */
function sayAloud(text) {
  if (parts.aloud) parts.aloud.textContent = text;
}

// --- the top -----------------------------------------------------------------------------------------------------------
/** @param {string} name */
function initials(name) {
  const known = name.trim().split(/\s+/).filter(Boolean);
  return known.length ? (known[0][0] + (known.length > 1 ? known[known.length - 1][0] : "")).toLocaleUpperCase(language) : "";
}

function drawTop() {
  const view = /** @type {View} */ (shown.view);
  parts.top.hidden = view.name === "home";
  if (view.name === "home") return;
  const person = view.name === "talk" && state.chat && !isClosed() ? state.chat.person : "";
  const key = JSON.stringify([view.name, person, language, shopName(), state.isOpen, state.isThere, state.opensAt, view.title && view.title()]);
  if (parts.top.dataset.key === key) return;
  const had = parts.top.contains(shown.root.getRootNode().activeElement);
  parts.top.dataset.key = key;
  const name = person || shopName();
  parts.top.replaceChildren(
    iconButton(say("back"), "back", () => goTo("home"), "to-home"),
    h("span", { class: "face", "aria-hidden": "true" }, initials(name)),
    h("div", { class: "title" }, h("h2", { id: "title" }, view.title ? view.title() : name), h("div", { class: "under" }, ...sayPresence())),
    ...(view.name === "talk" ? [menuButton()] : []),
    iconButton(say("close"), "close", () => hide(), "to-close"),
  );
  if (had) parts.top.querySelector(".to-home").focus();
}

/** @returns {(Node | string)[]} whether somebody is there, as it is */
function sayPresence() {
  if (state.isThere) return [h("span", { class: "dot", "aria-hidden": "true" }), say("open_now")];
  return [h("span", { class: "dot shut", "aria-hidden": "true" }), state.isOpen ? say("soon") : state.opensAt ? say("opens", { when: sayWhen(state.opensAt) }) : say("closed")];
}

function menuButton() {
  const opener = iconButton(say("menu"), "more", () => {
    if (closeMenus()) return;
    const isLoud = recall("sound") !== "off";
    const sound = h("button", { role: "menuitemcheckbox", "aria-checked": String(isLoud), click: () => {
      const on = recall("sound") === "off";
      keep("sound", on ? null : "off");
      sound.setAttribute("aria-checked", String(on));
      if (on) chime();
    } }, say("sound"), h("span", { class: "switch" }));
    const item = (/** @type {string} */ word, /** @type {() => void} */ act) => h("button", { role: "menuitem", click: () => (closeMenus(), act()) }, say(word));
    const menu = h("div", { class: "menu", role: "menu", "aria-label": say("menu") }, sound,
      state.chat && item("transcript", () => goTo("transcript")), state.chat && !isClosed() && item("end", () => goTo("leave")));
    menu.addEventListener("keydown", walk);
    parts.top.after(menu);
    opener.setAttribute("aria-expanded", "true");
    menu.querySelector("button").focus();
  }, "opener");
  opener.setAttribute("aria-haspopup", "menu");
  opener.setAttribute("aria-expanded", "false");
  return opener;
}

/** Arrows walk through a menu or the emoji. @param {any} event */
function walk(event) {
  const all = [...event.currentTarget.querySelectorAll("button")];
  const at = all.indexOf(event.target);
  const across = event.currentTarget.dataset.across ? Number(event.currentTarget.dataset.across) : 1;
  const ahead = direction === "rtl" ? -1 : 1;
  const steps = /** @type {Record<string, number>} */ ({ ArrowDown: across, ArrowUp: -across, ArrowRight: ahead, ArrowLeft: -ahead, Home: -at, End: all.length - 1 - at });
  if (!(event.key in steps)) return;
  event.preventDefault();
  all[(at + steps[event.key] + all.length) % all.length].focus();
}

// --- lines under the top: what is to be known about the connection and the queue ----------------------------------------
/** @type {ReturnType<typeof setTimeout> | undefined} */
let lineTimer;
let backUntil = 0;
on("back", () => {
  if (lostIsShown) backUntil = Date.now() + 3000;
  lostIsShown = false;
});
let lostIsShown = false;

function drawLines() {
  clearTimeout(lineTimer);
  const lines = [connectionLine(), shown.view && shown.view.name === "talk" ? queueLine() : null].filter(Boolean);
  const key = JSON.stringify(lines.map((each) => /** @type {any} */ (each).dataset.key));
  if (parts.lines.dataset.key !== key) {
    parts.lines.dataset.key = key;
    parts.lines.replaceChildren(.../** @type {Node[]} */ (lines));
  }
  if (lostIsShown || backUntil > Date.now() || state.link !== "live" || state.typingUntil > Date.now()) lineTimer = setTimeout(draw, 1000);
}

/** A pause of a moment is nobody's business; a longer one is told as it is. */
function connectionLine() {
  const wrong = state.link === "offline" || (state.link === "lost" && Date.now() - state.linkSince > 2500);
  if (!wrong && backUntil > Date.now()) return h("div", { class: "line fine-now", "data-key": "back" }, icon("one"), say("connected"));
  if (!wrong) return null;
  lostIsShown = true;
  const left = Math.ceil((state.retryAt - Date.now()) / 1000);
  const text = state.link === "offline" ? say("offline") : left > 0 ? say("lost", { n: left }) : say("lost_now");
  const found = parts.lines.querySelector(".warn");
  // the seconds run on without being read out again and again
  if (found && state.link === "lost" && found.dataset.key === "lost") {
    found.querySelector(".middle").firstChild.textContent = text;
    return found;
  }
  return h("div", { class: "line warn", "data-key": state.link }, icon("alert"), h("div", { class: "middle" }, h("span", { "aria-live": "off" }, text)),
    state.link === "lost" && h("button", { click: tryNow }, say("try_now")));
}

function queueLine() {
  const chat = state.chat;
  const said = listEntries();
  if (!chat || isClosed() || chat.person || chat.state === "mail" || !said.some((each) => each.from === "you")) return null;
  if (chat.state !== "waiting" && said.some((each) => each.from === "us")) return null;
  // nobody is there: when somebody will be, and that an address brings the answer by mail
  const shut = !state.isThere;
  const place = shut ? String(sayPresence()[1]) : chat.position === 1 ? say("place_next") : chat.position > 1 ? say("place", { n: chat.position }) : say("waiting");
  const time = !shut && chat.wait !== null && chat.position ? say("about", { time: sayTime(chat.wait) }) : "";
  const full = shut || chat.overflow;
  return h("div", { class: `line ${full ? "full" : ""}`, "data-key": `queue ${place} ${time} ${full}` }, h("span", { class: shut ? "dot shut" : "pulse", "aria-hidden": "true" }),
    h("div", { class: "middle" }, h("b", {}, place), time && h("small", {}, time)),
    h("button", { click: () => goTo("defer"), title: say("defer_offer") }, icon("mail"), h("span", { class: full ? "" : "unseen" }, say("defer_offer"))));
}

// --- sound -------------------------------------------------------------------------------------------------------------
/** Two soft notes, made here: no file to load, nothing for a page's policy to refuse. */
function chime() {
  if (recall("sound") === "off" || !navigator.userActivation?.hasBeenActive) return;
  try {
    const audio = new AudioContext();
    [660, 880].forEach((pitch, i) => {
      const from = audio.currentTime + i * 0.13;
      const [tone, volume] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(0.12, from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.45);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.5);
    });
    setTimeout(() => void audio.close(), 1200);
  } catch {
    /* a browser without sound */
  }
}
