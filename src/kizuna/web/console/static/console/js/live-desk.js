// The live desk: rows from the stream, chats side by side, the customer beside, presence, deeds, keyboard.
import { say, warn } from "./console.js";
import { readForEver, showState } from "./live.js";
import { Chat, fresh } from "./live-chat.js";
import { alertAnew, setBadge } from "./live-alerts.js";
import { Attention } from "./live-attention.js";
import { Picker, ask } from "./live-dialogs.js";
import { Outbox } from "./live-outbox.js";
import { Lines, STATES, fillChat, fillSeat, fillVisitor, freshChat, freshSeat, freshVisitor, make, since, tick } from "./live-rows.js";

const page = document.getElementById("live");
const about = JSON.parse(document.getElementById("live-about").textContent);
const { root, stream } = page.dataset;
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const columns = document.getElementById("columns");
const besideBody = document.getElementById("beside-body");
const line = document.getElementById("live-line");
const rows = { chats: new Map(), visitors: new Map(), seats: new Map() };
const open = new Map(); // chat number -> Chat, in the order of use
const SHOWN = 60;
let here = null; // the chat in front
let shown = SHOWN;
let ahead = 0; // the server's clock less ours
let seat = about.seat;
let arrived = false;

const now = () => Date.now() + ahead;
async function get(path) {
  const response = await fetch(root + path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}
async function post(path, values = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  const response = await fetch(root + path, { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}
const live = (path, words) =>
  fetch(stream + path, {
    method: "POST",
    body: JSON.stringify(words),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });

const outbox = new Outbox(`kizuna.live.${about.slug}.${about.me}`, ({ conversation, client_id, text, attachments }) => live("say", { conversation, client_id, text, attachments }), (words) => {
  const chat = [...open.values()].find((each) => each.row.id === words.conversation);
  chat?.pend(words);
  if (words.state === "kept") chat?.load();
});
const attention = new Attention((chat, values) => post(`inbox/${chat.row.id}/beat/`, values));
const desk = { about, root, get, post, live, outbox, typed: () => attention.typed() };
for (const { conversation } of outbox.words) outbox.go(conversation);

// Rows.
const lists = {};
for (const name of ["waiting", "mine", "others"]) {
  lists[name] = new Lines(page.querySelector(`[data-list=${name}]`), freshChat, fillChat);
}
lists.seats = new Lines(page.querySelector("[data-list=seats]"), freshSeat, fillSeat);
let talking = new Set();
lists.visitors = new Lines(page.querySelector("[data-list=visitors]"), freshVisitor, (node, row) => fillVisitor(node, row, talking.has(row.identity)));
const count = (name, number, plain = false) => {
  for (const place of page.querySelectorAll(`[data-count=${name}]`)) place.textContent = number || plain ? String(number) : "";
};
const nothing = (name, none) => (page.querySelector(`[data-empty=${name}]`).hidden = !none);

function drawChats() {
  const all = [...rows.chats];
  const waiting = all.filter(([, row]) => row.state === "waiting").sort(([, a], [, b]) => a.place - b.place);
  const served = all.filter(([, row]) => row.state === "served").sort(([, a], [, b]) => a.served - b.served);
  const mine = served.filter(([, row]) => row.person === about.me);
  const others = served.filter(([, row]) => row.person !== about.me);
  lists.waiting.show(waiting.slice(0, SHOWN));
  lists.mine.show(mine);
  lists.others.show(others.slice(0, SHOWN));
  count("waiting", waiting.length);
  count("mine", mine.length);
  count("others", others.length);
  count("chats", waiting.length + mine.length);
  nothing("waiting", !waiting.length);
  nothing("mine", !mine.length);
  page.querySelector("[data-head=others]").hidden = !others.length;
  page.querySelector("[data-take-next]").hidden = !waiting.length;
  const before = talking;
  talking = new Set(all.map(([, row]) => row.identity).filter(Boolean));
  if (talking.size !== before.size || [...talking].some((each) => !before.has(each))) lists.visitors.lines.forEach((each) => (each.row = null));
  const wants = mine.filter(([, row]) => row.awaits);
  setBadge(wants.length + (seat === "available" ? waiting.length : 0));
  if (arrived) alertAnew(wants.map(([key, row]) => `${key}:${row.awaits}`), seat === "available" ? waiting.map(([key]) => String(key)) : []);
  follow(mine);
}

/** Chats given to me open by themselves, behind the one in front; columns of chats that ended stay until put away. */
function follow(mine) {
  const given = mine.filter(([key, row]) => !open.has(key) && !put.has(`${key}:${row.served}`));
  for (const [key] of given) admit(key);
  for (const [key, chat] of open) chat.show(rows.chats.get(key) ?? { ...chat.row, state: "over", person: 0 });
  if (!here && open.size) bring(open.keys().next().value, false);
  else if (given.length) layOut();
}
const put = new Set(); // columns put away: they do not come back by themselves

const RANKS = { A: 0, B: 1, C: 2, D: 3 };
const ORDERS = {
  worth: (a, b) => (RANKS[a.segment] ?? 4) - (RANKS[b.segment] ?? 4) || b.minor - a.minor || b.since - a.since,
  cart: (a, b) => b.minor - a.minor || b.since - a.since,
  page: (a, b) => a.page_since - b.page_since,
  new: (a, b) => b.since - a.since,
};
const finding = document.getElementById("find-visitor");
const ordering = document.getElementById("order-visitors");
function drawVisitors() {
  count("visitors", rows.visitors.size);
  if (document.getElementById("panel-visitors").hidden) return;
  const words = finding.value.trim().toLowerCase();
  const fits = (row) => !words || `${row.who}\n${row.title}\n${row.url}\n${row.source}`.toLowerCase().includes(words);
  const found = [...rows.visitors].filter(([, row]) => fits(row)).sort(([, a], [, b]) => ORDERS[ordering.value](a, b));
  lists.visitors.show(found.slice(0, shown));
  nothing("visitors", !found.length);
  page.querySelector("[data-empty=visitors]").textContent = words ? "Nobody fits these words." : "Nobody is on the shop’s pages right now.";
  page.querySelector("[data-more=visitors]").hidden = found.length <= shown;
}
finding.addEventListener("input", drawVisitors);
ordering.addEventListener("change", drawVisitors);
page.querySelector("[data-more=visitors]").addEventListener("click", () => {
  shown += SHOWN;
  drawVisitors();
});

function drawSeats() {
  const there = [...rows.seats].filter(([, row]) => row.state !== "offline");
  lists.seats.show(there);
  nothing("seats", !there.length);
  const me = rows.seats.get(about.me);
  seat = me?.state ?? "offline";
  const button = document.querySelector(".seat-button");
  button.dataset.state = seat;
  button.querySelector("[data-seat-words]").textContent = STATES[seat] ?? seat;
  for (const each of document.querySelectorAll(".seat-panel [data-seat]")) each.setAttribute("aria-current", String(each.dataset.seat === seat));
  const hint = document.querySelector("#no-chat [data-hint]");
  hint.textContent = seat === "available" ? "You are available: the next chat comes to you by itself." : "Say that you are available and chats come to you, the most worth saving first.";
  document.querySelector("#no-chat [data-seat]").hidden = seat === "available";
}
const DRAW = { chats: drawChats, visitors: drawVisitors, seats: drawSeats };

/** Take what the stream says: everything, or the rows that changed. */
export function take({ name, body, state }) {
  if (state) return connected(state);
  if (name === "whole") {
    for (const part of Object.keys(rows)) rows[part] = new Map(Object.entries(body[part]).map(([key, row]) => [Number(key), row]));
    ahead = body.now - Date.now();
    drawSeats();
    drawChats();
    drawVisitors();
    arrived = true;
    page.dataset.arrived = "1";
    for (const chat of open.values()) chat.load(); // resumed by number
  } else if (name === "moved") {
    ahead = body.now - Date.now();
    for (const part of ["seats", "chats", "visitors"]) {
      if (!body[part]) continue;
      for (const key of body[part].gone) rows[part].delete(Number(key));
      for (const [key, row] of Object.entries(body[part].set)) rows[part].set(Number(key), row);
      DRAW[part]();
    }
  } else if (name === "heads") {
    for (const [key, number] of body) if (!number || number > (open.get(key)?.last ?? 0)) open.get(key)?.load();
  } else if (name === "typing") {
    for (const key of body.visitors) open.get(key)?.typing(open.get(key).row.who);
    for (const [key, who] of body.people) if (who !== about.name) open.get(key)?.typing(who);
  } else if (name === "marks") {
    for (const [key, delivered, read] of body) open.get(key)?.reached(read, delivered);
  }
  beat();
  return undefined;
}

function connected(state) {
  showState(state);
  line.hidden = state === "on";
  line.textContent = state === "on" ? "" : "The connection is lost; coming back by itself. What you send is kept and goes out then, what customers write waits on the server.";
}

// Columns: as many side by side as there is room for; on a phone one at a time.
const room = () => Math.max(1, Math.floor((columns.clientWidth || 400) / 340));
function admit(key) {
  const row = rows.chats.get(key);
  if (!row) return false;
  if (!open.has(key)) open.set(key, new Chat(key, row, desk));
  put.delete(`${key}:${row.served}`);
  return true;
}
function show(key, focus = true) {
  if (admit(key)) bring(key, focus);
}
function bring(key, focus = true) {
  const chat = open.get(key);
  if (!chat) return;
  const changed = here !== chat;
  here = chat;
  layOut();
  attention.turn(chat);
  if (changed) beside();
  if (!focus) return;
  if (!phone.matches || page.dataset.pane !== "chat") page.dataset.pane = "chat";
  if (!chat.form.hidden) chat.field.focus({ preventScroll: true });
  else chat.log.focus({ preventScroll: true });
}
const phone = matchMedia("(max-width: 56rem)");
function layOut() {
  const visible = new Set([...columns.children].map((each) => Number(each.dataset.key)).filter((key) => open.has(key)));
  if (here && !visible.has(here.key)) visible.add(here.key);
  for (const key of open.keys()) if (visible.size < room()) visible.add(key);
  const most = room();
  for (const key of [...visible]) if (visible.size > most && open.get(key) !== here) visible.delete(key);
  for (const node of [...columns.children]) if (!visible.has(Number(node.dataset.key))) node.remove();
  for (const key of visible) {
    const { node } = open.get(key);
    const entered = !node.isConnected;
    if (entered) columns.append(node);
    if (entered) open.get(key).end();
    node.classList.toggle("here", open.get(key) === here);
    open.get(key).seen();
  }
  document.getElementById("no-chat").hidden = open.size > 0;
  for (const each of page.querySelectorAll("[data-chat]")) each.setAttribute("aria-current", String(Number(each.dataset.chat) === here?.key));
}
function hide(chat) {
  put.add(`${chat.key}:${chat.row.served}`);
  open.delete(chat.key);
  chat.node.remove();
  if (here === chat) {
    here = null;
    attention.turn(null);
    const [next] = open.keys();
    if (next !== undefined) bring(next, false);
    else {
      besideBody.replaceChildren();
      page.dataset.pane = "list";
    }
  }
  layOut();
}
addEventListener("resize", layOut);
columns.addEventListener("focusin", (event) => {
  const key = Number(event.target.closest("[data-key]")?.dataset.key);
  if (open.has(key) && open.get(key) !== here) bring(key, false);
});

function beside() {
  if (here) window.htmx.ajax("GET", `${root}${here.path}beside/`, { target: besideBody, swap: "innerHTML" });
}
document.body.addEventListener("htmx:afterSettle", () => {
  for (const link of besideBody.querySelectorAll("a[href]")) link.target = "_blank";
});
// A form beside the chat does its work where it is: the page with the chats stays.
besideBody.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => null);
  if (answer?.ok) say("Kept");
  else warn("It could not be kept. Try again.");
  beside();
});

