/*
 * The requirements: whatever is changed is asked for at once, and the address says the same. The
 * score comes first, how far it can be trusted when it is known.
 */
import { write } from "./address.js";
import { catchUp, fetchPage, follow, newest, said } from "./live.js";
import { rankMap } from "./rankmap.js";
import { showSteps } from "./steps.js";
import { countTray } from "./tray.js";

const form = document.getElementById("wish");
const result = document.getElementById("result");
const config = JSON.parse(document.getElementById("config").textContent);
const pins = rankMap(window.map_atlas, config, result);
const KEPT = form.dataset.kept.split(/\s+/); // whatever example is chosen
let waiting = 0;
let carried = []; // sites that were ticked while an answer was on its way that does not list them

function query() {
  const kept = said(form, (name, value) => !(name.startsWith("w_") && value === "0"));
  if (!kept.has("supplies")) kept.delete("max_plant");
  if (!kept.has("place")) ["max_own", "w_own"].forEach((name) => kept.delete(name));
  ["add_where", "add_role"].forEach((name) => kept.delete(name)); // until it is added
  form.querySelectorAll(".worth fieldset:enabled select").forEach((select) =>
    fold(select.name, kept)
  );
  ticked().forEach((site) => kept.append("pick", site));
  return kept;
}

const boxes = () => [...result.querySelectorAll("input[name=pick]")];
const picked = () => new Set(boxes().filter((box) => box.checked).map((box) => box.value));
const ticked = () => new Set([...picked(), ...carried]);

/* Counts the ticks; beneath the list only sites stand that are not in it. */
function count() {
  const tray = result.querySelector(".tray");
  if (!tray) return;
  tray.querySelectorAll("input[name=pick]").forEach((box) => {
    if (boxes().some((other) => other !== box && other.value === box.value)) {
      box.closest("label").remove();
    }
  });
  countTray(tray, boxes());
}

/*
 * Says how a criterion counts in one parameter, as all links do: v_gate=linear:30:180 or
 * v_gate=step:60.
 */
function fold(name, kept) {
  const shape = kept.get(name);
  const ends = ["_from", "_to"].map((end) => kept.get(name + end) || "");
  if (!ends.every((end) => /^[0-9]*[.]?[0-9]*$/.test(end))) return; // the server names the field
  ["", "_from", "_to"].forEach((end) => kept.delete(name + end));
  if (ends.some(Boolean)) {
    kept.set(name, [shape, ...(shape === "step" ? ends.filter(Boolean) : ends)].join(":"));
  } else if (shape === "saturating") kept.set(name, shape);
  // a step counts from when its end is typed
}

/* A criterion that weighs nothing need not say how it counts, and a step has one end. */
function fit(group) {
  const step = group.querySelector("select").value === "step";
  group.querySelectorAll("input").forEach((end) => {
    end.disabled = step && !end.name.endsWith(`_${group.dataset.needs}`);
  });
}

function weigh(slider) {
  slider.step = "1";
  slider.parentElement.querySelector("output").textContent = slider.value;
  const details = form.querySelector(`[data-of="${slider.name}"]`);
  details.hidden = details.querySelector("fieldset").disabled = slider.value === "0";
}

/* Whether one trades over the land border decides whether the time to a gate may count. */
function cross(answer) {
  const slider = form.querySelector("[data-border]");
  slider.disabled = answer === "no";
  slider.parentElement.classList.toggle("off", slider.disabled);
}

/* An own place that is added comes with the page, which names it and lets it weigh. */
form.addEventListener("submit", (event) => {
  if (!form.elements.add_where.value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const wish = query();
  ["add_where", "add_role"].forEach((name) => wish.set(name, form.elements[name].value));
  location.assign(`${form.action}?${wish}`);
});

const refresh = follow(form, result, {
  query,
  show(content) {
    const chosen = ticked(); // also what was ticked while this was on its way
    result.replaceChildren(...content);
    const listed = new Set(boxes().map((box) => box.value));
    const asked = new Set(carried);
    carried = [...chosen].filter((site) => !listed.has(site) && !asked.has(site));
    boxes().forEach((box) => {
      box.checked = chosen.has(box.value);
    });
    count();
    mark();
    pins.draw();
    if (carried.length) refresh(); // below the list stand those that are not in it
    else trust();
  },
});

/* Asks how far the ranking that is shown can be trusted. */
const askTrust = newest();

async function trust() {
  askTrust.drop();
  const section = document.getElementById("trust");
  if (!section?.hasAttribute("data-pending")) return;
  const wish = query();
  wish.set("part", "trust");
  const answer = await askTrust((wanted) => fetchPage(`${form.action}?${wish}`, wanted));
  if (!answer || answer.error || !section.isConnected) return;
  section.replaceChildren(...answer.value.body.childNodes);
  section.removeAttribute("data-pending");
}

/* Marks the fields that hold what cannot be read. */
function mark() {
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.title = "";
  });
  result.querySelectorAll("[data-slip]").forEach((line) => {
    const field = form.elements[line.dataset.slip];
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.title = line.textContent;
    }
  });
}

form.addEventListener("input", (event) => {
  if (event.target.type === "range") weigh(event.target);
  if (event.target.matches(".worth select")) fit(event.target.closest("fieldset"));
  if (event.target.name === "border") cross(event.target.value);
  if (event.target.name === "supplies") {
    form.querySelector(".of-plant").classList.toggle("off", !event.target.value);
  }
  if (["example", "add_where", "add_role"].includes(event.target.name)) return;
  write(query(), { hash: location.hash });
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 150);
});
form.addEventListener("change", (event) => {
  if (event.target.name !== "example") return;
  const kept = new URLSearchParams([...query()].filter(([name]) => KEPT.includes(name)));
  // an example fills the form, so the page is loaded with it
  location.assign(kept.size ? `${form.action}?${kept}` : form.action);
});
form.querySelectorAll(".worth fieldset").forEach(fit);
result.addEventListener("change", (event) => {
  if (event.target.name !== "pick") return;
  count();
  write(query(), { hash: location.hash });
});
window.addEventListener("pageshow", ({ persisted }) => {
  count();
  if (persisted) { // the page is that of the example it came with
    for (const option of form.elements.example.options) option.selected = option.defaultSelected;
  }
});
pins.draw();
showSteps(form, (options) => write(query(), options));
catchUp(form);

const opener = document.getElementById("requirements"); // on a narrow screen
opener.addEventListener("click", () => {
  const open = form.classList.toggle("open");
  opener.setAttribute("aria-expanded", String(open));
});
