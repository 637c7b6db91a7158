// Rows of the live desk: lists kept in step by key, and the words on them. Text is only ever set as text.

export const make = (name, className = "", text = "") => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

/** A list whose lines are made once per key and filled again only when their row is another object. */
export class Lines {
  constructor(place, fresh, fill) {
    Object.assign(this, { place, fresh, fill, lines: new Map() });
  }

  /** Show these [key, row] pairs in this order. */
  show(pairs) {
    const wanted = new Set(pairs.map(([key]) => key));
    for (const [key, line] of this.lines) {
      if (!wanted.has(key)) {
        line.node.remove();
        this.lines.delete(key);
      }
    }
    let next = this.place.firstElementChild;
    for (const [key, row] of pairs) {
      let line = this.lines.get(key);
      if (!line) {
        line = { node: this.fresh(key), row: null };
        this.lines.set(key, line);
      }
      if (line.row !== row) {
        this.fill(line.node, row, key);
        line.row = row;
      }
      if (line.node === next) next = next.nextElementSibling;
      else this.place.insertBefore(line.node, next);
    }
  }
}

/** How long something has lasted, in one short unit. */
export function lasted(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

/** What is expected of a wait, in words. */
export function expected(seconds) {
  if (seconds === null || seconds === undefined) return "nobody to serve yet";
  if (seconds < 30) return "next at once";
  return seconds < 90 ? "about a minute" : `about ${Math.round(seconds / 60)} min`;
}

export const initials = (name) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");

/** Only addresses of pages become links. */
export const pageOf = (url) => {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
};

export function since(node, at, before = "", after = "") {
  node.dataset.since = at || "";
  node.dataset.before = before;
  node.dataset.after = after;
}

/** Write every time that passes; called once a second. */
export function tick(root, now) {
  for (const node of root.querySelectorAll("[data-since]")) {
    const { since: at, before, after } = node.dataset;
    const words = at ? `${before}${lasted(now - Number(at))}${after}` : "";
    if (node.textContent !== words) node.textContent = words;
  }
}

function frame(tag, className) {
  const node = make("li", className);
  const open = make(tag, "live-open");
  if (tag === "button") open.type = "button";
  const avatar = make("span", "avatar");
  avatar.setAttribute("aria-hidden", "true");
  const words = make("span", "live-words");
  const first = make("span", "live-first");
  const who = make("span", "strong cut");
  const badge = make("span", "badge");
  const time = make("span", "live-time number");
  first.append(who, badge, time);
  const second = make("span", "quiet small cut");
  const third = make("span", "quiet tiny");
  words.append(first, second, third);
  open.append(avatar, words);
  node.append(open);
  node.parts = { open, avatar, who, badge, time, second, third };
  return node;
}

function fillWho({ avatar, who, badge }, row) {
  const tone = `seg-${(row.segment || "none").toLowerCase()}`;
  avatar.className = `avatar ${tone}`;
  avatar.textContent = initials(row.who);
  who.textContent = row.who;
  badge.className = `badge ${tone}`;
  badge.hidden = !row.segment;
  badge.textContent = row.factor ? `${row.segment} ${row.factor}` : row.segment;
  badge.title = row.segment ? `Segment ${row.segment}, relationship factor ${row.factor || "unknown"}` : "";
}

export const freshChat = (key) => {
  const node = frame("button", "live-line-row");
  node.parts.open.dataset.chat = key;
  return node;
};

export function fillChat(node, row) {
  const { open, time, second, third } = node.parts;
  fillWho(node.parts, row);
  second.textContent = row.preview || "Nothing was written yet";
  const told = [];
  if (row.state === "waiting") {
    told.push(row.place === 1 ? `next · ${expected(row.wait_s)}` : expected(row.wait_s));
    if (row.stake) told.push(`about ${row.stake} at stake`);
    if (row.wanted) told.push(`knows ${row.wanted}`);
    if (row.team) told.push(row.team);
  } else {
    told.push(row.by);
  }
  if (row.language) told.push(row.language);
  if (row.unproven) told.push("not proven who");
  third.textContent = told.join(" · ");
  since(time, row.state === "waiting" ? row.since : row.awaits);
  time.classList.toggle("warn", Boolean(row.awaits));
  open.classList.toggle("awaits", Boolean(row.awaits));
}

export const freshVisitor = (key) => {
  const node = frame("div", "live-line-row visitor");
  const page = make("a", "cut small");
  page.target = "_blank";
  page.rel = "noopener noreferrer";
  node.parts.second.replaceWith(page);
  node.parts.page = page;
  const invite = make("button", "button small", "Invite");
  invite.type = "button";
  invite.dataset.invite = key;
  node.append(invite);
  node.parts.invite = invite;
  return node;
};

export function fillVisitor(node, row, talking) {
  const { page, third, time, invite } = node.parts;
  fillWho(node.parts, row);
  const address = pageOf(row.url);
  if (address) page.href = address.href;
  else page.removeAttribute("href");
  page.textContent = row.title || (address ? address.pathname : row.url) || "A page without a name";
  page.title = address ? address.href : "";
  const told = [];
  if (row.cart) told.push(`cart ${row.cart}`);
  if (row.source) told.push(`from ${row.source}`);
  if (row.language) told.push(row.language);
  if (row.invited) told.push("invited");
  third.textContent = told.join(" · ") || (row.known ? "known customer" : "new to you");
  since(time, row.page_since, "", " here");
  invite.hidden = talking;
  invite.textContent = row.invited ? "Invite again" : "Invite";
  invite.setAttribute("aria-label", `Invite ${row.who}`);
}

export const STATES = { available: "Available", busy: "Busy", away: "Away", wrap_up: "Wrapping up", offline: "Not at the desk" };

export const freshSeat = () => {
  const node = make("li", "live-seat");
  const dot = make("span", "seat-dot");
  dot.setAttribute("aria-hidden", "true");
  const name = make("span", "cut");
  const told = make("span", "quiet tiny nowrap");
  node.append(dot, name, told);
  node.parts = { dot, name, told };
  return node;
};

export function fillSeat(node, row) {
  node.parts.dot.dataset.state = row.state;
  node.parts.name.textContent = row.name;
  node.parts.told.textContent = `${STATES[row.state] ?? row.state} · ${row.chats} of ${row.capacity}`;
}
