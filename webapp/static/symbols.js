/*
 * The marks of the map: one table of shapes and colours, drawn on the canvas, in the legend and in
 * the lists alike.
 * A site's shape is its kind, its colour whether it has land, its size its area.
 * Colours: Okabe and Ito (2008), Color Universal Design, darkened.
 */
// Shapes fill a square from -1 to 1.
const CIRCLE = "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z";
const SQUARE = "M-.88-.88H.88V.88H-.88Z";
const DIAMOND = "M0-1.15L1.15 0 0 1.15-1.15 0Z";
const TRIANGLE = "M0-1.1L1.08.82H-1.08Z";
const WEDGE = "M0 1.1L1.08-.82H-1.08Z";
const HEXAGON = "M-.55-1H.55L1.1 0 .55 1H-.55L-1.1 0Z";
const STAR = "M0-1.2L.34-.42 1.15-.37.54.18.71.97 0 .55-.71.97-.54.18-1.15-.37-.34-.42Z";

export const PARKS = {
  industrial_park: CIRCLE,
  industrial_cluster: TRIANGLE,
  economic_zone: SQUARE,
  border_gate_economic_zone: DIAMOND,
  cross_border_zone: HEXAGON,
  bonded_zone: WEDGE,
  hitech_zone: STAR,
};

/** The colour of a site, by whether it has land. */
export const LAND = { free: "#00805c", full: "#b8500a", unknown: "#3d6b8e" };

// Badges of the other places, in a box of 20 × 20: a plate and a white picture on it.
export const PLACES = {
  international: { plate: "#7a1f2b", picture: "M5 15.5V7.6L10 4.5l5 3.1v7.9M8 15.5v-4.6h4v4.6" },
  bilateral_main: { plate: "#a8483a", picture: "M5 15.5V7.6L10 4.5l5 3.1v7.9M8 15.5v-4.6h4v4.6" },
  auxiliary: {
    plate: "#a18a84",
    picture: "M5 15.5V7.6L10 4.5l5 3.1v7.9M8 15.5v-4.6h4v4.6",
    small: true,
  },
  seaport: {
    plate: "#14606f",
    picture: "M10 4.2v11M6.6 7.6h6.8M4.6 11.4c.5 2.6 2.6 4 5.4 4s4.9-1.4 5.4-4",
  },
  anchorage: {
    plate: "#6b97a1",
    picture: "M10 4.2v11M6.6 7.6h6.8M4.6 11.4c.5 2.6 2.6 4 5.4 4s4.9-1.4 5.4-4",
    small: true,
  },
  dry_port: { plate: "#4d6b38", picture: "M4.5 6.5h11v7h-11zM8.2 6.5v7M11.8 6.5v7" },
  rail_terminal: {
    plate: "#4a4a55",
    picture: "M6.5 4.5h7v8h-7zM6.5 9h7M7.5 12.5l-2 3M12.5 12.5l2 3",
  },
  logistics_park: { plate: "#4d6b38", picture: "M4 15V8.5L10 5l6 3.5V15M7 15v-4h6v4" },
  civil: {
    plate: "#39557f",
    picture: "M10 3.6v12.8M10 8.4l-6 3.4M10 8.4l6 3.4M7.8 16l2.2-1.5 2.2 1.5",
  },
  military: {
    plate: "#8a93a3",
    picture: "M10 3.6v12.8M10 8.4l-6 3.4M10 8.4l6 3.4M7.8 16l2.2-1.5 2.2 1.5",
    small: true,
  },
  projects: { plate: "#9c3f73", picture: "M10 5v10M5 10h10", small: true },
  town: { plate: "#46525d", picture: "M7.5 10a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0" },
};

// Corridors lie over the roads of the base map as wide bands that the road shines through;
// railways, which the base map lacks, are lines: what lies below first.
export const LINES = {
  expressway: [{ color: "#7b3fa0", weight: 5.5, opacity: 0.32 }],
  national_road: [{ color: "#2f6fb0", weight: 4.5, opacity: 0.3 }],
  provincial_road: [{ color: "#6b7683", weight: 4, opacity: 0.3 }],
  railway: [{ color: "#5f6470", weight: 2.6 }, { color: "#ffffff", weight: 1.4, dashArray: "6 6" }],
  high_speed_rail: [{ color: "#3c4250", weight: 3.4 }, {
    color: "#ffffff",
    weight: 1.6,
    dashArray: "10 6",
  }],
  waterway: [{ color: "#2f6f9f", weight: 4.4 }, { color: "#7fb9dd", weight: 2.4 }],
};
const PENDING = {
  expressway: { color: "#7b3fa0", weight: 3, opacity: 0.6 },
  national_road: { color: "#2f6fb0", weight: 2.6, opacity: 0.6 },
  provincial_road: { color: "#6b7683", weight: 2.4, opacity: 0.6 },
  railway: { color: "#5f6470", weight: 2.2, opacity: 0.85 },
  high_speed_rail: { color: "#3c4250", weight: 2.4, opacity: 0.85 },
  waterway: { color: "#2f6f9f", weight: 3, opacity: 0.85 },
};
const DASH = { under_construction: "9 4", planned: "3 6" };

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, children) {
  const element = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  (children || []).forEach((child) => element.append(child));
  return element;
}

