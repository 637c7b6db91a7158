// @ts-check
// When the panel speaks first: by an owner's rule or by an operator's hand; seldom, never over a talk, and not to who said no.

/** @type {any} */
let teaser = null;
/** @type {Entry | null} words that the talk begins with on this screen */
let invitedBy = null;
const arrived = Date.now();
let movedAt = Date.now();
let isLeaving = false;
const DAY_MS = 86400000;

/** @typedef {{at: number, rule: string, no?: boolean}} Past */
/** @returns {Past[]} invitations of the last week */
function pastInvites() {
  return parse(recall("invited"), /** @type {Past[]} */ ([])).filter((each) => Date.now() - each.at < 7 * DAY_MS);
}

/** @param {string} rule @param {boolean} [no] */
function noteInvite(rule, no) {
  keep("invited", JSON.stringify([...pastInvites(), { at: Date.now(), rule, no }].slice(-30)));
}

/** A day has only so many, who said no is left alone for a day, and a rule that was declined for a week. @param {Rule} rule */
function mayInvite(rule) {
  const past = pastInvites();
  const today = past.filter((each) => Date.now() - each.at < DAY_MS);
  const shownToday = today.filter((each) => !each.no).length;
  return shownToday < (state.settings.most_a_day ?? 2) && !today.some((each) => each.no) && !past.some((each) => each.rule === rule.id && (each.no || Date.now() - each.at < DAY_MS));
}

/** @param {string} pattern such as /cart* */
function isOnPage(pattern) {
  const parts = pattern.split("*").map((each) => each.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(location.pathname.slice(0, 500));
}

function countVisit() {
  if (recall("page", tabStorage) === null && mayWatch()) keep("visits", String(Number(recall("visits") || 0) + 1));
  keep("page", String(Number(recall("page", tabStorage) || 0) + 1), tabStorage);
}

/** @param {Rule} rule */
function holds(rule) {
  const { when } = rule;
  const now = Date.now();
  if (when.seconds_on_page && now - arrived < when.seconds_on_page * 1000) return false;
  if (when.idle_s && now - movedAt < when.idle_s * 1000) return false;
  if (when.exit_intent && !isLeaving) return false;
  if (when.page && !isOnPage(when.page)) return false;
  if (when.pages && Number(recall("page", tabStorage) || 0) < when.pages) return false;
  if (when.returning && Number(recall("visits") || 0) < 2) return false;
  if (when.only_open && !state.isThere) return false;
  if (when.cart_minor && !(state.cart && state.cart.currency === state.settings.currency && state.cart.minor >= when.cart_minor)) return false;
  return true;
}

function considerInvites() {
  if (!state.ready || teaser || isOpen() || !mayWatch() || document.visibilityState !== "visible") return;
  if ((state.chat && !isClosed()) || listWaiting().length) return;
  const rule = (state.settings.invitations || []).find((/** @type {Rule} */ each) => mayInvite(each) && holds(each));
  isLeaving = false;
  if (!rule) return;
  noteInvite(rule.id);
  const client_id = randomId();
  tellInvited(client_id, rule.id, state.settings.held ? "held" : "shown");
  // who belongs to the hold-out is counted and left alone
  if (!state.settings.held) offer(client_id, rule.words[language] || rule.words.en || Object.values(rule.words)[0] || say("line"), rule.id);
}

/** @param {string} client_id @param {string} rule @param {string} outcome */
function tellInvited(client_id, rule, outcome) {
  post("invited", { client_id, rule: rule || undefined, url: here().url, outcome }).catch(() => {});
}

/** @param {string} client_id @param {string} words @param {string} rule @param {string} [by] the operator who invites */
function offer(client_id, words, rule, by = "") {
  const name = by || shopName();
  const accept = () => {
    invitation = client_id;
    closeTeaser();
    show({ view: "talk" });
  };
  closeTeaser();
  invitedBy = { number: 0, kind: "message", from: by ? "us" : "machine", name, text: words, at: new Date().toISOString() };
  teaser = h("section", { class: "teaser", "aria-label": say("invited", { shop: name }) },
    h("div", { class: "who" }, h("span", { class: "mark", "aria-hidden": "true" }, initials(name)), name),
    h("p", { class: "words", role: "status" }), iconButton(say("decline"), "close", declineInvite), h("button", { class: "answer", click: accept }, say("answer")));
  teaser.told = { client_id, rule };
  const said = teaser.querySelector(".words");
  shown.root.append(teaser);
  setTimeout(() => said.append(words), 50); // a live region must be there before its words are
  emit("invited", { words });
  draw();
}

function closeTeaser() {
  if (teaser) teaser.remove();
  teaser = null;
}

function declineInvite() {
  if (!teaser) return;
  const { client_id, rule } = teaser.told;
  const had = teaser.contains(shown.root.getRootNode().activeElement);
  noteInvite(rule, true);
  tellInvited(client_id, rule, "declined");
  closeTeaser();
  invitedBy = null;
  draw();
  if (had && launcher) launcher.focus();
}

function drawTeaser() {
  if (teaser && (isOpen() || (state.chat && !isClosed()))) closeTeaser();
}

/** Whoever looks may be seen looking, where they agreed: operators see who is on which page. */
function glance() {
  if (state.ready && mayWatch() && document.visibilityState === "visible") post("glance", { page: here(), cart: state.cart || undefined, locale: language }).catch(() => {});
}

function watch() {
  countVisit();
  for (const name of ["pointermove", "keydown", "scroll", "touchstart"]) addEventListener(name, () => (movedAt = Date.now()), { passive: true, capture: true });
  document.documentElement.addEventListener("mouseleave", (event) => {
    if (event.clientY > 8 || Date.now() - arrived < 3000) return;
    isLeaving = true;
    considerInvites();
  });
  setInterval(considerInvites, 1000);
  setInterval(glance, 20000);
  let url = location.href;
  setInterval(() => {
    if (url !== location.href) glance();
    url = location.href;
  }, 2000);
}

on("invite", (told) => {
  if (state.chat && !isClosed()) return;
  offer(told.invitation || randomId(), String(told.words || ""), "", String(told.by || ""));
  if (!isOpen()) return;
  // who has the panel open reads it there, unless they fill something in
  ({ client_id: invitation } = teaser.told);
  closeTeaser();
  sayAloud(told.words);
  if (["home", "article"].includes(/** @type {View} */ (shown.view).name)) goTo("talk", { quietly: true });
});
