/*
 * A form in steps, one of which is seen: each is a step of history, to which Back returns; what was
 * answered stays.
 *
 *   showSteps(form, (options) => write(query(), options));
 *
 * The links of the form with a hash lead to its fieldsets `.step`; the hash of the page says which
 * one is seen.
 */
export function showSteps(form, write) {
  const steps = [...form.querySelectorAll(".step")];
  const named = () => steps.find((step) => `#${step.id}` === location.hash);

  function show(wanted) {
    steps.forEach((step) => step.classList.toggle("now", step === wanted));
    form.querySelectorAll(".steps a").forEach((link) => {
      if (link.hash === `#${wanted.id}`) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
    form.scrollTop = 0;
  }

  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const step = link && steps.find(({ id }) => `#${id}` === link.hash);
    if (!step) return;
    event.preventDefault();
    if (!step.classList.contains("now")) write({ hash: link.hash, step: true });
    show(step);
    step.querySelector("legend").focus({ preventScroll: true });
  });
  window.addEventListener("popstate", () => {
    show(named() || steps[0]);
    write({ hash: location.hash }); // the answers are those of the form, not of that time
  });
  if (named()) show(named());
}
