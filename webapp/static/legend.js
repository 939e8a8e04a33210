/*
 * The buttons that show and hide the layers, and the legend of what is shown.
 */
import { showLayers, showTiles } from "./layers.js";
import { $, chip, config, element, labels, LAYERS, state, texts, writeAddress } from "./page.js";
import * as symbols from "./symbols.js";

export function drawLayerChips() {
  const icons = {
    gates: symbols.placeIcon("international", null, 16),
    ports: symbols.placeIcon("seaport", null, 16),
    airports: symbols.placeIcon("civil", null, 16),
    roads: symbols.lineIcon("expressway", "operating"),
    railways: symbols.lineIcon("railway", "operating"),
    waterways: symbols.lineIcon("waterway", "operating"),
  };
  const box = $("layers");
  box.replaceChildren(
    ...LAYERS.map((name) =>
      chip(icons[name], texts[name], null, state.layers.has(name), () => {
        state.layers.has(name) ? state.layers.delete(name) : state.layers.add(name);
        showLayers();
        drawLayerChips();
        drawLegend();
        writeAddress();
      })
    ),
  );
  if (config.tiles) {
    const online = chip(null, texts.tiles, null, Boolean(state.tiles), () => {
      state.tiles = state.tiles ? null : "1";
      showTiles();
      drawLayerChips();
      writeAddress();
    });
    online.title = texts.tilesHint;
    box.append(online);
  }
}

export function drawLegend() {
  const row = (icon, text) => element("li", {}, icon, element("span", {}, text));
  const parts = [
    ...Object.keys(symbols.PARKS).map((kind) => row(symbols.parkIcon(kind), labels[kind])),
    ...["under_construction", "planned"].map((status) =>
      row(symbols.parkIcon("industrial_park", status), texts[`legend.${status}`])
    ),
  ];
  if (state.layers.has("gates")) {
    parts.push(
      ...["international", "bilateral_main", "auxiliary"].map((kind) =>
        row(symbols.placeIcon(kind, null, 16), labels[kind])
      ),
    );
  }
  if (state.layers.has("ports")) {
    parts.push(
      ...["seaport", "dry_port", "rail_terminal", "logistics_park"].map((kind) =>
        row(symbols.placeIcon(kind, null, 16), labels[kind])
      ),
    );
  }
  if (state.layers.has("airports")) {
    parts.push(row(symbols.placeIcon("civil", null, 16), labels.civil));
  }
  if (state.layers.has("roads")) {
    parts.push(
      ...[
        ["expressway", "operating", labels.expressway],
        ["national_road", "operating", labels.national_road],
        ["expressway", "under_construction", texts["legend.under_construction"]],
      ].map(([kind, status, text]) =>
        row(symbols.lineIcon(kind, status), `${texts.roads} · ${text}`)
      ),
    );
  }
  if (state.layers.has("railways")) {
    parts.push(
      row(symbols.lineIcon("railway", "operating"), labels.railway),
      row(symbols.lineIcon("high_speed_rail", "operating"), labels.high_speed_rail),
      row(symbols.lineIcon("railway", "planned"), texts["legend.planned"]),
    );
  }
  if (state.layers.has("waterways")) {
    parts.push(
      row(symbols.lineIcon("waterway", "operating"), labels.waterway),
      row(symbols.lineIcon("waterway", "under_construction"), texts["legend.under_construction"]),
    );
  }
  const open = $("legend").querySelector("details")?.open ??
    (window.matchMedia("(min-width: 1600px) and (min-height: 640px)").matches && !state.site &&
      !state.at);
  $("legend").replaceChildren(
    element(
      "details",
      { open },
      element("summary", {}, texts.legend),
      element("ul", { tabindex: "0" }, ...parts),
    ),
  );
}
