// The service worker of alerts: shows what arrives by push, says that it showed a test, and opens the right page.
// @ts-check
/// <reference lib="webworker" />
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

/** @param {PushMessageData | null} carried */
const read = (carried) => {
  try {
    return carried?.json() ?? {};
  } catch {
    return {};
  }
};

/** Only pages of this site are opened or told, whatever a message says. @param {unknown} path */
const own = (path) => (typeof path === "string" && /^\/(?!\/)/.test(path) ? path : "/");

worker.addEventListener("push", (event) => {
  const said = read(event.data);
  const show = async () => {
    await worker.registration.showNotification(String(said.title || "Kizuna"), {
      body: String(said.body || ""),
      tag: String(said.tag || "kizuna"),
      data: { url: own(said.url) },
      icon: "/static/console/mark.svg",
    });
    if (said.shown) await fetch(own(said.shown), { method: "POST", credentials: "omit" });
  };
  event.waitUntil(show());
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = own(event.notification.data?.url);
  const open = async () => {
    const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((each) => new URL(each.url).pathname.startsWith(url));
    return there ? there.focus() : worker.clients.openWindow(url);
  };
  event.waitUntil(open());
});
