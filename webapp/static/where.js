/*
 * Where could it be: whatever is changed is drawn at once, for the part of the region in view.
 *
 * The picture lies on whole blocks, tiles of the grid of the web; in a new view a coarse one comes
 * first. At most one picture is asked for at a time.
 */
import { write } from "./address.js";
import { layer } from "./basemap.js";
import { nameControls } from "./controls.js";
import { han } from "./han.js";
import { follow, said } from "./live.js";
import { patiently } from "./patient.js";
import { TiledMarks } from "./tiled.js";

const form = document.getElementById("wish");
const result = document.getElementById("result");
const line = document.querySelector(".drawing");
const config = JSON.parse(document.getElementById("config").textContent);
const sites = JSON.parse(document.getElementById("sites").textContent);
const map = window.map_atlas;
const TILE = 256, OPACITY = 0.75, PATIENCE = 400;
const POINT = ["site", "lon", "lat"];

nameControls(map, config.controls);
if (config.urls.basemap) layer(config.urls.basemap, { lang: config.language }).addTo(map);
map.createPane("surface").style.zIndex = 350; // below the sites
map.getPane("surface").style.pointerEvents = "none";

const query = () => said(form, (name, value) => !(name.startsWith("w_") && value === "0"));

/* What is drawn -------------------------------------------------------------------------------- */

let overlay = null; // the picture, and what it shows
let drawing = false, again = false, fine = "";

/** The blocks that cover the view, at most so many; `coarser` levels above the finest. */
function blocks(coarser) {
  const view = map.getBounds();
  for (let level = Math.min(Math.round(map.getZoom()), config.most.level) - coarser;; level--) {
    const last = 2 ** level - 1;
    const clamp = (number) => Math.min(Math.max(Math.floor(number / TILE), 0), last);
    const low = map.project(view.getNorthWest(), level),
      high = map.project(view.getSouthEast(), level);
    const [west, north, east, south] = [low.x, low.y, high.x, high.y].map(clamp);
    if ((east - west + 1) * (south - north + 1) > config.most.blocks) continue;
    const corners = [[west, north], [east + 1, south + 1]].map(([x, y]) =>
      map.unproject([x * TILE, y * TILE], level)
    );
    return { level, at: [west, north, east, south].join(), bounds: L.latLngBounds(corners) };
  }
}

const read = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(blob);
  });

function say(text) {
  line.hidden = !text;
  line.textContent = text;
}

async function picture(part) {
  const wish = query();
  POINT.forEach((name) => wish.delete(name));
  wish.set("level", part.level);
  wish.set("blocks", part.at);
  const answer = await patiently(`${config.picture}?${wish}`, {}, () => !again);
  if (!answer.ok) throw new Error(answer.status);
  return read(await answer.blob());
}

/** Draw until what is shown is what is asked for. */
async function draw() {
  again = true;
  if (drawing) return;
  drawing = true;
  const late = setTimeout(() => say(line.dataset.waiting), PATIENCE);
  try {
    while (again) {
      again = false;
      const whole = blocks(0), key = `${whole.level}/${whole.at}`;
      for (const part of key === fine ? [whole] : [blocks(1), whole]) {
        const image = await picture(part);
        const next = L.imageOverlay(image, part.bounds, {
          pane: "surface",
          opacity: OPACITY,
          className: "surface",
        }).addTo(map);
        overlay?.remove();
        overlay = next;
        if (again) break;
        if (part === whole) fine = key;
      }
    }
    clearTimeout(late);
    say("");
  } catch {
    clearTimeout(late);
    say(line.dataset.failed);
  }
  drawing = false;
}

/* Sites, and the point that is asked for -------------------------------------------------------- */

const canvas = L.canvas({ padding: 0.4, tolerance: 4 });
const mark = L.circleMarker([0, 0], { radius: 8, weight: 3, color: "#b35806", fill: false });

function choose(values) {
  POINT.forEach((name) => {
    let field = form.elements[name];
    if (!field) {
      field = Object.assign(document.createElement("input"), { type: "hidden", name });
      form.append(field);
    }
    field.value = values[name] ?? "";
  });
  refresh();
}

function text(content) {
  const box = document.createElement("span");
  box.textContent = content;
  return box;
}

function dot(site, where, name) {
  const mark = L.circleMarker(where, {
    renderer: canvas,
    radius: 4.5,
    weight: 1.5,
    color: "#ffffff",
    fillColor: "#14202b",
    fillOpacity: 1,
  });
  mark.bindTooltip(() => text(name), { direction: "top", offset: [0, -4] });
  return mark.on("click", (event) => {
    L.DomEvent.stop(event);
    choose({ site });
  });
}
sites.forEach(([site, lon, lat, name]) => dot(site, [lat, lon], name).addTo(map));
if (config.tiles) {
  new TiledMarks(config.tiles, "parks", {
    draw: (park, where) =>
      dot(park.id, where, han(park[`name_${config.language}`], config.traditional) || park.name_en),
    say: (n) => config.texts.sites.replace("{n}", n),
  }).addTo(map);
}
map.on("click", ({ latlng }) => {
  const { lng, lat } = latlng.wrap();
  choose({ lon: lng.toFixed(5), lat: lat.toFixed(5) });
});

function point() {
  const at = result.querySelector(".at-point");
  if (at) mark.setLatLng([at.dataset.lat, at.dataset.lon]).addTo(map);
  else mark.remove();
}

/* The page follows the form -------------------------------------------------------------------- */

const refresh = follow(form, result, {
  query,
  show(content) {
    const open = result.querySelector("details")?.open;
    result.replaceChildren(...content);
    const details = result.querySelector("details");
    if (details) details.open = Boolean(open);
    point();
  },
});

let waiting = 0;
form.addEventListener("input", (event) => {
  const { target } = event;
  if (target.type === "range") {
    target.step = "5";
    target.parentElement.querySelector("output").textContent = target.value;
  }
  if (POINT.includes(target.name)) {
    if (form.elements.site) form.elements.site.value = "";
  } else draw();
  write(query());
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 200);
});
map.on("moveend", draw);
point();
draw();
