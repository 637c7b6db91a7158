// The settings of the chat panel: the panel in the box wears what the form says, before it is saved.
const form = document.querySelector("[data-panel-form]");
const box = document.getElementById("panel-box");

/** What the form says now, as the server would tell it to a browser. */
function read() {
  const values = new FormData(form);
  const words = {};
  for (const field of form.querySelectorAll("[data-word]")) {
    const [code, name] = field.dataset.word.split(" ");
    if (field.value.trim()) (words[code] ??= {})[name] = field.value.trim();
  }
  const open = form.querySelector("details[open] [data-word]");
  return {
    shop: box.dataset.shop,
    colour: values.get("colour"),
    position: values.get("position"),
    theme: values.get("theme"),
    before: values.get("before"),
    language: open ? open.dataset.word.split(" ")[0] : "en",
    words,
  };
}

const wear = () => box.dispatchEvent(new CustomEvent("kizuna-preview", { detail: read() }));
form?.addEventListener("input", wear);
form?.addEventListener("change", wear);
form?.addEventListener("toggle", wear, true);
