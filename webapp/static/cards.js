/*
 * The cards of the list: free land first, then what it costs and how much is taken, then three
 * times.
 */
import { light } from "./lit.js";
import {
  about,
  alsoOf,
  element,
  fill,
  labels,
  landText,
  nameOf,
  number,
  priceText,
  state,
  texts,
  urls,
} from "./page.js";
import { choose, places } from "./sheet.js";
import * as symbols from "./symbols.js";

const TIMES = [["gate", "international"], ["port", "seaport"], ["airport", "civil"]];

/** A site as a row of the list; `why` names what it was found by, where its name was it not. */
export function card(park, why) {
  const item = element(
    "a",
    {
      href: urls.site + park.id,
      class: "item",
      "data-id": park.id,
      "aria-current": state.site === park.id ? "true" : null,
      title: alsoOf(park).map((part) => part.textContent ?? part).join(""),
    },
    symbols.parkIcon(park),
    element(
      "span",
      { class: "item-name" },
      nameOf(park),
      element("span", { class: "also" }, whereOf(park)),
      why,
    ),
    element("dl", { class: "lead" }, ...lead(park)),
    element("dl", { class: "three" }, ...TIMES.map(([name, icon]) => time(park, name, icon))),
  );
  item.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    choose(park.id, true);
  });
  [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]].forEach((
    [name, on],
  ) => item.addEventListener(name, () => light(park, on)));
  return element("li", {}, item, star(park));
}

/** What a site is and where; its status where it is not in operation. */
const whereOf = (park) =>
  [
    labels[park.kind] || park.kind,
    labels[park.province_en] || park.province_en,
    park.status !== "operating" && labels[park.status],
  ].filter(Boolean).join(" · ");

const line = (name, value, more = {}) =>
  element("div", more, element("dt", { class: "hidden" }, name), element("dd", {}, value));

/** Free land, the price with its year, and how much of the land is taken, as far as is known. */
function lead(park) {
  const price = priceText(park);
  const taken = park.free_pct === null ? null : 100 - park.free_pct;
  return [
    line(texts.free, landText(park), {
      class: `land ${park.full === null ? "unknown" : park.full ? "full" : "free"} ${
        park.land_kind ?? ""
      }`,
      title: park.land_kind ? labels[park.land_kind] : null,
    }),
    line(texts["pill.price"], price ?? texts["price.unknown"], {
      class: price ? "price" : "price unknown",
    }),
    taken === null
      ? null
      : line(texts.occupancy, fill(texts.occupied, { n: number(taken) }), { class: "taken" }),
  ].filter(Boolean);
}

function time(park, name, icon) {
  const id = park[name];
  const place = id ? (places[id] ? nameOf(places[id]) : id) : "";
  return element(
    "div",
    { title: [texts[name], place].filter(Boolean).join(": ") },
    element(
      "dt",
      {},
      symbols.placeIcon(icon, null, 13),
      element("span", {
        class: "hidden",
      }, texts[name]),
    ),
    element("dd", {}, id ? about(park[`${name}_s`]) : texts.unreachable),
  );
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
