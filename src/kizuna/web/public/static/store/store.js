// @ts-check
// The storefront's own script: tells kizuna.js what the page says, as the page of any shop would.
const kizuna = /** @type {any} */ (window).kizuna || (/** @type {any} */ (window).kizuna = []);
const calls = document.getElementById("tell-kizuna");
for (const call of JSON.parse((calls && calls.textContent) || "[]")) kizuna.push(call);

// The chat panel learns who is signed in, with the shop's signature, and what lies in the basket.
const chat = /** @type {any} */ (window).kizunaChat || (/** @type {any} */ (window).kizunaChat = []);
const told = document.getElementById("tell-chat");
for (const call of JSON.parse((told && told.textContent) || "[]")) chat.push(call);

/** @param {string} decision */
function showDecision(decision) {
  const counted = decision !== "denied";
  for (const each of document.querySelectorAll("[data-counting]")) {
    /** @type {HTMLElement} */ (each).hidden = (/** @type {HTMLElement} */ (each).dataset.counting === "on") !== counted;
  }
  for (const each of document.querySelectorAll("[data-consent]")) {
    const button = /** @type {HTMLElement} */ (each);
    if (button.tagName === "BUTTON") button.hidden = (button.dataset.consent === "denied") !== counted;
  }
}

function remembered() {
  try {
    return localStorage.getItem("kasane.counting") || "granted";
  } catch {
    return "granted";
  }
}

for (const each of document.querySelectorAll("button[data-consent]")) {
  each.addEventListener("click", () => {
    const decision = /** @type {HTMLElement} */ (each).dataset.consent || "denied";
    /** @type {any} */ (window).kizuna.push(["consent", decision]);
    /** @type {any} */ (window).kizunaChat.push(["consent", decision]);
    try {
      localStorage.setItem("kasane.counting", decision);
    } catch {
      /* storage is blocked: the tracker remembers for this page */
    }
    showDecision(decision);
  });
}
showDecision(remembered());
