/*
 * The map page: layers, filters, list and legend. Loaded after page.js, symbols.js and sheet.js.
 */
(function () {
  "use strict";

  const atlas = window.ZoneAtlas;
  const { config, labels, texts, urls, own, map, $, state, FACETS, LAYERS, writeAddress, element, fill, number, duration, landText, ask, latlng, wide, nameOf, alsoOf, tooltip } = atlas;
  const { canvas, places, choose } = atlas;
  const symbols = window.ZoneAtlasSymbols;

  // Layers ---------------------------------------------------------------------------------------------------------------

  const groups = { parks: null, gates: L.layerGroup(), ports: L.layerGroup(), airports: L.layerGroup(), roads: L.layerGroup(), railways: L.layerGroup() };
  let parks = [];
  let visible = [];
  let index = null; // what is searched: see search.js
  let hits = null; // what it finds, the best first; null where nothing is searched for

  function addParks(rows) {
    parks = rows;
    const clustered = rows.length >= config.clusterFrom && L.markerClusterGroup;
    groups.parks = clustered
      ? L.markerClusterGroup({ chunkedLoading: true, maxClusterRadius: 46, showCoverageOnHover: false, disableClusteringAtZoom: 12, iconCreateFunction: clusterIcon })
      : L.layerGroup();
    rows.forEach((park) => {
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
    return (!hits || hits.has(park.id)) && FACETS.every(([column]) => {
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
      const online = chip(null, texts.tiles, null, Boolean(state.tiles), () => { state.tiles = state.tiles ? null : "1"; showTiles(); drawLayerChips(); writeAddress(); });
      online.title = texts.tilesHint;
      box.append(online);
    }
  }

  /** Make the filters once: each keeps its place, whatever it would leave. */
  function makeFacets() {
    $("facets").replaceChildren(...FACETS.map(([column]) => {
      const counts = new Map();
      parks.forEach((park) => valuesOf(park, column).forEach((value) => { if (value) counts.set(value, (counts.get(value) || 0) + 1); }));
      const chips = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value, count]) => {
        const button = chip(
          column === "kind" ? symbols.parkIcon(value) : column === "status" ? symbols.parkIcon("industrial_park", value) : null,
          labels[value] || value, count, false, () => {
            const set = state.filters[column];
            set.has(value) ? set.delete(value) : set.add(value);
            refresh();
          });
        button.dataset.value = value;
        button.querySelector(".count").style.minWidth = `${number(count).length}ch`; // a smaller count moves nothing
        return button;
      });
      return element("fieldset", { class: "facet", "data-column": column }, element("legend", {}, texts[`facet.${column}`]), element("div", { class: "chips" }, ...chips));
    }), element("p", { id: "clear", hidden: true }, element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset)));
  }

  const chosenFilters = () => FACETS.reduce((sum, [column]) => sum + state.filters[column].size, 0);

  function drawFacets() {
    const chosen = chosenFilters();
    $("filter-count").textContent = chosen ? number(chosen) : "";
    $("clear").hidden = !chosen;
    FACETS.forEach(([column]) => {
      const counts = new Map();
      parks.filter((park) => matches(park, column)).forEach((park) => valuesOf(park, column).forEach((value) => counts.set(value, (counts.get(value) || 0) + 1)));
      document.querySelectorAll(`.facet[data-column=${column}] .chip`).forEach((button) => {
        const count = counts.get(button.dataset.value) || 0;
        const pressed = state.filters[column].has(button.dataset.value);
        button.setAttribute("aria-pressed", String(pressed));
        button.querySelector(".count").textContent = number(count);
        button.classList.toggle("none", !count);
        button.disabled = !count && !pressed;
      });
    });
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
    hits = window.ZoneAtlasSearch.find(index, state.q);
    manyPlaces = false;
    const ordered = hits ? [...hits].filter(([, hit]) => hit.layer === "parks").map(([id]) => places[id]) : parks;
    visible = ordered.filter((park) => matches(park, null));
    const keep = new Set(visible);
    if (groups.parks.clearLayers && groups.parks.addLayers) {
      groups.parks.clearLayers();
      groups.parks.addLayers(visible.map((park) => park.mark));
    } else {
      parks.forEach((park) => (keep.has(park) ? groups.parks.addLayer(park.mark) : groups.parks.removeLayer(park.mark)));
    }
    shown = STEP;
    drawFacets();
    drawPlaces();
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
        element("span", { class: "item-name" }, nameOf(park), element("span", { class: "also" }, ...alsoOf(park)), why(park)), three);
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
    const clear = chosenFilters() ? element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset) : null;
    $("list").replaceChildren(...(items.length ? items : [element("li", { class: "empty" }, texts.none, " ", clear)]));
    $("more").hidden = sorted.length <= shown;
  }

  /** What a site was found by, where neither its name nor its province was it. */
  function why(park) {
    const by = hits && hits.get(park.id).rank[0] === 2 ? [park.district, park.developer].filter(Boolean).join(" · ") : "";
    return by ? element("span", { class: "also why", lang: "en" }, by) : null;
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

  function showTiles() {
    if (!tiles) return;
    if (state.tiles) tiles.addTo(map);
    else tiles.remove();
  }

  // Search ------------------------------------------------------------------------------------------------------------------

  const NEAREST_ZOOM = 12; // the map goes no nearer by itself to fit what is found
  let listing = 0, fitting = 0;

  function typed() {
    state.q = $("q").value;
    writeAddress();
    clearTimeout(listing);
    clearTimeout(fitting);
    listing = setTimeout(refresh, 80);
    fitting = setTimeout(() => { fitHits(); showHits(); }, 400); // when the typing pauses
  }

  /** Scroll to what is found where open filters have pushed it out of the panel. */
  function showHits() {
    const box = document.querySelector(".scroll"), first = $("places").hidden ? $("list") : $("places");
    const below = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (hits && below > box.clientHeight - 60) box.scrollTop += below - document.querySelector(".list-head").offsetHeight;
  }

  /** Bring what is found into view: the sites of the list and the places named so. */
  function fitHits() {
    if (!hits) return;
    const named = foundPlaces().filter(([, hit]) => hit.rank[0] === 0).map(([id]) => places[id]);
    const shown = [...visible, ...named].map((place) => latlng(place.shape[0]));
    if (!shown.length) return;
    const room = wide() ? { paddingTopLeft: [$("content").offsetWidth + 40, 50], paddingBottomRight: [$("sheet").hidden ? 40 : $("sheet").offsetWidth + 40, 50] } : { padding: [30, 30] };
    map.fitBounds(L.latLngBounds(shown), { ...room, maxZoom: NEAREST_ZOOM, animate: false });
  }

  /** Enter opens the best of what is listed. */
  function openFirst() {
    clearTimeout(listing);
    clearTimeout(fitting);
    refresh();
    const listed = new Set(visible.map((park) => park.id));
    const first = hits && [...hits].find(([id, hit]) => (hit.layer === "parks" ? listed.has(id) : places[id]));
    if (first) choose(first[0], true);
  }

  const foundPlaces = () => (hits ? [...hits].filter(([id, hit]) => hit.layer !== "parks" && places[id]) : []);
  const FEW = 4;
  let manyPlaces = false;

  /** List the gates, ports, airports and towns that are found. */
  function drawPlaces() {
    const all = foundPlaces();
    const rows = all.slice(0, manyPlaces ? all.length : FEW).map(([id]) => {
      const place = places[id];
      const link = element("a", { href: urls.site + id, class: "item", "data-id": id, "aria-current": state.site === id ? "true" : null },
        symbols.placeIcon(place.mark ? place.kind : "town", place.status, 16),
        element("span", { class: "item-name" }, nameOf(place), element("span", { class: "also" }, [labels[place.kind], placeNote(place)].filter(Boolean).join(" · "))));
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        choose(id, true);
      });
      return element("li", {}, link);
    });
    const more = all.length > rows.length ? [element("li", {}, element("button", { type: "button", class: "plain", onclick: () => { manyPlaces = true; drawPlaces(); } }, fill(texts.morePlaces, { n: number(all.length - rows.length) })))] : [];
    $("places").hidden = !all.length;
    $("places").querySelector("ol").replaceChildren(...rows, ...more);
  }

  const placeNote = (place) => (place.opposite_name_en ? place[`opposite_name_${config.language}`] || place.opposite_name_en : null);

  /** Show the state, which has been read from the address, in the panel and on the map. */
  function showState() {
    $("q").value = state.q;
    $("sort").value = state.sort || "";
    showLayers();
    showTiles();
    drawLayerChips();
    drawLegend();
    refresh();
  }

  /** Called with each step through history, and with each hash that somebody writes into the address. */
  function back() {
    if (atlas.closed()) return;
    const before = places[state.site];
    atlas.readAddress();
    atlas.readHash();
    if (before) light(before, false);
    showState();
    atlas.restore(false);
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
    $("q").addEventListener("input", typed);
    document.querySelector(".search").addEventListener("submit", (event) => { event.preventDefault(); state.q = $("q").value; openFirst(); });
    $("sort").addEventListener("change", () => { state.sort = $("sort").value; drawList(); writeAddress(); });
    $("more").addEventListener("click", () => { shown += STEP; drawList(); });
    $("close").addEventListener("click", atlas.closeSheet);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("sheet").hidden) atlas.closeSheet(); });
    const names = ["corridors", "parks", "gates", "ports", "airports", "cities"];
    try {
      const [searched, ...payloads] = own ? [own.search, ...names.map((name) => own.layers[name])]
        : await Promise.all([ask(urls.search), ...names.map((name) => ask(urls.layers[name]))]);
      index = searched;
      const [corridors, parkRows, gates, ports, airports, cities] = payloads.map(atlas.records);
      cities.forEach((city) => { places[city.id] = city; }); // searched; the basemap draws them
      addCorridors(corridors);
      addPlaces("airports", airports);
      addPlaces("ports", ports);
      addPlaces("gates", gates);
      addParks(parkRows);
    } catch (error) {
      $("found").textContent = texts.failed;
      return;
    }
    makeFacets();
    showState();
    if (state.q && !location.hash) fitHits();
    map.on("moveend", () => writeAddress());
    if (!own) {
      map.on("click", (event) => atlas.chooseAt(event.latlng.lat, event.latlng.lng));
      window.addEventListener("popstate", back);
    }
    await atlas.restore(!location.hash);
    document.body.dataset.ready = "true";
  }

  start();
})();
