/*
 * The plan as one file: the map of the ways that lie in it.
 */
import { tripMap } from "./tripmap.js";

const config = JSON.parse(document.getElementById("config").textContent);
tripMap(window.map_atlas, config).show(config.ways);
