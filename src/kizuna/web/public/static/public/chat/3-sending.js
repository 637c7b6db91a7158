// @ts-check
// What the visitor says: kept first, sent until the server has it, never twice on the screen.

/** @typedef {{client_id: string, text: string, attachments: Attached[], at: string, chat: string, failed: string, late?: boolean}} Waiting */

/** @returns {Waiting[]} what was written and is not yet stored by the server, in order */
function listWaiting() {
  return recallAll("o.").flatMap((name) => parse(recall(name), /** @type {Waiting[]} */ ([])));
}

/** @param {string} clientId @returns {string | undefined} */
function waitingName(clientId) {
  return recallAll("o.").find((name) => name.endsWith(clientId));
}

/** The server has it. @param {string} clientId */
function settle(clientId) {
  const name = waitingName(clientId);
  if (name) keep(name, null);
}

let count = 0;
/** @param {string} text @param {Attached[]} [attachments] */
function write(text, attachments = []) {
  const client_id = randomId();
  const chat = state.chat && !isClosed() ? state.chat.id : "";
  const order = `${Date.now().toString(36).padStart(9, "0")}${(count++).toString(36).padStart(4, "0")}`;
  /** @type {Waiting} */
  const item = { client_id, text, attachments, at: new Date().toISOString(), chat, failed: "" };
  keep(`o.${order}.${client_id}`, JSON.stringify([item]));
  if (isClosed()) takeConversation(null);
  tellTabs("outbox");
  emit("changed");
  void flush();
}

let flushing = false;
let flushAgain = false;
let flushTries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let flushTimer;

/** Send what waits, one after the other: the order on the screen is the order in the book. */
async function flush() {
  flushAgain = true;
  if (flushing) return;
  flushing = true;
  clearTimeout(flushTimer);
  while (flushAgain) {
    flushAgain = false;
    for (const name of recallAll("o.")) {
      const [item] = parse(recall(name), /** @type {Waiting[]} */ ([]));
      if (!item || item.failed) continue;
      if (!(await send(name, item))) break;
    }
  }
  flushing = false;
}

/** @param {string} name @param {Waiting} item @returns {Promise<boolean>} false: later again */
async function send(name, item) {
  const began = performance.now();
  try {
    await hello();
    const told = await deliver(item);
    noteDelivery(performance.now() - began);
    flushTries = 0;
    keep(name, null);
    /** @type {Entry & {conversation?: string}} */
    const entry = {
      number: told.number, client_id: item.client_id, kind: "message", from: "you", text: item.text, at: told.at || item.at,
      attachments: item.attachments, conversation: state.chat ? state.chat.id : undefined,
    };
    hearEntry(entry, false);
    tellTabs("sent", entry);
    return true;
  } catch (problem) {
    return putBack(name, item, problem);
  }
}

/** @param {string} name @param {Waiting} item @param {any} problem */
function putBack(name, item, problem) {
  if (!recall(name)) return true;
  const passes = !(problem instanceof Refusal) || problem.passes;
  if (passes) {
    report.failures += 1;
    flushTries += 1;
    const wait = Math.max((problem.wait || 0) * 1000, Math.min(30000, 500 * 2 ** Math.min(flushTries, 6)) * (0.5 + Math.random() / 2));
    clearTimeout(flushTimer);
    flushTimer = setTimeout(() => void flush(), wait);
    if (problem.status === 429) emit("notice", say("too_fast"));
  }
  keep(name, JSON.stringify([passes ? { ...item, late: true } : { ...item, failed: sayRefusal(problem) }]));
  emit("changed");
  return !passes;
}

/** @param {Refusal} problem */
function sayRefusal(problem) {
  if (problem.status === 413) return say("too_long");
  if (problem.field === "attachments") return say("files_gone");
  return say("failed");
}

/** @param {Waiting} item @returns {Promise<{number: number, at?: string}>} */
async function deliver(item) {
  const { client_id, text } = item;
  for (let again = false; ; again = true) {
    if (!state.chat || isClosed()) {
      if (!item.attachments.length) return openChat(client_id, text);
      await openChat(randomId(), ""); // files belong to a chat, so it is there before them
    }
    const { id } = /** @type {Chat} */ (state.chat);
    if (item.chat !== id) await moveFiles(item, id);
    try {
      return await post("say", { conversation: id, client_id, text, attachments: item.attachments.map((each) => each.token) });
    } catch (problem) {
      const gone = problem instanceof Refusal && [404, 409, 410].includes(problem.status);
      if (again || !gone || !state.chat || state.chat.id !== id) throw problem;
      await hello(true);
    }
  }
}

/** @type {Map<string | undefined, File>} what this tab has uploaded, by token */
const uploaded = new Map();
/** The chat that files were uploaded to is over: they are uploaded to the one that takes its place, or said to be lost.
 * @param {Waiting} item @param {string} chat */
