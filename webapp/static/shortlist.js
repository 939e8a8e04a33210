/*
 * The page of the short list: the sites that this browser keeps, with notes, or those of a link.
 * Names come from the server, asked for by ids; notes never leave the browser and become text only.
 */
import { fetchPage, newest } from "./live.js";
import { patiently } from "./patient.js";
import { address, all, keep, keeps } from "./saved.js";
import { countTray } from "./tray.js";

const box = document.getElementById("shortlist");
const none = document.getElementById("none-saved"), tools = document.getElementById("list-tools");
const undo = document.querySelector(".undo");
const shared = "shared" in box.dataset;
const ask = newest();
let before = null; // the list that the last removal has changed

const rows = () => [...box.querySelectorAll("[data-id]")];
const ids = () => rows().map((row) => row.dataset.id);

function count() {
  const tray = box.querySelector(".tray");
  if (!tray) return;
  const boxes = [...box.querySelectorAll("input[name=pick]")];
  countTray(tray, boxes);
  tray.hidden = !boxes.length;
}

/* Lets the links to files lead to the list as it is now. */
function aim() {
  const lang = new URLSearchParams(location.search).get("lang");
  tools.querySelectorAll("[data-file]").forEach((link) => {
    link.href = address(link.dataset.address, ids()) + (lang ? `&lang=${lang}` : "");
  });
}

function show() {
  const some = rows().length > 0;
  aim();
  none.hidden = some;
  tools.hidden = !some;
  count();
}

async function draw() {
  const list = all();
  const query = new URLSearchParams({ pick: list.map((entry) => entry.id).join(), part: "sheet" });
  const lang = new URLSearchParams(location.search).get("lang");
  if (lang) query.set("lang", lang);
  box.setAttribute("aria-busy", "true");
  const answer = await ask((wanted) =>
    list.length ? fetchPage(`${box.dataset.address}?${query}`, wanted) : null
  );
  if (!answer) return;
  box.removeAttribute("aria-busy");
  if (answer.error) {
    box.textContent = box.dataset.failed;
    return;
  }
  box.replaceChildren(...(answer.value?.body.childNodes ?? []));
  const notes = new Map(list.map((entry) => [entry.id, entry.note]));
  rows().forEach((row) => {
    const note = row.querySelector("[data-note]");
    if (note) note.value = notes.get(row.dataset.id) ?? "";
  });
  show();
}

/* Removes sites, and offers to bring them back. */
function remove(gone) {
  before = all();
  keep(before.filter((entry) => !gone.has(entry.id)));
  rows().filter((row) => gone.has(row.dataset.id)).forEach((row) => row.remove());
  undo.hidden = false;
  undo.querySelector("button").focus();
  show();
}

async function copy(button) {
  const link = new URL(address(box.dataset.address, ids()), location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    const text = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = text;
    }, 2000);
  } catch { // on plain HTTP there is none to write to
    const field = tools.querySelector(".link-of");
    field.hidden = false;
    field.querySelector("input").value = link;
    field.querySelector("input").select();
  }
}

/* Downloads the list as a file with the notes in it, which never leave the browser. */
async function take(link, notes) {
  const answer = await fetchFile(link.href);
  if (!answer) {
    location.assign(link.href); // without the notes, or what is wrong
    return;
  }
  const box = document.createElement("p"); // it escapes the notes
  const file = answer.replace(/(data-note-of="([^"]+)") hidden>/g, (whole, start, id) => {
    box.textContent = notes.get(id) ?? "";
    return box.textContent ? `${start}>${box.innerHTML}` : whole;
  });
  const url = URL.createObjectURL(new Blob([file], { type: "text/html" }));
  Object.assign(document.createElement("a"), { href: url, download: "zone-atlas-shortlist.html" })
    .click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function fetchFile(href) {
  try {
    const answer = await patiently(href, {});
    return answer.ok ? await answer.text() : "";
  } catch {
    return "";
  }
}

const doing = {
  copy,
  clear: () => remove(new Set(ids())),
  save: () => {
    const mine = all(), known = new Set(mine.map((entry) => entry.id));
    const gone = new Set(
      rows().filter((row) => row.classList.contains("gone")).map((row) => row.dataset.id),
    );
    const added = ids().filter((id) => !known.has(id) && !gone.has(id));
    keep([...mine, ...added.map((id) => ({ id, note: "" }))]);
    if (keeps()) location.assign(box.dataset.address);
    else document.getElementById("refused").hidden = false;
  },
};

tools.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) doing[button.dataset.do](button);
});
tools.addEventListener("click", (event) => {
  const link = event.target.closest("[data-file=as_html]");
  const notes = new Map(all().filter(({ note }) => note).map(({ id, note }) => [id, note]));
  if (!link || shared || !notes.size) return;
  event.preventDefault();
  take(link, notes);
});
undo.querySelector("button").addEventListener("click", () => {
  keep(before);
  undo.hidden = true;
  draw();
});
box.addEventListener("click", (event) => {
  if (event.target.closest("[data-remove]")) {
    remove(new Set([event.target.closest("[data-id]").dataset.id]));
  }
});
box.addEventListener("change", count);
box.addEventListener("input", (event) => {
  if (!event.target.matches("[data-note]")) return;
  const { id } = event.target.closest("[data-id]").dataset;
  keep(all().map((entry) => (entry.id === id ? { ...entry, note: event.target.value } : entry)));
});
window.addEventListener("storage", () => { // another tab has changed the list
  if (!shared && !box.contains(document.activeElement)) draw();
});
window.addEventListener("pageshow", count);
document.getElementById("refused").hidden = keeps();
if (shared) show();
else draw();
