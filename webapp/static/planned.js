/*
 * Planned corridors: the ways are reckoned on the server while the page is there already; the
 * address says what is shown.
 */
import { follow, said } from "./live.js";

const form = document.getElementById("wish");
const result = document.getElementById("result");
const progress = document.getElementById("progress");
const pending = () => result.querySelector("[data-pending]");

function say(text, shown) {
  progress.textContent = text;
  progress.className = shown ? "pending" : "hidden";
}

const refresh = follow(form, result, {
  query: () => said(form, (name) => name !== "wait"),
  asking: () => {
    if (!pending()) say(progress.dataset.waiting, true);
  },
  failed: () => say(progress.dataset.failed, true),
  show(content) {
    result.replaceChildren(...content);
    say(result.querySelector("[data-summary], .fault")?.textContent ?? "", false);
  },
});

form.addEventListener("change", refresh);
if (pending()) refresh();
