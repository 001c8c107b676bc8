// The live page. What the server tells is only ever set as text: a path or a tenant's name can hold anything.

import { chart, note, remember } from "./chart.js";

/** Requests that are shown. */
const MOST_REQUESTS = 100;
/** How often the figures are asked for, and how long to wait before the stream is opened again. */
const REFRESH_MS = 2_000;
/** How often a screen reader is told at most. */
const TELL_MS = 15_000;

const $ = (id) => document.getElementById(id);
const shown = new Intl.NumberFormat("en-US");
const number = (value) => (value === null || value === undefined ? "–" : shown.format(value));

/** The time of day of an instant. */
const clock = (at) => at.slice(11).replace("Z", "");

/** Kept in memory only. */
let token = "";
let isPaused = false;
let after = null;
let requests = [];
let toldAt = -Infinity;
/** Of the latest figures: those of an answer that was overtaken are not shown. */
let turn = 0;

async function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}), ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { ...options, headers, cache: "no-store" });
  if (response.status === 401) {
    $("login").hidden = false;
    throw new Error(token ? "The token is wrong." : "This server asks for its control token.");
  }
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  $("login").hidden = true;
  return response;
}

/** Told to people with a screen reader at once if it matters, else now and then. */
function tell(text, matters) {
  const now = performance.now();
  if (matters ? $("status").textContent !== text : now - toldAt >= TELL_MS) {
    $("status").textContent = text;
    toldAt = now;
  }
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Rows of cells: text, or an element. The first cell is the row's name. */
function fill(id, rows, nothing) {
  const body = $(id);
  const made = rows.map((cells) => {
    const row = document.createElement("tr");
    cells.forEach((cell, place) => {
      const made = cell instanceof Node ? cell : element(place === 0 ? "th" : "td", cell);
      if (made.tagName === "TH") made.scope = "row";
      row.append(made);
    });
    return row;
  });
  if (made.length === 0) {
    const cell = element("td", nothing, "empty");
    cell.colSpan = body.parentElement.tHead.rows[0].cells.length;
    const row = document.createElement("tr");
    row.append(cell);
    made.push(row);
  }
  body.replaceChildren(...made);
}

/** Its length says again what a figure beside it says. */
function bar(share, isBad) {
  const cell = element("td", "", "bars");
  const track = element("div", "", "track");
  track.setAttribute("aria-hidden", "true");
  const inner = element("i", "", isBad ? "bad" : "");
  inner.style.width = `${Math.max(0, Math.min(100, share * 100))}%`;
  track.append(inner);
  cell.append(track);
  return cell;
}

function summary(state) {
  const { requests, admitted, refused, early, points, near_limit, shadow } = state.summary;
  const all = { requests, admitted, refused, "early retries": early, "points spent": points, "near the limit": near_limit, shadow };
  const time = state.clock === "real" ? "clock" : `clock (${state.clock})`;
  const pairs = [...Object.entries(all).map(([name, value]) => [name, number(value)]), [time, clock(state.now).slice(0, 8)]];
  $("summary").replaceChildren(
    ...pairs.map(([name, value]) => {
      const pair = document.createElement("div");
      pair.append(element("dt", name), element("dd", value));
      return pair;
    }),
  );
  tell(`${number(requests)} requests, ${number(refused)} refused, ${number(early)} earlier than told.`, false);
}

function refusals({ by_limit, refused, shadow }) {
  const counts = Object.entries(by_limit).sort((a, b) => b[1] - a[1]);
  const rows = counts.map(([limit, count]) => [limit, number(count), bar(count / refused, true)]);
  if (shadow > 0) rows.push(["shadow", number(shadow), element("td", "admitted")]);
  fill("refusal-rows", rows, "Nobody was refused.");
}

function tenants(apps) {
  const rows = Object.entries(apps).flatMap(([app, { pools, tenants }]) =>
    Object.entries(tenants).map(([tenant, met]) => {
      const pool = pools[tenant];
      const share = pool ? bar(pool.left / pool.quota, pool.near_limit) : element("td", "no points");
      const refused = Object.entries(met.refused).map(([limit, count]) => `${number(count)} ${limit}`);
      const early = element("td", number(met.early), met.early > 0 ? "bad" : "");
      const cells = [number(pool?.left), number(pool?.quota), share, number(met.requests), number(met.points)];
      return [`${app} / ${tenant}`, ...cells, refused.join(", ") || "0", early];
    }),
  );
  fill("tenant-rows", rows, "No tenant was seen yet.");
  // The page before of one app may end at a later name than that of another: none is to be left out.
  const [next] = Object.values(apps).map((app) => app.next).filter((next) => next !== null).sort();
  $("next").disabled = next === undefined;
  $("next").dataset.after = next ?? "";
  $("first").disabled = after === null;
}

function windows(apps) {
  const all = Object.entries(apps).flatMap(([app, { windows }]) => windows.map((window) => ({ app, ...window })));
  const rows = all.map(({ app, limit, of, most, left, opens }) => [
    `${app} / ${of}`, limit, number(left), number(most), bar(left / most, left === 0), opens ? clock(opens) : "open",
  ]);
  fill("window-rows", rows, "No window is in use.");
}

/** What happened to a request, in words. */
function why({ limit, scope, until, early, faults, objects, status }) {
  const parts = [];
  if (limit) parts.push(`${limit} stops ${scope} until ${clock(until)}`);
  if (early) parts.push(`${number(early.too_early_ms)} ms earlier than told`);
  if (faults.length > 0) parts.push(`fault ${faults.join(", ")}`);
  if (status === null) parts.push("the connection broke");
  return parts.join("; ") || `${number(objects)} ${objects === 1 ? "object" : "objects"}`;
}

function list() {
  const rows = requests.toReversed().map((record) => {
    const status = element("td", number(record.status), record.limit || record.status === null ? "bad" : "");
    const cells = [clock(record.at), element("td", `${record.method} ${record.path}`, "words"), record.tenant];
    return [number(record.number), ...cells, status, number(record.points), number(record.left), element("td", why(record), "words")];
  });
  fill("request-rows", rows, "No request has come yet.");
}

function early(records) {
  const rows = records.map((record) => [
    number(record.number), clock(record.at), record.tenant, clock(record.early.promised),
    `${number(record.early.too_early_ms)} ms`, record.early.scope,
  ]);
  fill("early-rows", rows, "Nobody came too early.");
}

/** Figures that a person asked for are shown even while all others stand still. */
async function refresh(isAsked = false) {
  const mine = ++turn;
  const [state, first] = await Promise.all(
    [`state?limit=50${after === null ? "" : `&after=${encodeURIComponent(after)}`}`, "early"].map(async (path) => (await ask(path)).json()),
  );
  if (mine !== turn || (isPaused && !isAsked)) return;
  $("main").hidden = false;
  remember(state);
  summary(state);
  refusals(state.summary);
  tenants(state.apps);
  windows(state.apps);
  early(first.first);
  list();
  chart($("chart"), $("legend"));
}

/** Each request as it comes, from the last one that is known on. */
async function follow() {
  const last = requests.at(-1)?.number ?? 0;
  const response = await ask(`events?after=${last}`, { headers: { Accept: "text/event-stream" } });
  tell("Connected.", true);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The server has stopped.");
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    const lines = events.flatMap((event) => event.split("\n").filter((line) => line.startsWith("data: ")));
    // A line without a number says how many were missed.
    const records = lines.map((line) => JSON.parse(line.slice(6))).filter((record) => record.number);
    records.forEach(note);
    requests = [...requests, ...records].slice(-MOST_REQUESTS);
    if (records.length > 0 && !isPaused) list();
  }
}

/** Again and again: a server that comes back, or was reset, is followed anew. */
async function always(run, isStream) {
  for (;;) {
    try {
      await run();
    } catch (error) {
      tell(error instanceof TypeError ? "The server cannot be reached." : error.message, true);
      if (isStream) requests = [];
    }
    await new Promise((done) => setTimeout(done, REFRESH_MS));
  }
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  $("token").value = "";
  refresh().then(() => $("main").focus(), (error) => tell(error.message, true));
});
$("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", isPaused);
  tell(isPaused ? "Paused: the figures stand still." : "The figures go on.", true);
});
for (const [button, target] of [["next", () => $("next").dataset.after], ["first", () => null]]) {
  $(button).addEventListener("click", () => {
    after = target();
    refresh(true).catch((error) => tell(error.message, true));
  });
}
new ResizeObserver(() => chart($("chart"), $("legend"))).observe($("chart"));
await refresh().catch(() => {});
always(follow, true);
always(() => (isPaused ? undefined : refresh()), false);
