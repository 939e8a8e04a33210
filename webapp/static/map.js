/*
 * The map page: fetches the layers, fills panel and map, and follows the address.
 */
import { layer } from "./basemap.js";
import { nameControls } from "./controls.js";
import { held } from "./held.js";
import { addCorridors, addParks, addPlaces, groups, showLayers, showTiles } from "./layers.js";
import { drawLayerChips, drawLegend, keepLegend } from "./legend.js";
import { fitHits, listen, refresh, take } from "./list.js";
import { keepNames } from "./names.js";
import { light } from "./lit.js";
import {
  $,
  ask,
  config,
  filterQuery,
  map,
  own,
  readAddress,
  readHash,
  records,
  state,
  texts,
  urls,
  wide,
  writeAddress,
} from "./page.js";
import { sayWait, served } from "./served.js";
import { keepOneStop } from "./stops.js";
import { chooseAt, closed, closeSheet, places, restore } from "./sheet.js";

const NEAR = 9; // the zoom from which gates and ports are as large as in the legend

/** Show the state, which has been read from the address, in the panel and on the map. */
function showState() {
  $("q").value = state.q;
  $("sort").value = state.sort || "";
  showLayers();
  showTiles();
  drawLayerChips();
  drawLegend();
  return refresh();
}

/**
 * Called with each step through history, and with each hash that somebody writes into the
 * address.
 */
function back() {
  if (closed()) return;
  const before = places[state.site];
  readAddress();
  readHash();
  if (before) light(before, false);
  showState();
  restore(false);
}

async function start() {
  readAddress();
  nameControls(map, texts);
  const basemap = own
    ? Uint8Array.from(atob(own.basemap), (char) => char.charCodeAt(0))
    : urls.basemap;
  if (basemap.length) {
    layer(basemap, { lang: config.language, traditional: config.traditional }).addTo(map);
  }
  const placed = Boolean(location.hash); // the state writes one, too
  if (placed) readHash();
  else if (wide()) { // centred in what the panel leaves free
    map.panBy([-$("content").offsetWidth / 2, 0], { animate: false });
  }
  listen();
  keepNames();
  keepOneStop();
  keepLegend();
  const near = () => map.getContainer().classList.toggle("far", map.getZoom() < NEAR);
  map.on("zoomend", near);
  near();
  $("close").addEventListener("click", closeSheet);
  document.addEventListener("keydown", (event) => {
    const inBox = document.querySelector("[popover]:popover-open");
    if (event.key === "Escape" && !inBox && !$("sheet").hidden) closeSheet();
  });
  const names = ["corridors", "parks", "gates", "ports", "airports", "cities"];
  const large = config.large.length > 0;
  try {
    const payloads = await Promise.all(names.map((name) => {
      if (own) return own.layers[name];
      return urls.layers[name]
        ? ask(urls.layers[name], "json", sayWait)
        : { columns: [], rows: [] };
    }));
    const [corridors, parkRows, gates, ports, airports, cities] = payloads.map(records);
    cities.forEach((city) => {
      places[city.id] = city;
    }); // searched; the basemap draws them
    addCorridors(corridors);
    addPlaces("airports", airports);
    addPlaces("ports", ports);
    addPlaces("gates", gates);
    addParks(parkRows);
    take(large ? served : held(parkRows, async () => own ? own.search : await ask(urls.search)));
    if (large) groups.parks.ask(filterQuery().toString());
    groups.parks.addTo(map);
  } catch {
    $("found").textContent = texts.failed;
    return;
  }
  await showState();
  if (state.q && !placed) fitHits();
  map.on("moveend", () => writeAddress());
  if (!own) {
    map.on("click", (event) => chooseAt(event.latlng.lat, event.latlng.lng));
    window.addEventListener("popstate", back);
  }
  await restore(!placed);
  document.body.dataset.ready = "true";
}

start();
