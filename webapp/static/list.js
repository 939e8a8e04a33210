/*
 * The panel of the map: search, filters and the list of the sites.
 */
import { groups } from "./layers.js";
import {
  $,
  about,
  alsoOf,
  chip,
  config,
  element,
  FACETS,
  fill,
  labels,
  landText,
  latlng,
  map,
  nameOf,
  number,
  state,
  texts,
  urls,
  wide,
  writeAddress,
} from "./page.js";
import { find } from "./search.js";
import { choose, light, places } from "./sheet.js";
import * as symbols from "./symbols.js";

let parks = [];
let visible = [];
let index = null; // what is searched: see search.js
let hits = null; // what it finds, the best first; null where nothing is searched for

const valuesOf = (park, column) => (column === "sectors" ? park.sectors : [park[column]]);

function matches(park, except) {
  return (!hits || hits.has(park.id)) && FACETS.every(([column]) => {
    const wanted = state.filters[column];
    return column === except || !wanted.size ||
      valuesOf(park, column).some((value) => wanted.has(value));
  });
}

/** Make the filters once: each keeps its place, whatever it would leave. */
function makeFacets() {
  $("facets").replaceChildren(
    ...FACETS.map(([column]) => {
      const counts = new Map();
      parks.forEach((park) =>
        valuesOf(park, column).forEach((value) => {
          if (value) counts.set(value, (counts.get(value) || 0) + 1);
        })
      );
      const chips = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(
        ([value, count]) => {
          const button = chip(
            column === "kind"
              ? symbols.parkIcon(value)
              : column === "status"
              ? symbols.parkIcon("industrial_park", value)
              : null,
            labels[value] || value,
            count,
            false,
            () => {
              const set = state.filters[column];
              set.has(value) ? set.delete(value) : set.add(value);
              refresh();
            },
          );
          button.dataset.value = value;
          // a smaller count moves nothing
          button.querySelector(".count").style.minWidth = `${number(count).length}ch`;
          return button;
        },
      );
      return element(
        "fieldset",
        { class: "facet", "data-column": column },
        element("legend", {}, texts[`facet.${column}`]),
        element("div", { class: "chips" }, ...chips),
      );
    }),
    element(
      "p",
      { id: "clear", hidden: true },
      element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset),
    ),
  );
}

const chosenFilters = () => FACETS.reduce((sum, [column]) => sum + state.filters[column].size, 0);

function drawFacets() {
  const chosen = chosenFilters();
  $("filter-count").textContent = chosen ? number(chosen) : "";
  $("clear").hidden = !chosen;
  FACETS.forEach(([column]) => {
    const counts = new Map();
    parks.filter((park) => matches(park, column)).forEach((park) =>
      valuesOf(park, column).forEach((value) => counts.set(value, (counts.get(value) || 0) + 1))
    );
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

/** Draw anew what is found; whoever has asked for more sees it as long as the same is found. */
export function refresh() {
  hits = find(index, state.q);
  const before = visible;
  const ordered = hits
    ? [...hits].filter(([, hit]) => hit.layer === "parks").map(([id]) => places[id])
    : parks;
  visible = ordered.filter((park) => matches(park, null));
  const keep = new Set(visible);
  if (groups.parks.clearLayers && groups.parks.addLayers) {
    groups.parks.clearLayers();
    groups.parks.addLayers(visible.map((park) => park.mark));
  } else {
    parks.forEach((
      park,
    ) => (keep.has(park) ? groups.parks.addLayer(park.mark) : groups.parks.removeLayer(park.mark)));
  }
  if (visible.length !== before.length || visible.some((park, i) => park !== before[i])) {
    shown = STEP;
    manyPlaces = false;
  }
  drawFacets();
  drawPlaces();
  drawList();
  writeAddress();
}

function drawList() {
  const sorted = SORTS[state.sort] ? [...visible].sort(SORTS[state.sort]) : visible;
  $("found").textContent = visible.length === parks.length
    ? fill(texts.sites, { n: number(parks.length) })
    : fill(texts.of, { n: number(visible.length), m: number(parks.length) });
  const items = sorted.slice(0, shown).map((park) => {
    const name = (id) => (places[id] ? nameOf(places[id]) : id);
    const time = (seconds, id) =>
      element(
        "dd",
        { title: id ? name(id) : null },
        id ? about(seconds) : texts.unreachable,
      );
    const area = element("dd", {
      class: park.area_ha === null ? "unknown" : park.area_kind,
      title: park.area_kind ? labels[park.area_kind] : null,
    }, park.area_ha === null ? texts.unknown : fill(texts.ha, { n: number(park.area_ha) }));
    const land = {
      class: `land ${park.full === null ? "unknown" : park.full ? "full" : park.land_kind}`,
      title: park.land_kind ? labels[park.land_kind] : null,
    };
    const button = link(
      park.id,
      symbols.parkIcon(park.kind, park.status),
      [nameOf(park), element("span", { class: "also" }, ...alsoOf(park)), why(park)],
      element(
        "dl",
        { class: "three" },
        element("div", {}, element("dt", {}, texts.gate), time(park.gate_s, park.gate)),
        element("div", {}, element("dt", {}, texts.port), time(park.port_s, park.port)),
        element("div", {}, element("dt", {}, texts.area), area),
        element(
          "div",
          land,
          element("dt", { class: "hidden" }, texts.free),
          element("dd", {}, landText(park)),
        ),
      ),
    );
    button.addEventListener("mouseenter", () => light(park, true));
    button.addEventListener("mouseleave", () => light(park, false));
    button.addEventListener("focus", () => light(park, true));
    button.addEventListener("blur", () => light(park, false));
    return element("li", {}, button);
  });
  const clear = chosenFilters()
    ? element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset)
    : null;
  $("list").replaceChildren(
    ...(items.length ? items : [element("li", { class: "empty" }, texts.none, " ", clear)]),
  );
  $("more").hidden = sorted.length <= shown;
}

/** A row that opens the sheet of a place. */
function link(id, icon, name, facts) {
  const row = element(
    "a",
    {
      href: urls.site + id,
      class: "item",
      "data-id": id,
      "aria-current": state.site === id ? "true" : null,
    },
    icon,
    element("span", { class: "item-name" }, ...name.filter(Boolean)),
    facts,
  );
  row.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    choose(id, true);
  });
  return row;
}

