/*
 * The marks and lines of the map, by layer, and the tiles of a server where one is set.
 */
import { config, element, latlng, LAYERS, map, nameOf, number, state, tooltip } from "./page.js";
import { canvas, choose, light, places } from "./sheet.js";
import * as symbols from "./symbols.js";

export const groups = {
  parks: null,
  gates: L.layerGroup(),
  ports: L.layerGroup(),
  airports: L.layerGroup(),
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

export function addParks(rows) {
  const clustered = rows.length >= config.clusterFrom && L.markerClusterGroup;
  groups.parks = clustered
    ? L.markerClusterGroup({
      chunkedLoading: true,
      maxClusterRadius: 46,
      showCoverageOnHover: false,
      disableClusteringAtZoom: 12,
      iconCreateFunction: clusterIcon,
    })
    : L.layerGroup();
  const beside = new Map(); // how many marks stand at a point already
  rows.forEach((park) => {
    const point = String(park.shape[0]);
    beside.set(point, (beside.get(point) ?? -1) + 1);
    park.sectors = park.sectors ? park.sectors.split(";") : [];
    park.mark = new symbols.ParkMark(latlng(park.shape[0]), {
      renderer: canvas,
      kind: park.kind,
      status: park.status,
      radius: 6.5,
      aside: 18 * beside.get(point),
      bubblingMouseEvents: false,
    });
    park.mark.bindTooltip(() => tooltip(park), { direction: "top", offset: [0, -6] });
    park.mark.on({
      click: () => choose(park.id),
      mouseover: () => light(park, true),
      mouseout: () => light(park, false),
    });
    places[park.id] = park;
  });
  groups.parks.addTo(map);
}

function clusterIcon(cluster) {
  const count = cluster.getChildCount();
  const side = count < 100 ? 30 : count < 1000 ? 36 : 44;
  return L.divIcon({
    html: element("span", {}, number(count)),
    className: "cluster",
    iconSize: [side, side],
  });
}

export function addPlaces(layer, rows) {
  rows.forEach((place) => {
    const icon = symbols.placeIcon(place.kind, place.status);
    const side = Number(icon.getAttribute("width"));
    const mark = L.marker(latlng(place.shape[0]), {
      icon: L.divIcon({ html: icon, className: `badge ${layer}`, iconSize: [side, side] }),
      alt: nameOf(place),
      riseOnHover: true,
      zIndexOffset: layer === "gates" ? 1000 : 0,
    });
    mark.bindTooltip(() => tooltip(place), { direction: "top", offset: [0, -8] });
    mark.on("click", () => choose(place.id));
    mark.on("add", () => mark.getElement().setAttribute("aria-label", nameOf(place)));
    places[place.id] = { ...place, mark };
    groups[layer].addLayer(mark);
  });
}

export function addCorridors(rows) {
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
        ...style,
      });
      const ref = row.ref ? `${row.ref} · ` : "";
      line.bindTooltip(() => tooltip({ ...row, name_en: ref + row.name_en }), { sticky: true });
      groups[groupOf(row.kind)].addLayer(line);
    });
  }
}

function groupOf(kind) {
  if (kind === "waterway") return "waterways";
  return kind.includes("rail") ? "railways" : "roads";
}

export function showLayers() {
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
