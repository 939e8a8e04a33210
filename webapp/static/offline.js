/*
 * Keeps pages for the way without a signal, where the browser allows it: on HTTPS and on localhost.
 */
if ("serviceWorker" in navigator && window.isSecureContext) {
  window.addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