// Deeds.
async function act(path, values = {}) {
  try {
    const told = await (await post(path, values)).json();
    if (told.refused) warn(`${told.refused[0].toUpperCase()}${told.refused.slice(1)}.`);
    return told.refused ? null : told;
  } catch {
    warn("The server did not answer. Check the connection and try again.");
    return null;
  }
}
const deeds = {
  claim: (chat) => act(`${chat.path}claim/`),
  over: (chat) => act(`${chat.path}take-over/`),
  transfer: (chat) => handOn(chat),
  hide,
  async wish(chat, number = "") {
    const told = await act(`${chat.path}wish/`, number ? { number } : {});
    if (!told) return;
    const words = `Taken as a wish${told.team ? ` for ${told.team}` : ""}: ${told.wish}`;
    chat.tell(words);
    say(words);
    beside();
  },
  async close(chat) {
    await attention.tell(true);
    if (await act(`${chat.path}close/`)) hide(chat);
  },
};
async function take_next() {
  const [next] = [...rows.chats].filter(([, row]) => row.state === "waiting").sort(([, a], [, b]) => a.place - b.place);
  if (!next) return say("Nobody waits");
  show(next[0]);
  return deeds.claim(open.get(next[0]));
}

const hand = document.getElementById("hand-on");
async function handOn(chat) {
  const people = hand.querySelector("[data-people]");
  people.replaceChildren(...[...rows.seats.values()].filter((row) => row.state !== "offline" && row.state !== "away" && row.person !== rows.seats.get(about.me)?.person).map((row) => {
    const option = make("option", "", `${row.name} (${row.chats} of ${row.capacity})`);
    option.value = `person:${row.person}`;
    return option;
  }));
  hand.querySelector("form").reset();
  const told = await ask(hand);
  if (!told) return;
  const [kind, key] = told.to.split(":");
  await attention.tell(true);
  const values = kind === "queue" ? { note: told.note } : { [kind]: key, note: told.note };
  if (await act(`${chat.path}${kind === "queue" ? "give-back" : "transfer"}/`, values)) hide(chat);
}
const invitation = document.getElementById("invitation");
async function inviteOf(key) {
  const row = rows.visitors.get(key);
  if (!row) return;
  invitation.querySelector("[data-whom]").textContent = row.who;
  invitation.querySelector("[data-where]").textContent = row.title || row.url;
  const told = await ask(invitation);
  if (told && (await act("live/invite/", { visitor: key, words: told.words }))) say(`${row.who} is invited`);
}

