/*
 * The offline base map: land, water, boundaries, roads and names, drawn from one PMTiles file by
 * protomaps-leaflet.
 *
 *   layer("/basemap.pmtiles", { lang: "vi" }).addTo(map);
 *
 * Needs leaflet.js and protomaps-leaflet.js before it. What the file holds: data/basemap/README.md.
 */
import { roadLabels, roadPaint } from "./basemap_roads.js";
import { han } from "./han.js";

const ATTRIBUTION = '<a href="https://www.soest.hawaii.edu/pwessel/gshhg/">GSHHG</a> (LGPL) · ' +
  '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap contributors</a> (ODbL) · ' +
  '© <a href="https://openmaptiles.org/">OpenMapTiles</a> · ' +
  '<a href="https://www.naturalearthdata.com/">Natural Earth</a> · ' +
  '<a href="https://www.geonames.org/">GeoNames</a> ' +
  '(<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>)';

// Data zooms; a tile covers 512 px, so the map shows them one zoom later and magnifies the last one
// beyond.
const REGION_ZOOM = 10;
const CONTEXT_ZOOM = 5;

const COLOR = {
  sea: "#dce6ec",
  land: "#f8f6f1",
  coast: "#bccbd5",
  context: "#f1efe9",
  water: "#c3d5e0",
  province: "#b9b4ab",
  border: "#857d86",
  halo: "#ffffff",
  place: "#4b5661",
  area: "#8d949c",
  country: "#7b727d",
};

const FONTS =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", ' +
  '"Noto Sans SC", "Noto Sans CJK SC", sans-serif';

// The first name that a feature has is shown.
const NAMES = {
  en: ["name_en"],
  vi: ["name_vi", "name_en"],
  zh: ["name_zh", "name_vi", "name_en"],
};

/** Return where a label finds its name; in traditional characters it is written beside the other. */
function namesIn(lang, table) {
  const names = NAMES[lang] || NAMES.en;
  if (!table || !Object.keys(table).length) return names;
  return (_zoom, { props }) => {
    if (props.name_zh) props.name_written ??= han(props.name_zh, table);
    return ["name_written", ...names];
  };
}

// Text size and weight of a place by its rank, 1 the largest; a place appears at the zoom its tile
// first holds it.
const PLACE_SIZE = { 1: 14, 2: 13, 3: 12, 4: 11.5, 5: 11, 6: 10.5 };
const PLACE_WEIGHT = { 1: 600, 2: 500 };

/** What is filled and stroked, from the bottom to the top. */
function paintRules(P) {
  const line = (options) => new P.LineSymbolizer({ lineJoin: "round", ...options });
  const area = (fill, stroke) =>
    new P.PolygonSymbolizer({ fill, stroke: stroke || fill, width: stroke ? 0.8 : 0 });
  return [
    { dataSource: "region", dataLayer: "land", symbolizer: area(COLOR.land, COLOR.coast) },
    { dataSource: "region", dataLayer: "lake", symbolizer: area(COLOR.sea, COLOR.coast) },
    // Over the rim of the region's own land, which is cut along its bbox.
    { dataSource: "context", dataLayer: "context_land", symbolizer: area(COLOR.context) },
    {
      dataSource: "context",
      dataLayer: "context_border",
      symbolizer: line({ color: COLOR.border, width: 0.8, opacity: 0.5, dash: [8, 3, 1.5, 3] }),
    },
    {
      dataSource: "region",
      dataLayer: "river",
      symbolizer: line({ color: COLOR.water, width: P.linear([[5, 0.5], [8, 1], [12, 1.8]]) }),
    },
    {
      dataSource: "region",
      dataLayer: "province",
      symbolizer: line({
        color: COLOR.province,
        width: P.linear([[5, 0.6], [10, 1]]),
        dash: [4, 3],
      }),
    },
    {
      dataSource: "region",
      dataLayer: "border",
      symbolizer: line({ color: COLOR.border, width: P.linear([[4, 4], [10, 7]]), opacity: 0.12 }),
    },
    ...roadPaint(P),
    {
      dataSource: "region",
      dataLayer: "border",
      symbolizer: line({
        color: COLOR.border,
        width: P.linear([[4, 1], [10, 1.6]]),
        dash: [9, 3, 2, 3],
      }),
    },
  ];
}

