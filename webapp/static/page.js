/*
 * What the scripts of the map page share: the configuration, the state with its address, and small
 * helpers.
 * Whatever comes from data becomes text by textContent, or arrives as a page already escaped on the
 * server.
 */
import { write } from "./address.js";
import { han } from "./han.js";
import { patiently } from "./patient.js";

export const config = JSON.parse(document.getElementById("config").textContent);
export const labels = config.labels;
export const texts = config.texts;
export const urls = config.urls;
// a map in one file brings its layers, basemap and sheets along
export const own = config.data || null;
export const map = window.map_atlas;
export const $ = (id) => document.getElementById(id);

// The state and its address -----------------------------------------------------------------------

/** Each filter: the column it looks at, and its name in an address. */
export const FACETS = [
  ["sectors", "sector"],
  ["size", "size"],
  ["price", "price"],
  ["availability", "availability"],
  ["port_time", "port_time"],
  ["province_en", "province"],
  ["kind", "kind"],
  ["status", "status"],
  ["country", "country"],
];
const LINES = ["roads", "railways", "waterways"];
const PROJECTS = urls.projects || own?.projects ? ["projects"] : [];
export const LAYERS = ["gates", "ports", "airports", ...PROJECTS, ...LINES];
const DEFAULT_LAYERS = ["gates", "ports", "airports", "roads", "waterways"];
const PLACE = ["site", "at", "to", "area", "direction"];
export const DRIVE = config.drive; // of the sheet: without one there is nothing it would change
export const state = {
  q: "",
  layers: new Set(),
  filters: {},
  ...Object.fromEntries([...PLACE, ...DRIVE, "sort", "tiles"].map((name) => [name, null])),
};

export function readAddress() {
  const query = new URLSearchParams(location.search);
  state.q = query.get("q") || "";
  FACETS.forEach(([column, name]) => {
    state.filters[column] = new Set(query.getAll(name).filter(Boolean));
  });
  const named = query.get("layers");
  const shown = named === null
    ? DEFAULT_LAYERS
    : named.split(",").flatMap((one) => (one === "corridors" ? LINES : [one]));
  state.layers = new Set(shown.filter((one) => LAYERS.includes(one)));
  [...PLACE, "sort", "tiles"].forEach((name) => {
    state[name] = query.get(name);
  });
  DRIVE.forEach((name) => {
    state[name] = state.site || state.at ? query.getAll(name).filter(Boolean).join() || null : null;
  });
}

/** The query of what is searched and filtered. */
export function filterQuery() {
  const query = new URLSearchParams();
  if (state.q) query.set("q", state.q);
  FACETS.forEach(([column, name]) =>
    state.filters[column].forEach((value) => query.append(name, value))
  );
  return query;
}

/**
 * Write the state into the address; `step` makes a step of history, which closing the sheet takes
 * back where it is one `ofSheet`.
 */
export function writeAddress({ step = false, ofSheet = false } = {}) {
  if (own) return;
  const query = filterQuery();
  const download = urls.download + (query.size ? "?" + query : "");
  if (state.sort) query.set("sort", state.sort);
  $("as-table").href = urls.table + (query.size ? "?" + query : "");
  $("as-geojson").href = download;
  const shown = LAYERS.filter((one) => state.layers.has(one));
  if (shown.join() !== DEFAULT_LAYERS.join()) query.set("layers", shown.join() || "parks");
  [...PLACE, ...DRIVE, "tiles"].forEach((name) => {
    if (state[name]) query.set(name, state[name]);
  });
  write(query, { hash: hash(), step, depth: ofSheet ? (history.state?.depth || 0) + 1 : 0 });
}

function hash() {
  const centre = map.getCenter();
  return `#${map.getZoom()}/${centre.lat.toFixed(4)}/${centre.lng.toFixed(4)}`;
}

export function readHash() {
  const parts = location.hash.slice(1).split("/").map(Number);
  if (parts.length === 3 && parts.every(Number.isFinite)) {
    map.setView([parts[1], parts[2]], parts[0], { animate: false });
  }
}

