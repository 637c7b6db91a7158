// Settings, Alerts: asks the browser, hands its subscription over, shows a first notification and which row is this browser.
// @ts-check
const root = /** @type {HTMLElement | null} */ (document.querySelector("[data-alerts]"));
const told = /** @type {HTMLElement | null} */ (document.getElementById("alerts-told"));
const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("alerts-on"));

/** @param {string} words @param {string} tone */
const tell = (words, tone = "") => {
  if (!told) return;
  told.textContent = words;
  told.className = `small ${tone}`;
};

/** @param {string} text */
const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};

/** @param {string} endpoint */
const digest = async (endpoint) => {
  const made = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(made)].map((part) => part.toString(16).padStart(2, "0")).join("").slice(0, 16);
};

const name = () => {
  const agent = navigator.userAgent;
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((each) => agent.includes(`${each}/`)) ?? "Browser";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((each) => agent.includes(each)) ?? "";
  return `${{ Edg: "Edge", OPR: "Opera" }[browser] ?? browser}${system ? ` on ${system}` : ""}`;
};

const mark = async () => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const known = await registration?.pushManager.getSubscription();
  if (!known) return;
  const row = document.querySelector(`[data-browser="${await digest(known.endpoint)}"]`);
  if (!row) return;
  row.querySelector(".this-browser")?.removeAttribute("hidden");
  if (button) button.hidden = true;
  tell("This browser is alerted. Send it a test to be sure.");
};

const turnOn = async () => {
  if (!root || !button) return;
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      tell("The browser does not allow notifications of this site. Allow them beside the address, then try again.", "bad");
      return;
    }
    await navigator.serviceWorker.register("/alerts-worker.js", { scope: "/" });
    const registration = await navigator.serviceWorker.ready;
    await registration.showNotification("Notifications are on", { body: "This one came from the page itself.", tag: "kizuna-page" });
    const applicationServerKey = bytes(root.dataset.key ?? "");
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"));
    const answer = await fetch(root.dataset.add ?? "", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token?.value ?? "" },
      body: JSON.stringify({ ...made.toJSON(), name: name() }),
    });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || `answered ${answer.status}`);
    location.reload();
  } catch (problem) {
    tell(`It did not work: ${problem instanceof Error ? problem.message : problem}. Mail still reaches you.`, "bad");
  } finally {
    button.disabled = false;
  }
};

if (root && button) {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !window.isSecureContext) {
    button.hidden = true;
    tell(
      window.isSecureContext
        ? "This browser knows no push. On an iPhone, put Kizuna on the home screen first."
        : "Browsers take alerts only over https. Mail reaches you meanwhile.",
      "warn",
    );
  } else {
    button.addEventListener("click", turnOn);
    mark();
  }
}
