/*
 * The controls of a map in the language of the page: Leaflet names its buttons in English.
 */
export function nameControls(map, texts) {
  map.attributionControl.setPrefix("Zone Atlas · Leaflet");
  ["zoom-in", "zoom-out"].forEach((name) => {
    const button = map.getContainer().querySelector(`.leaflet-control-${name}`);
    button?.setAttribute("title", texts[name]);
    button?.setAttribute("aria-label", texts[name]);
  });
}
