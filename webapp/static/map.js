/*
 * The map page: layers, filters, list, sheet and routes, all kept in the address, so that a link shows the same thing.
 * Whatever comes from data becomes text by textContent, or arrives as a page already escaped on the server.
 */
(function () {
  "use strict";

  const config = JSON.parse(document.getElementById("config").textContent);
  const { labels, texts, urls } = config;
  const own = config.data || null; // a map in one file brings its layers, basemap and sheets along
  const symbols = window.ZoneAtlasSymbols;
  const map = window.map_atlas;
  const $ = (id) => document.getElementById(id);
  const canvas = L.canvas({ padding: 0.4, tolerance: 4 });

  // The state and its address ------------------------------------------------------------------------------------------

  const FACETS = [["kind", "kind"], ["status", "status"], ["country", "country"], ["province_en", "province"], ["sectors", "sector"]];
  const LAYERS = ["gates", "ports", "airports", "roads", "railways"];
  const DEFAULT_LAYERS = ["gates", "ports", "airports", "roads"];
  const state = { q: "", layers: new Set(), filters: {}, site: null, at: null, to: null, profile: null, sort: "" };

  function readAddress() {
    const query = new URLSearchParams(location.search);
    state.q = query.get("q") || "";
    FACETS.forEach(([column, name]) => { state.filters[column] = new Set(query.getAll(name).filter(Boolean)); });
    const named = query.get("layers");
    const shown = named === null ? DEFAULT_LAYERS : named.split(",").flatMap((one) => (one === "corridors" ? ["roads", "railways"] : [one]));
    state.layers = new Set(shown.filter((one) => LAYERS.includes(one)));
    ["site", "at", "to", "profile"].forEach((name) => { state[name] = query.get(name); });
  }

  function filterQuery() {
    const query = new URLSearchParams();
    if (state.q) query.set("q", state.q);
    FACETS.forEach(([column, name]) => state.filters[column].forEach((value) => query.append(name, value)));
    return query;
  }

  function writeAddress() {
    if (own) return;
    const query = filterQuery();
    $("as-table").href = urls.table + (query.size ? "?" + query : "");
    $("as-geojson").href = urls.download + (query.size ? "?" + query : "");
    const shown = LAYERS.filter((one) => state.layers.has(one));
    if (shown.join() !== DEFAULT_LAYERS.join()) query.set("layers", shown.join() || "parks");
    ["site", "at", "to", "profile"].forEach((name) => { if (state[name]) query.set(name, state[name]); });
    const text = query.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", (text ? "?" + text : location.pathname) + hash());
  }

  function hash() {
    const centre = map.getCenter();
    return `#${map.getZoom()}/${centre.lat.toFixed(4)}/${centre.lng.toFixed(4)}`;
  }

  function readHash() {
    const parts = location.hash.slice(1).split("/").map(Number);
    if (parts.length === 3 && parts.every(Number.isFinite)) map.setView([parts[1], parts[2]], parts[0], { animate: false });
  }

  // Small helpers --------------------------------------------------------------------------------------------------------

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    Object.entries(attributes || {}).forEach(([key, value]) => {
      if (key === "onclick") made.addEventListener("click", value);
      else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
    });
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const number = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  const fold = (text) => text.replace(/[đĐ]/g, "d").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();

  function duration(seconds, coarse, brief) {
    if (seconds === null || seconds === undefined) return texts.unreachable;
    const minutes = coarse ? Math.max(5 * Math.round(seconds / 300), 5) : Math.max(Math.round(seconds / 60), 1);
    const hours = Math.floor(minutes / 60), rest = minutes % 60;
    return (coarse ? "≈ " : "") + [hours ? `${hours} h` : "", rest || !hours ? `${rest}${brief && hours ? "" : " min"}` : ""].filter(Boolean).join(" ");
  }

  function length(metres) {
    return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : metres < 10000 ? `${(metres / 1000).toFixed(1)} km` : `${number(Math.round(metres / 1000))} km`;
  }

  async function ask(url, kind) {
    const answer = await fetch(url, { headers: { Accept: kind === "text" ? "text/html" : "application/json" } });
    if (kind === "text") return answer.text();
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.description);
    return body;
  }

  function records(payload) {
    return payload.rows.map((row) => Object.fromEntries(payload.columns.map((name, i) => [name, row[i]])));
  }

  const wide = () => window.matchMedia("(min-width: 760px)").matches;
  const latlng = (point) => [point[1], point[0]];

  function tooltip(record, kind) {
    const box = element("span", {}, element("b", {}, record.name_en || record.id));
    const also = [record.name_vi, record.name_zh].filter(Boolean).join(" · ");
    if (also) box.append(element("br"), also);
    box.append(element("br"), element("i", {}, [labels[record.kind] || record.kind, record.status && labels[record.status], kind].filter(Boolean).join(", ")));
    return box;
  }

  // Layers ---------------------------------------------------------------------------------------------------------------

  const groups = { parks: null, gates: L.layerGroup(), ports: L.layerGroup(), airports: L.layerGroup(), roads: L.layerGroup(), railways: L.layerGroup() };
  const places = {}; // every feature with a page, by id
  let parks = [];
  let visible = [];

  function addParks(rows) {
    parks = rows;
    const clustered = rows.length >= config.clusterFrom && L.markerClusterGroup;
    groups.parks = clustered
      ? L.markerClusterGroup({ chunkedLoading: true, maxClusterRadius: 46, showCoverageOnHover: false, disableClusteringAtZoom: 12, iconCreateFunction: clusterIcon })
      : L.layerGroup();
    rows.forEach((park) => {
      park.text = fold([park.name_en, park.name_vi, park.name_zh, park.province_en, park.province_former_en, park.district].filter(Boolean).join(" "));
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
        alt: place.name_en, riseOnHover: true, zIndexOffset: layer === "gates" ? 1000 : 0,
      });
      mark.bindTooltip(() => tooltip(place), { direction: "top", offset: [0, -8] });
      mark.on("click", () => choose(place.id));
      mark.on("add", () => mark.getElement().setAttribute("aria-label", place.name_en));
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
      const chips = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value, count]) => chip(
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
    name: (a, b) => a.name_en.localeCompare(b.name_en),
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
      const name = (id) => (places[id] ? places[id].name_en : id);
      const three = element("dl", { class: "three" },
        element("div", {}, element("dt", {}, texts.gate), element("dd", { title: park.gate ? name(park.gate) : null }, park.gate ? duration(park.gate_s, true, true) : texts.unreachable)),
        element("div", {}, element("dt", {}, texts.port), element("dd", { title: park.port ? name(park.port) : null }, park.port ? duration(park.port_s, true, true) : texts.unreachable)),
        element("div", {}, element("dt", {}, texts.area), element("dd", { class: park.area_ha === null ? "unknown" : park.area_source_kind, title: park.area_source_kind ? labels[park.area_source_kind] : null },
          park.area_ha === null ? texts.unknown : `${number(park.area_ha)} ha`)));
      const also = [park.name_vi, park.name_zh].filter(Boolean).join(" · ");
      const button = element("a", { href: urls.site + park.id, class: "item", "data-id": park.id, "aria-current": state.site === park.id ? "true" : null },
        symbols.parkIcon(park.kind, park.status),
        element("span", { class: "item-name" }, park.name_en, element("span", { class: "also" }, also)), three);
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

  function light(park, on) {
    if (!park.mark || !park.mark.setRadius) return;
    const lit = on || state.site === park.id;
    park.mark.options.lit = lit;
    park.mark.setRadius(lit ? 8.5 : 6.5);
    if (lit && park.mark._map) park.mark.bringToFront();
    const item = document.querySelector(`.item[data-id="${park.id}"]`);
    if (item) item.classList.toggle("lit", on);
  }

  // The sheet and the route -----------------------------------------------------------------------------------------------

  const overlay = L.layerGroup().addTo(map);
  const routeGroup = L.layerGroup().addTo(map);
  let asked = 0;

  function choose(id, fly) {
    const before = places[state.site];
    Object.assign(state, { site: id, at: null, to: null });
    if (before) light(before, false);
    if (places[id]) light(places[id], true);
    document.querySelectorAll(".item[aria-current]").forEach((item) => item.removeAttribute("aria-current"));
    const item = document.querySelector(`.item[data-id="${CSS.escape(id)}"]`);
    if (item) item.setAttribute("aria-current", "true");
    routeGroup.clearLayers();
    writeAddress();
    return openSheet(urls.site + encodeURIComponent(id), { id, fly });
  }

  function chooseAt(lat, lon) {
    const before = places[state.site];
    Object.assign(state, { site: null, at: `${lon.toFixed(5)},${lat.toFixed(5)}`, to: null });
    if (before) light(before, false);
    routeGroup.clearLayers();
    writeAddress();
    return openSheet(urls.access, { lon: lon.toFixed(5), lat: lat.toFixed(5) });
  }

  async function openSheet(url, options) {
    const mine = ++asked;
    const query = new URLSearchParams({ part: "sheet" });
    if (options.lon) { query.set("lon", options.lon); query.set("lat", options.lat); }
    if (state.profile) query.set("profile", state.profile);
    $("sheet").hidden = false;
    $("sheet").classList.add("waiting");
    document.body.classList.add("has-sheet");
    $("legend").querySelector("details").open = false;
    let page;
    try {
      page = new DOMParser().parseFromString(own ? own.sheets[options.id] : await ask(`${url}?${query}`, "text"), "text/html");
    } catch (error) {
      if (mine === asked) sayInSheet(texts.failed);
      return;
    }
    if (mine !== asked) return;
    $("sheet").classList.remove("waiting");
    $("sheet-body").replaceChildren(...page.body.childNodes);
    $("sheet").scrollTop = 0;
    const article = $("sheet-body").querySelector("article");
    overlay.clearLayers();
    if (!article) return;
    const place = [Number(article.dataset.lat), Number(article.dataset.lon)];
    if (article.dataset.accuracy) L.circle(place, { radius: Number(article.dataset.accuracy), renderer: canvas, weight: 1, color: "#14202b", dashArray: "2 4", fillOpacity: 0.05, interactive: false }).addTo(overlay);
    else L.circleMarker(place, { renderer: canvas, radius: 6, color: "#14202b", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false }).addTo(overlay);
    if (options.fly) map.setView(place, Math.max(map.getZoom(), 10), { animate: false });
    uncover(place);
  }

  /** Bring a place out from under panel and sheet. */
  function uncover(place) {
    const padding = wide() ? { paddingTopLeft: [$("content").offsetWidth + 40, 60], paddingBottomRight: [$("sheet").offsetWidth + 40, 60] }
      : { paddingTopLeft: [30, 30], paddingBottomRight: [30, $("sheet").offsetHeight - $("content").offsetHeight + 40] };
    map.panInside(place, padding);
  }

  function sayInSheet(text) {
    $("sheet").classList.remove("waiting");
    $("sheet-body").replaceChildren(element("p", { class: "fault", role: "alert" }, text));
  }

  function closeSheet() {
    const before = places[state.site];
    asked += 1;
    Object.assign(state, { site: null, at: null, to: null });
    if (before) light(before, false);
    overlay.clearLayers();
    routeGroup.clearLayers();
    $("sheet").hidden = true;
    document.body.classList.remove("has-sheet");
    document.querySelectorAll(".item[aria-current]").forEach((item) => item.removeAttribute("aria-current"));
    writeAddress();
  }

  async function showRoute(to) {
    state.to = to;
    writeAddress();
    const query = new URLSearchParams({ from: state.site || state.at, to, profile: state.profile || "truck" });
    routeGroup.clearLayers();
    let found;
    try {
      found = await ask(`${urls.route}?${query}`);
    } catch (error) {
      noteRoute(to, error.message || texts.failed);
      return;
    }
    const lines = found.features.filter((step) => step.geometry && step.properties.kind !== "gate").map((step) => ({ dash: step.properties.kind === "access", points: step.geometry.coordinates.map(latlng) }));
    lines.forEach((line) => L.polyline(line.points, { renderer: canvas, color: "#ffffff", weight: 9, opacity: 0.9, interactive: false }).addTo(routeGroup));
    lines.forEach((line) => L.polyline(line.points, { renderer: canvas, color: "#0b4f6c", weight: 5, dashArray: line.dash ? "2 8" : null, interactive: false }).addTo(routeGroup));
    found.gates.forEach((id) => { if (places[id]) L.circleMarker(places[id].mark.getLatLng(), { renderer: canvas, radius: 15, color: "#7a1f2b", weight: 3, fill: false, interactive: false }).addTo(routeGroup); });
    const bounds = L.latLngBounds(lines.flatMap((line) => line.points));
    map.fitBounds(bounds, wide() ? { paddingTopLeft: [400, 50], paddingBottomRight: [430, 50] } : { paddingTopLeft: [30, 80], paddingBottomRight: [30, window.innerHeight * 0.55] });
    const name = (id) => (places[id] ? places[id].name_en : id);
    noteRoute(to, fill(texts.routeFrom, { vehicle: labels[query.get("profile")], time: duration(found.travel_time_s, found.coarse), length: (found.coarse ? "≈ " : "") + length(found.length_m) }) +
      ", " + (found.gates.length ? fill(texts.via, { gates: found.gates.map(name).join(", ") }) : texts.noGate));
  }

  function noteRoute(to, text) {
    document.querySelectorAll("#sheet .route-note").forEach((one) => one.remove());
    const times = document.querySelector("#sheet .times");
    if (times) times.querySelector(".head")?.before(element("p", { class: "route-note", role: "status" }, element("b", {}, `→ ${places[to] ? places[to].name_en : to}`), " ", text));
  }

  $("sheet").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.dataset.route) { event.preventDefault(); showRoute(link.dataset.route); }
    else if (link.dataset.site) { event.preventDefault(); choose(link.dataset.site, true); }
    else if ("switch" in link.dataset) {
      event.preventDefault();
      state.profile = new URL(link.href).searchParams.get("profile");
      const to = state.to;
      reopen().then(() => { if (to) showRoute(to); });
    }
  });

  function reopen() {
    writeAddress();
    if (state.site) return openSheet(urls.site + encodeURIComponent(state.site), {});
    const [lon, lat] = state.at.split(",");
    return openSheet(urls.access, { lon, lat });
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
    $("legend").replaceChildren(element("details", { open }, element("summary", {}, texts.legend), element("ul", {}, ...parts)));
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
    readAddress();
    map.attributionControl.setPrefix("Zone Atlas · Leaflet");
    const basemap = own ? Uint8Array.from(atob(own.basemap), (char) => char.charCodeAt(0)) : urls.basemap;
    if (basemap.length) window.ZoneAtlasBasemap.layer(basemap, { lang: document.documentElement.lang }).addTo(map);
    if (location.hash) readHash();
    else if (wide()) map.panBy([-$("content").offsetWidth / 2, 0], { animate: false }); // centred in what the panel leaves free
    $("q").value = state.q;
    drawLayerChips();
    drawLegend();
    let timer = 0;
    $("q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(typed, 80); });
    document.querySelector(".search").addEventListener("submit", (event) => { event.preventDefault(); typed(); });
    $("sort").addEventListener("change", () => { state.sort = $("sort").value; drawList(); });
    $("more").addEventListener("click", () => { shown += STEP; drawList(); });
    $("close").addEventListener("click", closeSheet);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("sheet").hidden) closeSheet(); });
    const names = ["corridors", "parks", "gates", "ports", "airports"];
    try {
      const payloads = own ? names.map((name) => own.layers[name]) : await Promise.all(names.map((name) => ask(urls.layers[name])));
      const [corridors, parkRows, gates, ports, airports] = payloads.map(records);
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
    if (!own) map.on("click", (event) => chooseAt(event.latlng.lat, event.latlng.lng));
    const to = state.to;
    if (state.site) await choose(state.site, !location.hash);
    else if (state.at) { const [lon, lat] = state.at.split(",").map(Number); await chooseAt(lat, lon); }
    if (to && (state.site || state.at)) await showRoute(to);
    document.body.dataset.ready = "true";
  }

  start();
})();
