// Points left over time, as lines that the style sheet colours.

/** Lines that are drawn: those with the least left. Each has a colour of its own. */
const DRAWN = 7;
/** Lines that are kept, and points of each; when there are more, every second one goes. */
const MOST_LINES = 60, MOST_POINTS = 600;
/** In pixels: what is free at each side, and the height. */
const LEFT = 62, RIGHT = 10, TOP = 10, BOTTOM = 26, HEIGHT = 220;

/** By name: what a pool had left at which instant. */
const lines = new Map();
/** By app: whether all its tenants draw on one pool. */
const isShared = new Map();
const quotas = new Map();
let latest = -Infinity;
const shown = new Intl.NumberFormat("en-US");

/** Adds what the server says now. */
export function remember({ now, apps }) {
  const at = Date.parse(now);
  // The clock never goes back: this is another server.
  if (at < latest) lines.clear();
  latest = at;
  for (const [app, { scope, pools }] of Object.entries(apps)) {
    isShared.set(app, scope === "global");
    for (const [tenant, { left, quota }] of Object.entries(pools)) {
      quotas.set(named(app, tenant), quota);
      add(named(app, tenant), at, left);
    }
  }
}

/** Adds what a request was told to be left, if it is of points: an invocation is told of invocations. */
export function note({ app, tenant, at, left, points, limit }) {
  if (left !== null && isShared.has(app) && (points > 0 || limit === "points-quota")) add(named(app, tenant), Date.parse(at), left);
}

const named = (app, tenant) => (isShared.get(app) ? app : `${app} / ${tenant}`);

function add(name, at, left) {
  if (!lines.has(name) && lines.size >= MOST_LINES) return;
  const line = lines.get(name) ?? [];
  // What a request was told may come after figures that are newer.
  const place = line.findLastIndex((point) => point.at <= at) + 1;
  line.splice(place, 0, { at, left });
  lines.set(name, line.length > MOST_POINTS ? line.filter((_, place) => place % 2 === 0 || place === line.length - 1) : line);
}

/** Draws anew the lines that have the least left. */
export function chart(svg, legend) {
  const now = (name) => lines.get(name).at(-1).left;
  const names = [...lines.keys()].sort((a, b) => now(a) - now(b)).slice(0, DRAWN);
  const points = names.flatMap((name) => lines.get(name));
  const from = Math.min(...points.map(({ at }) => at)), to = Math.max(latest, ...points.map(({ at }) => at), from + 1_000);
  const top = Math.max(4, ...names.map((name) => quotas.get(name) ?? 0), ...points.map(({ left }) => left));
  const width = Math.max(280, svg.clientWidth), right = width - RIGHT, bottom = HEIGHT - BOTTOM;
  const x = (at) => LEFT + ((at - from) / (to - from)) * (right - LEFT);
  const y = (left) => bottom - (left / top) * (bottom - TOP);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const title = svg.querySelector("title");
  const drawn = [title];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    drawn.push(made("line", { class: "grid", x1: LEFT, x2: right, y1: y(share * top), y2: y(share * top) }));
    drawn.push(text(shown.format(Math.round(share * top)), LEFT - 6, y(share * top) + 4, "end"));
  }
  if (points.length > 0) drawn.push(text(clock(from), LEFT, HEIGHT - 6, "start"), text(clock(to), right, HEIGHT - 6, "end"));
  names.forEach((name, place) => {
    const steps = lines.get(name).map(({ at, left }, step) => (step === 0 ? `M${x(at)} ${y(left)}` : `H${x(at)}V${y(left)}`));
    drawn.push(made("path", { class: `c${place}`, d: `${steps.join("")}H${x(to)}` }));
  });
  svg.replaceChildren(...drawn);
  const told = names.map((name) => `${name}: ${shown.format(now(name))}`);
  title.textContent = told.length > 0 ? `Points left over time. Now ${told.join(", ")}.` : "Points left over time: nothing yet.";
  legend.replaceChildren(
    ...told.map((words, place) => {
      const item = document.createElement("span"), colour = document.createElement("i");
      colour.className = `c${place}`;
      item.append(colour, words);
      return item;
    }),
  );
}

const clock = (at) => new Date(at).toISOString().slice(11, 19);

function made(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function text(content, x, y, anchor) {
  const element = made("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
