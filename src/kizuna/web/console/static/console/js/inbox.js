// The inbox list: moving and choosing by keyboard, the bar for several at once, and new conversations as they come.
import { follow, showState } from "./live.js";

const inbox = document.getElementById("inbox");
const lines = () => [...inbox.querySelectorAll(".line")];
const here = () => lines().find((line) => line.contains(document.activeElement) || line.classList.contains("here"));
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
const wanted = new Set(); // what waits to be shown until nobody is choosing

const go = (step) => {
  const all = lines();
  const now = here();
  const next = all[Math.min(Math.max(all.indexOf(now) + step, 0), all.length - 1)];
  for (const line of all) line.classList.toggle("here", line === next);
  next?.querySelector(".open")?.focus();
};

const acts = {
  j: () => go(1),
  k: () => go(-1),
  x: () => here()?.querySelector("[type=checkbox]")?.click(),
  o: () => here()?.querySelector(".open")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const count = () => {
  const bar = inbox.querySelector(".bulk-bar");
  if (!bar) return;
  const chosen = inbox.querySelectorAll(".line :checked").length;
  bar.hidden = !chosen;
  bar.querySelector("[data-chosen]").textContent = `${chosen} chosen`;
  if (!chosen && wanted.size) refresh();
};

inbox.addEventListener("change", (event) => {
  if (event.target.matches(".line [type=checkbox]")) {
    event.stopPropagation();
    count();
  }
  const act = event.target.dataset?.act;
  if (act && event.target.value) send(act);
});
inbox.addEventListener("click", (event) => {
  if (!event.target.closest("[data-choose-none]")) return;
  for (const box of inbox.querySelectorAll(".line :checked")) box.checked = false;
  count();
});
inbox.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset?.act) {
    event.preventDefault();
    if (event.target.value) send(event.target.dataset.act);
  }
});

// A choice from the bar is a submit with its own act.
function send(act) {
  const form = document.getElementById("bulk");
  const values = new FormData(form);
  values.append("act", act);
  window.htmx.ajax("POST", form.action, { target: "#inbox", swap: "innerHTML", values: Object.fromEntries(entries(values)) });
}

function entries(values) {
  const grouped = new Map();
  for (const [name, value] of values) grouped.set(name, [...(grouped.get(name) ?? []), value]);
  return [...grouped].map(([name, all]) => [name, all.length > 1 ? all : all[0]]);
}

let timer = 0;
function refresh() {
  wanted.clear();
  const query = location.search;
  window.htmx.ajax("GET", `${inbox.dataset.root}${query}`, { target: "#inbox", swap: "innerHTML" });
}

const live = document.body.dataset.live;
if (live) {
  follow(
    `${live}?channels=inbox`,
    {
      inbox: (body) => {
        if (body.viewing) return;
        wanted.add(body.conversation);
        if (inbox.querySelector(".line :checked") || document.activeElement?.id === "q") return;
        clearTimeout(timer);
        timer = setTimeout(refresh, 400);
      },
    },
    showState,
  );
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target === inbox) count();
});
