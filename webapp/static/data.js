/*
 * The data page: a part that is folded opens where an address leads into it, also in browsers that
 * do not see to that themselves.
 */
function unfold() {
  const part = document.getElementById(location.hash.slice(1));
  const folded = part && part.closest("details:not([open])");
  if (!folded) return;
  folded.open = true;
  part.scrollIntoView();
}

addEventListener("hashchange", unfold);
unfold();
