// The live debugger: asks for what came after the newest line whenever a note says that something arrived.
import { say } from "./console.js";
import { follow, showState } from "./live.js";

const MOST_LINES = 400;
const form = document.getElementById("debugger");
const list = document.getElementById("arrivals");
const pause = document.getElementById("pause");
let paused = false;
let missed = 0;
let asking = false;
let again = false;

const newest = () => Math.max(0, ...[...list.querySelectorAll("[data-newest]")].map((mark) => Number(mark.dataset.newest)));

async function take() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const values = new URLSearchParams(new FormData(form));
  values.set("after", newest());
  try {
    const response = await fetch(`${form.getAttribute("action")}?${values}`, { headers: { "HX-Request": "true" } });
    if (response.ok) show(new DOMParser().parseFromString(await response.text(), "text/html").body);
  } finally {
    asking = false;
  }
  if (again) {
    again = false;
    await take();
  }
}

function show(fresh) {
  const lines = fresh.querySelectorAll(".arrival");
  for (const mark of list.querySelectorAll("[data-newest]")) mark.remove();
  if (lines.length) list.querySelector(".empty")?.remove();
  list.prepend(...fresh.children);
  for (const old of [...list.querySelectorAll(".arrival")].slice(MOST_LINES)) if (!old.open) old.remove();
}

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.querySelector("span").textContent = paused ? "Resume" : "Pause";
  say(paused ? "Paused" : "Resumed");
  if (!paused) {
    missed = 0;
    take();
  }
});

follow(
  `${document.body.dataset.live}?channels=moves,arrivals`,
  {
    arrivals: () => {
      if (!paused) take();
      else {
        missed += 1;
        pause.querySelector("span").textContent = `Resume (${missed} new)`;
      }
    },
  },
  (state) => {
    showState(state);
    if (state === "on" && !paused) take();
  },
);
