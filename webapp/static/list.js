/*
 * The panel of the map: search, filters and the list of the sites.
 */
import { showParks } from "./layers.js";
import { newest } from "./live.js";
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
import { choose, light, places } from "./sheet.js";
import * as symbols from "./symbols.js";

/*
 * Where the sites are looked for: in the browser (held.js) or by the server (served.js). An answer
 * knows how many there are in all (`total`) and found (`count`), the first `rows` of them in order,
 * the `values` of each filter and how many are `left` for each, the places found besides
 * (`others`, `morePlaces`), the best of all (`first`), and the `points` to bring into view.
 */
let look = null;
let answer = null;
const asked = newest();

/** Make the filters once: each keeps its place, whatever it would leave. */
function makeFacets() {
  $("facets").replaceChildren(
    ...FACETS.map(([column]) => {
      const chips = answer.values(column).map(
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
    const counts = answer.left(column);
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

const STEP = 100;
let shown = STEP;

/**
 * Draw anew what is found; whoever has asked for more sees it as long as the same is found. Returns
 * whether it was drawn: not where something else is asked for meanwhile.
 */
export async function refresh() {
  writeAddress();
  const found = await asked(look);
  if (!found) return false;
  if (found.error) {
    $("found").textContent = found.error.message || texts.failed;
    return false;
  }
  if (!answer) {
    answer = found.value;
    makeFacets();
  } else if (!found.value.same(answer)) {
    shown = STEP;
    manyPlaces = false;
  }
  answer = found.value;
  showParks(answer);
  drawFacets();
  drawPlaces();
  return drawList();
}

async function drawList() {
  const mine = answer;
  let sorted;
  try {
    sorted = await mine.rows(shown);
  } catch {
    $("found").textContent = texts.failed;
    return false;
  }
  if (mine !== answer) return false;
  $("found").textContent = mine.count === mine.total
    ? fill(texts.sites, { n: number(mine.total) })
    : fill(texts.of, { n: number(mine.count), m: number(mine.total) });
  const items = sorted.map((park) => {
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
    return element("li", {}, button, star(park));
  });
  const clear = chosenFilters()
    ? element("button", { type: "button", class: "plain", onclick: clearFilters }, texts.reset)
    : null;
  $("list").replaceChildren(
    ...(items.length ? items : [element("li", { class: "empty" }, texts.none, " ", clear)]),
  );
  $("more").hidden = mine.count <= shown;
  return true;
}

/** The button that saves a site, see saved.js; a map in one file has no short list. */
function star(park) {
  return element("button", {
    type: "button",
    class: "save bare",
    "data-save": park.id,
    "aria-pressed": "false",
    "aria-label": fill(texts.save, { name: nameOf(park) }),
    hidden: true,
  });
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
  const by = answer.searched && answer.where(park) === 2
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
  const drawn = new Promise((resolve) => {
    listing = setTimeout(() => resolve(refresh()), config.large.length ? 200 : 80);
  });
  fitting = setTimeout(async () => {
    if (!await drawn) return;
    fitHits();
    showHits();
  }, 400); // when the typing pauses
}

/** Scroll to what is found where open filters have pushed it out of the panel. */
function showHits() {
  const box = document.querySelector(".scroll"),
    first = $("places").hidden ? $("list") : $("places");
  const below = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (answer?.searched && below > box.clientHeight - 60) {
    box.scrollTop += below - document.querySelector(".list-head").offsetHeight;
  }
}

/** Bring what is found into view: the sites of the list and the places named so. */
export function fitHits() {
  if (!answer?.searched) return;
  const named = answer.others.filter(({ where }) => where === 0).map(({ place }) => place);
  const shown = [...answer.points(), ...named.map((place) => latlng(place.shape[0]))];
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
async function openFirst() {
  clearTimeout(listing);
  clearTimeout(fitting);
  if (await refresh() && answer.first) choose(answer.first, true);
}

const FEW = 4;
let manyPlaces = false;

/** List the gates, ports, airports and towns that are found. */
function drawPlaces() {
  const all = answer.others;
  const rows = all.slice(0, manyPlaces ? all.length : FEW).map(({ place }) => {
    const note = [labels[place.kind], placeNote(place)].filter(Boolean).join(" · ");
    return element(
      "li",
      {},
      link(place.id, symbols.placeIcon(hasMark(place) ? place.kind : "town", place.status, 16), [
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

// towns are on the base map only
const hasMark = (place) => (place.layer ? place.layer !== "cities" : Boolean(place.mark));

const placeNote = (
  place,
) => (place.opposite_name_en
  ? place[`opposite_name_${config.language}`] || place.opposite_name_en
  : null);

/** Take over where the sites are looked for. */
export function take(source) {
  look = source;
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
    refresh();
  });
  $("more").addEventListener("click", () => {
    shown += STEP;
    drawList();
  });
}
