/*
 * The order of a plan by hand: buttons and keys move a stop or keep it on its day, or it is dragged.
 */

/**
 * Follow what is done to the rows of `plan()`; `send` asks for the plan that comes of it.
 * Returns a way to wait until no row is carried: replaced meanwhile, it could not be dropped.
 */
export function orderByHand(plan, send) {
  const rows = () => [...plan().querySelectorAll("tr[data-stop]")];
  const order = () => rows().map((row) => row.dataset.stop);
  const reorder = (ids) => send("order", { ids: ids.join(" ") });

  /** Return what brings the focus back to a button of a stop, wherever the new plan has it. */
  function buttonOf(row, target) {
    const stop = row.dataset.stop,
      kind = "move" in target.dataset ? `[data-move="${target.dataset.move}"]` : "[data-pin]";
    const focused = document.activeElement === target;
    return () => {
      const there = rows().find((row) => row.dataset.stop === stop);
      if (focused && there && [document.body, null].includes(document.activeElement)) {
        there.querySelector(kind).focus();
      }
    };
  }

  document.addEventListener("click", async (event) => {
    const target = event.target;
    const row = target.closest("tr[data-stop]");
    if (!row || !(target.dataset.move || target.dataset.pin)) return;
    const again = buttonOf(row, target);
    if (target.dataset.pin) await send(`pin:${target.dataset.pin}`, { ids: row.dataset.stop });
    else {
      const ids = order(),
        at = ids.indexOf(row.dataset.stop),
        to = at + (target.dataset.move === "up" ? -1 : 1);
      if (to < 0 || to >= ids.length) return;
      [ids[at], ids[to]] = [ids[to], ids[at]];
      await reorder(ids);
    }
    again();
  });

  let carried = null, waiting = [];
  document.addEventListener("dragstart", (event) => {
    carried = event.target.closest && event.target.closest("tr[data-stop]");
    if (carried) {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", carried.dataset.stop);
      carried.classList.add("carried");
    }
  });
  document.addEventListener("dragover", (event) => {
    if (carried && event.target.closest("tr[data-stop]")) event.preventDefault();
  });
  document.addEventListener("dragend", () => {
    rows().forEach((row) => row.classList.remove("carried"));
    carried = null;
    waiting.forEach((resolve) => resolve());
    waiting = [];
  });
  document.addEventListener("drop", (event) => {
    const row = carried && event.target.closest("tr[data-stop]");
    if (!row || row === carried) return;
    event.preventDefault();
    const ids = order(),
      from = ids.indexOf(carried.dataset.stop),
      to = ids.indexOf(row.dataset.stop);
    ids.splice(to, 0, ids.splice(from, 1)[0]);
    reorder(ids);
  });

  return () => (carried ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
}
