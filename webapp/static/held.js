/*
 * The sites that the browser holds: searched, filtered and counted here.
 */
import { FACETS, latlng, nameOf, state } from "./page.js";
import { find } from "./search.js";
import { places } from "./sheet.js";

const valuesOf = (park, column) => (column === "sectors" ? park.sectors : [park[column]]);

const SORTS = {
  gate: (a, b) => (a.gate_s ?? Infinity) - (b.gate_s ?? Infinity),
  port: (a, b) => (a.port_s ?? Infinity) - (b.port_s ?? Infinity),
  area: (a, b) => (b.area_ha ?? -1) - (a.area_ha ?? -1),
  name: (a, b) => nameOf(a).localeCompare(nameOf(b), document.documentElement.lang),
};

function count(parks, column) {
  const counts = new Map();
  parks.forEach((park) =>
    valuesOf(park, column).forEach((value) => {
      if (value) counts.set(value, (counts.get(value) || 0) + 1);
    })
  );
  return counts;
}

/** What is found among the sites now; see list.js for what an answer is. */
function answer(parks, index) {
  const hits = index && find(index, state.q);
  const matches = (park, except) =>
    (!hits || hits.has(park.id)) && FACETS.every(([column]) => {
      const wanted = state.filters[column];
      return column === except || !wanted.size ||
        valuesOf(park, column).some((value) => wanted.has(value));
    });
  const ordered = hits
    ? [...hits].filter(([, hit]) => hit.layer === "parks").map(([id]) => places[id])
    : parks;
  const visible = ordered.filter((park) => matches(park, null));
  const sorted = SORTS[state.sort] ? [...visible].sort(SORTS[state.sort]) : visible;
  const listed = new Set(visible.map((park) => park.id));
  return {
    total: parks.length,
    count: visible.length,
    visible,
    searched: Boolean(hits),
    rows: (most) => sorted.slice(0, most),
    where: (park) => (hits ? hits.get(park.id).rank[0] : null),
    by: (park) => index.found_by[park.id],
    values: (column) =>
      [...count(parks, column)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    left: (column) => count(parks.filter((park) => matches(park, column)), column),
    best: hits ? bestOf(index, hits) : [],
    listed: (place) => place.mark && "sectors" in place,
    first: hits &&
      [...hits].find(([id, hit]) => (hit.layer === "parks" ? listed.has(id) : places[id]))?.[0],
    points: () => visible.map((park) => latlng(park.shape[0])),
    same: (before) =>
      visible.length === before.count && visible.every((park, i) => park === before.visible[i]),
  };
}

const MOST = 8; // as webapp/explore/listing.py has it
const before = (a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1];

/** The best hits: provinces and developers before places of the same rank. */
function bestOf(index, hits) {
  const groups = find({ ...index, rows: index.groups.map(({ row }) => row) }, state.q);
  const named = [...groups].map(([key, { rank }]) => ({
    group: index.groups.find(({ row }) => row[0] === key),
    rank,
  }));
  const placed = [...hits].filter(([id]) => places[id]).map(([id, { rank }]) => ({
    place: places[id],
    rank,
  }));
  return [...named.sort(before).slice(0, 3), ...placed].sort(before).slice(0, MOST);
}

/**
 * Search these sites by an index, see search.js: `load` fetches it when it is wanted first, again
 * where that failed.
 */
export function held(parks, load) {
  let loading = null;
  const index = () => {
    loading ??= load().catch((fault) => {
      loading = null;
      throw fault;
    });
    return loading;
  };
  const idle = window.requestIdleCallback ?? setTimeout;
  idle(() => index().catch(() => {})); // after the map, also for the way without a signal
  return async () => answer(parks, state.q ? await index() : null);
}
