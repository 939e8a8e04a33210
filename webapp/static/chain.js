/*
 * The supply chain: own places that the browser keeps, a click on the map as coordinates, and the
 * legs of the site that is looked at.
 */
import { layer } from "./basemap.js";
import { nameControls } from "./controls.js";
import { keep, kept } from "./places.js";

const map = window.map_atlas;
const config = JSON.parse(document.getElementById("config").textContent);
const form = document.getElementById("wish");
const result = document.getElementById("result");
const COLOUR = { in: "#0b4f6c", out: "#b35806" };
const FIRST = 1000; // the better place lies on top
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

nameControls(map, config.controls);
if (config.urls.basemap) layer(config.urls.basemap, { lang: config.language }).addTo(map);

// Places in the browser

const keeping = form.querySelector(".keep-places");
const here = [...form.querySelectorAll("input[name=place]")].map((field) => field.value);

function offer() {
  const button = keeping.querySelector("[data-keep]"), link = keeping.querySelector("[data-use]");
  const own = kept();
  const same = own.join("\n") === here.join("\n");
  button.hidden = !here.length || same;
  link.hidden = !own.length || same || here.length > 0;
  if (!link.hidden) {
    const query = new URLSearchParams(location.search);
    own.forEach((place) => query.append("place", place));
    link.href = `${location.pathname}?${query}`;
    link.textContent = link.dataset.text.replace("{n}", own.length);
  }
  keeping.hidden = button.hidden && link.hidden;
  button.onclick = () => {
    if (!keep(here)) return;
    button.textContent = button.dataset.kept;
    button.disabled = true;
  };
}
offer();

// The map

const data = result.querySelector("script.pins");
const shown = data ? JSON.parse(data.textContent) : { sites: [], places: [], drive: "" };
const ways = L.layerGroup().addTo(map);
const pins = new Map();
const routes = new Map();
let looking = null;

function text(content, className = "") {
  const box = document.createElement("span");
  box.textContent = content;
  box.className = className;
  return box;
}

const tip = (name) => [() => text(name), { direction: "top", offset: [0, -12] }];
const cardOf = (id) => result.querySelector(`.site[data-site="${CSS.escape(id)}"]`);

function pin([id, lon, lat, name], number) {
  const marker = L.marker([lat, lon], {
    icon: L.divIcon({
      html: text(number, "place-mark"),
      className: "place-pin",
      iconSize: [26, 26],
    }),
    keyboard: false, // the list holds the same sites
    zIndexOffset: FIRST - number,
  });
  marker.bindTooltip(...tip(name));
  marker.on("click", () => {
    cardOf(id).scrollIntoView({ block: "start", behavior: still() ? "auto" : "smooth" });
    look(id);
  });
  pins.set(id, marker.addTo(map));
  return [lat, lon];
}

function ownMark(place) {
  L.marker([place.lat, place.lon], {
    icon: L.divIcon({
      html: text("", `own-mark ${place.in ? "comes" : "goes"}`),
      className: "own-pin",
      iconSize: [16, 16],
    }),
    keyboard: false, // the form holds the same places
    zIndexOffset: 2 * FIRST,
  }).bindTooltip(...tip(place.name)).addTo(map);
  return [place.lat, place.lon];
}

/** Fetch the way between a site and a place, once. */
async function route(id, place) {
  const [from, to] = place.in ? [place.at, id] : [id, place.at];
  const address = `${config.route}?${new URLSearchParams({ from, to })}&${shown.drive}`;
  if (!routes.has(address)) {
    const answer = await fetch(address);
    routes.set(address, answer.ok ? await answer.json() : { features: [] });
  }
  return routes.get(address);
}

function drawWay(way, place) {
  const color = place.in ? COLOUR.in : COLOUR.out;
  const style = { color, weight: 4, opacity: 0.75, interactive: false };
  way.features.forEach(({ geometry, properties }) => {
    const points = geometry.coordinates.map(([lon, lat]) => [lat, lon]);
    L.polyline(points, style).addTo(ways);
    if (properties.kind === "gate") {
      L.circleMarker(points[points.length >> 1], {
        radius: 6,
        weight: 2,
        color: "#ffffff",
        fillColor: "#7a1f2b",
        fillOpacity: 1,
        interactive: false,
      }).addTo(ways);
    }
  });
}

/** Draw the legs of a site, one after the other, until another one is looked at. */
async function look(id) {
  if (looking === id) return;
  looking = id;
  pins.forEach((marker, site) => {
    marker.getElement().classList.toggle("lit", site === id);
    cardOf(site).classList.toggle("lit", site === id);
  });
  ways.clearLayers();
  for (const place of shown.places.filter(({ joined }) => joined)) {
    const way = await route(id, place);
    if (looking !== id) return;
    drawWay(way, place);
  }
  document.body.dataset.legs = id;
}

const points = [
  ...shown.sites.map((site, i) => pin(site, i + 1)),
  ...shown.places.map(ownMark),
];
if (points.length) map.fitBounds(points, { padding: [30, 30], maxZoom: 11, animate: false });
if (shown.sites.length) look(shown.sites[0][0]);

["click", "focusin"].forEach((name) =>
  result.addEventListener(name, (event) => {
    const card = event.target.closest(".site[data-site]");
    if (card) look(card.dataset.site);
  })
);

// A click on the map names a place

const where = document.getElementById("add-where");
let clicked = null;
map.on("click", ({ latlng }) => {
  if (!where) return;
  clicked?.remove();
  clicked = L.circleMarker(latlng, { radius: 7, color: "#14202b", weight: 3 }).addTo(map);
  const { lat, lng } = latlng.wrap();
  where.value = `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
  where.closest("details").open = true;
  where.focus({ preventScroll: true });
  where.scrollIntoView({ block: "nearest" });
});