async function moveFiles(item, chat) {
  const files = item.attachments.map((each) => uploaded.get(each.token));
  if (!files.every(Boolean)) throw new Refusal(410, "", "attachments");
  const moved = [];
  for (const each of files) moved.push(await upload(/** @type {File} */ (each)));
  Object.assign(item, { attachments: moved, chat });
}

/** @type {{name?: string, email?: string, topic?: string}} */
let introduced = {};
/** @type {string} the invitation that is answered */
let invitation = "";

/** What a chat begins with, as the page says it. */
function context() {
  return { page: here(), cart: state.cart, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, skill: introduced.topic, ...about() };
}

/** What the page says of the visitor; believed nowhere, shown to operators as said. */
const about = () => ({ attributes: state.attributes, labels: state.labels });

let toldAbout = "";
/** The page says something of the visitor: a chat that is open learns it too. */
function tellAbout() {
  const now = JSON.stringify(about());
  if (!state.chat || isClosed() || now === toldAbout || now === '{"attributes":{},"labels":[]}') return;
  toldAbout = now;
  post("about", { conversation: state.chat.id, ...about() }).catch(() => {});
}

/** @param {string} client_id @param {string} text */
async function openChat(client_id, text) {
  const told = await post("open", {
    client_id, text, language, invitation: invitation || undefined, name: introduced.name, email: introduced.email,
    context: context(),
  });
  invitation = "";
  report.chats += 1;
  if (!state.chat || state.chat.id !== told.conversation) {
    takeConversation({ ...told, id: told.conversation, number: 0, state: "open", messages: [] });
    tellTabs("hello");
  }
  restartStream();
  emit("opened", told.conversation);
  return told;
}

/** @param {number} ms */
function noteDelivery(ms) {
  const upTo = String([50, 100, 200, 500, 1000, 2000, 5000].find((each) => ms <= each) || 60000);
  report.delivery_ms[upTo] = (report.delivery_ms[upTo] || 0) + 1;
}

/** @param {string} clientId @param {boolean} again try again, or let it go */
function decide(clientId, again) {
  const name = waitingName(clientId);
  const [item] = parse(name ? recall(name) : null, /** @type {Waiting[]} */ ([]));
  if (!name || !item) return;
  keep(name, again ? JSON.stringify([{ ...item, failed: "" }]) : null);
  tellTabs("outbox");
  emit("changed");
  if (again) void flush();
}

// --- small signs: typing, read -------------------------------------------------------------------------------------------
let typedAt = 0;
function tellTyping() {
  if (!state.chat || isClosed() || Date.now() - typedAt < 3000) return;
  typedAt = Date.now();
  post("typing", { conversation: state.chat.id }).catch(() => {});
}

/** @param {number} number */
function noteRead(number) {
  if (number <= state.read || !state.chat) return;
  state.read = number;
  keep("seen", `${state.chat.id} ${number}`);
  emit("changed");
}

/** Everything that was said has been seen. */
function markRead() {
  const last = state.heard;
  if (!state.chat || last <= state.read) return;
  noteRead(last);
  tellTabs("read", last);
  post("read", { conversation: state.chat.id, number: last }).catch(() => {});
}

// --- files ------------------------------------------------------------------------------------------------------------
/** @param {File} file @returns {Promise<Attached>} */
async function upload(file) {
  await hello();
  if (!state.chat || isClosed()) await openChat(randomId(), "");
  const chat = /** @type {Chat} */ (state.chat);
  const head = JSON.stringify({ token: state.token, conversation: chat.id, name: file.name || "picture.png", type: file.type });
  const told = await post("upload", {}, { body: new Blob([`${head}\n`, file]), signal: AbortSignal.timeout(120000) });
  uploaded.set(told.token, file);
  return told;
}

/** Leave as if never here: another one sits at this browser now.
 * @param {Storage | null} [where] none where another tab has cleared it: what lies there now may be of who came since */
function forget(where = storage) {
  for (const name of ["chat", "visitor", "engaged", "draft", "seen", "rated", "invited", ...recallAll("o.")]) keep(name, null, where);
  Object.assign(state, { ready: false, token: "", user: null, attributes: {}, labels: [], history: [], known: false });
  introduced = {};
  invitation = asked = toldAbout = "";
  invitedBy = null;
  uploaded.clear();
  closeTeaser();
  takeConversation(null);
  if (stream) stream.abort("again");
  hide({ keepFocus: true });
  emit("changed");
}

addEventListener("pagehide", () => {
  if (!state.token) return;
  if (leads && mayWatch()) void post("leave", {}, { keepalive: true }).catch(() => {});
  if (!(report.chats || report.reconnects || report.failures || Object.keys(report.delivery_ms).length)) return;
  void post("report", { ...report }, { keepalive: true }).catch(() => {});
  Object.assign(report, { chats: 0, reconnects: 0, failures: 0, delivery_ms: {} });
});
