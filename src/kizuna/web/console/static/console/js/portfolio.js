// The portfolio: tips, picking and lasso over the picture, the time slider, and customers moving live.
// Places are per cent of the plot in the marks' own attributes; the scale of net profit comes with the picture.
import { say } from "./console.js";
import { follow, showState } from "./live.js";

const form = document.getElementById("portfolio");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const SVG = "http://www.w3.org/2000/svg";
const MOVE_MS = 1100;
const NEAR_PX = 14;

const scatter = () => document.getElementById("scatter");
const plotOf = (svg) => svg.querySelector(".plot");
const percent = (mark, name) => Number.parseFloat(mark.getAttribute(name));
const dots = () => [...(scatter()?.querySelectorAll(".dot") ?? [])];

/** The plot's box in client pixels: the picture less the padding that holds the labels. */
function plotBox() {
  const svg = scatter();
  const outer = svg.getBoundingClientRect();
  const style = getComputedStyle(svg);
  const [top, right, bottom, left] = ["Top", "Right", "Bottom", "Left"].map((side) => Number.parseFloat(style[`padding${side}`]));
  return { left: outer.left + left, top: outer.top + top, width: outer.width - left - right, height: outer.height - top - bottom };
}

function scaleOf() {
  const { low, high, unit } = scatter().dataset;
  const bend = (value) => Math.sign(value) * Math.log1p(Math.abs(value) / unit);
  const [from, to] = [bend(Number(low)), bend(Number(high))];
  return {
    up: (value) => Math.min(100, Math.max(0, ((bend(value) - from) / (to - from)) * 100)),
    value: (share) => {
      const bent = from + (share / 100) * (to - from);
      return Math.sign(bent) * unit * Math.expm1(Math.abs(bent));
    },
  };
}

// --- pointing -------------------------------------------------------------------------------------------------------
let near = null;

function nearest(clientX, clientY) {
  const box = plotBox();
  let best = null;
  let least = NEAR_PX ** 2;
  for (const dot of dots()) {
    const dx = box.left + (percent(dot, "x") / 100) * box.width - clientX;
    const dy = box.top + (percent(dot, "y") / 100) * box.height - clientY;
    const distance = dx * dx + dy * dy;
    if (distance < least) [best, least] = [dot, distance];
  }
  return best;
}

function point(dot) {
  const tip = document.querySelector(".dot-tip");
  near?.classList.remove("near");
  near = dot;
  if (!tip) return;
  tip.hidden = !dot;
  if (!dot) return;
  dot.classList.add("near");
  const name = document.createElement("b");
  name.textContent = dot.dataset.name || "Without a name";
  const letter = [...dot.classList].find((each) => each.startsWith("tone-"))?.slice(5).toUpperCase();
  tip.replaceChildren(name, `Segment ${letter} · factor ${dot.dataset.rf}`);
  const box = plotBox();
  const place = document.getElementById("plot-box").getBoundingClientRect();
  const x = box.left - place.left + (percent(dot, "x") / 100) * box.width;
  const y = box.top - place.top + (percent(dot, "y") / 100) * box.height;
  const left = Math.min(Math.max(0, x + 12), place.width - tip.offsetWidth);
  tip.style.setProperty("transform", `translate(${left}px, ${Math.max(0, y - tip.offsetHeight - 10)}px)`);
}

// --- lasso ----------------------------------------------------------------------------------------------------------
let trace = null;
const layer = () => document.querySelector(".lasso-layer path");

function drawTrace(closed) {
  const place = document.getElementById("plot-box").getBoundingClientRect();
  const places = trace.map(([x, y]) => `${(x - place.left).toFixed(1)} ${(y - place.top).toFixed(1)}`);
  layer()?.setAttribute("d", places.length > 1 ? `M${places.join("L")}${closed ? "Z" : ""}` : "");
}

function thin(points, most) {
  const stride = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, index) => index % stride === 0);
}

function clearSelection() {
  layer()?.setAttribute("d", "");
  scatter()?.classList.remove("lassoed");
  for (const dot of dots()) dot.classList.remove("in");
}

function query(extra) {
  const values = new URLSearchParams(new FormData(form));
  for (const [key, value] of extra) values.append(key, value);
  for (const key of [...values.keys()]) if (!values.get(key)) values.delete(key);
  return values;
}