/** What a site was found by, where neither its name nor its province was it. */
function why(park) {
  const by = hits && hits.get(park.id).rank[0] === 2
    ? [park.commune_local || park.commune, park.district, park.developer].filter(Boolean).join(
      " · ",
    )
    : "";
  return by ? element("span", { class: "also why", lang: "en" }, by) : null;
}

// Search ------------------------------------------------------------------------------------------

const NEAREST_ZOOM = 12; // the map goes no nearer by itself to fit what is found
let listing = 0, fitting = 0;

function typed() {
  state.q = $("q").value;
  writeAddress();
  clearTimeout(listing);
  clearTimeout(fitting);
  listing = setTimeout(refresh, 80);
  fitting = setTimeout(() => {
    fitHits();
    showHits();
  }, 400); // when the typing pauses
}

/** Scroll to what is found where open filters have pushed it out of the panel. */
function showHits() {
  const box = document.querySelector(".scroll"),
    first = $("places").hidden ? $("list") : $("places");
  const below = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (hits && below > box.clientHeight - 60) {
    box.scrollTop += below - document.querySelector(".list-head").offsetHeight;
  }
}

/** Bring what is found into view: the sites of the list and the places named so. */
export function fitHits() {
  if (!hits) return;
  const named = foundPlaces().filter(([, hit]) => hit.rank[0] === 0).map(([id]) => places[id]);
  const shown = [...visible, ...named].map((place) => latlng(place.shape[0]));
  if (!shown.length) return;
  const room = wide()
    ? {
      paddingTopLeft: [$("content").offsetWidth + 40, 50],
      paddingBottomRight: [$("sheet").hidden ? 40 : $("sheet").offsetWidth + 40, 50],
    }
    : { padding: [30, 30] };
  map.fitBounds(L.latLngBounds(shown), { ...room, maxZoom: NEAREST_ZOOM, animate: false });
}

/** Enter opens the best of what is listed. */
function openFirst() {
  clearTimeout(listing);
  clearTimeout(fitting);
  refresh();
  const listed = new Set(visible.map((park) => park.id));
  const first = hits &&
    [...hits].find(([id, hit]) => (hit.layer === "parks" ? listed.has(id) : places[id]));
  if (first) choose(first[0], true);
}

const foundPlaces =
  () => (hits ? [...hits].filter(([id, hit]) => hit.layer !== "parks" && places[id]) : []);
const FEW = 4;
let manyPlaces = false;

/** List the gates, ports, airports and towns that are found. */
function drawPlaces() {
  const all = foundPlaces();
  const rows = all.slice(0, manyPlaces ? all.length : FEW).map(([id]) => {
    const place = places[id];
    const note = [labels[place.kind], placeNote(place)].filter(Boolean).join(" · ");
    return element(
      "li",
      {},
      link(id, symbols.placeIcon(place.mark ? place.kind : "town", place.status, 16), [
        nameOf(place),
        element("span", { class: "also" }, note),
      ]),
    );
  });
  const more = all.length > rows.length
    ? [element(
      "li",
      {},
      element("button", {
        type: "button",
        class: "plain",
        onclick: () => {
          manyPlaces = true;
          drawPlaces();
        },
      }, fill(texts.morePlaces, { n: number(all.length - rows.length) })),
    )]
    : [];
  $("places").hidden = !all.length;
  $("places").querySelector("ol").replaceChildren(...rows, ...more);
}

const placeNote = (
  place,
) => (place.opposite_name_en
  ? place[`opposite_name_${config.language}`] || place.opposite_name_en
  : null);

/** Take over the sites, and the index in which names are looked up. */
export function take(rows, searched) {
  parks = rows;
  index = searched;
  makeFacets();
}

/** Follow what is typed and chosen in the panel. */
export function listen() {
  $("q").addEventListener("input", typed);
  document.querySelector(".search").addEventListener("submit", (event) => {
    event.preventDefault();
    state.q = $("q").value;
    openFirst();
  });
  $("sort").addEventListener("change", () => {
    state.sort = $("sort").value;
    drawList();
    writeAddress();
  });
  $("more").addEventListener("click", () => {
    shown += STEP;
    drawList();
  });
}
