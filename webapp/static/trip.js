/*
 * The page of a trip: whatever is changed is asked of the server, which answers with the page of
 * the changed trip; its address says all.
 */
import { fetchPage, newest, parse } from "./live.js";
import { orderByHand } from "./order.js";
import { patiently, pause } from "./patient.js";
import { tripMap } from "./tripmap.js";

const config = JSON.parse(document.getElementById("config").textContent);
const map = window.map_atlas;
const drawing = tripMap(map, config);
const askPlan = newest(), askTrip = newest(), askWays = newest();
let offline = !navigator.onLine;

const form = () => document.getElementById("trip-wish");
const plan = () => document.getElementById("plan");

/**
 * Take over what an answer holds: a part of a page as it is; of a whole page, which is how
 * faults come, what it says.
 */
function take(box, page) {
  box.replaceChildren(...(page.querySelector("main") || page.body).childNodes);
}

// Without a signal --------------------------------------------------------------------------------

const note = document.getElementById("trip-note");
const NEEDS_SERVER =
  "#trip form :is(input, select, textarea, button), #plan :is([data-move], [data-pin], [data-do])," +
  " .add-stop, #undo, #trip-file :is(input, button)";
const RETRY_MS = 15000, PATIENCE_MS = 30000;

/**
 * Say above the plan, which stays, what could not be done; with a button to try again where that
 * may help.
 */
function say(text, again) {
  note.textContent = text;
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = config.texts.again;
    button.addEventListener("click", probe);
    note.append(" ", button);
  }
}

/**
 * Let be pressed what works: all of it with a connection; without one nothing that needs the
 * server, nor a link that was never kept.
 */
function arm() {
  document.querySelectorAll(NEEDS_SERVER).forEach((one) => {
    if (offline && !one.disabled) {
      one.disabled = true;
      one.dataset.offline = "";
    } else if (!offline && "offline" in one.dataset) {
      one.disabled = false;
      delete one.dataset.offline;
    }
  });
  document.querySelectorAll("#plan tr[data-stop][draggable]").forEach((row) => {
    row.draggable = !offline;
  });
  document.querySelectorAll("#trip a[href]").forEach(async (link) => {
    if (offline && !(await kept(link))) link.setAttribute("aria-disabled", "true");
    else if (!offline) link.removeAttribute("aria-disabled");
  });
  if (!offline) undo.disabled = !undoable();
}

const kept = (
  link,
) => ("caches" in window
  ? caches.match(link.matches("[data-why]") ? `${link.href}&part=sheet` : link.href, {
    ignoreVary: true,
  })
  : Promise.resolve());
let later = null; // what is to be asked when the connection is back

function lost(then) {
  offline = true;
  later = then || later;
  say(plan().classList.contains("stale") ? config.texts.stale : config.texts.offline, true);
  arm();
}

/** Ask the server itself, since what is kept answers all else, whether it is there again. */
async function probe() {
  const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() =>
    null
  );
  if (!answer) {
    lost();
    return;
  }
  if (!offline) return;
  const todo = later;
  offline = false;
  later = null;
  say("");
  arm();
  if (todo) todo();
}

window.addEventListener("offline", () => lost());
window.addEventListener("online", probe);
setInterval(() => {
  if (offline && navigator.onLine) probe();
}, RETRY_MS);
document.addEventListener("click", async (event) => {
  const link = event.target.closest("#trip a[href], .trip-intro a[href]");
  if (!offline || !link || link.matches("[data-why]")) return;
  event.preventDefault(); // a page that was never kept would take the place of the plan
  if (await kept(link)) location.assign(link.href);
  else lost();
});

/** Ask the server; one that does not answer in time is as good as away. */
const ask = (address, accept, wanted) =>
  patiently(
    address,
    { headers: { Accept: accept }, signal: AbortSignal.timeout(PATIENCE_MS) },
    wanted,
  );

// Asking ------------------------------------------------------------------------------------------

/** Ask for the plan, again until it is there, and show how far it has come. */
async function refresh() {
  drawing.expect();
  const address = plan().dataset.ask;
  if (!address) return;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", config.texts.planning);
  let shown = false;
  const answer = await askPlan(async (wanted) => {
    const timer = setTimeout(() => {
      if (wanted()) {
        shown = true;
        plan().prepend(bar);
        plan().classList.add("waiting");
      }
    }, 250);
    try {
      await planned(address, bar, wanted);
    } finally {
      clearTimeout(timer); // a bar that came now would push down the rows of a plan that is there
    }
  });
  if (!answer) return;
  if (shown) bar.remove();
  plan().classList.remove("waiting");
  if (answer.error) {
    plan().classList.add("stale");
    lost(refresh);
  } else drawWays(); // late as they may be, the plan is there
}

/** Show the plan of an address once it is there and no row of the old one is carried. */
async function planned(address, bar, wanted) {
  for (;;) {
    const answer = await ask(address, "text/html", wanted);
    if (answer.status !== 202) {
      const page = parse(await answer.text());
      await nothingCarried();
      if (!wanted()) return;
      take(plan(), page);
      plan().classList.remove("stale");
      tell();
      arm();
      return;
    }
    const share = (await answer.json()).share;
    if (!wanted()) return;
    if (share > 0) bar.value = share;
    await pause(300);
  }
}

/** Say to who does not see it that a new plan is there. */
function tell() {
  document.getElementById("said").textContent = [
    ...plan().querySelectorAll(".verdict, .cost, .fault"),
  ].map((one) => one.textContent.trim().replace(/\s+/g, " ")).join(" ");
}