// Small helpers -----------------------------------------------------------------------------------

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  });
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function chip(icon, text, count, pressed, onclick) {
  return element(
    "button",
    { type: "button", class: "chip", "aria-pressed": String(pressed), onclick },
    icon,
    element("span", {}, text),
    count === null ? null : element("span", { class: "count" }, number(count)),
  );
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const numbers = [0, 1].map((least) =>
  new Intl.NumberFormat(document.documentElement.lang, {
    minimumFractionDigits: least,
    maximumFractionDigits: 1,
  })
);
export const number = (value) => numbers[0].format(value);

function hours(minutes, brief) {
  const whole = Math.floor(minutes / 60), rest = minutes % 60;
  return fill(texts[!whole ? "min" : !rest ? "h" : brief ? "h.min.brief" : "h.min"], {
    h: whole,
    m: rest,
  });
}

/** What land in a park costs, with the year of the price; null where it is not known. */
export function priceText(park) {
  const [low, high] = [park.rent_term_low_usd_m2, park.rent_term_high_usd_m2];
  if (low === null || low === undefined) return null;
  const n = high > low ? `${number(low)}–${number(high)}` : number(low);
  const year = park.rent_year ?? texts["land.undated"];
  return fill(texts.price, { n, unit: config.money, year }).replaceAll(" ", "\u00a0");
}

/** A time to five minutes, after ≈, where there is room for no more. */
export function about(seconds) {
  return "≈ " + hours(Math.max(5 * Math.round(seconds / 300), 5), true);
}

/** A time as the range in which it lies, as labels.py writes it. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return texts.unreachable;
  const [least, most] = config.spread.map((share) => (share * seconds) / 60);
  const step = most < 30 ? 1 : 5;
  const low = Math.max(Math.floor(least / step) * step, 1),
    high = Math.max(Math.ceil(most / step) * step, 1);
  return low === high
    ? hours(low)
    : high < 60
    ? fill(texts["min.range"], { low, high })
    : `${hours(low)} – ${hours(high)}`;
}

export function length(metres) {
  if (metres < 1000) return fill(texts.m, { n: number(Math.round(metres / 10) * 10) });
  return fill(texts.km, {
    n: metres < 10000 ? numbers[1].format(metres / 1000) : number(Math.round(metres / 1000)),
  });
}

/** What is known of a park's free land, in the words of labels.py. */
export function landText(park) {
  if (park.full === null) return texts["land.unknown"];
  const form = park.full ? "land.full" : park.free_ha !== null ? "land.ha" : "land.pct";
  const free = park.free_ha !== null
    ? fill(texts.ha, { n: number(park.free_ha) })
    : `${number(park.free_pct)}\u00a0%`;
  return fill(texts[form], { n: free, year: park.land_year ?? texts["land.undated"] });
}

/** Ask for a document, or for a text; `say` is called with the reason of each wait for one. */
export async function ask(url, kind, say = () => {}) {
  const headers = { Accept: kind === "text" ? "text/html" : "application/json" };
  const answer = await patiently(
    url,
    { headers },
    undefined,
    async (waiting) => kind === "text" || say((await waiting.json()).description),
  );
  if (kind === "text") return answer.text();
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.description);
  return body;
}

/** Read what geo/maps.py writes; a shape becomes a list of [lon, lat]. */
export function records(payload) {
  return payload.rows.map((row) => {
    const record = Object.fromEntries(payload.columns.map((name, i) => [name, row[i]]));
    return { ...record, shape: pointsOf(record.shape, payload.per_degree) };
  });
}

function pointsOf(steps, perDegree) {
  let [lon, lat] = [0, 0];
  return Array.from({ length: steps.length / 2 }, (_, i) => {
    lon += steps[2 * i];
    lat += steps[2 * i + 1];
    return [lon / perDegree, lat / perDegree];
  });
}

export const wide = () => window.matchMedia("(min-width: 760px)").matches;
export const latlng = (point) => [point[1], point[0]];

// Names: that in the language of the page stands first, English where there is none, and the others
// beneath.

const LANGUAGES = { en: "en", vi: "vi", zh: "zh-Hans" };
export const written = (name) => han(name, config.traditional);
export const corridorNames = new Map(); // what the page calls them, by what a network does
export const nameOf = (record) =>
  written(record[`name_${config.language}`]) || record.name_en || record.id;

export function alsoOf(record) {
  const others = Object.keys(LANGUAGES).filter((code) =>
    code !== config.language && record[`name_${code}`] && record[`name_${code}`] !== nameOf(record)
  );
  return others.flatMap((
    code,
    i,
  ) => [i ? " · " : "", element("span", { lang: LANGUAGES[code] }, record[`name_${code}`])]);
}

export function tooltip(record, ref = "") {
  const box = element("span", {}, element("b", {}, ref + nameOf(record)));
  const also = alsoOf(record);
  if (also.length) box.append(element("br"), ...also);
  box.append(
    element("br"),
    element(
      "i",
      {},
      [labels[record.kind] || record.kind, record.status && labels[record.status]].filter(
        Boolean,
      ).join(texts.clause),
    ),
  );
  return box;
}
