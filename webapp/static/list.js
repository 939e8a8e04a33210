/*
 * The panel of the map: search, filters and the list of the sites.
 */
import { card } from "./cards.js";
import { closeHits, listenToKeys, showHits } from "./complete.js";
import { showParks } from "./layers.js";
import { newest } from "./live.js";
import {
  $,
  config,
  element,
  fill,
  latlng,
  map,
  number,
  state,
  texts,
  wide,
  writeAddress,
  written,
} from "./page.js";
import { chosenFilters, clearFilters, drawPills, makePills } from "./pills.js";
import { choose } from "./sheet.js";

/*
 * Where the sites are looked for: in the browser (held.js) or by the server (served.js). An answer
 * knows how many there are in all (`total`) and found (`count`), the first `rows` of them in order,
 * the `values` of each filter and how many are `left` for each, the `best` hits of all kinds, the
 * best place of all (`first`), the `points` to bring into view, `where` the text of a site was found
 * and what may hold it (`by`).
 */
let look = null;
let answer = null;
const asked = newest();
const STEP = 100;
let shown = STEP;

/** Follow a filter that has been chosen: a step of history, which Back takes back. */
const filtered = () => refresh({ step: true });

/**
 * Draw anew what is found; whoever has asked for more sees it as long as the same is found. Returns
 * whether it was drawn: not where something else is asked for meanwhile.
 */
export async function refresh(how) {
  writeAddress(how);
  const found = await asked(look);
  if (!found) return false;
  if (found.error) {
    $("found").textContent = found.error.message || texts.failed;
    return false;
  }
  if (!answer) {
    answer = found.value;
    makePills(answer, filtered);
  } else if (!found.value.same(answer)) shown = STEP;
  answer = found.value;
  showParks(answer);
  drawPills(answer);
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
  const items = sorted.map((park) => card(park, why(park)));
  const clear = chosenFilters()
    ? element(
      "button",
      { type: "button", class: "plain", onclick: () => clearFilters(filtered) },
      texts.reset,
    )
    : null;
  $("list").replaceChildren(
    ...(items.length ? items : [element("li", { class: "empty" }, texts.none, " ", clear)]),
  );
  $("more").hidden = mine.count <= shown;
  return true;
}

/** What a site was found by, where neither its name nor its province was it. */
function why(park) {
  if (!answer.searched || answer.where(park) !== 2) return null;
  const by = answer.by(park);
  const district = by[`district_${config.language}`];
  const parts = [
    [by.commune_local || by.commune],
    [(written(district) || by.district)?.split("; ").join(texts.list), district ? null : "en"],
    [by.developer, "en"],
  ].filter(([text]) => text);
  return parts.length
    ? element(
      "span",
      { class: "also why" },
      ...parts.flatMap((
        [text, lang],
        i,
      ) => [i ? " · " : "", element("span", lang ? { lang } : {}, text)]),
    )
    : null;
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
    listing = setTimeout(async () => {
      const done = await refresh();
      if (done) showHits(answer.best, pick);
      resolve(done);
    }, config.large.length ? 200 : 80);
  });
  fitting = setTimeout(async () => {
    if (await drawn) fitHits();
  }, 400); // when the typing pauses
}

/** Take a hit: a place opens, the sites of a province or developer are listed. */
async function pick({ place, group }) {
  closeHits();
  clearTimeout(fitting);
  if (place) return choose(place.id, true);
  const of = group.kind === "province" ? state.filters.province_en : null;
  if (of) of.add(group.name);
  state.q = $("q").value = of ? "" : group.name;
  if (await refresh({ step: true })) fitHits(true);
}

/** Bring what is found into view: the sites of the list and the places named so. */
export function fitHits(always = false) {
  if (!answer?.searched && !always) return;
  const named = answer.best.filter(({ place, rank }) =>
    place && !answer.listed(place) && rank[0] === 0
  ).map(({ place }) => place);
  const points = [...answer.points(), ...named.map((place) => latlng(place.shape[0]))];
  if (!points.length) return;
  const room = wide()
    ? {
      paddingTopLeft: [$("content").offsetWidth + 40, 50],
      paddingBottomRight: [$("sheet").hidden ? 40 : $("sheet").offsetWidth + 40, 50],
    }
    : { padding: [30, 30] };
  map.fitBounds(L.latLngBounds(points), { ...room, maxZoom: NEAREST_ZOOM, animate: false });
}

/** Enter opens the best of what is listed. */
async function openFirst() {
  clearTimeout(listing);
  clearTimeout(fitting);
  closeHits();
  if (await refresh() && answer.first) choose(answer.first, true);
}

/** Take over where the sites are looked for. */
export function take(source) {
  look = source;
}

/** Follow what is typed and chosen in the panel. */
export function listen() {
  $("q").addEventListener("input", typed);
  listenToKeys();
  document.querySelector(".search").addEventListener("submit", (event) => {
    event.preventDefault();
    state.q = $("q").value;
    openFirst();
  });
  $("sort").addEventListener("change", () => {
    state.sort = $("sort").value;
    refresh({ step: true });
  });
  $("more").addEventListener("click", () => {
    shown += STEP;
    drawList();
  });
}
