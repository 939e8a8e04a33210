/*
 * Planned corridors: the ways are reckoned on the server while the page is there already; the address says what is shown.
 */
(function () {
  "use strict";

  const form = document.getElementById("wish");
  const result = document.getElementById("result");
  const progress = document.getElementById("progress");
  let asked = 0;

  function query() {
    const kept = new URLSearchParams();
    new FormData(form).forEach((value, name) => { if (value !== "" && name !== "wait") kept.append(name, value); });
    return kept;
  }

  const written = (kept) => kept.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");

  function say(text, shown) {
    progress.textContent = text;
    progress.className = shown ? "pending" : "hidden";
  }

  function writeAddress(kept) {
    history.replaceState(null, "", `${form.action}?${written(kept)}`);
    document.querySelectorAll(".languages a").forEach((link) => { // the same in the other languages
      const other = new URLSearchParams(kept);
      other.set("lang", link.dataset.lang);
      link.href = `?${written(other)}`;
    });
  }

  async function refresh() {
    const mine = ++asked;
    const wanted = query();
    const language = new URLSearchParams(location.search).get("lang");
    if (language) wanted.set("lang", language);
    writeAddress(wanted);
    wanted.set("part", "sheet");
    if (!result.querySelector("[data-pending]")) say(progress.dataset.waiting, true);
    result.classList.add("waiting");
    result.setAttribute("aria-busy", "true");
    const answer = await patiently(`${form.action}?${wanted}`, { headers: { Accept: "text/html" } }, () => mine === asked).catch(() => null);
    const text = answer && await answer.text().catch(() => null);
    if (mine !== asked) return;
    result.classList.remove("waiting");
    result.removeAttribute("aria-busy");
    if (text === null) { say(progress.dataset.failed, true); return; }
    result.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    const summary = result.querySelector("[data-summary], .fault");
    say(summary ? summary.textContent : "", false);
  }

  form.addEventListener("change", refresh);
  form.addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
  if (result.querySelector("[data-pending]")) refresh();
})();
