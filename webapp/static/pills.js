/*
 * The pills over the list: a filter each, which opens as a small box; the last one holds the rest.
 */
import { $, chip, config, element, FACETS, fill, labels, number, state, texts } from "./page.js";
import * as symbols from "./symbols.js";

const REST = ["kind", "status", "country"]; // behind "More"

/** The words for a value of a filter. */
export function wordOf(column, value) {
  const known = config.classes[column]?.find(([code]) => code === value);
  return known ? known[1] : labels[value] || value;
}

/** The values of a filter: classes in their order, even those that no site is in. */
function valuesOf(column, answer) {
  const counted = new Map(answer.values(column));
  const classes = config.classes[column];
  return classes ? classes.map(([code]) => [code, counted.get(code) || 0]) : [...counted];
}

const iconOf = (column, value) =>
  column === "kind"
    ? symbols.parkIcon({ kind: value })
    : column === "status"
    ? symbols.parkIcon({ kind: "industrial_park", status: value })
    : column === "availability"
    ? symbols.parkIcon({ kind: "industrial_park", availability: value })
    : null;

/** A filter with a chip for each value, each of which keeps its place whatever it would leave. */
function facet(column, answer, changed) {
  const chips = valuesOf(column, answer).map(([value, count]) => {
    const set = state.filters[column];
    const button = chip(iconOf(column, value), wordOf(column, value), count, false, () => {
      const chosen = state.filters[column];
      chosen.has(value) ? chosen.delete(value) : chosen.add(value);
      changed();
    });
    button.dataset.value = value;
    button.setAttribute("aria-pressed", String(set.has(value)));
    // a smaller count moves nothing
    button.querySelector(".count").style.minWidth = `${number(count).length}ch`;
    return button;
  });
  return element(
    "fieldset",
    { class: "facet", "data-column": column },
    element("legend", {}, texts[`facet.${column}`] || texts[`pill.${column}`]),
    element("div", { class: "chips" }, ...chips),
  );
}

/** Make the pills; `changed` is called when another value is chosen. */
export function makePills(answer, changed) {
  const pills = config.pills.map((name) => {
    const columns = name === "more" ? REST : [name];
    const box = element(
      "div",
      { class: "pill-box", id: `pill-${name}`, popover: "auto" },
      ...columns.map((column) => facet(column, answer, changed)),
    );
    const button = element("button", {
      type: "button",
      class: "pill",
      "data-pill": name,
      popovertarget: box.id,
    }, element("span"));
    box.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") place(box, button);
    });
    return [button, box];
  });
  const clear = element("button", {
    type: "button",
    class: "plain",
    id: "clear",
    "aria-label": texts.reset,
    onclick: () => clearFilters(changed),
  }, texts.clear);
  $("pills").replaceChildren(...pills.flat(), clear);
  drawPills(answer);
}

/** Put a box below its pill, on the screen as a whole. */
function place(box, button) {
  const { left, bottom } = button.getBoundingClientRect();
  const room = globalThis.innerWidth - 8 - Math.min(320, globalThis.innerWidth - 16);
  box.style.left = `${Math.max(8, Math.min(left, room))}px`;
  box.style.top = `${bottom + 6}px`;
  box.style.maxHeight = `${Math.max(globalThis.innerHeight - bottom - 16, 160)}px`;
}

export const chosenFilters = () =>
  FACETS.reduce((sum, [column]) => sum + state.filters[column].size, 0);

export function clearFilters(changed) {
  FACETS.forEach(([column]) => state.filters[column].clear());
  changed();
}

/** Name in each pill what is chosen, and count what every value would leave. */
export function drawPills(answer) {
  $("clear").style.visibility = chosenFilters() ? "" : "hidden";
  FACETS.forEach(([column]) => {
    const counts = answer.left(column);
    document.querySelectorAll(`.facet[data-column=${column}] .chip`).forEach((button) => {
      const count = counts.get(button.dataset.value) || 0;
      const pressed = state.filters[column].has(button.dataset.value);
      button.setAttribute("aria-pressed", String(pressed));
      button.querySelector(".count").textContent = number(count);
      button.classList.toggle("none", !count);
      button.disabled = !count && !pressed;
    });
  });
  document.querySelectorAll(".pill").forEach((button) => {
    const name = button.dataset.pill, columns = name === "more" ? REST : [name];
    const values = columns.flatMap((column) =>
      [...state.filters[column]].map((value) => wordOf(column, value))
    );
    const title = texts[`pill.${name}`];
    const more = values.length > 1 ? ` +${number(values.length - 1)}` : "";
    button.style.width ||= `${measure(button, title)}px`; // what is chosen moves no other pill
    button.querySelector("span").textContent = values.length ? values[0] + more : title;
    button.title = values.length
      ? fill(texts.chosen, { name: title, value: values.join(", ") })
      : "";
    button.setAttribute("aria-label", button.title || title);
    button.classList.toggle("chosen", values.length > 0);
  });
}

/** The width of a pill with its title in it. */
function measure(button, title) {
  button.querySelector("span").textContent = title;
  return Math.ceil(button.getBoundingClientRect().width);
}
