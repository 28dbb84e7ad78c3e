// Small plots over the time line; each follows the position and moves it.
const WIDTH = 1000;
const acrossOf = (position) => WIDTH * shareOf(position);

function plot(grid, title, maximum, unit, lines, dots, tall, words = grouped) {
  const box = html("div", "plot" + (tall ? " tall" : ""));
  const head = html("h4", "", title);
  head.append(html("span", "", `max ${words(maximum)}${unit}`));
  const height = 100;
  const drawing = svg("svg", { viewBox: `0 -4 ${WIDTH} ${height + 4}`, preserveAspectRatio: "none", role: "img", "aria-label": `${title}: at most ${words(maximum)}${unit}` });
  const up = (value) => height - (height * value) / Math.max(1, maximum);
  for (const one of data.disturbances) {
    const from = acrossOf(positionOf(one.from)), to = acrossOf(positionOf(one.to === null ? data.summary.steps : one.to));
    drawing.append(svg("rect", { class: "shade", x: from, y: -4, width: Math.max(1, to - from), height: height + 4 }));
  }
  for (const { className, points } of lines) {
    let path = "";
    points.forEach(([at, value], index) => {
      path += index === 0 ? `M${acrossOf(at).toFixed(1)} ${up(value).toFixed(1)}` : `H${acrossOf(at).toFixed(1)}V${up(value).toFixed(1)}`;
    });
    drawing.append(svg("path", { class: className, d: path + `H${WIDTH}` }));
  }
  for (const { className, at, value, text } of dots || []) {
    // A stretched drawing would stretch circles; lines without length keep round ends.
    const dot = svg("path", { class: className, d: `M${acrossOf(at).toFixed(1)} ${up(value).toFixed(1)}h0`, "stroke-linecap": "round", style: "stroke-width:6" });
    dot.append(svg("title", {}, text));
    drawing.append(dot);
  }
  const cursor = svg("line", { class: "cursor", y1: -4, y2: height });
  drawing.append(cursor);
  watchers.push((at) => { cursor.setAttribute("x1", acrossOf(at)); cursor.setAttribute("x2", acrossOf(at)); });
  drawing.addEventListener("click", (event) => {
    const area = drawing.getBoundingClientRect();
    go(positionAt(START + ((FINISH - START) * (event.clientX - area.left)) / area.width));
  });
  box.append(head, drawing);
  grid.append(box);
  return box;
}

// By machine: the positions at which it changes, with what it shows then.
const all = new Map();
machines.forEach((_, machine) => all.set(machine, [[0, data.initial[machine]]]));
frames.forEach((frame, index) => {
  for (const [machine, value] of frame[5]) all.get(machine).push([index + 1, value]);
});
const numbers = (machine, pick) => all.get(machine).map(([at, value]) => [at, pick(value)]);
const most = (points) => points.reduce((max, [, value]) => Math.max(max, value), 0);

const grid = $("plot-grid");
const queues = new Map();
machines.forEach((machine, index) => {
  if (machine.kind !== "queue") return;
  const name = machine.name.replace(/@\d+$/, "");
  if (!queues.has(name)) queues.set(name, []);
  queues.get(name).push({ className: "r" + machine.region, points: numbers(index, (value) => value[3]) });
});
queues.forEach((lines, name) => plot(grid, name, Math.max(...lines.map((line) => most(line.points))), "", lines));

// The sum over all replicators.
function summed(kind, pick) {
  const points = [[0, 0]];
  const now = new Map();
  let sum = 0;
  const add = (at, machine, value) => {
    sum += pick(value) - (now.get(machine) || 0);
    now.set(machine, pick(value));
    if (points[points.length - 1][0] === at) points[points.length - 1][1] = sum; else points.push([at, sum]);
  };
  machines.forEach((machine, index) => { if (machine.kind === kind) add(0, index, data.initial[index]); });
  frames.forEach((frame, index) => {
    for (const [machine, value] of frame[5]) if (machines[machine].kind === kind) add(index + 1, machine, value);
  });
  return points;
}
const below = html("div", "plots two");
grid.after(below);
const backlog = summed("replicator", (value) => value[1]);
plot(below, "Replication backlog, all stages", most(backlog), " rows", [{ className: "r3", points: backlog }], [], true);
const accepted = summed("source", (value) => value[0]), delivered = summed("destination", (value) => value[0]);
plot(below, "Accepted and delivered", Math.max(most(accepted), most(delivered)), " records", [{ className: "r0", points: accepted }, { className: "r2", points: delivered }], [], true)
  .append(html("p", "", "The gap between the two lines is what the system answers for at that moment."));

// How long each record took, from the first send of the source to the destination.
const arrived = data.lives.filter((life) => life.arrived !== null);
const took = (life) => (timed ? life.took_us : life.arrived - life.published);
const longest = arrived.reduce((max, life) => Math.max(max, took(life)), 0);
const [unit, inUnit] = timed ? [" ms", ms] : [" steps", grouped];
const dots = arrived.filter((life) => life.arrived >= data.window.first && life.arrived <= data.window.last).map((life) => ({
  className: "r" + ((data.batch_of[life.record] - 1) % 8), at: positionOf(life.arrived), value: took(life),
  text: `record ${life.record}: ${inUnit(took(life))}${unit}`,
}));
const latency = plot(below, "End-to-end latency of each record", longest, unit, [], dots, true, inUnit);
latency.append(html("p", "", "A dot is a record, at the moment of its arrival. Colours are those of the batches."));

data.regions.forEach((region) => {
  const item = html("li"), icon = svg("svg", { width: 18, height: 12, viewBox: "0 0 18 12", "aria-hidden": "true" });
  icon.append(svg("path", { d: "M0 6 H18", class: "r" + (region - 1), "stroke-width": 3 }));
  item.append(icon, `region ${region}`);
  $("plot-legend").append(item);
});
const shade = html("li");
shade.textContent = "shaded: a fault lasts";
$("plot-legend").append(shade);

// A violation is what a reader came for.
show(data.summary.violation ? positionOf(data.summary.violation.step) : 0);
