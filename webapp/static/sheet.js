/*
 * The sheet of a chosen site or point, and the routes from there.
 */
import { drawAreas } from "./areas.js";
import { light } from "./lit.js";
import { newest, parse } from "./live.js";
import {
  $,
  ask,
  config,
  corridorNames,
  DRIVE,
  duration,
  element,
  fill,
  labels,
  latlng,
  length,
  map,
  nameOf,
  number,
  own,
  state,
  texts,
  urls,
  wide,
  writeAddress,
} from "./page.js";
import { announce, drawElsewhere, drawSpot } from "./spot.js";

export const canvas = L.canvas({ padding: 0.4, tolerance: 4 });
export const places = {}; // every feature with a page, by id
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

const overlay = L.layerGroup().addTo(map);
const routeGroup = L.layerGroup().addTo(map);
const askSheet = newest(), askDrawing = newest();
let shown = null; // what the sheet was asked for
let loading = Promise.resolve(); // of what is shown
let closing = false; // the steps of the sheet are being taken back
let opener = null; // where the focus was when the sheet was opened by hand

/** Open the sheet of a place: a step of history, unless it is open already. */
export function choose(id, fly) {
  const step = state.site !== id;
  point({ site: id, at: null });
  writeAddress({ step, ofSheet: true });
  return openSheet(urls.site + encodeURIComponent(id), { id, fly });
}

export function chooseAt(lat, lon) {
  point({ site: null, at: `${lon.toFixed(5)},${lat.toFixed(5)}` });
  writeAddress({ step: true, ofSheet: true });
  return openSheet(urls.access, { lon: lon.toFixed(5), lat: lat.toFixed(5) });
}

/** Take another place, or none, as the chosen one: on the map and in the list. */
function point(place) {
  const before = places[state.site];
  Object.assign(state, place, { to: null, area: null, direction: null });
  if (before) light(before, false);
  clearDrawn();
  mark();
}

function mark() {
  document.querySelectorAll(".item[aria-current]").forEach((item) =>
    item.removeAttribute("aria-current")
  );
  if (!state.site) return;
  if (places[state.site]) light(places[state.site], true);
  document.querySelectorAll(`.item[data-id="${CSS.escape(state.site)}"]`).forEach((item) =>
    item.setAttribute("aria-current", "true")
  );
}

/** Show what the state says, which has been read from the address: no step of history. */
export async function restore(fly) {
  const { to, area, direction } = state;
  clearDrawn();
  mark();
  if (!state.site && !state.at) return hideSheet();
  const opened = await askDrawing(() => reopen(fly));
  if (!opened) return; // something else has been asked for meanwhile
  if (opened.error) throw opened.error;
  if (to) await showRoute(to, { step: false });
  else if (area) await showArea(area, direction, { step: false });
}

/** Open a sheet; one that is there, or on its way, is kept, and waited for. */
function openSheet(url, options) {
  const query = new URLSearchParams({ part: "sheet", ...inLanguage() });
  if (options.lon) {
    query.set("lon", options.lon);
    query.set("lat", options.lat);
  }
  drive().forEach(([name, value]) => query.set(name, value));
  const wanted = `${url}?${query}`;
  if (wanted === shown && options.kept) return loading;
  shown = wanted;
  loading = load(wanted, options);
  return loading;
}

async function load(wanted, options) {
  const focused = document.activeElement;
  const byHand = focused && focused !== document.body; // and not by a link that somebody shared
  if (byHand && !$("sheet").contains(focused)) opener = focused;
  $("sheet").hidden = false;
  $("sheet").classList.add("waiting");
  document.body.classList.add("has-sheet");
  announce(places[options.id], $("sheet-body"));
  $("legend").querySelector("details").open = false;
  const answer = await askSheet(() => (own ? own.sheets[options.id] : ask(wanted, "text")));
  if (!answer) return;
  if (answer.error) {
    shown = null;
    sayInSheet(texts.failed);
    return;
  }
  $("sheet").classList.remove("waiting");
  $("sheet-body").replaceChildren(...parse(answer.value).body.childNodes);
  $("sheet").scrollTop = 0;
  if (byHand) $("sheet").focus({ preventScroll: true });
  const article = $("sheet-body").querySelector("article");
  overlay.clearLayers();
  if (!article) return;
  const place = [Number(article.dataset.lat), Number(article.dataset.lon)];
  drawSpot(place, Number(article.dataset.accuracy), canvas).addTo(overlay);
  drawElsewhere(article, place, overlay);
  if (options.fly) map.setView(place, Math.max(map.getZoom(), 10), { animate: false });
  uncover(place);
}