/** How a park is filled and outlined. */
function parkStyle({ kind, status, availability }) {
  const path = PARKS[kind] || CIRCLE, color = LAND[availability] || LAND.unknown;
  if (status === "operating") return { path, fill: color, stroke: "#ffffff", width: 1.4, dash: [] };
  if (status === "under_construction") {
    return { path, fill: "#ffffff", stroke: color, width: 2.2, dash: [] };
  }
  return { path, fill: "#ffffff", stroke: color, width: 1.8, dash: [2.5, 2] };
}

/** The radius of a park's mark: its area is that of the mark, within limits. */
export const radiusOf = (park) => Math.min(Math.max(0.4 * Math.sqrt(park.area_ha ?? 0), 5), 10);

/** A park's mark as an element, for lists and the legend. */
export function parkIcon(park) {
  const style = parkStyle({ status: "operating", ...park });
  return svg("svg", {
    viewBox: "-9 -9 18 18",
    width: 18,
    height: 18,
    "aria-hidden": "true",
    class: "icon",
  }, [
    svg("path", {
      d: style.path,
      transform: "scale(6)",
      fill: style.fill,
      stroke: style.stroke,
      "stroke-width": style.width,
      "vector-effect": "non-scaling-stroke",
      "stroke-dasharray": style.dash.join(" "),
    }),
  ]);
}

/** The badge of a gate, port or airport as an element. */
export function placeIcon(kind, status, size) {
  const badge = PLACES[kind] || PLACES.logistics_park;
  const pending = status === "planned" || status === "under_construction";
  const side = size || (badge.small ? 15 : 20);
  return svg("svg", {
    viewBox: "0 0 20 20",
    width: side,
    height: side,
    "aria-hidden": "true",
    class: "icon",
  }, [
    svg("rect", {
      x: 1,
      y: 1,
      width: 18,
      height: 18,
      rx: kind in { international: 1, bilateral_main: 1, auxiliary: 1 } ? 3 : 9,
      fill: pending ? "#ffffff" : badge.plate,
      stroke: pending ? badge.plate : "#ffffff",
      "stroke-width": 1.4,
      "stroke-dasharray": pending ? "3 2" : "",
    }),
    svg("path", {
      d: badge.picture,
      fill: "none",
      stroke: pending ? badge.plate : "#ffffff",
      "stroke-width": 1.7,
      "stroke-linejoin": "round",
      "stroke-linecap": "round",
    }),
  ]);
}

/** The strokes of a corridor, bottom first. */
export function lineStyles(kind, status) {
  if (status === "operating") return LINES[kind] || LINES.provincial_road;
  return [{
    ...(PENDING[kind] || PENDING.provincial_road),
    dashArray: DASH[status] || DASH.planned,
  }];
}

export function lineIcon(kind, status) {
  return svg(
    "svg",
    { viewBox: "0 0 30 10", width: 30, height: 10, "aria-hidden": "true", class: "icon" },
    lineStyles(kind, status).map((style) =>
      svg("line", {
        x1: 1,
        y1: 5,
        x2: 29,
        y2: 5,
        stroke: style.color,
        "stroke-width": style.weight,
        "stroke-opacity": style.opacity ?? 1,
        "stroke-dasharray": style.dashArray || "",
      })
    ),
  );
}

const paths = {};

/** A Leaflet marker that draws a park on the map's canvas. */
export const ParkMark = L.CircleMarker.extend({
  options: { radius: 7, base: 7, park: {}, aside: 0 },
  _project() {
    L.CircleMarker.prototype._project.call(this);
    this._point = this._point.add([this.options.aside, 0]);
    this._updateBounds();
  },
  /** A mark that is lit takes no click of the mark beside it: what it grows by is for the eye. */
  _containsPoint(point) {
    return point.distanceTo(this._point) <= this.options.base + this._clickTolerance();
  },
  _updatePath() {
    const renderer = this._renderer;
    if (!renderer._drawing || this._empty()) return;
    const context = renderer._ctx, style = parkStyle(this.options.park);
    paths[style.path] = paths[style.path] || new Path2D(style.path);
    context.save();
    context.translate(this._point.x, this._point.y);
    context.scale(this._radius, this._radius);
    context.lineJoin = "round";
    context.globalAlpha = 1; // a corridor drawn before is not opaque
    if (this.options.lit) {
      context.lineWidth = 7 / this._radius;
      context.strokeStyle = "#14202b";
      context.stroke(paths[style.path]);
      context.lineWidth = 3.5 / this._radius;
      context.strokeStyle = "#ffffff";
      context.stroke(paths[style.path]);
    }
    context.fillStyle = style.fill;
    context.fill(paths[style.path]);
    context.lineWidth = style.width / this._radius;
    context.strokeStyle = style.stroke;
    context.setLineDash(style.dash.map((one) => one / this._radius));
    context.stroke(paths[style.path]);
    context.restore();
  },
});