const kept = new Picker(document.getElementById("kept-answers"));
async function useKept(number) {
  kept.close();
  if (!here) return;
  const chat = here;
  try {
    const told = await get(`inbox/${chat.row.id}/canned/${number}/`);
    chat.insert(told.text);
    if (told.missing.length) warn(`Fill in what is not known: ${told.missing.join(", ")}.`);
  } catch {
    warn("This kept answer is no longer here.");
  }
}
const macros = new Picker(document.getElementById("macros"));
async function runMacro(item) {
  macros.close();
  const chat = here;
  if (!chat) return;
  await attention.tell(true);
  if (!(await act(`${chat.path}macro/${item.dataset.macro}/`, { client_id: fresh() }))) return;
  say(`${item.textContent.trim()}: done`);
  chat.load();
}
const KINDS = { article: "Article", canned: "Kept answer", past: "Said before" };
async function offer(chat) {
  const button = chat.node.querySelector("[data-offer]");
  chat.offers.hidden = !chat.offers.hidden;
  button.setAttribute("aria-expanded", String(!chat.offers.hidden));
  if (chat.offers.hidden) return;
  chat.offers.replaceChildren(make("p", "quiet small", "Looking …"));
  const words = encodeURIComponent(chat.note ? "" : chat.field.value.trim().slice(0, 400));
  const { found } = await get(`${chat.path}suggestions/?q=${words}`).catch(() => ({ found: [] }));
  if (!found.length) return chat.offers.replaceChildren(make("p", "quiet small", "Nothing fits what was asked so far."));
  chat.offers.replaceChildren(...found.map((each) => {
    const item = make("button", "offer");
    item.type = "button";
    const head = make("span", "row tight");
    head.append(make("span", `badge ${each.internal ? "warn" : "brand"}`, each.internal ? "Internal" : KINDS[each.kind] ?? each.kind), make("span", "strong small cut", each.title));
    item.append(head, make("span", "quiet tiny clamp", each.text), make("span", "quiet tiny", each.why));
    item.addEventListener("click", () => {
      chat.offers.hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (each.canned) useKept(each.canned);
      else chat.insert(each.kind === "article" && each.url && !each.internal ? `${each.title}: ${new URL(each.url, location.href).href}` : each.text);
    });
    return item;
  }));
  return chat.offers.querySelector("button").focus();
}

