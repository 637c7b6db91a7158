// @ts-check
// The other views: the first one, answers of the knowledge base, earlier conversations, forms, and the end.

views.home = () => {
  const results = h("div", {});
  const hero = h("div", { class: "hero" });
  const start = h("button", { class: "start card", click: begin });
  const earlier = h("div", {});
  const fine = h("p", { class: "fine", hidden: true });
  const node = h("div", { class: "home" }, hero, start, makeSearch(results), results, earlier, fine);
  let key = "";
  return {
    name: "home", node, focus: () => start.focus(),
    draw() {
      const now = JSON.stringify([language, shopName(), state.isOpen, state.isThere, state.opensAt, state.chat && state.chat.state, countUnread(), state.history, state.ready, say("greeting"), say("line")]);
      if (now === key) return;
      key = now;
      const had = hero.contains(shown.root.getRootNode().activeElement);
      hero.replaceChildren(h("div", { class: "shop" }, h("span", { class: "mark", "aria-hidden": "true" }, initials(shopName()) || "K"), shopName()),
        iconButton(say("close"), "close", () => hide()), h("h2", {}, say("greeting")), h("p", {}, say("line")));
      if (had) hero.querySelector(".icon-button").focus();
      drawStart(start);
      drawEarlier(earlier);
      fine.hidden = !say("privacy");
      fine.textContent = say("privacy");
    },
  };
};

/** @param {any} start */
function drawStart(start) {
  const goesOn = state.chat && !isClosed();
  const unread = countUnread();
  const under = goesOn && unread ? say("newer", { n: unread }) : "";
  start.replaceChildren(
    h("span", { class: "middle" }, h("strong", {}, goesOn ? say("continue") : state.isOpen ? say("start") : say("defer_title")), h("span", { class: "now" }, ...(under ? [h("span", { class: `dot ${state.isThere ? "" : "shut"}`, "aria-hidden": "true" }), under] : sayPresence()))),
    h("span", { class: "go" }, icon("send")),
  );
}

/** The visitor wants to talk: with a person where one is there, else in writing. */
function begin() {
  if (state.chat && !isClosed()) return goTo("talk");
  if (!state.isOpen) return goTo("defer");
  return goTo(asksWho() || (listTopics() && introduced.topic === undefined) ? "before" : "talk");
}

const asksWho = () => state.settings.before && state.settings.before !== "none" && !state.known && !introduced.email && !introduced.name;

/** What a shop lets visitors choose from, such as "Returns, Sizes = fitting": its words, and the skill of who answers.
 * @returns {string[][] | null} */
function listTopics() {
  const found = say("topics").split(",").map((each) => each.split("=").map((part) => part.trim())).filter(([text]) => text);
  return found.length ? [["", "–"], ...found.map(([text, skill]) => [skill || text, text])] : null;
}

/** @param {any} earlier */
function drawEarlier(earlier) {
  earlier.replaceChildren(...(state.history.length ? [h("section", { class: "block" }, h("h3", {}, say("earlier")),
    h("ul", { class: "rows" }, ...state.history.slice(0, 6).map((each) => h("li", {}, h("button", { click: () => goTo("past", { more: each }) },
      h("span", {}, h("b", {}, each.subject || sayDay(each.closed_at)), h("small", {}, each.preview || "")), icon("next"))))))] : []));
}

// --- answers of the knowledge base -----------------------------------------------------------------------------------------
let asked = "";
/** @param {any} results */
function makeSearch(results) {
  const status = h("p", { class: "status", role: "status" });
  let number = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const input = h("input", { type: "search", "aria-label": say("search"), placeholder: say("search"), maxlength: "200", enterkeyhint: "search", input: () => {
    asked = input.value.trim();
    clearTimeout(timer);
    if (asked.length < 2) return void (status.textContent = "", results.replaceChildren());
    timer = setTimeout(find, 350);
  } });
  const find = async () => {
    const mine = ++number;
    status.textContent = say("searching");
    try {
      await hello();
      const told = await post("search", { words: asked, language });
      if (mine !== number) return;
      const hits = told.hits || [];
      status.textContent = hits.length ? say("found", { n: hits.length }) : say("found_none");
      results.replaceChildren(h("ul", { class: "rows" }, ...hits.map((/** @type {any} */ each) => h("li", {}, h("button", { click: () => goTo("article", { more: each }) },
        h("span", {}, h("b", {}, each.title), h("small", {}, each.excerpt || "")), icon("next"))))));
    } catch {
      if (mine === number) status.textContent = say("unreachable");
    }
  };
  input.value = asked;
  if (asked.length > 1) void find();
  return h("form", { class: "block", role: "search", submit: (/** @type {Event} */ event) => (event.preventDefault(), clearTimeout(timer), asked && void find()) }, h("label", { class: "find" }, icon("search"), input), status);
}

