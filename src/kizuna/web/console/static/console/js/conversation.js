// One conversation: answer or note, drafts and files kept, taking back, kept answers, and who else is here.
import { say, warn } from "./console.js";
import { follow } from "./live.js";

const page = document.getElementById("conversation");
const { root } = page.dataset;
const thread = document.getElementById("thread");
const undo = document.getElementById("undo");
const forms = [...document.querySelectorAll(".composer .write")];
const reply = document.getElementById("write-reply");
const tabs = [...document.querySelectorAll(".composer [role=tab]")];
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
for (const form of forms) form.elements.client_id.value = fresh();

async function post(path, values = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  const response = await fetch(root + path, { method: "POST", body, headers: { "X-CSRFToken": token } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}

// Answer or note.
const show = (tab) => {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
};
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    show(tab);
    document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea").focus();
  });
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
    show(next);
    next.focus();
  });
}
if (tabs.length) show(tabs[0]);

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".composer .write");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".main-act"));
  }
  if (event.key === "Escape" && form) event.target.blur();
  const pick = document.querySelector(`[data-pick="${CSS.escape(event.key)}"]`);
  if (pick && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest?.("input, textarea, select, dialog")) {
    event.preventDefault();
    pick.open = true;
    pick.querySelector("input:not([type=hidden])")?.focus(); // at once: what is typed next belongs to it
  }
  if (event.key === "z" && !undo.hidden && !event.target.closest?.("input, textarea, select")) takeBack();
});

// What others do, and the thread as it is now.
let changing = 0;
function changed() {
  clearTimeout(changing);
  changing = setTimeout(() => window.htmx.trigger(thread, "kizuna:changed"), 150);
}
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === thread) thread.querySelector(".turn:last-child")?.scrollIntoView({ block: "nearest" });
});

// Sending and taking back.
let sent = { number: 0, timer: 0 };
document.body.addEventListener("kizuna:sent", ({ detail }) => {
  changed();
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (detail.again) return say("It is sent again");
  if (detail.macro) return detail.number ? offerUndo(detail) : say("Done");
  const form = detail.note ? document.getElementById("write-note") : reply;
  clearTimeout(keeping.get(form.elements.text));
  form.elements.text.value = "";
  form.elements.client_id.value = fresh();
  for (const mark of form.querySelectorAll("[data-kept]")) mark.textContent = "";
  if (detail.note) return say("Note kept");
  form.querySelector("[data-files]").replaceChildren();
  return detail.number ? offerUndo(detail) : say("Sent");
});
document.body.addEventListener("kizuna:refused", ({ detail }) => warn(`${detail.value}.`));

function offerUndo({ number, seconds, closed }) {
  clearTimeout(sent.timer);
  undo.querySelector("[data-words]").textContent = closed ? "Sent and closed." : "Sent.";
  undo.hidden = false;
  sent = { number, timer: setTimeout(() => (undo.hidden = true), seconds * 1000 - 500) };
}
async function takeBack() {
  undo.hidden = true;
  const told = await (await post(`undo/${sent.number}/`)).json();
  if (told.refused) return warn(`${told.refused}.`);
  show(document.getElementById("tab-reply"));
  reply.elements.text.value = told.text;
  reply.elements.text.focus();
  changed();
  return say("Taken back");
}
undo.querySelector("[data-undo]").addEventListener("click", takeBack);

// Drafts are kept as they are typed.
const keeping = new Map();
let typed = 0;
for (const field of document.querySelectorAll("[data-draft]")) {
  field.addEventListener("input", () => {
    typed = Date.now();
    clearTimeout(keeping.get(field));
    keeping.set(field, setTimeout(() => keep(field), 600));
  });
}
async function keep(field) {
  const mark = field.form.querySelector("[data-kept]");
  try {
    await post("draft/", { text: field.value, kind: field.dataset.draft });
    if (mark) mark.textContent = field.value.trim() ? "Draft kept" : "";
  } catch {
    if (mark) mark.textContent = "Draft not kept: no connection";
  }
}

// Files: each is kept at once and goes with the next answer.
async function upload(file) {
  const place = reply.querySelector("[data-files]");
  const line = document.createElement("li");
  line.className = "file";
  const name = document.createElement("span");
  name.className = "cut";
  name.textContent = `${file.name} …`;
  line.append(name);
  place.append(line);
  try {
    const told = await (await post("files/", { file })).json();
    if (told.refused) throw new Error(told.refused);
    line.dataset.token = told.token;
    name.textContent = told.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button plain small";
    remove.dataset.removeFile = "";
    remove.setAttribute("aria-label", `Remove ${told.name}`);
    remove.textContent = "×";
    line.append(remove);
  } catch (problem) {
    line.remove();
    warn(`${file.name}: ${problem.message}.`);
  }
}
reply?.querySelector("[data-upload]").addEventListener("change", async (event) => {
  const { files } = event.target;
  for (const file of [...files]) await upload(file);
  event.target.value = "";
});
reply?.addEventListener("paste", (event) => [...event.clipboardData.files].forEach(upload));
reply?.addEventListener("dragover", (event) => event.preventDefault());
reply?.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  [...event.dataTransfer.files].forEach(upload);
});

