/*
 * A part of a page that follows what is asked: form, address, answer, part; an answer that comes
 * late is dropped.
 */
import { write } from "./address.js";
import { patiently } from "./patient.js";

export const parse = (text) => new DOMParser().parseFromString(text, "text/html");

/** Fetch a page, or a part of one, as a document. */
export async function fetchPage(address, wanted) {
  const answer = await patiently(address, { headers: { Accept: "text/html" } }, wanted);
  return parse(await answer.text());
}

/**
 * Make a way to ask of which only the newest question counts.
 *
 * `await ask(question)` is `{ value }` or `{ error }`, and null where something else has been asked
 * or `ask.drop()` called meanwhile.
 * The question is called with a function that says whether its answer is still waited for.
 */
export function newest() {
  let last = 0;
  const ask = async (question) => {
    const mine = ++last, wanted = () => mine === last;
    let answer;
    try {
      answer = { value: await question(wanted) };
    } catch (error) {
      answer = { error };
    }
    return wanted() ? answer : null;
  };
  return Object.assign(ask, {
    drop: () => {
      last += 1;
    },
  });
}

/** Read what a form says, without the fields that are empty or not `wanted`. */
export function said(form, wanted = () => true) {
  return new URLSearchParams(
    [...new FormData(form)].filter(([name, value]) => value !== "" && wanted(name, value)),
  );
}

/**
 * Let a part of the page follow a form. Returns what asks for the part anew.
 *
 * query: what the form says, as URLSearchParams; it becomes the address of the page.
 * asking, show, failed: called before the server is asked, with the new content, and without any.
 */
export function follow(form, part, { query, asking = () => {}, show, failed = () => {} }) {
  const ask = newest();

  async function refresh() {
    const wish = query();
    write(wish, { hash: location.hash });
    wish.set("part", "sheet");
    asking();
    part.classList.add("waiting");
    part.setAttribute("aria-busy", "true");
    const answer = await ask((wanted) => fetchPage(`${form.action}?${wish}`, wanted));
    if (!answer) return;
    part.classList.remove("waiting");
    part.removeAttribute("aria-busy");
    if (answer.error) failed();
    else show(answer.value.body.childNodes);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  return refresh;
}

const isChanged = (field) => {
  if (field.options) {
    const first = Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    return field.selectedIndex !== first;
  }
  return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
};

/**
 * Tell the listeners of a form what was changed before its script came. A page that one comes back
 * to is left alone: there the browser fills fields in by itself.
 */
export function catchUp(form) {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  [...form.elements].filter((field) => field.name && field.type !== "hidden" && isChanged(field))
    .forEach((field) => {
      for (const kind of ["input", "change"]) {
        field.dispatchEvent(new Event(kind, { bubbles: true }));
      }
    });
}