document.addEventListener("click", async (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const opened = at("[data-chat]");
  if (opened) show(Number(opened.dataset.chat));
  const chat = open.get(Number(at("[data-key]")?.dataset.key));
  const deed = at("[data-deed]");
  if (deed && chat) await deeds[deed.dataset.deed](chat);
  if (at("[data-wish]") && chat) await deeds.wish(chat, at("[data-wish]").dataset.wish);
  if (at("[data-kept]") && chat) kept.open();
  if (at("[data-macros]") && chat) macros.open();
  if (at("[data-offer]") && chat) await offer(chat);
  if (at("[data-canned]")) await useKept(at("[data-canned]").dataset.canned);
  if (at("[data-macro]")) await runMacro(at("[data-macro]"));
  if (at("[data-invite]")) inviteOf(Number(at("[data-invite]").dataset.invite));
  if (at("[data-take-next]")) await take_next();
  if (at("[data-pane]") && at("button")) page.dataset.pane = at("[data-pane]").dataset.pane;
  if (at("[data-seat]") && at("button")) await sit(at("[data-seat]").dataset.seat);
  const mark = at("[data-mark]");
  if (mark && here) await markProfile(mark);
});
async function markProfile(mark) {
  const value = mark.getAttribute("aria-pressed") === "true" ? "" : mark.value;
  if (!(await act(`${here.path}mark/`, { [mark.dataset.mark]: value }))) return;
  for (const each of mark.parentElement.querySelectorAll("[data-mark]")) each.setAttribute("aria-pressed", String(each === mark && value !== ""));
}

