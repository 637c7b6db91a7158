// Applies the colour scheme this browser chose before the first paint; a plain script on purpose (modules run later).
(() => {
  const key = "kizuna-theme";
  const root = document.documentElement;
  const stored = () => {
    try {
      return localStorage.getItem(key) || "auto";
    } catch {
      return "auto"; // storage can be switched off; the page then follows the system
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(stored());
  const show = () => {
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === stored()));
    }
  };
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-set-theme]");
    if (!button) return;
    try {
      localStorage.setItem(key, button.dataset.setTheme);
    } catch {
      // nothing to remember it in; it holds for this page
    }
    apply(button.dataset.setTheme);
    show();
    document.dispatchEvent(new CustomEvent("kizuna:theme"));
  });
  addEventListener("storage", (event) => {
    if (event.key === key) {
      apply(stored());
      show();
    }
  });
})();
