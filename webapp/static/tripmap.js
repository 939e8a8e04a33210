/*
 * The map of a trip: basemap, places that can be chosen, the ways of each day in its colour. On the
 * trip's page and in its single file.
 *
 *   const trip = tripMap(map, config);  trip.expect();  trip.show(ways);
 *
 * Whatever comes from data becomes text by textContent.
 */
import { layer } from "./basemap.js";
import { nameControls } from "./controls.js";

export function tripMap(map, config) {
  const DOUBLE_CLICK_MS = 280; // after a click, whether a second follows
  const canvas = L.canvas({ padding: 0.4, tolerance: 4 });
  const drawn = L.layerGroup().addTo(map);
  nameControls(map, config.controls);
  const bytes = config.basemap
    ? Uint8Array.from(atob(config.basemap), (char) => char.charCodeAt(0))
    : null;
  if (bytes || config.urls.basemap) {
    layer(bytes || config.urls.basemap, { lang: config.language, traditional: config.traditional })
      .addTo(map);
  }

  function text(content, also) {
    const box = document.createElement("span");
    const name = document.createElement("b");
    name.textContent = content;
    box.append(name);
    if (also) box.append(document.createElement("br"), also);
    return box;
  }

  function numbered(number, colour) {
    const box = document.createElement("span");
    box.textContent = number;
    box.className = `stop-mark d${colour}`;
    return box;
  }

  let left = null; // the view when ways were asked for
  const middle = () => map.getSize().divideBy(2);

  /** Remember the view: whoever moves the map before the ways are there keeps what they look at. */
  function expect() {
    left = { centre: map.getCenter(), zoom: map.getZoom() };
  }

  function moved() {
    return left !== null && (left.zoom !== map.getZoom() ||
      map.latLngToContainerPoint(left.centre).distanceTo(middle()) > 10); // more than a rounding
  }

  /** Draw ways and stops: GeoJSON with `day`, `kind` and `number` in its properties. */
  function show(ways) {
    drawn.clearLayers();
    const points = [];
    ways.features.forEach((feature) => {
      const one = feature.properties;
      if (feature.geometry.type === "LineString") {
        const line = feature.geometry.coordinates.map(([lon, lat]) => [lat, lon]);
        L.polyline(line, { renderer: canvas, color: "#ffffff", weight: 7, opacity: 0.85 }).addTo(
          drawn,
        );
        L.polyline(line, {
          renderer: canvas,
          color: config.colours[one.day % config.colours.length],
          weight: 4,
          opacity: 0.95,
        })
          .bindTooltip(() => text(one.name), { sticky: true }).addTo(drawn);
        points.push(...line);
      } else {
        const at = [feature.geometry.coordinates[1], feature.geometry.coordinates[0]];
        const mark = one.kind === "visit"
          ? numbered(one.number, one.day % config.colours.length)
          : numbered("⌂", "x");
        const marker = L.marker(at, {
          icon: L.divIcon({ html: mark, className: "stop-pin", iconSize: [26, 26] }),
          alt: one.name,
          zIndexOffset: one.kind === "visit" ? 1000 : 500,
        });
        marker.bindTooltip(() => text(one.name, one.time), { direction: "top", offset: [0, -12] });
        marker.on("add", () => marker.getElement().setAttribute("aria-label", one.name)).addTo(
          drawn,
        );
        points.push(at);
      }
    });
    if (points.length && !moved()) {
      map.fitBounds(points, { padding: [34, 34], maxZoom: 12, animate: false });
      if (left !== null) expect(); // it was not the person who moved it
    }
  }

  /**
   * Offer places to be chosen, rows of [id, name, lon, lat], and any point: a click opens a
   * popup with a button, a double click zooms.
   */
  function offer(places, choose) {
    let pending = null;
    const wait = () => {
      clearTimeout(pending);
      pending = null;
    };

    function ask(at, name, place) {
      wait();
      pending = setTimeout(() => {
        const box = document.createElement("div"), button = document.createElement("button");
        button.type = "button";
        button.className = "add-stop";
        button.textContent = config.texts.add;
        button.addEventListener("click", () => {
          map.closePopup();
          choose(place);
        });
        box.append(text(name), button);
        L.popup({ className: "stop-popup", autoPanPadding: [20, 20] }).setLatLng(at).setContent(box)
          .openOn(map);
      }, DOUBLE_CLICK_MS);
    }

    places.forEach(([id, name, lon, lat]) => {
      L.circleMarker([lat, lon], {
        renderer: canvas,
        radius: 5,
        weight: 1.2,
        color: "#ffffff",
        fillColor: "#5b6b78",
        fillOpacity: 0.85,
        bubblingMouseEvents: false,
      })
        .bindTooltip(() => text(name), { direction: "top", offset: [0, -4] })
        .on("click", () => ask([lat, lon], name, id))
        .on("dblclick", (event) => {
          wait();
          map.setZoomAround(event.latlng, map.getZoom() + (event.originalEvent.shiftKey ? -1 : 1));
        })
        .addTo(map);
    });
    map.on("click", ({ latlng }) => {
      const { lat, lng } = latlng.wrap();
      ask(
        latlng,
        `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lng).toFixed(4)}° ${
          lng < 0 ? "W" : "E"
        }`,
        `${lng.toFixed(5)},${lat.toFixed(5)}`,
      );
    });
    map.on("dblclick dragstart", wait); // a plan that is drawn meanwhile moves the map as well
  }

  return { expect, show, offer };
}