/**
 * What is written; a rule further up wins where two labels meet, and within a rule the larger
 * place.
 */
function labelRules(P, lang, table) {
  const names = namesIn(lang, table);
  const text = {
    labelProps: names,
    fontFamily: FONTS,
    stroke: COLOR.halo,
    width: 2.5,
  };
  const place = {
    ...text,
    fill: COLOR.place,
    fontSize: (_zoom, feature) => PLACE_SIZE[feature.props.rank],
    fontWeight: (_zoom, feature) => PLACE_WEIGHT[feature.props.rank] || 400,
  };
  return [
    {
      dataSource: "region",
      dataLayer: "country_label",
      maxzoom: 6,
      symbolizer: new P.CenteredTextSymbolizer({
        ...text,
        fill: COLOR.country,
        fontSize: 14,
        fontWeight: 600,
        letterSpacing: 2,
        textTransform: "uppercase",
      }),
    },
    {
      dataSource: "region",
      dataLayer: "place_label",
      symbolizer: new P.Padding(
        2,
        new P.GroupSymbolizer([
          new P.CircleSymbolizer({
            radius: 2.2,
            fill: COLOR.place,
            stroke: COLOR.halo,
            width: 1.2,
          }),
          new P.OffsetTextSymbolizer({ ...place, offsetX: 5, offsetY: 3 }),
        ]),
      ),
      sort: (one, other) => one.rank - other.rank || other.population - one.population,
    },
    ...roadLabels(P, { names, halo: COLOR.halo, fonts: FONTS }),
    {
      dataSource: "region",
      dataLayer: "province_label",
      maxzoom: 10,
      symbolizer: new P.Padding(
        4,
        new P.CenteredTextSymbolizer({
          ...text,
          fill: COLOR.area,
          fontSize: 12,
          fontStyle: lang === "zh" ? "" : "italic",
          letterSpacing: 1,
        }),
      ),
    },
  ];
}

/** Let protomaps-leaflet read a file that is already here as if it came in ranges. */
function bytesSource(bytes) {
  return {
    getKey: () => "basemap",
    getBytes: (offset, length) =>
      Promise.resolve({ data: bytes.slice(offset, offset + length).buffer }),
  };
}

/**
 * Make the base map layer.
 *
 * source: the address of the PMTiles file (served with ranges), or its bytes as a Uint8Array (no
 * request at all).
 * options: `lang` ("en", "vi" or "zh"), for Chinese in other characters a table `traditional`, and
 * any option of L.GridLayer.
 */
export function layer(source, options) {
  const P = window.protomapsL;
  const { lang = "en", traditional = null, ...rest } = options || {};
  // the bundle keeps this class to itself
  const PMTiles = new P.PmtilesSource("", false).p.constructor;
  const url = new PMTiles(typeof source === "string" ? source : bytesSource(source));
  const result = P.leafletLayer({
    attribution: ATTRIBUTION,
    noWrap: true,
    ...rest,
    lang,
    backgroundColor: COLOR.sea,
    sources: {
      context: { url, maxDataZoom: CONTEXT_ZOOM },
      region: { url, maxDataZoom: REGION_ZOOM },
    },
    paintRules: paintRules(P),
    labelRules: labelRules(P, lang, traditional),
  });
  // Before its first tile and between tiles the map is sea, not Leaflet's grey.
  result.on("add", () => {
    result._map.getContainer().style.backgroundColor = COLOR.sea;
  });
  return result;
}
