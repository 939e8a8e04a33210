/*
 * The box of layers on the map, and the legend of what is in view.
 */
import { showLayers, showTiles } from "./layers.js";
import {
  $,
  chip,
  config,
  element,
  labels,
  LAYERS,
  map,
  state,
  texts,
  writeAddress,
} from "./page.js";
import { wordOf } from "./pills.js";
import * as symbols from "./symbols.js";

const box = (id) => $(id).querySelector("details") || $(id);

export function drawLayerChips() {
  const icons = {
    gates: symbols.placeIcon("international", null, 16),
    ports: symbols.placeIcon("seaport", null, 16),
    airports: symbols.placeIcon("civil", null, 16),
    projects: symbols.placeIcon("projects", null, 16),
    roads: symbols.lineIcon("expressway", "operating"),
    railways: symbols.lineIcon("railway", "operating"),
    waterways: symbols.lineIcon("waterway", "operating"),
  };
  const chips = $("layers").querySelector(".chips");
  chips.replaceChildren(
    ...LAYERS.map((name) =>
      chip(icons[name], texts[name], null, state.layers.has(name), ({ currentTarget }) => {
        state.layers.has(name) ? state.layers.delete(name) : state.layers.add(name);
        currentTarget.setAttribute("aria-pressed", String(state.layers.has(name)));
        showLayers();
        drawLegend();
        writeAddress();
      })
    ),
  );
  if (config.tiles) {
    const online = chip(null, texts.tiles, null, Boolean(state.tiles), () => {
      state.tiles = state.tiles ? null : "1";
      online.setAttribute("aria-pressed", String(Boolean(state.tiles)));
      showTiles();
      writeAddress();
    });
    online.title = texts.tilesHint;
    chips.append(online);
  }
}

/** What is drawn in view, by layer: the kinds, each with its statuses. */
function inView() {
  const view = map.getBounds(), seen = { kinds: new Set(), statuses: new Set(), land: new Set() };
  const others = {};
  map.eachLayer((drawn) => {
    const { park, kind, status } = drawn.options;
    if (park?.kind && view.contains(drawn.getLatLng())) {
      seen.kinds.add(park.kind);
      seen.statuses.add(park.status);
      seen.land.add(park.availability || "unknown");
    } else if (
      kind && (drawn.getLatLng ? view.contains(drawn.getLatLng()) : crosses(drawn, view))
    ) {
      (others[kind] ??= new Set()).add(status);
    }
  });
  return { ...seen, others };
}

const crosses = (line, view) =>
  view.intersects(line.getBounds()) && line.getLatLngs().some((point) => view.contains(point));

const row = (icon, text) => element("li", {}, icon, element("span", {}, text));

/** Write the legend, if it is open: of sites colour, shape and status, then the other places, then
 * lines. */
export function drawLegend() {
  if (!box("legend").open) return;
  const seen = inView();
  const parts = [
    ...Object.keys(symbols.LAND).filter((code) => seen.land.has(code)).map((code) =>
      row(
        symbols.parkIcon({ kind: "industrial_park", availability: code }),
        `${texts["pill.availability"]}: ${wordOf("availability", code)}`,
      )
    ),
    ...Object.keys(symbols.PARKS).filter((kind) => seen.kinds.has(kind)).map((kind) =>
      row(symbols.parkIcon({ kind }), labels[kind])
    ),
    ...["under_construction", "planned"].filter((status) => seen.statuses.has(status)).map((
      status,
    ) => row(symbols.parkIcon({ kind: "industrial_park", status }), texts[`legend.${status}`])),
  ];
  const words = { ...labels, projects: texts.projects };
  Object.keys(symbols.PLACES).filter((kind) => seen.others[kind] && words[kind]).forEach((kind) =>
    parts.push(row(symbols.placeIcon(kind, null, 16), words[kind]))
  );
  Object.keys(symbols.LINES).filter((kind) => seen.others[kind]).forEach((kind) =>
    [...seen.others[kind]].sort().forEach((status) =>
      parts.push(
        row(
          symbols.lineIcon(kind, status),
          status === "operating"
            ? labels[kind]
            : `${labels[kind]}, ${texts[`legend.${status}`] || labels[status]}`,
        ),
      )
    )
  );
  $("legend").querySelector("ul").replaceChildren(...parts);
}

/** Keep the legend to what is in view. */
export function keepLegend() {
  const details = box("legend");
  details.addEventListener("toggle", drawLegend);
  details.open = window.matchMedia("(min-width: 1600px) and (min-height: 640px)").matches &&
    !state.site &&
    !state.at;
  let waiting = 0;
  map.on("moveend layeradd layerremove", () => {
    waiting ||= setTimeout(() => {
      waiting = 0;
      drawLegend();
    }, 60);
  });
}
