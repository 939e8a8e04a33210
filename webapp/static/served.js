/*
 * The sites that the server holds, where they are too many for the browser: it searches, filters,
 * counts and sorts them by the same rules.
 */
import { $, ask, filterQuery, records, state, urls } from "./page.js";
import { places } from "./sheet.js";

/** Keep a place that the server has sent, with the mark it may have on the map already. */
const known = (place) => {
  places[place.id] = Object.assign(places[place.id] ?? {}, place);
  return places[place.id];
};

/** Say in the place of the list why there is none yet. */
export function sayWait(reason) {
  $("found").textContent = reason;
}

/** Ask the server what is found; see list.js for what an answer is. */
export async function served() {
  const query = filterQuery(), filters = query.toString();
  if (state.sort) query.set("sort", state.sort);
  const page = (offset) => {
    if (offset) query.set("offset", offset);
    return ask(`${urls.sites}?${query}`, "json", sayWait);
  };
  const first = await page(0);
  const parks = records(first.parks).map(known);
  const fill = async (most) => {
    while (parks.length < Math.min(most, first.count)) {
      const more = records((await page(parks.length)).parks);
      if (!more.length) break;
      parks.push(...more.map(known));
    }
    return parks.slice(0, most);
  };
  let loading = Promise.resolve(); // one page after the other
  const best = first.best.map(({ place, group, rank }) => ({
    place: place && known(place),
    group,
    rank,
  }));
  const [west, south, east, north] = first.bbox ?? [];
  return {
    total: first.total,
    count: first.count,
    filters,
    searched: first.searched,
    rows: (most) => {
      loading = loading.catch(() => {}).then(() => fill(most));
      return loading;
    },
    where: (park) => park.where,
    by: (park) => park,
    values: (column) => first.filters[column] ?? [],
    left: (column) => new Map(Object.entries(first.counts[column] ?? {})),
    best,
    listed: (place) => place.layer === "parks",
    first: first.first,
    points: () => (first.bbox ? [[south, west], [north, east]] : []),
    same: (before) => filters === before.filters,
  };
}
