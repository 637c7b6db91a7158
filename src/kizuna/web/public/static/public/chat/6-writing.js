// @ts-check
// Where the visitor writes: text, emoji, files by button, by dropping and by pasting; a draft outlives the page.

/** @typedef {{node: HTMLElement, focus: () => void, draw: () => void}} Composer */

/** @returns {Composer} */
function makeComposer() {
  /** @type {{file: File, told: Attached | null, chip: any}[]} */
  let files = [];
  /** @type {Promise<any>} one after the other, so that they arrive in the order chosen */
  let inTurn = Promise.resolve();
  const field = h("textarea", { rows: "1", "aria-label": say("prompt"), placeholder: say("prompt"), enterkeyhint: "send", input: changed, keydown: onKeyDown, paste: onPaste });
  const chips = h("div", { class: "files", hidden: true });
  const count = h("span", { class: "count", role: "status" });
  const submit = iconButton(say("send"), "send", () => void send(), "submit");
  const picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true", change: () => (addFiles(picker.files), (picker.value = "")) });
  const smile = iconButton(say("emoji"), "smile", pickEmoji);
  smile.setAttribute("aria-haspopup", "true");
  smile.setAttribute("aria-expanded", "false");
  const notice = h("div", { class: "notice", role: "alert", hidden: true });
  const tools = h("div", { class: "tools" }, iconButton(say("attach"), "clip", () => picker.click()), smile, count, submit, picker);
  const node = h("div", { class: "composer" }, notice, h("div", { class: "box" }, chips, field, tools));
  field.value = recall("draft") || "";
  listenForDrops(addFiles);

  function changed() {
    keep("draft", field.value || null);
    if (field.value.trim()) tellTyping();
    fit();
  }

  function fit() {
    field.style.height = "auto";
    field.style.height = `${Math.min(132, Math.max(44, field.scrollHeight))}px`;
    const left = LONGEST_TEXT - field.value.length;
    count.textContent = left < 200 ? String(left) : "";
    count.classList.toggle("over", left < 0);
    submit.setAttribute("aria-disabled", String(!ready()));
  }

  const ready = () => (!!field.value.trim() || files.length > 0) && field.value.length <= LONGEST_TEXT && files.every((each) => each.told);

  function send() {
    if (field.value.length > LONGEST_TEXT) return warn(say("too_long"));
    if (!ready()) return field.focus();
    const attached = files.map((each) => /** @type {Attached} */ (each.told));
    write(field.value.trim(), attached);
    field.value = "";
    files = [];
    keep("draft", null);
    warn("");
    drawFiles();
    parts.body.scrollTop = parts.body.scrollHeight;
    parts.body.dispatchEvent(new Event("scroll"));
    field.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }

  /** @param {ClipboardEvent} event */
  function onPaste(event) {
    if (!event.clipboardData || !event.clipboardData.files.length) return;
    event.preventDefault();
    addFiles(event.clipboardData.files);
  }

  /** @param {FileList | File[]} given */
  function addFiles(given) {
    for (const file of [...given].slice(0, 5 - files.length)) {
      if (file.size > LARGEST_FILE) {
        warn(say("file_large", { name: file.name }));
        continue;
      }
      const item = { file, told: /** @type {Attached | null} */ (null), chip: null };
      files.push(item);
      inTurn = inTurn.then(() => upload(file)).then((told) => (item.told = told), (problem) => {
        files = files.filter((each) => each !== item);
        warn(problem instanceof Refusal && problem.status === 413 ? say("file_large", { name: file.name }) : say("file_failed", { name: file.name }));
      }).then(drawFiles);
    }
    drawFiles();
  }

  function drawFiles() {
    chips.hidden = !files.length;
    chips.replaceChildren(...files.map((each) => {
      const remove = iconButton(say("remove", { name: each.file.name }), "close", () => {
        files = files.filter((other) => other !== each);
        drawFiles();
        field.focus();
      });
      return h("span", { class: `chip ${each.told ? "" : "busy"}`, "aria-busy": String(!each.told) }, icon(each.told ? "file" : "clock"), h("span", {}, each.file.name || "picture.png"), remove);
    }));
    fit();
  }

  /** @param {string} text */
  function warn(text) {
    notice.hidden = !text;
    notice.textContent = text;
  }

  function pickEmoji() {
    if (closeMenus()) return;
    const put = (/** @type {string} */ sign) => () => {
      field.setRangeText(sign, field.selectionStart, field.selectionEnd, "end");
      closeMenus();
      field.focus();
      changed();
    };
    const all = EMOJI.map((sign) => h("button", { click: put(sign), "aria-label": sign }, sign));
    const panel = h("div", { class: "emoji", role: "group", "aria-label": say("emoji"), "data-across": "8", keydown: walk }, ...all);
    node.append(panel);
    smile.setAttribute("aria-expanded", "true");
    all[0].focus();
  }

  return {
    node,
    focus: () => field.focus(),
    draw() {
      if (shown.notice) warn(shown.notice);
      if (document.activeElement !== shown.element && field.value !== (recall("draft") || "")) field.value = recall("draft") || "";
      fit();
    },
  };
}

