/*
 * The roads of the base map as a road atlas draws them: edge and fill by class, wider with the
 * zoom; numbers on plates, names along the line. What the layer holds: data/basemap/README.md.
 */
const CLASSES = ["tertiary", "secondary", "primary", "trunk", "motorway"]; // what lies below first
const LIKE = { unclassified: "tertiary" }; // a class that is drawn as another

const STYLE = {
  motorway: {
    fill: "#f0925a",
    edge: "#a9481c",
    width: [[5, 0.9], [7, 1.6], [9, 2.3], [11, 3], [13, 4.6], [16, 9]],
  },
  trunk: {
    fill: "#f8cf6a",
    edge: "#b98526",
    width: [[6, 0.6], [7, 0.9], [9, 1.6], [11, 2.3], [13, 4], [16, 8]],
  },
  primary: {
    fill: "#fcedaa",
    edge: "#bda75f",
    width: [[8, 0.6], [9, 1], [11, 1.9], [13, 3.4], [16, 7]],
  },
  secondary: {
    fill: "#ffffff",
    edge: "#aaa294",
    width: [[10, 0.7], [11, 1.3], [13, 2.8], [16, 6]],
  },
  tertiary: {
    fill: "#ffffff",
    edge: "#c3bcae",
    width: [[11, 0.5], [12, 0.9], [13, 1.7], [16, 5]],
  },
};
const EDGE = [[5, 0.5], [8, 0.9], [11, 1.2], [13, 1.6], [16, 2.4]]; // both edges of a road together
const LINK = 0.65; // the width of a ramp, in widths of its road
const FERRY = "#4f86b4";

// Numbers: the map zoom from which a class shows them, and the room that two alike keep, in pixels.
const PLATES = {
  motorway: { from: 7, apart: 260, fill: "#1f6b45", edge: "#ffffff", text: "#ffffff" },
  trunk: { from: 8, apart: 220, fill: "#fffdf5", edge: "#b98526", text: "#5c430f" },
  primary: { from: 11, apart: 220, fill: "#fffdf5", edge: "#bda75f", text: "#5b522f" },
  secondary: { from: 12, apart: 220, fill: "#ffffff", edge: "#aaa294", text: "#57524a" },
};
const PLATE_FONT = 9.5;
const NAMES_FROM = { motorway: 13, trunk: 13, primary: 13, secondary: 14, tertiary: 15 };

const KINDS = Object.fromEntries(
  [...CLASSES, ...Object.keys(LIKE)].flatMap((name) => [
    [name, { name: LIKE[name] || name, link: false }],
    [`${name}_link`, { name: LIKE[name] || name, link: true }],
  ]),
);
const NONE = { name: "", link: false };
const kindOf = (feature) => KINDS[feature.props.class] || NONE;
const isOpen = (feature) => feature.props.status === "open";

/** What is stroked, from the bottom to the top. */
export function roadPaint(P) {
  const rule = (filter, options) => ({
    dataSource: "region",
    dataLayer: "roads",
    filter: (_zoom, feature) => filter(feature),
    symbolizer: new P.LineSymbolizer({ lineJoin: "round", lineCap: "round", ...options }),
  });
  const wide = (name, factor, more) => {
    const fill = P.linear(STYLE[name].width), edge = P.linear(EDGE);
    return (zoom) => fill(zoom) * factor + (more ? edge(zoom) : 0);
  };
  const road = (name, link, edged) =>
    rule(
      (feature) => {
        const kind = kindOf(feature);
        return kind.name === name && kind.link === link && isOpen(feature);
      },
      {
        color: edged ? STYLE[name].edge : STYLE[name].fill,
        width: wide(name, link ? LINK : 1, edged),
      },
    );
  const begun = (name) =>
    rule((feature) => !isOpen(feature) && kindOf(feature).name === name, {
      color: STYLE[name].edge,
      width: wide(name, 0.8, false),
      lineCap: "butt",
      dash: [6, 4],
      dashColor: STYLE[name].edge,
    });
  const ferry = rule((feature) => feature.props.class === "ferry", {
    color: FERRY,
    width: P.linear([[8, 1], [13, 1.8]]),
    lineCap: "butt",
    dash: [5, 4],
  });
  const all = [true, false].flatMap((edged) =>
    CLASSES.flatMap((name) => [road(name, true, edged), road(name, false, edged)])
  );
  return [ferry, ...CLASSES.map(begun), ...all];
}

