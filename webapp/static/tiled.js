/*
 * A large layer, drawn from the tiles of the server: marks where places stand alone, and how many
 * there are where they lie close together.
 */
const SIDE = 256;
const numbers = new Intl.NumberFormat(document.documentElement.lang);

/** Let a mark on the map be a button with a name, in view or not: without a role it has no name. */
export function asButton(mark, name) {
  mark.getElement().setAttribute("role", "button");
  mark.getElement().setAttribute("aria-label", name);
}

export const TiledMarks = L.GridLayer.extend({
  /**
   * `tiles` is the address of the tiles of all layers; `draw(place, where, aside)` returns the mark
   * of a place, which stands `aside` others; `say(number)` names so many places.
   */
  initialize(tiles, layer, { draw, say }) {
    L.GridLayer.prototype.initialize.call(this, { noWrap: true, tileSize: SIDE });
    this._tilesOf = `${tiles}${layer}/{z}/{x}/{y}.mvt`;
    this._layer = layer;
    this._draw = draw;
    this._say = say;
    this._marks = L.layerGroup();
    this.ask("");
    this.on("tileunload", ({ tile }) => this._drop(tile));
    this.on("load", () => this._dropOthers());
  },

  /** Show only what matches a query. */
  ask(query) {
    if (query === this._query) return;
    this._query = query;
    this._source = new protomapsL.ZxySource(this._tilesOf + (query ? `?${query}` : ""), true);
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
    const tile = document.createElement("div");
    tile.marks = L.layerGroup();
    tile.zoom = at.z;
    this._source.get({ z: at.z, x: at.x, y: at.y }, SIDE).then((content) => {
      if (tile.gone) return;
      const beside = new Map(); // how many marks stand at a point already
      (content.get(this._layer) ?? []).forEach(({ props, geom: [[point]] }) => {
        const where = this._map.unproject([at.x * SIDE + point.x, at.y * SIDE + point.y], at.z);
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
    const text = numbers.format(count), face = document.createElement("span");
    face.textContent = text;
    const mark = L.marker(where, {
      icon: L.divIcon({
        html: face,
        className: "cluster",
        iconSize: [side, side],
      }),
    });
    mark.on("add", () => asButton(mark, this._say(text)));
    return mark.on("click", () => {
      this._map.setView(where, Math.min(zoom, this._map.getMaxZoom()));
    });
  },
});