function list(extra) {
  htmx.ajax("GET", `${form.dataset.selection}?${query(extra)}`, { target: "#chosen", swap: "innerHTML" });
}

function endLasso() {
  drawTrace(true);
  const box = plotBox();
  const scale = scaleOf();
  const corners = thin(trace, 120).map(([x, y]) => [(x - box.left) / box.width, 100 - ((y - box.top) / box.height) * 100]);
  const shape = corners.map(([rf, up]) => `${rf.toFixed(4)},${Math.round(scale.value(up))}`).join(";");
  const within = (x, y) => {
    let odd = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
      const [[x1, y1], [x2, y2]] = [corners[i], corners[j]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
    }
    return odd;
  };
  scatter().classList.add("lassoed");
  for (const dot of dots()) dot.classList.toggle("in", within(percent(dot, "x") / 100, 100 - percent(dot, "y")));
  list([["shape", shape]]);
}

function watchPointer() {
  const box = document.getElementById("picture");
  const lassoButton = document.getElementById("lasso");
  const lassoOn = () => lassoButton.getAttribute("aria-pressed") === "true";
  lassoButton.addEventListener("click", () => {
    lassoButton.setAttribute("aria-pressed", String(!lassoOn()));
    document.body.classList.toggle("lasso-on", lassoOn());
    if (!lassoOn()) clearSelection();
  });
  box.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("#scatter") || event.button !== 0 || (event.pointerType !== "mouse" && !lassoOn())) return;
    trace = [[event.clientX, event.clientY]];
  });
  addEventListener("pointermove", (event) => {
    if (trace) {
      trace.push([event.clientX, event.clientY]);
      if (trace.length > 4) drawTrace(false);
    } else if (event.target.closest?.("#scatter")) point(nearest(event.clientX, event.clientY));
    else if (near) point(null);
  });
  addEventListener("pointerup", (event) => {
    const drawn = trace;
    if (drawn && drawn.length > 8) endLasso();
    trace = null;
    if (drawn && drawn.length > 8) return;
    if (!event.target.closest?.("#scatter")) return;
    const dot = nearest(event.clientX, event.clientY);
    if (!dot) return;
    clearSelection();
    scatter().classList.add("lassoed");
    dot.classList.add("in");
    list([["id", dot.dataset.id]]);
  });
  document.getElementById("chosen").addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear-selection]")) return;
    clearSelection();
    list([]);
  });
  for (const name of ["pointerover", "focusin"]) {
    document.getElementById("chosen").addEventListener(name, (event) => {
      const id = event.target.closest?.("[data-points-to]")?.dataset.pointsTo;
      point(id ? scatter()?.querySelector(`[data-id="${CSS.escape(id)}"]`) : null);
    });
  }
}

// --- time -----------------------------------------------------------------------------------------------------------
let before = new Map();

function watchTime() {
  const slider = document.getElementById("when");
  if (!slider) return;
  const moments = [...document.querySelectorAll("#moments option")];
  const words = document.getElementById("when-words");
  const at = document.getElementById("at");
  const play = document.getElementById("play");
  let later = 0;
  let playing = 0;
  const show = () => {
    const moment = moments[slider.value];
    at.value = moment?.value ?? "";
    words.textContent = moment?.label ?? "now";
    slider.setAttribute("aria-valuetext", words.textContent);
  };
  const load = () => {
    const values = query([]);
    htmx.ajax("GET", `${form.getAttribute("action")}?${values}`, { target: "#picture", swap: "innerHTML" }).then(() => list([]));
  };
  slider.addEventListener("input", () => {
    show();
    clearTimeout(later);
    later = setTimeout(load, 160);
  });
  const stop = () => {
    clearInterval(playing);
    playing = 0;
    play.setAttribute("aria-pressed", "false");
  };
  play.addEventListener("click", () => {
    if (playing) return stop();
    play.setAttribute("aria-pressed", "true");
    if (Number(slider.value) >= moments.length) slider.value = 0;
    const stride = Math.max(1, Math.round(moments.length / 40));
    playing = setInterval(() => {
      slider.value = Math.min(moments.length, Number(slider.value) + stride);
      show();
      load();
      if (Number(slider.value) >= moments.length) stop();
    }, 900);
    return undefined;
  });
}

