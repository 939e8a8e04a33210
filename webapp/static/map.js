/*
 * The map page: layers, filters, list and legend. Loaded after page.js, symbols.js and sheet.js.
 */
(function () {
  "use strict";

  const atlas = window.ZoneAtlas;
  const { config, labels, texts, urls, own, map, $, state, FACETS, LAYERS, writeAddress, element, fill, number, fold, duration, landText, ask, latlng, wide, nameOf, alsoOf, tooltip } = atlas;
  const { canvas, places, choose } = atlas;
  const symbols = window.ZoneAtlasSymbols;

  // Layers ---------------------------------------------------------------------------------------------------------------

  const groups = { parks: null, gates: L.layerGroup(), ports: L.layerGroup(), airports: L.layerGroup(), roads: L.layerGroup(), railways: L.layerGroup() };
  let parks = [];
  let visible = [];

  function addParks(rows) {
    parks = rows;
    const clustered = rows.length >= config.clusterFrom && L.markerClusterGroup;
    groups.parks = clustered
      ? L.markerClusterGroup({ chunkedLoading: true, maxClusterRadius: 46, showCoverageOnHover: false, disableClusteringAtZoom: 12, iconCreateFunction: clusterIcon })
      : L.layerGroup();
    rows.forEach((park) => {
      park.text = fold([park.name_en, park.name_vi, park.name_zh, ...[park.province_en, park.province_former_en].map((name) => config.provinces[name] || name), park.district].filter(Boolean).join(" "));
      park.sectors = park.sectors ? park.sectors.split(";") : [];
      park.mark = new symbols.ParkMark(latlng(park.shape[0]), { renderer: canvas, kind: park.kind, status: park.status, radius: 6.5, bubblingMouseEvents: false });
      park.mark.bindTooltip(() => tooltip(park), { direction: "top", offset: [0, -6] });
      park.mark.on({ click: () => choose(park.id), mouseover: () => light(park, true), mouseout: () => light(park, false) });
      places[park.id] = park;
    });
    groups.parks.addTo(map);
  }

  function clusterIcon(cluster) {
    const count = cluster.getChildCount();
    const side = count < 100 ? 30 : count < 1000 ? 36 : 44;
    return L.divIcon({ html: element("span", {}, number(count)), className: "cluster", iconSize: [side, side] });
  }

  function addPlaces(layer, rows) {
    rows.forEach((place) => {
      const icon = symbols.placeIcon(place.kind, place.status);
      const side = Number(icon.getAttribute("width"));
      const mark = L.marker(latlng(place.shape[0]), {
        icon: L.divIcon({ html: icon, className: `badge ${layer}`, iconSize: [side, side] }),
        alt: nameOf(place), riseOnHover: true, zIndexOffset: layer === "gates" ? 1000 : 0,
      });
      mark.bindTooltip(() => tooltip(place), { direction: "top", offset: [0, -8] });
      mark.on("click", () => choose(place.id));
      mark.on("add", () => mark.getElement().setAttribute("aria-label", nameOf(place)));
      places[place.id] = { ...place, mark };
      groups[layer].addLayer(mark);
    });
  }

  function addCorridors(rows) {
    const order = ["railway", "high_speed_rail", "provincial_road", "national_road", "expressway"];
    const sorted = [...rows].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    const depth = Math.max(...sorted.map((row) => symbols.lineStyles(row.kind, row.status).length));
    for (let i = 0; i < depth; i += 1) {
      sorted.forEach((row) => {
        const style = symbols.lineStyles(row.kind, row.status)[i];
        if (!style) return;
        const line = L.polyline(row.shape.map(latlng), { renderer: canvas, lineCap: "butt", lineJoin: "round", smoothFactor: 1, ...style });
        const ref = row.ref ? `${row.ref} · ` : "";
        line.bindTooltip(() => tooltip({ ...row, name_en: ref + row.name_en }), { sticky: true });
        groups[row.kind.includes("rail") ? "railways" : "roads"].addLayer(line);
      });
    }
  }

  function showLayers() {
    LAYERS.forEach((name) => {
      if (state.layers.has(name)) groups[name].addTo(map);
      else groups[name].remove();
    });
    ["roads", "railways"].forEach((name) => groups[name].eachLayer((line) => { if (line._map) line.bringToBack(); }));
    [...groups.roads.getLayers(), ...groups.railways.getLayers()].reverse().forEach((line) => { if (line._map) line.bringToBack(); });
  }

  // Filters and the list ---------------------------------------------------------------------------------------------------

  const valuesOf = (park, column) => (column === "sectors" ? park.sectors : [park[column]]);

  function matches(park, except) {
    const words = fold(state.q).split(" ").filter(Boolean);
    return words.every((word) => park.text.includes(word)) && FACETS.every(([column]) => {
      const wanted = state.filters[column];
      return column === except || !wanted.size || valuesOf(park, column).some((value) => wanted.has(value));
    });
  }

  function chip(icon, text, count, pressed, onclick) {
    return element("button", { type: "button", class: "chip", "aria-pressed": String(pressed), onclick },
      icon, element("span", {}, text), count === null ? null : element("span", { class: "count" }, number(count)));
  }

  function drawLayerChips() {
    const icons = {
      gates: symbols.placeIcon("international", null, 16), ports: symbols.placeIcon("seaport", null, 16), airports: symbols.placeIcon("civil", null, 16),
      roads: symbols.lineIcon("expressway", "operating"), railways: symbols.lineIcon("railway", "operating"),
    };
    const box = $("layers");
    box.replaceChildren(...LAYERS.map((name) => chip(icons[name], texts[name], null, state.layers.has(name), () => {
      state.layers.has(name) ? state.layers.delete(name) : state.layers.add(name);
      showLayers();
      drawLayerChips();
      drawLegend();
      writeAddress();
    })));
    if (config.tiles) {
      const online = chip(null, texts.tiles, null, Boolean(tiles._map), () => { toggleTiles(); drawLayerChips(); });
      online.title = texts.tilesHint;
      box.append(online);
    }
  }

  function drawFacets() {
    const chosen = FACETS.reduce((sum, [column]) => sum + state.filters[column].size, 0);
    $("filter-count").textContent = chosen ? number(chosen) : "";
    $("facets").replaceChildren(...FACETS.map(([column]) => {
      const counts = new Map();
      parks.forEach((park) => valuesOf(park, column).forEach((value) => { if (value) counts.set(value, counts.get(value) || 0); }));
      parks.filter((park) => matches(park, column)).forEach((park) => valuesOf(park, column).forEach((value) => { if (value) counts.set(value, counts.get(value) + 1); }));
      const wanted = state.filters[column];
      const chips = [...counts].filter(([value, count]) => count || wanted.has(value)).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value, count]) => chip(
        column === "kind" ? symbols.parkIcon(value) : column === "status" ? symbols.parkIcon("industrial_park", value) : null,
        labels[value] || value, count, wanted.has(value), () => {
          wanted.has(value) ? wanted.delete(value) : wanted.add(value);
          refresh();
        }));
      return element("fieldset", { class: "facet", "data-column": column }, element("legend", {}, texts[`facet.${column}`]), element("div", { class: "chips" }, ...chips));
    }));
    if (chosen) $("facets").append(element("p", {}, element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset)));
  }

  function clearFilters() {
    FACETS.forEach(([column]) => state.filters[column].clear());
    refresh();
  }

  const SORTS = {
    gate: (a, b) => (a.gate_s ?? Infinity) - (b.gate_s ?? Infinity),
    port: (a, b) => (a.port_s ?? Infinity) - (b.port_s ?? Infinity),
    area: (a, b) => (b.area_ha ?? -1) - (a.area_ha ?? -1),
    name: (a, b) => nameOf(a).localeCompare(nameOf(b), document.documentElement.lang),
  };
  const STEP = 100;
  let shown = STEP;

  function refresh() {
    visible = parks.filter((park) => matches(park, null));
    const keep = new Set(visible);
    if (groups.parks.clearLayers && groups.parks.addLayers) {
      groups.parks.clearLayers();
      groups.parks.addLayers(visible.map((park) => park.mark));
    } else {
      parks.forEach((park) => (keep.has(park) ? groups.parks.addLayer(park.mark) : groups.parks.removeLayer(park.mark)));
    }
    shown = STEP;
    drawFacets();
    drawList();
    writeAddress();
  }

  function drawList() {
    const sorted = SORTS[state.sort] ? [...visible].sort(SORTS[state.sort]) : visible;
    $("found").textContent = visible.length === parks.length ? fill(texts.sites, { n: number(parks.length) }) : fill(texts.of, { n: number(visible.length), m: number(parks.length) });
    const items = sorted.slice(0, shown).map((park) => {
      const name = (id) => (places[id] ? nameOf(places[id]) : id);
      const three = element("dl", { class: "three" },
        element("div", {}, element("dt", {}, texts.gate), element("dd", { title: park.gate ? name(park.gate) : null }, park.gate ? duration(park.gate_s, true, true) : texts.unreachable)),
        element("div", {}, element("dt", {}, texts.port), element("dd", { title: park.port ? name(park.port) : null }, park.port ? duration(park.port_s, true, true) : texts.unreachable)),
        element("div", {}, element("dt", {}, texts.area), element("dd", { class: park.area_ha === null ? "unknown" : park.area_source_kind, title: park.area_source_kind ? labels[park.area_source_kind] : null },
          park.area_ha === null ? texts.unknown : fill(texts.ha, { n: number(park.area_ha) }))),
        element("div", { class: `land ${park.full === null ? "unknown" : park.full ? "full" : park.land_kind}`, title: park.land_kind ? labels[park.land_kind] : null }, element("dt", { class: "hidden" }, texts.free), element("dd", {}, landText(park))));
      const button = element("a", { href: urls.site + park.id, class: "item", "data-id": park.id, "aria-current": state.site === park.id ? "true" : null },
        symbols.parkIcon(park.kind, park.status),
        element("span", { class: "item-name" }, nameOf(park), element("span", { class: "also" }, ...alsoOf(park))), three);
      button.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        choose(park.id, true);
      });
      button.addEventListener("mouseenter", () => light(park, true));
      button.addEventListener("mouseleave", () => light(park, false));
      button.addEventListener("focus", () => light(park, true));
      button.addEventListener("blur", () => light(park, false));
      return element("li", {}, button);
    });
    $("list").replaceChildren(...(items.length ? items : [element("li", { class: "empty" }, texts.none)]));
    $("more").hidden = sorted.length <= shown;
  }

  atlas.light = light;

  function light(park, on) {
    if (!park.mark || !park.mark.setRadius) return;
    const lit = on || state.site === park.id;
    park.mark.options.lit = lit;
    park.mark.setRadius(lit ? 8.5 : 6.5);
    if (lit && park.mark._map) park.mark.bringToFront();
    const item = document.querySelector(`.item[data-id="${park.id}"]`);
    if (item) item.classList.toggle("lit", on);
  }

  // Legend, tiles, start ----------------------------------------------------------------------------------------------------

  function drawLegend() {
    const row = (icon, text) => element("li", {}, icon, element("span", {}, text));
    const parts = [
      ...Object.keys(symbols.PARKS).map((kind) => row(symbols.parkIcon(kind), labels[kind])),
      ...["under_construction", "planned"].map((status) => row(symbols.parkIcon("industrial_park", status), texts[`legend.${status}`])),
    ];
    if (state.layers.has("gates")) parts.push(...["international", "bilateral_main", "auxiliary"].map((kind) => row(symbols.placeIcon(kind, null, 16), labels[kind])));
    if (state.layers.has("ports")) parts.push(...["seaport", "dry_port", "rail_terminal", "logistics_park"].map((kind) => row(symbols.placeIcon(kind, null, 16), labels[kind])));
    if (state.layers.has("airports")) parts.push(row(symbols.placeIcon("civil", null, 16), labels.civil));
    if (state.layers.has("roads")) parts.push(row(symbols.lineIcon("expressway", "operating"), labels.expressway), row(symbols.lineIcon("national_road", "operating"), labels.national_road), row(symbols.lineIcon("expressway", "under_construction"), texts["legend.under_construction"]));
    if (state.layers.has("railways")) parts.push(row(symbols.lineIcon("railway", "operating"), labels.railway), row(symbols.lineIcon("high_speed_rail", "operating"), labels.high_speed_rail), row(symbols.lineIcon("railway", "planned"), texts["legend.planned"]));
    const open = $("legend").querySelector("details")?.open ?? (window.matchMedia("(min-width: 1600px) and (min-height: 640px)").matches && !state.site && !state.at);
    $("legend").replaceChildren(element("details", { open }, element("summary", {}, texts.legend), element("ul", { tabindex: "0" }, ...parts)));
  }

  const tiles = config.tiles ? L.tileLayer(config.tiles, { maxZoom: 17, attribution: "© OpenStreetMap contributors", opacity: 0.9 }) : null;

  function toggleTiles() {
    if (tiles._map) tiles.remove();
    else tiles.addTo(map);
  }

  function typed() {
    state.q = $("q").value;
    refresh();
  }

  async function start() {
    atlas.readAddress();
    map.attributionControl.setPrefix("Zone Atlas · Leaflet");
    ["zoom-in", "zoom-out"].forEach((name) => { // Leaflet names its buttons in English
      const button = document.querySelector(`.leaflet-control-${name}`);
      button?.setAttribute("title", texts[name]);
      button?.setAttribute("aria-label", texts[name]);
    });
    const basemap = own ? Uint8Array.from(atob(own.basemap), (char) => char.charCodeAt(0)) : urls.basemap;
    if (basemap.length) window.ZoneAtlasBasemap.layer(basemap, { lang: config.language }).addTo(map);
    if (location.hash) atlas.readHash();
    else if (wide()) map.panBy([-$("content").offsetWidth / 2, 0], { animate: false }); // centred in what the panel leaves free
    $("q").value = state.q;
    drawLayerChips();
    drawLegend();
    let timer = 0;
    $("q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(typed, 80); });
    document.querySelector(".search").addEventListener("submit", (event) => { event.preventDefault(); typed(); });
    $("sort").addEventListener("change", () => { state.sort = $("sort").value; drawList(); });
    $("more").addEventListener("click", () => { shown += STEP; drawList(); });
    $("close").addEventListener("click", atlas.closeSheet);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("sheet").hidden) atlas.closeSheet(); });
    const names = ["corridors", "parks", "gates", "ports", "airports"];
    try {
      const payloads = own ? names.map((name) => own.layers[name]) : await Promise.all(names.map((name) => ask(urls.layers[name])));
      const [corridors, parkRows, gates, ports, airports] = payloads.map(atlas.records);
      addCorridors(corridors);
      addPlaces("airports", airports);
      addPlaces("ports", ports);
      addPlaces("gates", gates);
      addParks(parkRows);
    } catch (error) {
      $("found").textContent = texts.failed;
      return;
    }
    showLayers();
    refresh();
    map.on("moveend", writeAddress);
    if (!own) map.on("click", (event) => atlas.chooseAt(event.latlng.lat, event.latlng.lng));
    const { to, area, direction } = state;
    if (state.site) await choose(state.site, !location.hash);
    else if (state.at) { const [lon, lat] = state.at.split(",").map(Number); await atlas.chooseAt(lat, lon); }
    if (state.site || state.at) {
      if (to) await atlas.showRoute(to);
      else if (area) await atlas.showArea(area, direction);
    }
    document.body.dataset.ready = "true";
  }

  start();
})();