/** Bring a place out from under panel and sheet. */
function uncover(place) {
  map.panInside(place, { ...padding(), animate: !calm.matches, duration: 0.18 });
}

function sayInSheet(text) {
  $("sheet").classList.remove("waiting");
  $("sheet-body").replaceChildren(element("p", { class: "fault", role: "alert" }, text));
}

/**
 * Close the sheet and take its steps of history back, so that Back leads to what was there
 * before it.
 */
export function closeSheet() {
  const depth = own ? 0 : history.state?.depth || 0;
  hideSheet();
  if (!depth) {
    writeAddress();
    return;
  }
  closing = true;
  history.go(-depth);
}

/**
 * Say whether a step of history is one that closing the sheet takes back: everything else stays
 * as it is.
 */
export function closed() {
  if (!closing) return false;
  closing = false;
  writeAddress();
  return true;
}

function hideSheet() {
  const item = document.querySelector(".item[aria-current]");
  const inside = $("sheet").contains(document.activeElement);
  askSheet.drop();
  shown = null;
  point({ site: null, at: null });
  DRIVE.forEach((name) => {
    state[name] = null;
  }); // nothing shows any more what the next sheet would be reckoned with
  overlay.clearLayers();
  $("sheet").hidden = true;
  document.body.classList.remove("has-sheet");
  if (inside) {
    (opener && opener.isConnected ? opener : item || $("q")).focus({ preventScroll: true });
  }
  opener = null;
}

// said each time: another tab may have switched
const inLanguage = () => ({ lang: config.lang });
const drive = () => DRIVE.filter((name) => state[name]).map((name) => [name, state[name]]);

function clearDrawn() {
  askDrawing.drop(); // what is still on its way is not drawn any more
  routeGroup.clearLayers();
  document.querySelectorAll("#sheet .route-note").forEach((one) => one.remove());
}

const drawingOf = (wish) =>
  new URLSearchParams({
    profile: "truck",
    ...wish,
    ...Object.fromEntries(drive()),
    ...inLanguage(),
  });

/**
 * Ask for what is drawn from the chosen place; null where it is not wanted any more, or a fault.
 */
async function drawing(address, fault) {
  clearDrawn();
  const answer = await askDrawing(() => ask(address));
  if (answer?.error) fault(answer.error.message || texts.failed);
  return answer?.value;
}

/** Draw the areas within some travel times, the largest below. */
async function showArea(minutes, direction, { step = true, fit = true } = {}) {
  const other = state.area !== minutes || state.direction !== direction;
  Object.assign(state, { area: minutes, direction, to: null });
  writeAddress({ step: step && other, ofSheet: true });
  const [lon, lat] = state.site ? [] : state.at.split(",");
  const place = state.site ? { site: state.site } : { lon, lat };
  const query = drawingOf({ minutes, ...(direction && { direction }), ...place });
  const found = await drawing(`${urls.isochrones}?${query}`, note);
  if (!found) return;
  const bounds = drawAreas(routeGroup, found.features, canvas);
  if (bounds.isValid() && fit) map.fitBounds(bounds, padding());
  showReach(minutes);
  note(
    fill(direction === "to" ? texts.areaToNote : texts.areaNote, {
      m: minutes.split(",").map(Number).map(number).join(texts.list),
      vehicle: labels[query.get("profile")],
    }),
  );
}

