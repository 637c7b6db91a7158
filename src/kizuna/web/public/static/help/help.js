// The help pages' one script: the button under every page opens the shop's panel.
// @ts-check
for (const button of document.querySelectorAll("[data-open-panel]")) {
  button.addEventListener("click", () => {
    const known = /** @type {any} */ (window);
    (known.kizunaChat ||= []).push(["open"]);
  });
}
