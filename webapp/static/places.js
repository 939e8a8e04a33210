/*
 * Own places that a browser keeps, as addresses hold them; nothing goes to the server but in the
 * address that somebody opens.
 */
const KEY = "zone-atlas-places";
const MOST = 12; // as geo/siting/own_places.py has it
const MOST_LETTERS = 200;

/** The places that are kept. */
export function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(list) ? list.filter(isPlace).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

const isPlace = (text) =>
  typeof text === "string" && text.length <= MOST_LETTERS && text.includes("~");

/** Keep these places instead of the present ones; false where the browser keeps nothing. */
export function keep(list) {
  try {
    localStorage.setItem(KEY, JSON.stringify(list.filter(isPlace).slice(0, MOST)));
    return true;
  } catch {
    return false;
  }
}
