// The page's own hands: every figure is `reckoned` anew from the inputs, by the formulas that Python reckons with.
const state = { fleet: Object.keys(S.fleets)[0], future: Object.keys(S.futures)[0], shown: S.keys[0], moved: {} };

function layer(name, fleet, future) {
  if (name in S.futures[future].inputs) return ["future", future, S.futures[future].inputs[name]];
  if (name in S.fleets[fleet].inputs) return ["fleet", fleet, S.fleets[fleet].inputs[name]];
  return ["all", "", S.inputs[name]];
}
function valueOf(name, fleet, future) {
  const [kind, whose, stated] = layer(name, fleet, future);
  const key = [kind, whose, name].join("/");
  return key in state.moved ? state.moved[key] : stated.value;
}
function inputsAt(fleet, future) {
  const x = {};
  for (const name in S.inputs) x[name] = valueOf(name, fleet, future) * S.inputs[name].root;
  return x;
}
function figures(fleet, future) {
  const x = reckoned(inputsAt(fleet, future)), out = {};
  for (const name in S.formulas) out[name] = x[name] / S.formulas[name].root;
  return out;
}
function told(value, unit) {
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  const digits = size >= 1e15 || (size > 0 && size < 1e-4) ? value.toExponential(2)
    : value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? Math.min(21, Math.floor(Math.log10(size)) + 1) : 4 });
  return digits + (unit === "1" ? "" : unit === "percent" ? " %" : " " + unit);
}
function make(tag, text, kind) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

function draw() {
  const now = figures(state.fleet, state.future);
  for (const name of S.keys) {
    const [number, ...unit] = told(now[name], S.formulas[name].unit).split(" ");
    document.getElementById("figure-" + name).replaceChildren(number + " ", make("small", unit.join(" ")));
  }
  document.getElementById("about").textContent = S.fleets[state.fleet].title + ". " + S.futures[state.future].about;
  for (const button of document.querySelectorAll(".pick button"))
    button.setAttribute("aria-pressed", String(state[button.dataset.of] === button.dataset.name));
  for (const name in S.inputs) knob(name);
  bars();
}
function knob(name) {
  const slider = document.getElementById("input-" + name);
  if (!slider) return;
  const [kind, whose, stated] = layer(name, state.fleet, state.future), value = valueOf(name, state.fleet, state.future);
  const moved = [kind, whose, name].join("/") in state.moved;
  if (document.activeElement !== slider) slider.value = place(name, value);
  const words = told(value, S.inputs[name].unit);
  slider.setAttribute("aria-valuetext", words);
  document.getElementById("value-" + name).textContent = words;
  const badge = document.getElementById("how-" + name);
  badge.textContent = moved ? "moved by you" : stated.how;
  badge.className = "how-badge " + (moved ? "moved" : stated.how);
  document.getElementById("source-" + name).textContent =
    (moved ? "stated: " + told(stated.value, S.inputs[name].unit) + ", " + stated.how + ", " : "") + stated.source
    + (kind === "all" ? "" : kind === "fleet" ? " (this fleet)" : " (this future)");
}
function bars() {
  const unit = S.formulas[state.shown].unit, box = document.getElementById("bars");
  const rows = [];
  for (const future in S.futures) for (const fleet in S.fleets) rows.push([future, fleet, figures(fleet, future)[state.shown]]);
  const most = Math.max(...rows.map(row => Math.abs(row[2])).filter(Number.isFinite), 1e-300);
  box.replaceChildren();
  let last = "";
  for (const [future, fleet, value] of rows) {
    if (future !== last) box.append(make("div", S.futures[last = future].title, "who"));
    const bar = make("div", undefined, "bar c" + Object.keys(S.fleets).indexOf(fleet) % 2), fill = make("i");
    fill.style.width = (Number.isFinite(value) ? 62 * Math.abs(value) / most : 0) + "%";
    bar.append(fill, make("span", told(value, unit)));
    box.append(make("div", S.fleets[fleet].title), bar);
  }
}
// A slider runs over 0..1000; where the range spans more than a factor of 20 it is logarithmic.
function far(name) { const i = S.inputs[name]; return i.least > 0 && i.most / i.least > 20; }
function place(name, value) {
  const { least, most } = S.inputs[name];
  const share = far(name) ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least);
  return Math.round(1000 * Math.min(1, Math.max(0, share)));
}
function valueAt(name, place) {
  const { least, most, counted } = S.inputs[name], share = place / 1000;
  const value = far(name) ? least * Math.pow(most / least, share) : least + (most - least) * share;
  return counted ? Math.round(value) : Number(value.toPrecision(3));
}

if (typeof document !== "undefined") {
  for (const button of document.querySelectorAll(".pick button"))
    button.addEventListener("click", () => { state[button.dataset.of] = button.dataset.name; draw(); });
  for (const name in S.inputs) {
    const slider = document.getElementById("input-" + name);
    if (slider) slider.addEventListener("input", () => {
      const [kind, whose] = layer(name, state.fleet, state.future);
      state.moved[[kind, whose, name].join("/")] = valueAt(name, Number(slider.value));
      draw();
    });
  }
  document.getElementById("shown").addEventListener("change", event => { state.shown = event.target.value; bars(); });
  document.getElementById("reset").addEventListener("click", () => { state.moved = {}; document.activeElement.blur(); draw(); });
  draw();
}
