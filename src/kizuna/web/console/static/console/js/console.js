// Behaviour every console page shares: keyboard shortcuts, menus, dialogs, copy buttons, messages, htmx feedback.

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary")?.focus();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
});

document.addEventListener("click", async (event) => {
  closeMenus(event.target.closest?.("details.menu"));
  const opener = event.target.closest?.("[data-open]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.open)?.showModal();
  }
  const closer = event.target.closest?.("[data-close]");
  if (closer) closer.closest("dialog, [data-closes]")?.[closer.closest("dialog") ? "close" : "remove"]();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const copier = event.target.closest?.("[data-copy]");
  if (copier) {
    const source = document.getElementById(copier.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    say("Copied");
    copier.classList.add("good");
    setTimeout(() => copier.classList.remove("good"), 1500);
  }
});

// A form or control that says data-send on change submits its form, so that filters need no button.
document.addEventListener("change", (event) => {
  if (event.target.closest?.("[data-send]")) event.target.form?.requestSubmit();
});

// A page in htmx's history or a dialog opened by the server.
const openServerDialogs = (root) => {
  for (const dialog of root.querySelectorAll?.("dialog[data-open-now]") ?? []) if (!dialog.open) dialog.showModal();
};
document.addEventListener("htmx:load", (event) => openServerDialogs(event.target));

const progress = document.getElementById("progress");
let waiting = 0;
document.addEventListener("htmx:beforeRequest", () => {
  waiting += 1;
  progress?.classList.add("on");
});
document.addEventListener("htmx:afterRequest", () => {
  waiting = Math.max(0, waiting - 1);
  if (!waiting) progress?.classList.remove("on");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => warn("The server did not answer. Check the connection and try again."));
}
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr?.status;
  if (status === 403) warn("Your role does not allow this.");
  else if (status === 404) warn("This is no longer here. Reload the page.");
  else warn("Something went wrong on the server. It has been logged; try again in a moment.");
});

/** Tell screen readers something without moving focus. */
export function say(text) {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}

/** Show a warning at the top of the page, once per text. */
export function warn(text) {
  const place = document.getElementById("messages");
  if (!place || [...place.children].some((child) => child.dataset.text === text)) return;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.dataset.closes = "";
  notice.dataset.text = text;
  const words = document.createElement("div");
  words.className = "words";
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.dataset.close = "";
  close.textContent = "Dismiss";
  notice.append(words, close);
  place.append(notice);
}
