// The recorded run: what every machine shows at every frame.
const data = JSON.parse(document.getElementById("data").textContent);
const frames = data.frames;
const END = frames.length; // Position 0 is before the first frame, position n after the n-th.
const KEY = 200;
const machines = data.machines;

const step = (frame) => frame[0];
const PHASES = ["chaos", "heal", "converge"];
const MARKS = ["heading", "step", "fault", "recovery", "unexpected"];

// Every KEY frames the whole state is kept, so that going to any position is quick.
const keyframes = [data.initial.slice()];
{
  const now = data.initial.slice();
  frames.forEach((frame, index) => {
    for (const [machine, value] of frame[5]) now[machine] = value;
    if ((index + 1) % KEY === 0) keyframes.push(now.slice());
  });
}

function stateAt(position) {
  const key = Math.floor(position / KEY);
  const now = keyframes[key].slice();
  for (let index = key * KEY; index < position; index++) {
    for (const [machine, value] of frames[index][5]) now[machine] = value;
  }
  return now;
}

// The number of the step that a position is behind.
const stepsAt = new Array(END + 1);
stepsAt[0] = data.window.first - 1;
for (let index = 0; index < END; index++) stepsAt[index + 1] = step(frames[index]) || stepsAt[index];

// The first position behind a step.
function positionOf(number) {
  let low = 0, high = END;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepsAt[middle] < number) low = middle + 1; else high = middle;
  }
  return low;
}

// The time line: positions, or virtual microseconds where the scheduler knows a time.
const timed = data.times !== null;
const timeOf = (position) => (timed ? data.times[position] : position);
const START = timeOf(0), FINISH = timeOf(END);
const shareOf = (position) => (FINISH > START ? (timeOf(position) - START) / (FINISH - START) : 0);
// The last position that is not behind a time.
function positionAt(time) {
  let low = 0, high = END;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (timeOf(middle) > time) high = middle - 1; else low = middle;
  }
  return low;
}
const ms = (us) => (us / 1000).toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",");

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const batchClass = (record) => "b" + ((data.batch_of[record] - 1) % 8);
const regionsOf = (bits) => data.regions.filter((region) => bits & (1 << (region - 1)));
const CONTAINER = ["Processing", "FailedProcessing", "FailedDependency"];

// What a machine's first numbers say beside the rest (see report/recording/values.rs): messages on their way to it and late, a
// container of the old release, a clock that is ahead.
function aside(machine, v) {
  const kind = machines[machine].kind;
  return {
    late: ["queue", "container", "table", "replicator", "service"].includes(kind) ? v[0] >> 8 : 0,
    old: kind === "container" && !!(v[3] & 2),
    ahead: kind === "table" && !!(v[0] & 2),
  };
}

// A machine's numbers as parts that a picture can use.
function shows(machine, value) {
  const { late, old, ahead } = aside(machine, value);
  const v = value.slice();
  if (machines[machine].kind === "container") { v[0] &= 255; v[3] &= 1; }
  else if (late || ahead) v[0] &= 1;
  const parts = showsItself(machine, v);
  const badge = [old ? "old" : "", ahead ? "ahead" : "", late ? `${late} late` : ""].filter((one) => one);
  const words = [
    parts.words,
    old ? "of the old release" : "",
    ahead ? "the clock of its region is ahead" : "",
    late ? `${late} message${late === 1 ? " is" : "s are"} late on the way to it` : "",
  ];
  return { ...parts, badge: badge.join(", "), late, words: words.filter((one) => one).join("; ") };
}

function showsItself(machine, v) {
  switch (machines[machine].kind) {
    case "source": return { value: v[0], failed: false, idle: !v[1], words: `${v[0]} accepted` + (v[1] ? `, sends record ${v[1]}` : "") };
    case "dns": {
      const off = regionsOf(v[0]);
      return { value: off.length ? "−" + off.join(",") : "", failed: off.length > 0, idle: false, words: off.length ? `leaves out region ${off.join(", ")}` : "answers every region" };
    }
    case "destination": return { value: v[0], failed: false, idle: !v[0], words: `${v[0]} delivered` };
    case "queue": {
      const mirror = machines[machine].mirror;
      const records = v.slice(mirror ? 5 : 4);
      const flight = machines[machine].log ? "read and not committed" : "in flight";
      const words = (v[0] ? "Failed, " : "") + `${v[3]} record${v[3] === 1 ? "" : "s"}` + (v[2] ? `, ${v[2]} ${flight}` : "") + (v[1] ? `, ${v[1]} dead letters` : "") + (records.length ? ` (${records.join(", ")}${v[3] > records.length ? ", …" : ""})` : "") + (mirror && v[4] ? `; ${v[4]} mirrored of another region` : "");
      return { value: v[3] + (v[1] ? `+${v[1]}†` : ""), failed: !!v[0], idle: !v[3], records, flying: v[2], flight, more: v[3] - records.length, words };
    }
    case "container": {
      const batch = v.slice(4);
      const more = batch.length ? `, and ${batch.length} that came with it (${batch.join(", ")})` : "";
      const doing = v[1] ? `, record ${v[1]} in hand (to ${data.actions[v[2]] || "finish"})${more}` : "";
      return { value: v[1] ? "#" + v[1] + (batch.length ? "+" + batch.length : "") : v[3] ? "✕" : v[0] ? "‖" : "", failed: v[0] !== 0, idle: !v[1], record: v[1], words: CONTAINER[v[0]] + (v[3] ? ", crashed" : "") + doing };
    }
    case "table": return { value: v[1] + v[2], failed: !!v[0], idle: !(v[1] + v[2]), words: (v[0] ? "Failed, " : "") + `${v[1] + v[2]} rows: ${v[1]} written here, ${v[2]} replicated` + (v.length > 3 ? `; ${v[3]} to publish` : "") };
    case "replicator": {
      const off = regionsOf(v[2]);
      return { value: v[1] ? "⇄ " + v[1] : "⇄", failed: !!v[0] || off.length > 0, busy: v[1] > 0, idle: !v[1], words: (v[0] ? "Failed, " : "") + (off.length ? `cut off from region ${off.join(", ")}, ` : "") + `backlog of ${v[1]} rows` };
    }
    case "service": return { value: v[1], failed: !!v[0], idle: !v[1], words: (v[0] ? "Failed, " : "") + `${v[1]} effect${v[1] === 1 ? "" : "s"}` };
    default: return { value: "", failed: false, idle: true, words: v[0] < data.due.length ? `comes to '${data.script[data.due[v[0]]].line}'` : "the script has ended" };
  }
}
