/*
 * The tray beneath a list: how many sites are ticked, and what can be done with so many.
 */

/** Say how many are ticked, and let tick and press only what so many allow. */
export function countTray(tray, boxes) {
  const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value)).size;
  const most = Number(tray.dataset.most);
  const line = tray.querySelector("[data-text]");
  line.textContent = line.dataset.text.replace("{n}", chosen).replace("{m}", most);
  boxes.forEach((box) => {
    box.disabled = !box.checked && chosen >= most;
  });
  tray.querySelectorAll("button").forEach((button) => {
    button.disabled = chosen < Number(button.dataset.least);
  });
}