const KEPT_TAGS = ["p", "br", "ul", "ol", "li", "strong", "b", "em", "i", "code", "pre", "blockquote", "h3", "h4", "hr"];

/** @type {any} a page's policy lets it be made once */
let policy;
/** @param {string} markup @returns {Document} a page that runs nothing */
function read(markup) {
  const types = /** @type {any} */ (window).trustedTypes;
  policy ??= types && types.createPolicy("kizuna-chat", { createHTML: (/** @type {string} */ text) => text });
  return new DOMParser().parseFromString(policy ? policy.createHTML(markup) : markup, "text/html");
}

/** Copy what an article may hold and nothing else: whatever was meant to run stays behind. @param {Node} from @param {any} to */
function copySafely(from, to) {
  for (const each of from.childNodes) {
    if (each.nodeType === Node.TEXT_NODE) to.append(each.textContent || "");
    if (!(each instanceof Element)) continue;
    const name = each.localName.replace(/^h[12]$/, "h3");
    if (["script", "style", "template", "iframe", "object", "svg", "math"].includes(name)) continue;
    const made = name === "a" ? safeLink(each.getAttribute("href") || "", {}) : KEPT_TAGS.includes(name) ? h(name) : null;
    copySafely(each, made || to);
    if (made) to.append(made);
  }
}

views.article = (hit) => {
  const prose = h("div", { class: "prose" }, hit.excerpt || "");
  const helped = h("div", { class: "helped" });
  const heading = h("h3", {}, hit.title);
  const vote = (/** @type {boolean} */ helpful) => () => {
    post("helpful", { article: hit.id, helpful, language }).catch(() => {});
    helped.replaceChildren(h("span", { role: "status", tabindex: "-1" }, say("thanks")), ...(helpful ? [] : [h("button", { class: "button main", click: begin }, say("ask_person"))]));
    helped.firstChild.focus();
  };
  helped.append(h("span", {}, say("helpful")), h("button", { class: "button", click: vote(true) }, say("yes")), h("button", { class: "button", click: vote(false) }, say("no")),
    h("button", { class: "button", click: begin }, say("ask_person")));
  post("article", { article: hit.id, language }).then((told) => {
    heading.textContent = told.title || hit.title;
    prose.replaceChildren();
    try {
      if (told.html) return copySafely(read(told.html).body, prose);
    } catch {
      /* a page whose policy forbids even this */
    }
    for (const each of String(told.text || hit.excerpt || "").split(/\n{2,}/)) prose.append(h("p", {}, each));
  }).catch(() => {});
  return { name: "article", node: h("article", { class: "article" }, heading, prose, helped), focus: () => ((heading.tabIndex = -1), heading.focus()) };
};

views.past = (/** @type {typeof state.history[number]} */ chat) => {
  const log = h("div", { class: "log" });
  post("history", { conversation: chat.id }).then((told) => {
    const items = (told.messages || []).map((/** @type {Entry} */ entry) => ({ key: `p${entry.number}`, entry, first: true, last: true, mark: "" }));
    drawItems(log, new Map(), items);
  }).catch(() => log.append(h("p", { class: "note", role: "alert" }, say("unreachable"))));
  return { name: "past", node: h("div", { class: "talk over" }, log), title: () => chat.subject || sayDay(chat.closed_at) };
};

// --- forms -------------------------------------------------------------------------------------------------------------------
/** @returns {Field} */
const emailField = (required = true) => ({ name: "email", label: say("email"), type: "email", required, auto: "email", value: introduced.email || (state.user && state.user.email) || "" });
/** @returns {Field} */
const nameField = (required = false) => ({ name: "name", label: say("name"), required, auto: "name", value: introduced.name || (state.user && state.user.name) || "" });

/** @param {any} node */
const focusFirst = (node) => () => node.querySelector("input, textarea, select, button").focus();

views.before = () => {
  const required = state.settings.before === "required";
  const skip = !required && h("button", { class: "button wide", click: () => goTo("talk") }, say("skip"));
  const topics = listTopics();
  /** @type {Field[]} */
  const fields = [...(asksWho() ? [nameField(required), emailField(required)] : []), ...(topics ? [{ name: "topic", label: say("topic"), options: topics }] : [])];
  const node = makeForm({ title: say("before_title"), line: asksWho() ? say("before_line") : "", fields, submit: say("begin"), more: [skip], act: (told) => {
    introduced = { name: told.name || introduced.name, email: told.email || introduced.email, topic: told.topic };
    goTo("talk");
  } });
  return { name: "before", node, focus: focusFirst(node) };
};