// --- movement -------------------------------------------------------------------------------------------------------
function glide(dot, toX, toY) {
  const from = [percent(dot, "x"), percent(dot, "y")];
  const set = (x, y) => {
    dot.setAttribute("x", `${x.toFixed(2)}%`);
    dot.setAttribute("y", `${y.toFixed(2)}%`);
  };
  if (still.matches || (from[0] === toX && from[1] === toY)) return set(toX, toY);
  const start = performance.now();
  const step = (now) => {
    const done = Math.min(1, (now - start) / MOVE_MS);
    const ease = 1 - (1 - done) ** 3;
    set(from[0] + (toX - from[0]) * ease, from[1] + (toY - from[1]) * ease);
    if (done < 1 && dot.isConnected) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  return undefined;
}

function ring(x, y, tone) {
  const mark = document.createElementNS(SVG, "circle");
  mark.setAttribute("class", `ring ${tone}`);
  mark.setAttribute("cx", `${x}%`);
  mark.setAttribute("cy", `${y}%`);
  mark.setAttribute("r", "4");
  plotOf(scatter()).append(mark);
  setTimeout(() => mark.remove(), 1700);
}

function place(customer) {
  const x = Math.min(1, Math.max(0, customer.rf)) * 100;
  const y = 100 - scaleOf().up(customer.np);
  const letter = customer.segment.toLowerCase() || "none";
  let dot = scatter().querySelector(`[data-id="${CSS.escape(customer.id)}"]`);
  if (!dot) {
    dot = document.createElementNS(SVG, "use");
    dot.setAttribute("x", `${x}%`);
    dot.setAttribute("y", "100%");
    dot.dataset.id = customer.id;
  }
  scatter().querySelector(".dots").append(dot); // the newest mover is drawn on top
  dot.setAttribute("href", `#dot-${letter}`);
  dot.setAttribute("class", `dot moving tone-${letter}`);
  dot.dataset.name = customer.name;
  dot.dataset.rf = customer.rf.toFixed(2);
  dot.dataset.np = customer.np;
  glide(dot, x, y);
  ring(x, y, `tone-${letter}`);
  setTimeout(() => dot.classList.remove("moving"), 4000);
}

async function moved({ customers }) {
  if (!scatter() || document.getElementById("at")?.value || !customers?.length) return;
  const wanted = new URLSearchParams(customers.slice(0, 200).map((id) => ["id", id]));
  const response = await fetch(`${form.dataset.places}?${wanted}`);
  if (!response.ok) return;
  const { places } = await response.json();
  const narrowed = ["q", "country", "segment"].some((name) => query([]).has(name));
  for (const customer of places) {
    const shown = scatter().querySelector(`[data-id="${CSS.escape(customer.id)}"]`);
    if (shown || !narrowed) place(customer);
  }
  if (places.length) {
    const [first] = places;
    const others = places.length > 1 ? ` and ${places.length - 1} more` : "";
    say(`${first.name || "A customer"}${others} moved: segment ${first.segment}, ${first.segment_name}.`);
  }
  freshenLegend();
}

let freshening = 0;
function freshenLegend() {
  if (freshening) return;
  freshening = setTimeout(async () => {
    freshening = 0;
    const response = await fetch(`${form.getAttribute("action")}?${query([])}`, {
      headers: { "HX-Request": "true", "HX-Target": "picture" },
    });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("legend");
    if (fresh) document.getElementById("legend")?.replaceWith(fresh);
  }, 4000);
}

if (form) {
  watchPointer();
  watchTime();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "picture") return;
    before = new Map(dots().map((dot) => [dot.dataset.id, [dot.getAttribute("x"), dot.getAttribute("y")]]));
    near = null;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "picture") return;
    for (const dot of dots()) {
      const old = before.get(dot.dataset.id);
      if (!old) continue;
      const [x, y] = [percent(dot, "x"), percent(dot, "y")];
      dot.setAttribute("x", old[0]);
      dot.setAttribute("y", old[1]);
      glide(dot, x, y);
    }
  });
  follow(`${document.body.dataset.live}?channels=moves,arrivals`, { moves: moved }, showState);
}