async function showRoute(to, { step = true } = {}) {
  const other = state.to !== to;
  Object.assign(state, { to, area: null, direction: null });
  writeAddress({ step: step && other, ofSheet: true });
  const query = drawingOf({ from: state.site || state.at, to });
  const found = await drawing(`${urls.route}?${query}`, (text) => noteRoute(to, text));
  if (!found) return;
  const lines = found.features.filter((step) => step.geometry && step.properties.kind !== "gate")
    .map((step) => ({
      dash: step.properties.kind === "access",
      points: step.geometry.coordinates.map(latlng),
    }));
  lines.forEach((line) =>
    L.polyline(line.points, {
      renderer: canvas,
      color: "#ffffff",
      weight: 9,
      opacity: 0.9,
      interactive: false,
    }).addTo(routeGroup)
  );
  lines.forEach((line) =>
    L.polyline(line.points, {
      renderer: canvas,
      color: "#0b4f6c",
      weight: 5,
      dashArray: line.dash ? "2 8" : null,
      interactive: false,
    }).addTo(routeGroup)
  );
  found.gates.forEach((id) => {
    if (places[id]?.mark) {
      L.circleMarker(places[id].mark.getLatLng(), {
        renderer: canvas,
        radius: 15,
        color: "#7a1f2b",
        weight: 3,
        fill: false,
        interactive: false,
      }).addTo(routeGroup);
    }
  });
  const bounds = L.latLngBounds(lines.flatMap((line) => line.points));
  map.fitBounds(bounds, padding());
  const name = (id) => (places[id] ? nameOf(places[id]) : id);
  noteRoute(
    to,
    fill(texts.routeFrom, {
      vehicle: labels[query.get("profile")],
      time: duration(found.travel_time_s),
      length: length(found.length_m),
    }) +
      (found.gates.length
        ? texts.clause + fill(texts.via, { gates: found.gates.map(name).join(texts.list) })
        : isGate(to)
        ? ""
        : texts.clause + texts.noGate) +
      (found.planned.length
        ? texts.part + fill(texts.plannedWay, {
          names: found.planned.map((name) => corridorNames.get(name) ?? name).join(texts.part),
        })
        : "") +
      (found.assumed_m
        ? texts.part + fill(texts.assumedWay, { length: length(found.assumed_m) })
        : ""),
  );
}

/** Only gates have a mode; a way to one need not be said to cross no border. */
const isGate = (id) => Boolean(places[id]?.mode);

function noteRoute(to, text) {
  note(element("b", {}, `→ ${places[to] ? nameOf(places[to]) : to}`), " ", text);
}

function note(...parts) {
  document.querySelectorAll("#sheet .route-note").forEach((one) => one.remove());
  const line = element("p", { class: "route-note", role: "status" }, ...parts);
  document.querySelector("#sheet .times .head")?.before(line);
  if (line.offsetTop < $("sheet").scrollTop && !document.activeElement?.matches("[data-reach]")) {
    line.scrollIntoView({ block: "nearest" });
  }
}

/** The room that panel and sheet leave on the map. */
const padding = (more = 40) => (wide()
  ? {
    paddingTopLeft: [$("content").offsetWidth + more, 60],
    paddingBottomRight: [$("sheet").offsetWidth + more, 60],
  }
  : {
    paddingTopLeft: [30, 40],
    paddingBottomRight: [30, $("sheet").offsetHeight - $("content").offsetHeight + more],
  });

/** Write the minutes of one area beside the slider. */
function showReach(minutes) {
  const slider = document.querySelector("[data-reach]");
  if (!slider || minutes.includes(",")) return;
  slider.value = minutes;
  slider.nextElementSibling.textContent = fill(texts.min, { m: number(Number(minutes)) });
}

let sliding = 0;
$("sheet").addEventListener("input", ({ target }) => {
  if (!("reach" in target.dataset)) return;
  showReach(target.value);
  clearTimeout(sliding);
  sliding = setTimeout(() => {
    const step = !state.area; // a slide is one step
    showArea(target.value, state.direction, { step, fit: step });
  }, 120);
});

$("sheet").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.dataset.area) {
    event.preventDefault();
    showArea(link.dataset.area, link.dataset.direction || null);
  } else if (link.dataset.route) {
    event.preventDefault();
    showRoute(link.dataset.route);
  } else if (link.dataset.site) {
    event.preventDefault();
    choose(link.dataset.site, true);
  } else if ("switch" in link.dataset) {
    event.preventDefault();
    const asked = new URL(link.href).searchParams;
    DRIVE.forEach((name) => {
      state[name] = asked.get(name);
    });
    writeAddress();
    restore();
  }
});

function reopen(fly) {
  if (state.site) {
    return openSheet(urls.site + encodeURIComponent(state.site), {
      id: state.site,
      fly,
      kept: true,
    });
  }
  const [lon, lat] = state.at.split(",");
  return openSheet(urls.access, { lon, lat, kept: true });
}