/** @param {(files: FileList) => void} take */
function listenForDrops(take) {
  const panel = /** @type {HTMLElement} */ (shown.panel);
  const cover = h("div", { class: "dropping" }, say("drop"));
  panel.ondragover = (event) => {
    if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (shown.view && shown.view.name === "talk" && !cover.isConnected) panel.append(cover);
  };
  panel.ondragleave = (event) => !panel.contains(/** @type {Node | null} */ (event.relatedTarget)) && cover.remove();
  panel.ondrop = (event) => {
    cover.remove();
    if (!event.dataTransfer || !event.dataTransfer.files.length) return;
    event.preventDefault();
    if (shown.view && shown.view.name === "talk") take(event.dataTransfer.files);
  };
}

on("notice", (text) => {
  shown.notice = text;
  setTimeout(() => (shown.notice = ""), 6000);
});

// --- forms ----------------------------------------------------------------------------------------------------------------
/** @typedef {{name: string, label: string, type?: string, required?: boolean, long?: boolean, options?: string[][], value?: string, auto?: string}} Field */

/** A form that says what is missing beside the field and takes the focus there.
 * @param {{title: string, line?: string, fields: Field[], submit: string, act: (values: Record<string, string>) => Promise<void> | void, more?: (any | null | false)[]}} given */
function makeForm({ title, line, fields, submit, act, more = [] }) {
  const made = fields.map((each) => {
    const id = `f-${each.name}`;
    const input = h(each.options ? "select" : each.long ? "textarea" : "input", {
      id, name: each.name, type: each.long || each.options ? undefined : each.type || "text", rows: each.long ? "4" : undefined, autocomplete: each.auto,
      "aria-required": String(!!each.required), "aria-describedby": `${id}-wrong`, maxlength: String(each.long ? LONGEST_TEXT : 200),
    }, ...(each.options || []).map(([value, text]) => h("option", { value }, text)));
    input.value = each.value || "";
    const wrong = h("div", { class: "wrong", id: `${id}-wrong` });
    return { each, input, wrong, node: h("div", {}, h("label", { for: id }, each.label, !each.required && h("small", {}, ` (${say("optional")})`)), input, wrong) };
  });
  const blame = (/** @type {(typeof made)[number]} */ field, /** @type {string} */ text) => {
    field.wrong.textContent = text;
    field.input.setAttribute("aria-invalid", String(!!text));
  };
  const general = h("div", { class: "wrong", role: "alert" });
  const button = h("button", { type: "submit", class: "button main wide" }, submit);
  let busy = false;
  return h("form", { class: "form", novalidate: true, submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    for (const field of made) blame(field, complain(field.each, field.input.value.trim()));
    const first = made.find((field) => field.wrong.textContent);
    if (first) return first.input.focus();
    if (busy) return;
    busy = true;
    button.setAttribute("aria-disabled", "true");
    try {
      await act(Object.fromEntries(made.map(({ each, input }) => [each.name, input.value.trim()])));
    } catch (problem) {
      const field = problem instanceof Refusal && made.find(({ each }) => each.name === problem.field);
      if (field) blame(field, field.each.type === "email" ? say("email_wrong") : say("failed"));
      else general.textContent = problem instanceof Refusal && problem.status === 429 ? say("too_fast") : say("unreachable");
      (field ? field.input : button).focus();
    }
    busy = false;
    button.removeAttribute("aria-disabled");
  } }, h("h3", {}, title), line && h("p", {}, line), ...made.map((field) => field.node), general, button, ...more);
}

/** @param {Field} field @param {string} value */
function complain(field, value) {
  if (!value) return field.required ? say("needed") : "";
  if (field.type === "email" && !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$/.test(value)) return say("email_wrong");
  return "";
}

/** @param {string} text @param {any} [button] */
function makeDone(text, button) {
  return h("div", { class: "done" }, h("span", { class: "ring" }, icon("one")), h("p", { role: "status" }, text), button);
}
