/*
 * The names of sites beside their marks, from a zoom on, without any overlap and never beneath a
 * panel: the chosen one and the largest first.
 */
import { element, map, nameOf, state } from "./page.js";
import { ParkMark } from "./symbols.js";

const FROM = 9; // the map zoom
const MOST = 400; // marks that are looked at
const HEIGHT = 15, GAP = 4;

const pane = map.createPane("names");
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
let waiting = 0;

function widthOf(text) {
  if (!widths.has(text)) {
    pen.font = `600 11.5px ${getComputedStyle(document.body).fontFamily}`;
    widths.set(text, Math.ceil(pen.measureText(text).width) + 4);
  }
  return widths.get(text);
}

const apart = (a, b) => a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];

/** Where a name may stand, as boxes: right and left of its mark, below and above in the middle, and
 * at its corners.
 */
function* spots({ x, y }, radius, width) {
  const half = HEIGHT / 2, off = radius + GAP;
  yield [x + off, y - half, x + off + width, y + half];
  yield [x - off - width, y - half, x - off, y + half];
  for (const left of [x - width / 2, x, x - width]) {
    yield [left, y + off, left + width, y + off + HEIGHT];
    yield [left, y - off - HEIGHT, left + width, y - off];
  }
}

const ABOVE = "#content, #sheet, .corner > *, .leaflet-control-zoom, .leaflet-control-attribution";

/** What panels and controls cover of the map, as boxes; none of what is hidden. */
function covered() {
  const view = map.getContainer().getBoundingClientRect();
  return [...document.querySelectorAll(ABOVE)].map((panel) => panel.getBoundingClientRect())
    .filter(({ width, height }) => width && height)
    .map(({ left, top, right, bottom }) => {
      const from = map.containerPointToLayerPoint([left - view.left, top - view.top]);
      return [from.x, from.y, from.x + right - left, from.y + bottom - top];
    });
}

function draw() {
  waiting = 0;
  const marks = [], hidden = covered();
  const { x, y } = map.containerPointToLayerPoint([0, 0]), { x: w, y: h } = map.getSize();
  const within = (box) => x <= box[0] && y <= box[1] && box[2] <= x + w && box[3] <= y + h;
  if (map.getZoom() >= FROM) {
    const view = map.getBounds();
    map.eachLayer((mark) => {
      if (mark instanceof ParkMark && mark.options.park && view.contains(mark.getLatLng())) {
        marks.push(mark);
      }
    });
  }
  const rank = ({ options: { park } }) => park.id === state.site ? Infinity : park.area_ha ?? 0;
  marks.splice(MOST);
  marks.sort((a, b) => rank(b) - rank(a));
  const boxes = marks.map((mark) => {
    const { x, y } = map.latLngToLayerPoint(mark.getLatLng());
    return [x - 5, y - 5, x + 5, y + 5];
  });
  const seen = marks.map((_mark, i) => hidden.every((panel) => apart(panel, boxes[i])));
  const free = (box, i) => boxes.every((other, j) => j === i || apart(box, other));
  const open = (box) => within(box) && hidden.every((panel) => apart(box, panel));
  const texts = marks.flatMap((mark, i) => {
    if (!seen[i]) return [];
    const text = nameOf(mark.options.park), at = map.latLngToLayerPoint(mark.getLatLng());
    const around = [...spots(at, mark.options.base, widthOf(text))].filter(open);
    const chosen = mark.options.park.id === state.site; // may stand on other marks
    const box = around.find((each) => free(each, i)) ?? (chosen ? around[0] : undefined);
    if (!box) return [];
    boxes.push(box);
    const name = element("span", { class: "site-name", "data-id": mark.options.park.id }, text);
    name.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
    return [name];
  });
  pane.replaceChildren(...texts);
}

/** Draw the names anew, once all that happens now has happened. */
export function drawNames() {
  waiting ||= requestAnimationFrame(draw);
}

/** Follow the map and what is drawn on it. */
export function keepNames() {
  pane.setAttribute("aria-hidden", "true"); // the list has them
  map.on("moveend layeradd layerremove", drawNames);
  map.on("zoomstart", () => pane.replaceChildren());
  const sizes = new ResizeObserver(drawNames);
  document.querySelectorAll(ABOVE).forEach((panel) => sizes.observe(panel));
  document.addEventListener("transitionend", ({ target }) => {
    if (target.matches(".corner, .leaflet-right")) drawNames(); // a sheet moves them
  });
}
