/*
 * The plan as one file: the map of the ways that lie in it.
 */
(function () {
  "use strict";

  const config = JSON.parse(document.getElementById("config").textContent);
  window.ZoneAtlasTripMap(window.map_atlas, config).show(config.ways);
})();
