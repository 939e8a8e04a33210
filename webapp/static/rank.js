/*
 * The requirements: whatever is changed is asked for at once, and the address says the same.
 */
(function () {
  "use strict";

  const form = document.getElementById("wish");
  const result = document.getElementById("result");
  let waiting = 0;
  let asked = 0;

  function query() {
    const given = new URLSearchParams(new FormData(form));
    const kept = new URLSearchParams();
    given.forEach((value, name) => { if (value !== "" && !(name.startsWith("w_") && value === "0")) kept.append(name, value); });
    result.querySelectorAll("input[name=pick]:checked").forEach((box) => kept.append("pick", box.value));
    return kept;
  }

  async function refresh() {
    const mine = ++asked;
    const wanted = query();
    history.replaceState(null, "", `${form.action}?${wanted}`);
    wanted.set("part", "sheet");
    result.classList.add("waiting");
    const answer = await fetch(`${form.action}?${wanted}`, { headers: { Accept: "text/html" } }).catch(() => null);
    if (mine !== asked) return;
    result.classList.remove("waiting");
    if (!answer) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine === asked) result.replaceChildren(...page.body.childNodes);
  }

  form.addEventListener("input", (event) => {
    if (event.target.type === "range") event.target.parentElement.querySelector("output").textContent = event.target.value;
    if (event.target.name === "example") return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "example") return;
    const chosen = event.target.value; // an example fills the form, so the page is loaded with it
    location.assign(chosen ? `${form.action}?example=${encodeURIComponent(chosen)}` : form.action);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
  result.addEventListener("change", (event) => {
    if (event.target.name !== "pick") return;
    const wanted = query();
    history.replaceState(null, "", `${form.action}?${wanted}`);
  });
})();