/** The places along a line that lie `apart`, the first in its middle if it is short. */
function placesAlong(line, apart) {
  const steps = line.slice(1).map((point, i) =>
    Math.hypot(point.x - line[i].x, point.y - line[i].y)
  );
  const length = steps.reduce((sum, step) => sum + step, 0);
  const count = Math.max(1, Math.round(length / apart));
  const places = [];
  let past = 0;
  steps.forEach((step, i) => {
    let next = (places.length + 0.5) * length / count;
    while (step > 0 && places.length < count && next <= past + step) {
      const part = (next - past) / step;
      const point = line[i + 1].sub(line[i]).mult(part).add(line[i]);
      places.push({ point, length });
      next = (places.length + 0.5) * length / count;
    }
    past += step;
  });
  return places;
}

/** Draw a number on a plate around the place that the canvas has been moved to. */
function drawPlate(context, { text, font, width, height, style }) {
  context.globalAlpha = 1;
  context.beginPath();
  context[context.roundRect ? "roundRect" : "rect"](-width / 2, -height / 2, width, height, 3);
  context.fillStyle = style.fill;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = style.edge;
  context.stroke();
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = style.text;
  context.fillText(text, 0, 0.5);
  context.textAlign = "start";
  context.textBaseline = "alphabetic";
}

/** What protomaps-leaflet asks where the numbers of a road go. */
function plates(fonts) {
  const font = `600 ${PLATE_FONT}px ${fonts}`;
  const place = (layout, lines, feature) => {
    const text = feature.props.ref, style = PLATES[kindOf(feature).name];
    layout.scratch.font = font;
    const width = layout.scratch.measureText(text).width + 8, height = PLATE_FONT + 5;
    return lines.flatMap((line) => placesAlong(line, style.apart))
      .filter(({ length }) => length > width)
      .sort((a, b) => b.length - a.length)
      .map(({ point }) => ({
        anchor: point,
        bboxes: [{
          minX: point.x - width / 2 - 3,
          minY: point.y - height / 2 - 3,
          maxX: point.x + width / 2 + 3,
          maxY: point.y + height / 2 + 3,
        }],
        deduplicationKey: text,
        deduplicationDistance: style.apart * 0.85,
        draw: (context) => drawPlate(context, { text, font, width, height, style }),
      }));
  };
  return { place };
}

/** What is written: numbers, the larger road first, and names along the roads. */
export function roadLabels(P, { names, halo, fonts }) {
  const layer = { dataSource: "region", dataLayer: "roads" };
  const rank = (props) => CLASSES.indexOf(props.class);
  return [
    {
      ...layer,
      symbolizer: plates(fonts),
      filter: (zoom, feature) =>
        feature.props.ref && !kindOf(feature).link &&
        zoom >= PLATES[kindOf(feature).name]?.from,
      sort: (one, other) => rank(other) - rank(one),
    },
    {
      ...layer,
      minzoom: Math.min(...Object.values(NAMES_FROM)),
      symbolizer: new P.LineLabelSymbolizer({
        labelProps: names,
        fontFamily: fonts,
        fontSize: 10.5,
        fill: "#5f594e",
        stroke: halo,
        width: 3,
        position: 2, // on the line
        repeatDistance: 500,
        maxLabelChars: 60,
      }),
      filter: (zoom, feature) => zoom >= NAMES_FROM[kindOf(feature).name],
      sort: (one, other) => rank(other) - rank(one),
    },
  ];
}
