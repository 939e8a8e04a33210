/*
 * The sites that somebody saves: kept in this browser and nowhere else, each with a note.
 */
const KEY = "zone-atlas-saved";
const MOST = 100; // as webapp/siting/shortlist.py has it
const MOST_LETTERS = 1000; // of a note
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
let held = null; // the list where the browser keeps none

/** The saved sites as { id, note }, in the order in which they were saved. */
export function all() {
  if (held) return held;
  try {
    return sound(JSON.parse(localStorage.getItem(KEY) || "[]"));
  } catch {
    return [];
  }
}

/** What is no list of ours is none: somebody else may have written there. */
function sound(list) {
  if (!Array.isArray(list)) return [];
  const seen = new Set();
  return list.filter((entry) =>
    SLUG.test(entry?.id) && entry.id.length <= 100 && !seen.has(entry.id) && seen.add(entry.id)
  ).slice(0, MOST).map(({ id, note }) => ({
    id,
    note: typeof note === "string" ? note.slice(0, MOST_LETTERS) : "",
  }));
}

/** Keep a list instead of the present one; false where the browser keeps it for this page only. */
export function keep(list) {
  const kept = sound(list);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
    held = null;
  } catch {
    held = kept;
  }
  paint();
  document.dispatchEvent(new Event("saved"));
  return !held;
}

/** Whether this browser keeps what is saved. */
export function keeps() {
  try {
    localStorage.setItem(`${KEY}-probe`, "1");
    localStorage.removeItem(`${KEY}-probe`);
    return true;
  } catch {
    return false;
  }
}

/** The address at which these sites are listed. */
export const address = (path, ids) => `${path}?pick=${ids.join(",")}`;

const line = document.getElementById("saved-note");
const refused = line.querySelector("span").textContent;
const page = line.querySelector("a").pathname;

/** Say what a press could not do, with a link to the list. */
function say(text, ids) {
  line.querySelector("span").textContent = text;
  line.querySelector("a").href = address(page, ids);
  line.hidden = false;
}

function toggle(id) {
  const before = all(), rest = before.filter((entry) => entry.id !== id);
  if (rest.length === before.length && before.length >= MOST) {
    say(line.dataset.full, before.map((entry) => entry.id));
    return;
  }
  const after = rest.length < before.length ? rest : [...before, { id, note: "" }];
  line.hidden = true;
  if (!keep(after) && after.length) say(refused, after.map((entry) => entry.id));
}

/** Show on every button whether its site is saved, and beside the pages how many are. */
function paint() {
  const ids = new Set(all().map((entry) => entry.id));
  document.querySelectorAll("[data-save]").forEach((button) => {
    const pressed = String(ids.has(button.dataset.save));
    if (button.getAttribute("aria-pressed") !== pressed) {
      button.setAttribute("aria-pressed", pressed);
    }
    if (button.hidden) button.hidden = false;
  });
  document.querySelectorAll(".saved-link").forEach((link) => {
    link.hidden = !ids.size;
    link.querySelector(".count").textContent = ids.size;
    link.setAttribute("aria-label", link.dataset.text.replace("{n}", ids.size));
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-save]");
  if (button) toggle(button.dataset.save);
});
window.addEventListener("storage", (event) => {
  if (event.key !== KEY && event.key !== null) return;
  paint();
  document.dispatchEvent(new Event("saved"));
});
window.addEventListener("pageshow", paint);
const brings = (node) =>
  node.nodeType === 1 && (node.matches("[data-save]") || node.querySelector("[data-save]"));
new MutationObserver((changes) => {
  if (changes.some((change) => [...change.addedNodes].some(brings))) paint();
}).observe(document.body, { childList: true, subtree: true });
paint();
