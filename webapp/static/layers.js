/*
 * The marks and lines of the map, by layer, and the tiles of a server where one is set.
 */
import { LIFT, light } from "./lit.js";
import {
  ask,
  config,
  corridorNames,
  element,
  fill,
  filterQuery,
  latlng,
  LAYERS,
  map,
  nameOf,
  own,
  records,
  state,
  texts,
  tooltip,
  urls,
} from "./page.js";
import { canvas, choose, places } from "./sheet.js";
import * as symbols from "./symbols.js";
import { asButton, TiledMarks } from "./tiled.js";

export const groups = {
  parks: L.layerGroup(),
  gates: L.layerGroup(),
  ports: L.layerGroup(),
  airports: L.layerGroup(),
  projects: L.layerGroup(),
  roads: L.layerGroup(),
  railways: L.layerGroup(),
  waterways: L.layerGroup(),
};
const tiles = config.tiles
  ? L.tileLayer(config.tiles, {
    maxZoom: 17,
    attribution: "© OpenStreetMap contributors",
    opacity: 0.9,
  })
  : null;

/** Draw the sites that the browser holds. */
export function addParks(rows) {
  const beside = new Map(); // how many marks stand at a point already
  rows.forEach((park) => {
    const point = String(park.shape[0]);
    beside.set(point, (beside.get(point) ?? -1) + 1);
    park.sectors = park.sectors ? park.sectors.split(";") : [];
    places[park.id] = park;
    groups.parks.addLayer(parkMark(park, latlng(park.shape[0]), beside.get(point)));
  });
}

function parkMark(park, where, aside) {
  park.mark = new symbols.ParkMark(where, {
    renderer: canvas,
    park,
    base: symbols.radiusOf(park),
    radius: symbols.radiusOf(park) + (state.site === park.id ? LIFT : 0),
    lit: state.site === park.id,
    aside: 18 * aside,
    bubblingMouseEvents: false,
  });
  park.mark.bindTooltip(() => tooltip(park), { direction: "top", offset: [0, -6] });
  return park.mark.on({
    click: () => choose(park.id),
    mouseover: () => light(park, true),
    mouseout: () => light(park, false),
  });
}

/** Show the sites that are found, and no others. */
export function showParks({ visible }) {
  if (groups.parks.ask) return groups.parks.ask(filterQuery().toString());
  const shown = new Set(visible);
  Object.values(places).filter((place) => place.mark instanceof symbols.ParkMark).forEach((park) =>
    shown.has(park) ? groups.parks.addLayer(park.mark) : groups.parks.removeLayer(park.mark)
  );
}

/** Draw gates, ports or airports that the browser holds. */
export function addPlaces(layer, rows) {
  rows.forEach((place) => {
    places[place.id] = place;
    groups[layer].addLayer(placeMark(layer, place, latlng(place.shape[0])));
  });
}

function placeMark(layer, place, where) {
  const icon = symbols.placeIcon(place.kind, place.status);
  const side = Number(icon.getAttribute("width"));
  const mark = L.marker(where, {
    icon: L.divIcon({ html: icon, className: `badge ${layer}`, iconSize: [side, side] }),
    alt: nameOf(place),
    keyboard: false, // see stops.js
    kind: place.kind,
    status: place.status,
    riseOnHover: true,
    zIndexOffset: layer === "gates" ? 1000 : 0,
  });
  mark.bindTooltip(() => tooltip(place), { direction: "top", offset: [0, -8] });
  mark.on("click", () => choose(place.id));
  mark.on("add", () => asButton(mark, nameOf(place)));
  place.mark = mark;
  return mark;
}

let projects = null; // what draws them: they come when they are first shown

/** Draw the places of projects that are coming, each above the mark of its place. */
async function addProjects() {
  const rows = records(own ? own.projects : await ask(urls.projects));
  rows.forEach((place) => {
    const name = fill(texts["projects.at"], { name: nameOf(place), n: place.count });
    const mark = L.marker(latlng(place.shape[0]), {
      icon: L.divIcon({
        html: symbols.placeIcon("projects"),
        className: "badge projects",
        iconSize: [15, 15],
        iconAnchor: [-4, 19],
      }),
      alt: name,
      keyboard: false, // see stops.js
      kind: "projects",
      riseOnHover: true,
    });
    mark.bindTooltip(() => element("span", {}, name), { direction: "top", offset: [11, -16] });
    mark.on("click", () => choose(place.id));
    mark.on("add", () => asButton(mark, name));
    groups.projects.addLayer(mark);
  });
}

/** Draw a layer from the tiles of the server. */
function tiled(layer) {
  return new TiledMarks(urls.tiles, layer, {
    draw(sent, where, aside) {
      const place = places[sent.id] = Object.assign(places[sent.id] ?? {}, sent);
      return layer === "parks" ? parkMark(place, where, aside) : placeMark(layer, place, where);
    },
    say: (n) => (layer === "parks" ? fill(texts.sites, { n }) : `${texts[layer]}: ${n}`),
  });
}

config.large.filter((layer) => layer in groups).forEach((layer) => {
  groups[layer] = tiled(layer);
});

export function addCorridors(rows) {
  rows.forEach((row) => {
    const called = (name, join) => (row.ref ? row.ref + join + name : name);
    corridorNames.set(called(row.name_en, ", "), called(nameOf(row), texts.clause));
  });
  const order = [
    "waterway",
    "railway",
    "high_speed_rail",
    "provincial_road",
    "national_road",
    "expressway",
  ];
  const sorted = [...rows].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const depth = Math.max(...sorted.map((row) => symbols.lineStyles(row.kind, row.status).length));
  for (let i = 0; i < depth; i += 1) {
    sorted.forEach((row) => {
      const style = symbols.lineStyles(row.kind, row.status)[i];
      if (!style) return;
      const line = L.polyline(row.shape.map(latlng), {
        renderer: canvas,
        lineCap: "butt",
        lineJoin: "round",
        smoothFactor: 1,
        kind: row.kind,
        status: row.status,
        ...style,
      });
      const ref = row.ref ? `${row.ref} · ` : "";
      line.bindTooltip(() => tooltip(row, ref), { sticky: true });
      groups[groupOf(row.kind)].addLayer(line);
    });
  }
}

function groupOf(kind) {
  if (kind === "waterway") return "waterways";
  return kind.includes("rail") ? "railways" : "roads";
}

export function showLayers() {
  if (state.layers.has("projects")) {
    projects ??= addProjects().catch(() => {
      projects = null; // asked for anew the next time
    });
  }
  LAYERS.forEach((name) => {
    if (state.layers.has(name)) groups[name].addTo(map);
    else groups[name].remove();
  });
  ["roads", "railways", "waterways"].forEach((name) =>
    groups[name].eachLayer((line) => {
      if (line._map) line.bringToBack();
    })
  );
  const below = ["roads", "railways", "waterways"].flatMap((name) => groups[name].getLayers());
  below.reverse().forEach((line) => {
    if (line._map) line.bringToBack();
  });
}

export function showTiles() {
  if (!tiles) return;
  if (state.tiles) tiles.addTo(map);
  else tiles.remove();
}