// Kept answers, mentions, menus with a field to find in.
const insert = (field, text) => {
  const { selectionStart: from, selectionEnd: to } = field;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
};
document.addEventListener("click", async (event) => {
  const removed = event.target.closest?.("[data-remove-file]")?.closest("[data-token]");
  if (removed) {
    await post(`files/${removed.dataset.token}/remove/`);
    removed.remove();
  }
  const named = event.target.closest?.("[data-mention]");
  if (named) {
    insert(document.getElementById("write-note").elements.text, `@${named.dataset.mention} `);
    named.closest("details").open = false;
  }
  const kept = event.target.closest?.("[data-canned]");
  if (kept) {
    const told = await (await fetch(`${root}canned/${kept.dataset.canned}/`)).json();
    kept.closest("details").open = false;
    insert(reply.elements.text, told.text);
    if (told.missing.length) warn(`Fill in what is not known: ${told.missing.join(", ")}.`);
  }
  const images = event.target.closest?.("[data-images]");
  if (images) {
    frame(images.closest("details"), "?images=1");
    images.remove();
  }
});
for (const find of document.querySelectorAll("[data-find]")) {
  const menu = find.closest("[data-pick]");
  const items = [...menu.querySelectorAll(".menu-item")];
  menu.addEventListener("toggle", () => menu.open && find.focus());
  find.addEventListener("input", () => {
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(find.value.toLowerCase());
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    items.find((item) => !item.hidden)?.click();
  });
}

// A mail as it looked, in a frame that may run nothing.
function frame(details, query = "") {
  const place = details.querySelector(".mail-frame");
  const made = document.createElement("iframe");
  made.title = "The mail as it looked";
  made.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  made.referrerPolicy = "no-referrer";
  made.src = details.dataset.mail + query;
  made.addEventListener("load", () => {
    const fit = () => (made.height = String(Math.min(made.contentDocument.body.scrollHeight + 4, 4000)));
    fit();
    for (const image of made.contentDocument.images) image.addEventListener("load", fit);
  });
  place.replaceChildren(made);
}
thread.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details.looked[open]") && !event.target.querySelector("iframe")) frame(event.target);
  },
  true,
);

// Heartbeats: seconds count only while the page is seen, focused and used.
const BEAT_MS = 10000;
const IDLE_MS = 60000;
const present = document.getElementById("present");
let acted = Date.now();
let counted = 0;
let last = Date.now();
for (const name of ["keydown", "pointermove", "pointerdown", "wheel", "scroll"]) {
  addEventListener(name, () => (acted = Date.now()), { passive: true, capture: true });
}
setInterval(() => {
  const now = Date.now();
  if (!document.hidden && document.hasFocus() && now - acted < IDLE_MS) counted += now - last;
  last = now;
}, 1000);
async function beat() {
  if (document.hidden) return;
  const values = { seconds: Math.round(counted / 1000) };
  counted = 0;
  if (Date.now() - typed < BEAT_MS) values.types = "1";
  try {
    present.innerHTML = await (await post("beat/", values)).text(); // markup of our own server
  } catch {
    // told again with the next beat
  }
}
setInterval(beat, BEAT_MS);
beat();
document.addEventListener("input", (event) => {
  if (event.target.dataset?.draft === "reply" && typed && !present.dataset.told) {
    present.dataset.told = "1";
    beat();
    setTimeout(() => delete present.dataset.told, BEAT_MS);
  }
});
addEventListener("pagehide", () => {
  const body = new FormData();
  body.append("leaves", "1");
  body.append("csrfmiddlewaretoken", token);
  navigator.sendBeacon(`${root}beat/`, body);
});

const live = document.body.dataset.live;
if (live) {
  follow(`${live}?channels=inbox`, {
    inbox: (body) => {
      if (String(body.conversation) !== page.dataset.conversation) return;
      if (body.viewing) beatSoon();
      else changed();
    },
  });
}
let soon = 0;
function beatSoon() {
  clearTimeout(soon);
  soon = setTimeout(beat, 200);
}

document.querySelector(".thread .turn:last-child")?.scrollIntoView({ block: "nearest" });
