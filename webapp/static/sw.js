/*
 * Pages once opened work without a signal: asked of the server first, and taken from here when it
 * does not answer.
 */
"use strict";

const KEPT = "zone-atlas-1";
const MOST = 400; // pages and files; the oldest go
const PATIENCE_MS = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) =>
  event.waitUntil((async () => {
    await Promise.all(
      (await caches.keys()).filter((name) => name !== KEPT).map((name) => caches.delete(name)),
    );
    await self.clients.claim();
  })()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(request.headers.has("range") ? part(request) : whole(request));
});

async function keep(address, answer) {
  const cache = await caches.open(KEPT);
  await cache.put(address, answer);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(keys.length - MOST, 0)).map((key) => cache.delete(key)));
}

/**
 * Keep an answer under its address; one that was led elsewhere under that address as well, where
 * it is looked for when the page is loaded anew.
 */
async function keepAll(request, answer) {
  if (answer.redirected) {
    const plain = answer.clone();
    await keep(answer.url, new Response(await plain.blob(), { headers: plain.headers }));
  }
  await keep(request, answer);
}

async function whole(request) {
  const coming = fetch(request);
  let timer;
  try {
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("late")), PATIENCE_MS);
    });
    const answer = await Promise.race([coming, late]);
    if (answer.status === 200 && answer.type === "basic") {
      const asksWho = new URL(answer.url).pathname === "/sign-in";
      // whoever has to sign in first finds no page of the one before
      (asksWho ? caches.delete(KEPT) : keepAll(request, answer.clone())).catch(() => {});
    }
    return answer;
  } catch {
    // what was never kept is waited for
    return (await caches.match(request, { ignoreVary: true })) || coming;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Serve ranges of a file, which caches do not keep, from the whole of it, which is asked for
 * anew with each page.
 */
async function part(request) {
  const address = request.url;
  const file = await caches.match(address, { ignoreVary: true });
  if (!file) {
    keepWhole(address);
    return fetch(request);
  }
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.get("range")) || [null, "0", ""];
  // where reading begins, once a page: the file may have changed since
  if (Number(from) === 0) keepWhole(address);
  const bytes = await file.arrayBuffer();
  const first = Number(from),
    last = Math.min(to ? Number(to) : bytes.byteLength - 1, bytes.byteLength - 1);
  return new Response(bytes.slice(first, last + 1), {
    status: 206,
    headers: {
      "Content-Type": file.headers.get("Content-Type") || "application/octet-stream",
      "Content-Range": `bytes ${first}-${last}/${bytes.byteLength}`,
      "Content-Length": String(last - first + 1),
    },
  });
}

const fetching = new Set();
async function keepWhole(address) {
  if (fetching.has(address)) return;
  fetching.add(address);
  try {
    const answer = await fetch(address);
    if (answer.status === 200) await keep(address, answer);
  } catch {
    // without a signal: the next time
  } finally {
    fetching.delete(address);
  }
}
