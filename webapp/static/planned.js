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

  function say(text, shown) {
    progress.textContent = text;
    progress.className = shown ? "pending" : "hidden";
  }

  async function refresh() {
    const mine = ++asked;
    const wanted = query();
    window.ZoneAtlasAddress.write(wanted);
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