// Presence: chosen here, kept alive by the stream.
async function sit(state) {
  document.getElementById("presence").open = false;
  const told = await act("live/seat/", { state });
  if (told) say(STATES[told.state] ?? told.state);
}
document.getElementById("abilities").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await act("live/seat/abilities/", Object.fromEntries(new FormData(event.target)));
  if (told) document.getElementById("presence").open = false;
});
let beaten = 0;
let usedAt = 0;
function beat() {
  if (Date.now() - beaten < 9000 || seat === "offline") return;
  beaten = Date.now();
  const used = attention.acted > usedAt ? { used: "1" } : {};
  usedAt = beaten;
  post("live/seat/beat/", used).catch(() => (beaten = 0));
}
setInterval(() => {
  attention.count();
  tick(page, now());
}, 1000);
setInterval(beat, 10000);
addEventListener("focus", () => here?.seen());

// Tabs and keyboard.
const tabs = [...page.querySelectorAll("[role=tab]")];
function choose(tab, focus = false) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
  page.dataset.pane = "list";
  if (focus) tab.focus();
  drawVisitors();
}
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") choose(tabs[(tabs.indexOf(tab) + 1) % tabs.length], true);
  });
}
const step = (by) => {
  const keys = [...open.keys()];
  if (keys.length) bring(keys[(keys.indexOf(here?.key) + by + keys.length) % keys.length]);
};
const keys = {
  j: () => step(1),
  k: () => step(-1),
  r: () => here?.write(false),
  n: () => here?.write(true),
  c: () => here && kept.open(),
  m: () => here?.mine && macros.open(),
  g: () => here && offer(here),
  w: () => here && deeds.wish(here),
  t: () => here && deeds.transfer(here),
  e: () => here && deeds.close(here),
  b: () => {
    page.classList.toggle("wide");
    layOut();
  },
  "/": () => {
    choose(tabs[1]);
    finding.focus();
  },
};
addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog[open]")) return;
    const deed = /^[1-9]$/.test(event.key) ? () => bring([...open.keys()][Number(event.key) - 1]) : keys[event.key];
    if (!deed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    deed();
  },
  true,
);
finding.addEventListener("keydown", (event) => event.key === "Escape" && finding.blur());

const leaving = new AbortController();
addEventListener("pagehide", () => leaving.abort());
addEventListener("pageshow", (event) => event.persisted && location.reload());
readForEver(`${stream}desk`, take, leaving.signal);
