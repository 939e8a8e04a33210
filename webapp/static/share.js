/*
 * The button that shares the page of a place: by what the device offers, or as a copied link.
 */
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-share]");
  if (!button) return;
  const { share: url, copied } = button.dataset;
  try {
    if (navigator.share) return await navigator.share({ url, title: document.title });
    await navigator.clipboard.writeText(url);
    button.textContent = copied;
  } catch {
    location.assign(url); // neither is allowed here: the address to copy is that of the page
  }
});
