/*
 * One stop of the Tab key for all gates, ports and airports on the map: arrows lead from one to
 * the next, Enter opens.
 */
import { map } from "./page.js";

const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const pane = map.getPanes().markerPane;
let waiting = 0;

/** The marks in view, from west to east. */
function inView() {
  const view = map.getContainer().getBoundingClientRect();
  return [...pane.querySelectorAll(".badge, .cluster")].map((mark) => ({
    mark,
    at: mark.getBoundingClientRect(),
  })).filter(({ at }) =>
    at.left >= view.left && at.right <= view.right && at.top >= view.top && at.bottom <= view.bottom
  ).sort((a, b) => a.at.left - b.at.left || a.at.top - b.at.top).map(({ mark }) => mark);
}

function stopAt(mark) {
  pane.querySelectorAll('[tabindex="0"]').forEach((other) => {
    other.tabIndex = -1;
  });
  if (mark) mark.tabIndex = 0;
}

function settle() {
  waiting = 0;
  const marks = inView();
  if (!marks.includes(pane.querySelector('[tabindex="0"]'))) stopAt(marks[0]);
}

/** Follow the map, and the keys on its marks. */
export function keepOneStop() {
  const later = () => {
    waiting ||= requestAnimationFrame(settle);
  };
  map.on("moveend layeradd layerremove", later);
  later();
  pane.addEventListener("keydown", (event) => {
    const mark = event.target.closest(".badge, .cluster"), marks = inView();
    if (!mark) return;
    if (event.key === "Enter" || event.key === " ") mark.click();
    else if (KEYS[event.key] && marks.length) {
      const next = marks[(marks.indexOf(mark) + KEYS[event.key] + marks.length) % marks.length];
      stopAt(next);
      next.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
