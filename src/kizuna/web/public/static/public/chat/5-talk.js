// @ts-check
// The conversation: entries as they were said, each once, and what is written next.

const EMOJI = [..."😀😄😊😍😅😂🙂😉", ..."🤔😕😢😮😡🙏👍👎", ..."👏🤝💪✅❌❓❗💡", "❤️", ..."🎉🎁🌟🔥☕🍵📦", ..."🚚🛒💳📷🔍📞📧🏠"];
const LINK = /\bhttps?:\/\/[^\s<>"'`]{3,}[^\s<>"'`.,;:!?)\]}]/g;

views.talk = () => {
  const log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": say("messages") });
  const writing = h("div", { class: "writing", hidden: true });
  const after = h("div", {});
  const node = h("div", { class: "talk" }, log, writing, after);
  /** @type {Map<string, any>} */
  const drawn = new Map();
  const composer = makeComposer();
  let atEnd = true;
  let ended = false;
  parts.body.onscroll = () => {
    atEnd = parts.body.scrollHeight - parts.body.scrollTop - parts.body.clientHeight < 80;
    if (atEnd) seeAll();
  };
  // the field grows: the last words stay in sight
  new ResizeObserver(() => {
    if (atEnd && !ended && node.isConnected) parts.body.scrollTop = parts.body.scrollHeight;
  }).observe(composer.node);
  return {
    name: "talk", node, composer: composer.node, focus: composer.focus,
    draw() {
      const items = listItems();
      drawItems(log, drawn, items);
      const types = state.typingUntil > Date.now() && !isClosed();
      if (types && writing.hidden) writing.replaceChildren(h("i", { "aria-hidden": "true" }, h("b")), (state.chat && state.chat.person) ? say("typing", { name: state.chat.person }) : say("typing_somebody"));
      writing.hidden = !types;
      if (isClosed() !== ended) {
        ended = isClosed();
        node.classList.toggle("over", ended);
        after.replaceChildren(...(ended ? [makeEnding()] : []));
        if (ended && atEnd) requestAnimationFrame(() => after.scrollIntoView()); // its question first, not its last button
      }
      composer.node.hidden = ended;
      if (atEnd) parts.body.scrollTop = parts.body.scrollHeight;
      drawNewer(atEnd);
      if (atEnd) seeAll();
      composer.draw();
    },
  };
};

/** What is on the screen counts as read while somebody looks at it. */
function seeAll() {
  if (document.visibilityState === "visible" && isOpen() && shown.view && shown.view.name === "talk") markRead();
}

/** @param {boolean} atEnd */
function drawNewer(atEnd) {
  const found = parts.foot.querySelector(".newer");
  const unread = atEnd ? 0 : countUnread();
  if (!unread) return found && found.remove();
  const jump = () => {
    parts.body.scrollTop = parts.body.scrollHeight;
    if (shown.view && shown.view.focus) shown.view.focus();
  };
  const made = found || parts.foot.appendChild(h("button", { class: "newer", click: jump }));
  made.textContent = say("newer", { n: unread });
}

/** @returns {{key: string, entry: any, first: boolean, last: boolean, mark: string, waiting?: Waiting}[]} */
function listItems() {
  const said = new Set([...state.entries.values()].map((each) => each.client_id));
  const rest = listWaiting().filter((each) => !said.has(each.client_id));
  const all = [
    ...listEntries().map((entry) => ({ key: entry.client_id && entry.from === "you" ? entry.client_id : `n${entry.number}`, entry, waiting: undefined })),
    ...rest.map((waiting) => ({ key: waiting.client_id, entry: /** @type {Entry} */ ({ ...waiting, kind: "message", from: "you", number: 0 }), waiting })),
  ];
  if (invitedBy && !state.entries.has(1)) all.unshift({ key: "n1", entry: invitedBy, waiting: undefined });
  const lastMine = all.map((each) => each.entry.from === "you" && !each.waiting).lastIndexOf(true);
  return all.map((each, i) => {
    const same = (/** @type {number} */ other) => {
      const near = all[other];
      return !!near && near.entry.kind === "message" && near.entry.from === each.entry.from && near.entry.name === each.entry.name
        && Math.abs(Date.parse(near.entry.at) - Date.parse(each.entry.at)) < 300000;
    };
    return { ...each, first: !same(i - 1), last: !same(i + 1), mark: each.waiting ? waitingMark(each.waiting) : i === lastMine ? sentMark(each.entry) : "" };
  });
}

/** @param {Waiting} item */
function waitingMark(item) {
  return item.failed ? "failed" : item.late ? "kept" : "sending";
}

/** @param {Entry} entry */
function sentMark(entry) {
  return state.marks.read >= entry.number ? "read" : state.marks.delivered >= entry.number || (state.chat && state.chat.person) ? "delivered" : "sent";
}

/** Entries keep their elements, so that nothing is said twice by a screen reader. @param {any} log @param {Map<string, any>} drawn @param {ReturnType<typeof listItems>} items */
function drawItems(log, drawn, items) {
  const wanted = [];
  let day = "";
  for (const item of items) {
    const today = sayDay(item.entry.at);
    if (today !== day) wanted.push(reuse(drawn, `day ${today}`, today, () => h("div", { class: "day" }, today)));
    day = today;
    const look = JSON.stringify([item.first, item.last, item.mark, item.entry.number > 0, item.entry.text, (item.entry.attachments || []).length]);
    wanted.push(reuse(drawn, item.key, look, () => (item.entry.kind === "message" ? drawMessage(item) : drawHappening(item.entry))));
  }
  wanted.forEach((each, i) => log.childNodes[i] !== each && log.insertBefore(each, log.childNodes[i] || null));
  while (log.childNodes.length > wanted.length) log.lastChild.remove();
}

/** @param {Map<string, any>} drawn @param {string} key @param {string} look @param {() => any} make */
function reuse(drawn, key, look, make) {
  const known = drawn.get(key);
  if (known && known.look === look) return known.node;
  const node = make();
  if (known) {
    node.style.animation = "none";
    known.node.replaceWith(node);
  }
  drawn.set(key, { look, node });
  return node;
}

/** @param {Entry} entry */
function drawHappening(entry) {
  return h("div", { class: "note" }, entry.text);
}

/** @param {ReturnType<typeof listItems>[number]} item */
function drawMessage({ entry, waiting, first, last, mark }) {
  const mine = entry.from === "you";
  const name = entry.from === "machine" ? say("machine") : entry.name || shopName();
  const kind = ["entry", mine ? "mine" : entry.from, first && "first", last && "last", waiting && (waiting.failed ? "failed" : "waiting")];
  const files = (entry.attachments || []).map(drawAttached);
  const text = entry.text && h("div", { class: `bubble ${isEmoji(entry.text) ? "huge" : ""}` }, ...linked(entry.text));
  const hold = h("div", { class: "hold" }, h("span", { class: "unseen" }, `${mine ? say("you") : name}:`), text, entry.card && drawCard(entry.card), ...files,
    ...previews(entry), entry.choices && last ? drawChoices(entry) : null, (last || mark) && drawFoot(entry, mark, waiting));
  const face = !mine && last && h("span", { class: "face", "aria-hidden": "true" }, entry.from === "machine" ? icon("spark") : initials(name));
  return h("div", { class: kind.filter(Boolean).join(" ") }, !mine && first && h("div", { class: "name", "aria-hidden": "true" }, name), face, hold);
}

/** @param {string} text */
function isEmoji(text) {
  return text.length < 16 && /^(\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u.test(text) && !/\d/.test(text);
}

/** @param {string} text @returns {(Node | string)[]} addresses as links, everything else as text */
function linked(text) {
  /** @type {(Node | string)[]} */
  const found = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    found.push(text.slice(from, match.index), safeLink(match[0], {}, match[0]) || match[0]);
    from = match.index + match[0].length;
  }
  return [...found, text.slice(from)];
}

/** A link to the web, or none. @param {string | undefined} address @param {Record<string, any>} given @param {...any} children */
function safeLink(address, given, ...children) {
  try {
    const url = new URL(address || "", host);
    if (!["http:", "https:"].includes(url.protocol)) return null;
    const near = url.origin === location.origin;
    return h("a", { href: url.href, target: near ? undefined : "_blank", rel: "noopener nofollow ugc", ...given }, ...children);
  } catch {
    return null;
  }
}

/** @param {Entry} entry @param {string} mark @param {Waiting} [waiting] */
function drawFoot(entry, mark, waiting) {
  const time = new Date(entry.at).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
  if (mark === "failed" && waiting) {
    const act = (/** @type {string} */ word, /** @type {boolean} */ again) => h("button", { click: () => decide(waiting.client_id, again) }, say(word));
    return h("div", { class: "foot bad", role: "alert" }, icon("alert"), waiting.failed, act("again", true), act("discard", false));
  }
  const signs = /** @type {Record<string, keyof typeof ICONS>} */ ({ sending: "clock", kept: "clock", sent: "one", delivered: "two", read: "two" });
  const sign = mark && h("span", { class: mark === "read" ? "seen" : "", title: say(mark) }, icon(signs[mark]));
  return h("div", { class: "foot" }, mark === "kept" ? say("kept") : time, sign, mark && h("span", { class: "unseen" }, say(mark)));
}

/** @param {Attached} file */
function drawAttached(file) {
  const size = file.size ? ` (${Intl.NumberFormat(language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(Math.max(1, file.size / 1000))})` : "";
  const plain = () => safeLink(file.url, { class: "attached", download: file.name }, icon("file"), h("span", {}, file.name, size)) || h("span", { class: "attached" }, icon("file"), file.name);
  if (!/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type) || !file.url) return plain();
  const image = h("img", { src: new URL(file.url, host).href, alt: say("picture", { name: file.name }), loading: "lazy" });
  const made = safeLink(file.url, { class: "picture" }, image);
  if (!made) return plain();
  // a page that lets no pictures in shows the name instead
  image.addEventListener("error", () => made.replaceWith(plain()));
  image.addEventListener("load", () => parts.body && parts.body.dispatchEvent(new Event("scroll")));
  return made;
}