views.defer = () => {
  const holder = h("div", {});
  const client_id = randomId(); // sent again it is the same message
  const said = [...listEntries().filter((each) => each.from === "you"), ...listWaiting()];
  /** @type {Field} */
  const text = { name: "text", label: say("message"), required: !said.length, long: true, value: recall("draft") || asked };
  const when = !state.isOpen && state.opensAt ? `${say("opens", { when: sayWhen(state.opensAt) })}. ` : "";
  holder.append(makeForm({ title: say("defer_title"), line: when + say("defer_line"), fields: [nameField(), emailField(), text], submit: say("send"), act: async (told) => {
    await hello();
    await post("defer", { conversation: state.chat ? state.chat.id : undefined, client_id, reason: state.isOpen ? "overflow" : "no_hours", language, ...told, context: context() });
    introduced = { ...introduced, name: told.name || undefined, email: told.email };
    keep("draft", null);
    await hello(true).then(restartStream, () => {});
    holder.replaceChildren(makeDone(say("deferred", { email: told.email }), h("button", { class: "button main", click: () => goTo("home") }, say("back"))));
    holder.querySelector("button").focus();
  } }));
  return { name: "defer", node: holder, focus: focusFirst(holder) };
};

views.transcript = () => {
  const holder = h("div", {});
  const back = () => goTo("talk");
  holder.append(makeForm({ title: say("transcript"), fields: [emailField()], submit: say("send"), act: async ({ email }) => {
    await post("transcript", { conversation: state.chat ? state.chat.id : undefined, email, language });
    holder.replaceChildren(makeDone(say("transcript_sent", { email }), h("button", { class: "button main", click: back }, say("back"))));
    holder.querySelector("button").focus();
  } }));
  return { name: "transcript", node: holder, focus: focusFirst(holder) };
};

views.leave = () => {
  const node = makeForm({ title: say("end_sure"), fields: [], submit: say("end"), more: [h("button", { class: "button wide", click: () => goTo("talk") }, say("keep"))], act: async () => {
    if (state.chat) {
      await post("close", { conversation: state.chat.id });
      state.chat.state = "closed";
      tellTabs("hello");
    }
    goTo("talk");
  } });
  return { name: "leave", node, focus: focusFirst(node) };
};

// --- the end: how was it? -------------------------------------------------------------------------------------------------------
function makeEnding() {
  const chat = /** @type {Chat} */ (state.chat);
  const holder = h("section", { class: "ending card", "aria-label": say("rate") });
  const again = () => {
    takeConversation(null);
    restartStream();
    introduced.topic = undefined;
    begin();
  };
  const mail = h("button", { class: "button", click: () => goTo("transcript") }, icon("mail"), say("transcript"));
  const fresh = h("button", { class: "button", click: again }, say("new"));
  const wrong = h("div", { class: "wrong", role: "alert" });
  const words = h("textarea", { id: "f-words", rows: "2", maxlength: "2000" });
  const thank = () => holder.replaceChildren(makeDone(say("rated")), h("div", { class: "row" }, mail, fresh));
  const form = h("form", { class: "form", novalidate: true, submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    /** @type {Record<string, number | string>} */
    const answers = {};
    for (const each of form.querySelectorAll("input:checked")) answers[each.name] = Number(each.value);
    if (words.value.trim()) answers.words = words.value.trim();
    if (!Object.keys(answers).length) return form.querySelector("input").focus();
    try {
      await post("rate", { conversation: chat.id, answers });
      keep("rated", chat.id);
      thank();
      mail.focus();
    } catch {
      wrong.textContent = say("unreachable");
    }
  } }, ...["satisfaction", "trust", "company"].map(makeScale), h("div", {}, h("label", { for: "f-words" }, say("tell"), h("small", {}, ` (${say("optional")})`)), words), wrong,
  h("button", { type: "submit", class: "button main wide" }, say("rate_send")));
  form.style.padding = "0";
  const answered = listEntries().some((each, i) => i && each.from === "us" && each.kind === "message"); // the first may be an invitation
  if (recall("rated") === chat.id) thank();
  else if (!answered) holder.append(h("p", { class: "note" }, say("ended")), h("div", { class: "row" }, mail, fresh));
  else holder.append(h("div", {}, h("p", { class: "note" }, say("ended")), h("h3", {}, say("rate"))), form, h("div", { class: "row" }, mail, fresh));
  return holder;
}

/** @param {string} name a question from 1 to 5 */
function makeScale(name) {
  const step = (/** @type {number} */ value) => h("label", {}, h("input", { type: "radio", name, value: String(value), "aria-label": value === 1 ? `1, ${say("least")}` : value === 5 ? `5, ${say("most")}` : String(value) }), h("span", { "aria-hidden": "true" }, String(value)));
  return h("fieldset", { class: "scale" }, h("legend", {}, say(name)), h("div", { class: "steps" }, ...[1, 2, 3, 4, 5].map(step)), h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, say("least")), h("span", {}, say("most"))));
}