/** Draw the ways of the plan that is there. */
async function drawWays() {
  const found = plan().querySelector(".plan");
  const got = await askWays(async () => {
    if (!found) return { features: [] };
    const answer = await ask(found.dataset.ways, "application/json");
    return answer.ok && await answer.json();
  });
  if (!got) return;
  if (got.error) lost(drawWays);
  else if (got.value) drawing.show(got.value);
}

/** Send the form with what is to be done. */
function send(done, more) {
  const query = new URLSearchParams(new FormData(form()));
  query.set("do", done || "");
  Object.entries(more || {}).forEach(([name, value]) => query.set(name, value));
  return visit(`${form().action}?${query}`, true);
}

/**
 * Ask for a page of a trip and take over form, plan and address; without an answer all stays as
 * it is.
 */
async function visit(address, isChange) {
  const before = new Map([...form().elements].map((one) => [one, one.value]));
  if (offline && isChange) {
    lost();
    return;
  }
  // what is typed; what was to be done is pressed again
  const again = () => (isChange ? send("") : visit(location.href, false));
  const got = await askTrip(async () => {
    const answer = await ask(address, "text/html");
    const page = parse(await answer.text());
    await nothingCarried();
    return { url: answer.url, page };
  });
  if (!got) return; // what was asked later says this as well
  if (got.error) {
    lost(again);
    return;
  }
  const { url, page } = got.value;
  const wish = page.getElementById("trip-wish");
  if (!wish) { // a fault: said above the plan; form and plan stay as they are
    take(note, page);
    return;
  }
  if (!offline) say("");
  if (isChange && url !== location.href) history.pushState({ changes: changes() + 1 }, "", url);
  replaceForm(wish, before);
  document.getElementById("trip-file").setAttribute(
    "action",
    page.getElementById("trip-file").getAttribute("action"),
  );
  document.getElementById("trip").className = page.getElementById("trip").className;
  document.title = page.title;
  const old = plan();
  if (old.dataset.ask && page.getElementById("plan").dataset.ask) {
    // the old plan stays until the new one is there
    old.dataset.ask = page.getElementById("plan").dataset.ask;
  } else old.replaceWith(page.getElementById("plan"));
  document.querySelectorAll(".languages").forEach((box, i) => {
    const other = page.querySelectorAll(".languages")[i];
    if (other) box.replaceWith(other);
  });
  tell();
  arm();
  await refresh();
}

// Undo --------------------------------------------------------------------------------------------

const undo = document.getElementById("undo");
const changes = () => (history.state && history.state.changes) || 0;

/**
 * Is the step back in the browser's history the last change of this trip: made here, or by a
 * link from a page of the trip?
 */
function undoable() {
  const trip = (address) => {
    const query = new URL(address).searchParams;
    query.delete("lang");
    query.delete("whole");
    return query.toString();
  };
  const from = document.referrer && new URL(document.referrer);
  const here = from && from.origin === location.origin && from.pathname === location.pathname &&
    from.search;
  return changes() > 0 ||
    Boolean(here && history.length > 1 && trip(from.href) !== trip(location.href));
}

undo.hidden = false;
undo.addEventListener("click", () => history.back());
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest &&
    event.target.closest("input, select, textarea, [contenteditable]");
  if (
    typing || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) ||
    event.shiftKey || event.altKey || undo.disabled
  ) return;
  event.preventDefault();
  history.back();
});
window.addEventListener("popstate", () => {
  plan().classList.add("waiting"); // until it is that of the address
  visit(location.href, false).finally(() => plan().classList.remove("waiting"));
});

// The form ----------------------------------------------------------------------------------------

/**
 * Put the new form in the place of the old one; what is open stays open, and who is typing goes
 * on.
 */
function replaceForm(wish, before) {
  const place = (details) => details.closest("li").querySelector("[name=s_place]").value;
  const open = new Set([...form().querySelectorAll(".stops details[open]")].map(place));
  const notes = form().querySelector(".trip-notes").open;
  const active = form().contains(document.activeElement) ? document.activeElement : null;
  const at = active &&
    [...form().elements].filter((one) => one.name === active.name).indexOf(active);
  form().replaceWith(wish);
  wish.querySelectorAll(".stops details").forEach((one) => {
    one.open = one.open || open.has(place(one));
  });
  wish.querySelector(".trip-notes").open = notes;
  if (!active) return;
  const same = [...wish.elements].filter((one) => one.name === active.name);
  const again = active.tagName === "BUTTON"
    ? same.find((one) => one.value === active.value) || wish.elements.add
    : same[at];
  if (!again) return;
  if (
    ["INPUT", "TEXTAREA"].includes(active.tagName) && active.type !== "checkbox" &&
    before.get(active) !== active.value
  ) again.value = active.value;
  again.focus();
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "trip-wish") return;
  event.preventDefault();
  send(event.submitter ? event.submitter.value : "");
});
document.addEventListener("change", (event) => {
  if (event.target.closest("#trip-wish") && event.target.name !== "add") send("");
});

document.addEventListener("click", async (event) => {
  const target = event.target;
  if (target.dataset.do) {
    await send(target.dataset.do);
  } else if (target.matches("a[data-why]")) {
    event.preventDefault();
    const box = target.parentElement.querySelector(".why-answer");
    box.textContent = config.texts.asking;
    const page = await fetchPage(`${target.href}&part=sheet`).catch(() => null);
    if (page) take(box, page);
    else box.textContent = config.texts.failed;
  }
});

const nothingCarried = orderByHand(plan, send);
drawing.offer(config.places, (place) => send("add", { add: place }));
map.on("popupopen", arm);
if (offline) lost();
arm();
if (plan().querySelector(".plan")) { // asked for with the whole plan
  drawing.expect();
  drawWays();
} else refresh();
