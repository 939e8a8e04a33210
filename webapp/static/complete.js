/*
 * Completion of the search: the best places, provinces and developers for what is typed, with the
 * keyboard (arrows, Enter, Escape) or a finger.
 */
import { $, config, element, fill, labels, nameOf, number, texts } from "./page.js";
import * as symbols from "./symbols.js";

const MOST = 8;
let active = -1, rows = [];

const box = () => $("hits");
const open = () => !box().hidden;

/** Close the box; what is typed stays. */
export function closeHits() {
  box().hidden = true;
  active = -1;
  $("q").setAttribute("aria-expanded", "false");
  $("q").removeAttribute("aria-activedescendant");
}

/** The parts of a name, with what was typed marked where it stands there as it is. */
function marked(name) {
  const typed = $("q").value.trim();
  const at = typed ? name.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (at < 0) return [name];
  const end = at + typed.length;
  return [name.slice(0, at), element("mark", {}, name.slice(at, end)), name.slice(end)];
}

const noteOf = (place) =>
  [
    labels[place.kind] || place.kind,
    labels[place.province_en] || place.province_en,
    place[`opposite_name_${config.language}`] || place.opposite_name_en,
  ].filter(Boolean).join(" · ");

const isPark = (place) => place.kind in symbols.PARKS;
const hasMark = (place) => (place.layer ? place.layer !== "cities" : Boolean(place.mark));

/** A hit as a row: a place with its kind, or a province or developer with how many sites it has. */
function row({ place, group }, pick) {
  const icon = group
    ? element("span", { class: "icon none" })
    : isPark(place)
    ? symbols.parkIcon(place)
    : symbols.placeIcon(hasMark(place) ? place.kind : "town", place.status, 16);
  const name = group ? labels[group.name] || group.name : nameOf(place);
  const note = group
    ? texts[group.kind] +
      (group.count > 1 ? ` · ${fill(texts.sites, { n: number(group.count) })}` : "")
    : noteOf(place);
  const option = element(
    "li",
    { role: "option", id: `hit-${rows.length}`, "aria-selected": "false" },
    icon,
    element("span", {}, ...marked(name), element("span", { class: "also" }, note)),
  );
  option.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays
  option.addEventListener("click", () => pick({ place, group }));
  if (place) option.dataset.id = place.id;
  return option;
}

/** Show the best hits of an answer while somebody types; `pick` is called with the one chosen. */
export function showHits(best, pick) {
  const wanted = document.activeElement === $("q") && $("q").value.trim();
  if (!wanted || !best.length) return closeHits();
  rows = [];
  best.slice(0, MOST).forEach((hit) => rows.push(row(hit, pick)));
  active = -1;
  box().replaceChildren(...rows);
  box().hidden = false;
  $("q").setAttribute("aria-expanded", "true");
  $("q").removeAttribute("aria-activedescendant");
}

function go(to) {
  rows[active]?.setAttribute("aria-selected", "false");
  active = (to + rows.length + 1) % (rows.length + 1); // one past the last is what is typed
  const option = rows[active];
  if (!option) return $("q").removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  $("q").setAttribute("aria-activedescendant", option.id);
}

/** Follow the keys in the field of the search. */
export function listenToKeys() {
  $("q").addEventListener("keydown", (event) => {
    if (!open()) return;
    if (event.key === "ArrowDown") go(active + 1);
    else if (event.key === "ArrowUp") go(active < 0 ? rows.length - 1 : active - 1);
    else if (event.key === "Escape") closeHits();
    else if (event.key === "Enter" && rows[active]) rows[active].click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  $("q").addEventListener("blur", closeHits);
}
