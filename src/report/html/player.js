// The picture, the transport, the script and the log.
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
}
function html(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

const pictures = [...document.querySelectorAll(".picture")].map((picture) => {
  const groups = new Map();
  for (const group of picture.querySelectorAll(".m")) {
    const at = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(group.getAttribute("transform"));
    groups.set(Number(group.dataset.m), { group, x: Number(at[1]), y: Number(at[2]), body: group.querySelector(".body"), value: group.querySelector(".value"), dots: group.querySelector(".dots"), title: group.querySelector("title") });
  }
  const regions = [...picture.querySelectorAll(".region")];
  return { picture, groups, regions, travellers: picture.querySelector(".travellers"), rows: picture.classList.contains("wide") ? 2 : 1 };
});

let position = 0;
let shown = null; // What is drawn, by machine.
let timer = null;
const watchers = []; // Others that follow the position.

function drawDots(dots, parts, rows) {
  dots.replaceChildren();
  const PER_ROW = 5, room = PER_ROW * rows;
  const count = Math.min(parts.records.length, room);
  for (let index = 0; index < count; index++) {
    const record = parts.records[index];
    const x = -24 + (index % PER_ROW) * 10, y = 20 + Math.floor(index / PER_ROW) * 10;
    const dot = svg("rect", { x, y, width: 8, height: 8, rx: 2, class: batchClass(record) + (index < parts.flying ? " flying" : "") });
    dot.append(svg("title", {}, `record ${record}${index < parts.flying ? ", " + parts.flight : ""}`));
    dots.append(dot);
  }
  const more = parts.records.length - count + parts.more;
  if (more > 0) dots.append(svg("text", { x: 27, y: 27 + (rows - 1) * 10 }, "+" + more));
}

// What is not as usual with a machine, in a word: above it, and within a container, which may stand close to others.
function drawBadge(place, parts) {
  if (!parts.badge && !place.badge) return;
  if (!place.badge) {
    place.badge = svg("text", { class: "badge" });
    place.group.append(place.badge);
  }
  const within = place.group.classList.contains("container") && parts.badge.length < 6;
  place.badge.setAttribute("y", within ? -7 : place.group.classList.contains("container") ? -21 : place.group.classList.contains("table") ? -22 : -19);
  place.badge.textContent = parts.badge;
  place.group.classList.toggle("awaited", !!parts.late);
}

function drawMachine(machine, value) {
  const parts = shows(machine, value);
  for (const { groups, rows } of pictures) {
    const place = groups.get(machine);
    if (!place) continue;
    place.value.textContent = parts.value;
    drawBadge(place, parts);
    place.group.classList.toggle("failed", parts.failed);
    place.group.classList.toggle("idle", parts.idle);
    place.group.classList.toggle("busy", !!parts.busy);
    place.title.textContent = `${machines[machine].name}: ${parts.words}`;
    if (parts.records) drawDots(place.dots, parts, rows);
    if (parts.record !== undefined) {
      place.body.setAttribute("class", "body " + (parts.record && !parts.failed ? batchClass(parts.record) : ""));
    }
  }
  if (machines[machine].name === "in-dns") {
    for (const { regions } of pictures) regions.forEach((region, index) => region.classList.toggle("off", !!(value[0] & (1 << index))));
  }
}

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
function travel(frame, ms) {
  if (still.matches || frame[3] < 0) return;
  for (const { picture, groups, travellers } of pictures) {
    travellers.replaceChildren();
    const from = groups.get(frame[3]);
    if (!from || getComputedStyle(picture).display === "none") continue;
    for (const [to, , record] of frame[6]) {
      const end = groups.get(to);
      if (!end || end === from) continue;
      const dot = svg("circle", { r: record ? 5.5 : 3.5, class: record ? batchClass(record) : "ask" });
      travellers.append(dot);
      const far = { transform: `translate(${end.x}px, ${end.y}px)`, opacity: 0.2 };
      const path = [{ transform: `translate(${from.x}px, ${from.y}px)`, opacity: 1 }, { ...far, opacity: 1, offset: 0.85 }, far];
      dot.animate(path, { duration: ms, easing: "ease-in-out", fill: "forwards" }).onfinish = () => dot.remove();
    }
  }
}

function sentence(frame, node) {
  node.className = node.className.replace(/ ?(fault|recovery|unexpected)/, "");
  if (frame[2] > 1) node.classList.add(MARKS[frame[2]]);
}

function show(next, animated) {
  next = Math.max(0, Math.min(END, next));
  const now = stateAt(next);
  now.forEach((value, machine) => { if (!shown || shown[machine] !== value) drawMachine(machine, value); });
  shown = now;
  position = next;
  const frame = position > 0 ? frames[position - 1] : null;
  for (const { groups, travellers } of pictures) {
    travellers.replaceChildren();
    groups.forEach(({ group }, machine) => group.classList.toggle("acting", !!frame && frame[3] === machine));
    data.shows_at.forEach((machine) => groups.get(machine)?.group.classList.toggle("breach", stepsAt[next] >= data.summary.violation.step));
  }
  if (frame && animated) travel(frame, animated);
  const words = $("now");
  words.replaceChildren();
  if (frame) {
    words.append(html("span", "n", step(frame) ? grouped(step(frame)) : PHASES[frame[1]]), frame[4]);
    if (timed) words.append(html("span", "t", ` ${ms(timeOf(position))} ms`));
    sentence(frame, words);
  } else {
    words.className = "now";
    words.append(html("span", "n", grouped(stepsAt[0])), "Nothing has happened yet: every container and the destination have asked for their first record.");
  }
  $("scrub").value = timeOf(position);
  const now_ms = timed ? ` · ${ms(timeOf(position))} of ${ms(FINISH)} ms` : "";
  $("scrub").setAttribute("aria-valuetext", `step ${stepsAt[position]} of ${data.summary.steps}${now_ms}`);
  $("where").textContent = `step ${grouped(stepsAt[position])} of ${grouped(data.summary.steps)}${now_ms}` + (frame ? ` · ${PHASES[frame[1]]}` : "");
  drawLog();
  drawScript();
  if ($("states").closest("details").open) drawStates();
  watchers.forEach((watch) => watch(position));
}

function drawLog() {
  const log = $("log"), first = Math.max(0, Math.min(position - 5, END - 11));
  log.replaceChildren();
  for (let index = first; index < Math.min(END, first + 11); index++) {
    const frame = frames[index];
    const line = html("li", frame[2] > 1 ? MARKS[frame[2]] : "");
    if (index === position - 1) line.setAttribute("aria-current", "step");
    const number = html("span", "n", step(frame) ? grouped(step(frame)) : "heal");
    if (timed) number.append(html("span", "t", `${ms(timeOf(index + 1))} ms`));
    line.append(number, html("span", "", frame[4]));
    log.append(line);
  }
}

// Lines of the script and faults that no line of it made, in the order of their steps.
const moments = [
  ...data.script.map((line, order) => ({ step: line.step, text: line.line, order, fault: false })),
  ...data.disturbances.filter((one) => !one.scripted).map((one) => ({ step: one.from, text: `${one.kind} ${one.target}`, order: -1, fault: true })),
].sort((a, b) => (a.step ?? Infinity) - (b.step ?? Infinity) || a.order - b.order);
const scriptButtons = moments.map((moment) => {
  const item = html("li"), button = html("button", moment.fault ? "fault" : "");
  button.type = "button";
  button.append(html("span", "n", moment.step === null ? "never" : grouped(moment.step)), html("code", "", moment.text));
  button.disabled = moment.step === null;
  button.addEventListener("click", () => { pause(); show(positionOf(moment.step)); });
  item.append(button);
  $("script").append(item);
  return button;
});
function drawScript() {
  const now = stepsAt[position];
  let current = -1;
  moments.forEach((moment, index) => { if (moment.step !== null && moment.step <= now) current = index; });
  scriptButtons.forEach((button, index) => {
    button.classList.toggle("done", index < current);
    if (index === current) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
  });
}

function drawStates() {
  const body = $("states").tBodies[0];
  body.replaceChildren(...shown.map((value, machine) => {
    const row = html("tr");
    const name = html("td");
    name.append(html("code", "", machines[machine].name));
    row.append(name, html("td", "", shows(machine, value).words));
    return row;
  }));
}
$("states").closest("details").addEventListener("toggle", drawStates);

// Playing: so many steps, or milliseconds of virtual time, a second; several steps at a time when the
// screen is slower than that.
function playing() { return timer !== null; }
function pause() {
  if (timer !== null) cancelAnimationFrame(timer);
  timer = null;
  $("play").textContent = "Play";
  $("play").setAttribute("aria-label", "Play");
}
function play() {
  if (position === END) show(0);
  $("play").textContent = "Pause";
  $("play").setAttribute("aria-label", "Pause");
  let last = performance.now(), clock = timeOf(position + 1);
  const tick = (now) => {
    const speed = Number($("speed").value);
    clock += (now - last) * speed * (timed ? 1 : 0.001);
    last = now;
    const to = positionAt(clock);
    if (to > position) {
      // So long until something else happens, in seconds of the reader's time.
      const until = to < END ? (timeOf(to + 1) - timeOf(to)) / (speed * (timed ? 1000 : 1)) : 1;
      show(to, until >= 0.06 ? Math.min(700, 900 * until) : 0);
    }
    if (position === END) return pause();
    timer = requestAnimationFrame(tick);
  };
  timer = requestAnimationFrame(tick);
}
const toggle = () => (playing() ? pause() : play());
const go = (to, animated) => { pause(); show(to, animated); };
function jump(direction) {
  const steps = moments.map((moment) => moment.step).filter((number) => number !== null);
  const now = stepsAt[position];
  const to = direction > 0 ? steps.find((number) => number > now) : steps.reverse().find((number) => number < now);
  go(to === undefined ? (direction > 0 ? END : 0) : positionOf(to));
}

$("play").addEventListener("click", toggle);
$("first").addEventListener("click", () => go(0));
$("last").addEventListener("click", () => go(END));
$("back").addEventListener("click", () => go(position - 1));
$("forward").addEventListener("click", () => go(position + 1, 500));
$("scrub").min = START;
$("scrub").max = FINISH;
$("scrub").addEventListener("input", () => { pause(); show(positionAt(Number($("scrub").value))); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target;
  if (on.tagName === "SELECT" || on.tagName === "SUMMARY") return;
  if (event.key === " " && on.tagName === "BUTTON") return;
  const keys = {
    " ": toggle, ArrowRight: () => go(position + 1, 500), ArrowLeft: () => go(position - 1),
    PageDown: () => go(position + 50), PageUp: () => go(position - 50), Home: () => go(0), End: () => go(END),
    n: () => jump(1), p: () => jump(-1),
  };
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

// Where the faults are on the track.
const share = (number) => `${100 * shareOf(positionOf(number))}%`;
for (const one of data.disturbances) {
  const bar = html("i");
  const to = one.to === null ? data.summary.steps : one.to;
  bar.style.left = share(one.from);
  bar.style.width = `${100 * (shareOf(positionOf(to)) - shareOf(positionOf(one.from)))}%`;
  $("spans").append(bar);
}
// The phases as bands: faults strike in the chaos; in the others every fault is over, and the order is fair.
const bands = [];
frames.forEach((frame, index) => {
  if (index === 0 || frame[1] !== frames[index - 1][1]) bands.push({ phase: PHASES[frame[1]], from: index, to: index });
  bands[bands.length - 1].to = index + 1;
});
for (const { phase, from, to } of bands) {
  const band = html("i", `phase ${phase}`);
  band.title = { chaos: "chaos: the scheduler decides", heal: "heal: what can be repaired is repaired", converge: "converge: no fault strikes any more" }[phase];
  band.style.left = `${100 * shareOf(from)}%`;
  band.style.width = `${100 * (shareOf(to) - shareOf(from))}%`;
  $("spans").append(band);
}
if (data.summary.violation) {
  const bar = html("i", "end");
  bar.style.left = share(data.summary.violation.step);
  $("spans").append(bar);
}

// The legend says what the shapes and colours mean.
function legend(shape, text) {
  const item = html("li"), icon = svg("svg", { width: 12, height: 12, viewBox: "0 0 12 12", "aria-hidden": "true" });
  icon.append(shape);
  item.append(icon, text);
  $("legend").append(item);
}
const batches = Math.max(...data.batch_of);
for (let batch = 1; batch <= Math.min(batches, 8); batch++) {
  legend(svg("rect", { x: 1, y: 1, width: 10, height: 10, rx: 2, class: "b" + (batch - 1) }), `record of batch ${batch}` + (batches > 8 && batch === 8 ? ", and so on in turn" : ""));
}
const outline = { fill: "none", stroke: "currentColor" };
legend(svg("path", { d: "M3 2.5 H9 a2 3.5 0 0 1 0 7 H3 a2 3.5 0 0 1 0 -7 Z", ...outline }), "queue: how many records");
legend(svg("rect", { x: 1.5, y: 1.5, width: 9, height: 9, rx: 2, ...outline }), "container: the record in hand");
legend(svg("path", { d: "M1.5 3 a4.5 1.8 0 0 1 9 0 V9 a4.5 1.8 0 0 1 -9 0 Z", ...outline }), "table: how many rows");
legend(svg("rect", { x: 0.5, y: 3, width: 11, height: 6, rx: 3, ...outline }), "replication: its backlog");
legend(svg("rect", { x: 1, y: 1, width: 10, height: 10, rx: 2, fill: "var(--bad-soft)", stroke: "var(--bad)", "stroke-width": 2 }), "failed");
const seen = { late: false, old: false, ahead: false };
const look = (machine, value) => { const one = aside(machine, value); for (const what in seen) seen[what] ||= !!one[what]; };
data.initial.forEach((value, machine) => look(machine, value));
for (const frame of frames) for (const [machine, value] of frame[5]) look(machine, value);
const letters = (text) => svg("text", { x: 6, y: 10, class: "badge" }, text);
if (seen.late) legend(letters("1"), "late: a message on its way aside, which others overtake");
if (seen.old) legend(letters("o"), "old: a container of the old release");
if (seen.ahead) legend(letters("a"), "ahead: the clock of the table's region is");
if (data.shows_at.length) legend(svg("rect", { x: 1, y: 1, width: 10, height: 10, rx: 2, fill: "none", stroke: "var(--bad)", "stroke-width": 2, "stroke-dasharray": "3 2" }), "where the violation shows");
const swatch = (colour) => svg("rect", { x: 0, y: 4, width: 12, height: 4, fill: `var(--${colour})` });
if (bands.some(({ phase }) => phase !== "chaos")) {
  legend(swatch("line"), "on the time line: chaos, the scheduler decides");
  legend(swatch("good"), "on the time line: healed, and then no fault strikes any more");
}

// A speed at which the whole run takes about half a minute.
const speeds = timed ? [1, 5, 20, 100, 500, 2500] : [1, 4, 15, 60, 250];
speeds.forEach((speed, index) => {
  const option = html("option", "", index ? grouped(speed) : `${speed} ${timed ? "ms" : "step"}/s`);
  option.value = String(speed);
  $("speed").append(option);
});
const length = (FINISH - START) / (timed ? 1000 : 1);
$("speed").value = String(speeds.find((speed) => length / speed <= 35) || speeds[speeds.length - 1]);
