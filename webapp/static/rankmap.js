/*
 * The map of a ranking: a numbered pin for each site of the list, a dot for each that follows.
 *
 *   const pins = rankMap(map, config, result);  pins.draw();
 *
 * Whatever comes from data becomes text by textContent.
 */
import { layer } from "./basemap.js";
import { nameControls } from "./controls.js";

const FIRST = 1000; // the better place lies on top
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export function rankMap(map, config, result) {
  const canvas = L.canvas({ padding: 0.4, tolerance: 4 });
  const drawn = L.layerGroup().addTo(map);
  const pins = new Map();
  let shown = null; // the sites that the map was fitted to
  nameControls(map, config.controls);
  if (config.urls.basemap) {
    layer(config.urls.basemap, { lang: config.language, traditional: config.traditional }).addTo(
      map,
    );
  }

  function text(content) {
    const box = document.createElement("span");
    box.textContent = content;
    return box;
  }

  const cardOf = (id) => result.querySelector(`.site[data-site="${CSS.escape(id)}"]`);

  function open(id) {
    const card = cardOf(id);
    card?.scrollIntoView({ block: "center", behavior: still() ? "auto" : "smooth" });
    card?.querySelector("a").focus({ preventScroll: true });
  }

  function pin([id, lon, lat, name], number) {
    const mark = text(number);
    mark.className = "place-mark";
    const marker = L.marker([lat, lon], {
      icon: L.divIcon({ html: mark, className: "place-pin", iconSize: [26, 26] }),
      keyboard: false, // the list holds the same sites
      zIndexOffset: FIRST - number,
    });
    marker.bindTooltip(() => text(name), { direction: "top", offset: [0, -12] });
    marker.on("click", () => open(id));
    marker.on("mouseover", () => light(id, true)).on("mouseout", () => light(id, false));
    pins.set(id, marker.addTo(drawn));
    return [lat, lon];
  }

  function dot([, lon, lat, name]) {
    L.circleMarker([lat, lon], {
      renderer: canvas,
      radius: 4,
      weight: 1.2,
      color: "#ffffff",
      fillColor: "#5b6b78",
      fillOpacity: 0.85,
    }).bindTooltip(() => text(name), { direction: "top", offset: [0, -4] }).addTo(drawn);
  }

  /** Mark a site in the list and on the map, or no longer. */
  function light(id, on) {
    cardOf(id)?.classList.toggle("lit", on);
    const marker = pins.get(id);
    marker?.getElement().classList.toggle("lit", on);
    marker?.setZIndexOffset(on ? 2 * FIRST : FIRST - Number(marker.getElement().textContent));
  }

  /** Draw the sites of the ranking that is shown now. */
  function draw() {
    drawn.clearLayers();
    pins.clear();
    const data = result.querySelector("script.pins");
    const sites = data ? JSON.parse(data.textContent) : { listed: [], others: [] };
    sites.others.forEach(dot);
    const points = sites.listed.map((site, i) => pin(site, i + 1));
    const now = sites.listed.map(([id]) => id).sort().join();
    if (points.length && now !== shown) {
      map.fitBounds(points, { padding: [30, 30], maxZoom: 11, animate: false });
    }
    shown = now;
  }

  const siteOf = (event) => event.target.closest?.(".site[data-site]")?.dataset.site;
  [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]].forEach(
    ([name, on]) =>
      result.addEventListener(name, (event) => {
        const id = siteOf(event);
        if (id) light(id, on);
      }),
  );
  return { draw };
}
