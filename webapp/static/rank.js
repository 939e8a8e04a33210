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
    form.querySelectorAll(".worth fieldset:enabled select").forEach((select) => fold(select.name, kept));
    result.querySelectorAll("input[name=pick]:checked").forEach((box) => kept.append("pick", box.value));
    return kept;
  }

  /* Says how a criterion counts in one parameter, as all links do: v_gate=linear:30:180 or v_gate=step:60. */
  function fold(name, kept) {
    const shape = kept.get(name);
    const ends = ["_from", "_to"].map((end) => kept.get(name + end) || "");
    ["", "_from", "_to"].forEach((end) => kept.delete(name + end));
    if (ends.some(Boolean)) kept.set(name, [shape, ...(shape === "step" ? ends.filter(Boolean) : ends)].join(":"));
    else if (shape === "saturating") kept.set(name, shape); // a step counts from when its end is typed
  }

  /* A criterion that weighs nothing need not say how it counts, and a step has one end. */
  function fit(group) {
    const step = group.querySelector("select").value === "step";
    group.querySelectorAll("input").forEach((end) => { end.disabled = step && !end.name.endsWith(`_${group.dataset.needs}`); });
  }

  function weigh(slider) {
    slider.step = "1";
    slider.parentElement.querySelector("output").textContent = slider.value;
    const details = slider.parentElement.nextElementSibling;
    details.hidden = details.querySelector("fieldset").disabled = slider.value === "0";
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
    if (event.target.type === "range") weigh(event.target);
    if (event.target.matches(".worth select")) fit(event.target.closest("fieldset"));
    if (event.target.name === "example") return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "example") return;
    const chosen = event.target.value; // an example fills the form, so the page is loaded with it
    location.assign(chosen ? `${form.action}?example=${encodeURIComponent(chosen)}` : form.action);
  });
  form.querySelectorAll(".worth fieldset").forEach(fit);
  form.addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
  result.addEventListener("change", (event) => {
    if (event.target.name !== "pick") return;
    const wanted = query();
    history.replaceState(null, "", `${form.action}?${wanted}`);
  });
})();
