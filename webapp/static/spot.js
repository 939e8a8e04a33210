/*
 * A chosen place: its name in the sheet at once, and on the map how sure its position is once the
 * sheet says so.
 */
import { element, labels, nameOf } from "./page.js";

/** Head a sheet that is on its way with what the browser knows; one of the same place stays. */
export function announce(place, body) {
  if (!place?.kind || body.querySelector(`article[data-id="${CSS.escape(place.id)}"]`)) return;
  const about = [place.kind, place.province_en, place.country].filter(Boolean);
  body.replaceChildren(
    element(
      "div",
      { class: "site" },
      element("p", { class: "kicker" }, about.map((code) => labels[code] || code).join(" · ")),
      element("h1", {}, nameOf(place)),
    ),
  );
}

/** Draw where others put a place: a ring with their name, joined to the place by a dashed line. */
export function drawElsewhere(article, place, group) {
  for (const item of article.querySelectorAll(".statements [data-lon]")) {
    const at = [Number(item.dataset.lat), Number(item.dataset.lon)];
    const common = { color: "#14202b", weight: 2, interactive: false };
    L.polyline([place, at], { ...common, weight: 1, dashArray: "2 4" }).addTo(group);
    const ring = L.circleMarker(at, { ...common, radius: 6, fillColor: "#fff", fillOpacity: 0.9 });
    const party = element("span", {}, item.dataset.party);
    ring.bindTooltip(party, { permanent: true, direction: "right", offset: [8, 0] }).addTo(group);
  }
}

/** Draw how far off a position may be, or a dot where that is not stated. */
export function drawSpot(at, accuracy, renderer) {
  const common = { renderer, color: "#14202b", interactive: false };
  return accuracy
    ? L.circle(at, { ...common, radius: accuracy, weight: 1, dashArray: "2 4", fillOpacity: 0.05 })
    : L.circleMarker(at, { ...common, radius: 6, weight: 2, fillColor: "#fff", fillOpacity: 1 });
}
