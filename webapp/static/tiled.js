/*
 * A large layer, drawn from the tiles of the server: marks where places stand alone, and how many
 * there are where they lie close together.
 */
import { element, fill, map, number, texts, urls } from "./page.js";
import { asButton } from "./stops.js";

const SIDE = 256;

export const TiledMarks = L.GridLayer.extend({
  /** `draw(place, where, aside)` returns the mark of a place, which stands `aside` others. */
  initialize(layer, draw) {
    L.GridLayer.prototype.initialize.call(this, { noWrap: true, tileSize: SIDE });
    this._layer = layer;
    this._draw = draw;
    this._marks = L.layerGroup();
    this.ask("");
    this.on("tileunload", ({ tile }) => this._drop(tile));
    this.on("load", () => this._dropOthers());
  },

  /** Show only what matches a query. */
  ask(query) {
    if (query === this._query) return;
    this._query = query;
    const address = `${urls.tiles}${this._layer}/{z}/{x}/{y}.mvt${query ? `?${query}` : ""}`;
    this._source = new protomapsL.ZxySource(address, true);
    if (this._map) this.redraw();
  },

  onAdd(map) {
    this._marks.addTo(map);
    L.GridLayer.prototype.onAdd.call(this, map);
  },

  onRemove(map) {
    L.GridLayer.prototype.onRemove.call(this, map);
    this._marks.clearLayers().remove();
  },

  /** A tile is empty itself: its marks are layers of the map, so that they can be clicked. */
  createTile(at, done) {
    const tile = element("div");
    tile.marks = L.layerGroup();
    tile.zoom = at.z;
    this._source.get({ z: at.z, x: at.x, y: at.y }, SIDE).then((content) => {
      if (tile.gone) return;
      const beside = new Map(); // how many marks stand at a point already
      (content.get(this._layer) ?? []).forEach(({ props, geom: [[point]] }) => {
        const where = map.unproject([at.x * SIDE + point.x, at.y * SIDE + point.y], at.z);
        const key = `${point.x} ${point.y}`;
        beside.set(key, (beside.get(key) ?? -1) + 1);
        tile.marks.addLayer(
          props.count ? this._cluster(where, props) : this._draw(props, where, beside.get(key)),
        );
      });
      this._marks.addLayer(tile.marks);
      done(null, tile);
    }, (error) => done(error, tile));
    return tile;
  },

  _drop(tile) {
    tile.gone = true;
    this._marks.removeLayer(tile.marks);
  },

  /** Once all of a zoom is there, nothing of another zoom is left beside it. */
  _dropOthers() {
    this._marks.eachLayer((marks) => {
      if (!Object.values(this._tiles).some((tile) => tile.el.marks === marks && tile.current)) {
        this._marks.removeLayer(marks);
      }
    });
  },

  _cluster(where, { count, zoom }) {
    const side = count < 100 ? 30 : count < 1000 ? 36 : 44;
    const text = this._layer === "parks"
      ? fill(texts.sites, { n: number(count) })
      : `${texts[this._layer]}: ${number(count)}`;
    const mark = L.marker(where, {
      icon: L.divIcon({
        html: element("span", {}, number(count)),
        className: "cluster",
        iconSize: [side, side],
      }),
    });
    mark.on("add", () => asButton(mark, text));
    return mark.on("click", () => map.setView(where, Math.min(zoom, map.getMaxZoom())));
  },
});
