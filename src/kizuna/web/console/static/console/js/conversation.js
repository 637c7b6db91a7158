// One conversation: answer or note, drafts kept, sending, and what others do with it as it happens.
import { say, warn } from "./console.js";
import { follow } from "./live.js";

const page = document.getElementById("conversation");
const thread = document.getElementById("thread");
const forms = [...document.querySelectorAll(".composer .write")];
const tabs = [...document.querySelectorAll(".composer [role=tab]")];

const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
for (const form of forms) form.elements.client_id.value = fresh();

for (const tab of tabs) {
  tab.addEventListener("click", () => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea").focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.(".composer .write");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector(".main-act"));
});

let changing = 0;
export function changed() {
  clearTimeout(changing);
  changing = setTimeout(() => window.htmx.trigger(thread, "kizuna:changed"), 150);
}

document.body.addEventListener("kizuna:sent", (event) => {
  const form = document.getElementById(event.detail.note ? "write-note" : "write-reply");
  form.elements.text.value = "";
  form.elements.client_id.value = fresh();
  say(event.detail.note ? "Note kept" : "Sent");
  changed();
});
document.body.addEventListener("kizuna:refused", (event) => warn(`${event.detail.value}.`));

const live = document.body.dataset.live;
if (live) {
  follow(`${live}?channels=inbox`, {
    inbox: (body) => {
      if (String(body.conversation) === page.dataset.conversation) changed();
    },
  });
}

document.querySelector(".thread .entry:last-child")?.scrollIntoView({ block: "nearest" });
