/*
 * Areas within travel times, each with its minutes written on its line.
 */
import { element, fill, latlng, texts } from "./page.js";

const COLORS = ["#0b4f6c", "#1f7a9e", "#5aa9c4", "#8cc5d8", "#b5dbe7", "#d3ebf2"]; // from inside
const SIDES = [90, 35, 145, 0, 180, 270]; // towards which the minutes stand, one way for each area

/** The point of a shape that lies farthest towards a side, in degrees against the clock. */
function farthest(shape, side) {
  const [east, north] = [Math.cos(side * Math.PI / 180), Math.sin(side * Math.PI / 180)];
  const points = shape.coordinates.flat(shape.type === "Polygon" ? 1 : 2);
  const reach = ([lon, lat]) => east * lon + north * lat;
  return points.reduce((best, point) => reach(point) > reach(best) ? point : best, points[0]);
}

/** Draw areas, the largest first and below; returns what they cover. */
export function drawAreas(group, features, renderer) {
  const drawn = features.map((feature, i) => {
    const color = COLORS[Math.min(features.length - 1 - i, COLORS.length - 1)];
    return L.geoJSON(feature, {
      style: { renderer, color, weight: 1.5, fillColor: color, fillOpacity: 0.22 },
      interactive: false,
    }).addTo(group);
  });
  [...drawn].reverse().forEach((area) => area.bringToBack());
  features.forEach((feature, i) => {
    const at = feature.geometry && farthest(feature.geometry, SIDES[i % SIDES.length]);
    if (!at) return;
    const text = fill(texts.min, { m: Math.round(feature.properties.limit_s / 60) });
    const icon = L.divIcon({
      html: element("span", {}, text),
      className: "minutes",
      iconSize: null,
    });
    L.marker(latlng(at), { icon, interactive: false, keyboard: false }).addTo(group);
  });
  return drawn[0].getBounds();
}
