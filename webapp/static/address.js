/*
 * The address of a page whose script changes what is shown: written in one place, and followed by
 * the links to the other languages.
 */
/**
 * Write the state of the page into its address.
 *
 * `step` makes a step of history, to which Back returns; without it the present one is changed. The
 * language stays as it is named.
 * `history.state.depth` says how many steps back there was no sheet.
 */
export function write(query, { hash = "", step = false, depth = 0 } = {}) {
  const named = new URLSearchParams(location.search).get("lang");
  if (named && !query.has("lang")) query.set("lang", named);
  const text = readable(query);
  const address = location.pathname + (text ? `?${text}` : "") + hash;
  if (step) history.pushState({ depth }, "", address);
  else history.replaceState(history.state, "", address);
  document.querySelectorAll(".languages a").forEach(follow);
}

const readable = (query) => query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");

function follow(link) {
  const query = new URLSearchParams(location.search);
  query.set("lang", link.dataset.lang);
  link.href = `?${readable(query)}${location.hash}`;
}

// Whatever has changed the address, a link leads to what is shown when somebody reaches for it.
["pointerover", "focusin", "click"].forEach((name) =>
  document.addEventListener(name, (event) => {
    const link = event.target.closest?.(".languages a");
    if (link) follow(link);
  }, true)
);
