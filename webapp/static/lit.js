/*
 * A park that is pointed at or chosen, lit on the map and in the list.
 */
import { state } from "./page.js";

export const LIFT = 3; // by which the mark of a park grows

/** Mark a park on the map and in the list while it is pointed at or chosen. */
export function light(park, on) {
  if (!park.mark || !park.mark.setRadius) return;
  const lit = on || state.site === park.id;
  park.mark.options.lit = lit;
  park.mark.setRadius(park.mark.options.base + (lit ? LIFT : 0));
  if (lit && park.mark._map) park.mark.bringToFront();
  const item = document.querySelector(`.item[data-id="${park.id}"]`);
  if (item) item.classList.toggle("lit", on);
}