/** @param {Card} card */
function drawCard(card) {
  const picture = card.image && /^(https?:|\/)/.test(card.image) ? h("img", { src: new URL(card.image, host).href, alt: "", loading: "lazy" }) : null;
  if (picture) picture.addEventListener("error", () => picture.remove());
  const inside = [picture, h("div", {}, h("b", {}, card.title), card.price && h("span", { class: "price" }, card.price), card.url && h("span", { class: "look" }, say("look")))];
  return safeLink(card.url, { class: "product card" }, ...inside) || h("div", { class: "product card" }, ...inside);
}

/** Only where the shop wants it, and only of the shop's own pages, which this page may read: nobody else learns of it.
 * @param {Entry} entry @returns {Node[]} */
function previews(entry) {
  const found = state.settings.link_preview && entry.text ? (entry.text.match(LINK) || []).find((each) => each.startsWith(`${location.origin}/`)) : undefined;
  if (!found) return [];
  const holder = h("div", {});
  fetch(found, { credentials: "omit" }).then((answer) => answer.text()).then((text) => {
    const page = read(text.slice(0, 300000));
    const told = (/** @type {string} */ name) => page.querySelector(`meta[property="og:${name}"]`)?.getAttribute("content") || "";
    const title = told("title") || page.title;
    if (title) holder.append(drawCard({ title, url: found, image: told("image") }));
  }).catch(() => {});
  return [holder];
}

/** @param {Entry} entry */
function drawChoices(entry) {
  const choose = (/** @type {string} */ text) => () => {
    write(text);
    if (shown.view && shown.view.focus) shown.view.focus();
  };
  return h("div", { class: "choices" }, .../** @type {string[]} */ (entry.choices).slice(0, 8).map((each) => h("button", { class: "button", click: choose(each) }, String(each))));
}
