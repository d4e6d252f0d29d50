import { byId, element, getJson } from "./common.js";

const svg = "http://www.w3.org/2000/svg";
const points = 60;
const plots = [
  ["Waiting requests", state => state.queue, value => String(value)],
  ["Running requests", state => state.active, value => String(value)],
  ["Batch rows", state => state.rows, value => String(value)],
  ["Cache", state => state.cache_bytes / 1e6, value => `${value.toFixed(1)} MB`],
  ["Tokens in per second", (state, before, seconds) => (state.tokens_in - before.tokens_in) / seconds, value => value.toFixed(1)],
  ["Tokens out per second", (state, before, seconds) => (state.tokens_out - before.tokens_out) / seconds, value => value.toFixed(1)],
];

/** Small plots of the last minute, read once a second while they are shown. */
export function startLive() {
  const views = new Map();
  let timer = 0;
  let last = null;

  async function read() {
    const state = await getJson("page/live").catch(() => null);
    if (!state) return;
    const seconds = last ? Math.max(0.001, (state.time - last.time) / 1000) : 1;
    for (const model of state.models) {
      const before = last?.models.find(other => other.id === model.id) ?? model;
      const view = views.get(model.id) ?? create(model.id);
      views.set(model.id, view);
      plots.forEach(([, measure, format], index) => view[index](measure(model, before, seconds), format));
    }
    last = state;
  }

  return {
    show(visible) {
      clearInterval(timer);
      last = null;
      if (!visible) return;
      read();
      timer = setInterval(read, 1000);
    },
  };
}

function create(model) {
  byId("plots").append(element("h2", "model", model));
  return plots.map(([title]) => {
    const box = element("div", "plot");
    const number = element("div", "value", "–");
    const drawing = document.createElementNS(svg, "svg");
    const line = document.createElementNS(svg, "polyline");
    drawing.setAttribute("viewBox", `0 0 ${points - 1} 100`);
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("aria-hidden", "true");
    drawing.append(line);
    box.append(element("h2", "", title), number, drawing);
    byId("plots").append(box);
    const values = [];
    return (value, format) => {
      values.push(value);
      if (values.length > points) values.shift();
      const largest = Math.max(1e-9, ...values);
      number.textContent = format(value);
      line.setAttribute("points", values.map((y, x) => `${points - values.length + x},${98 - 94 * y / largest}`).join(" "));
    };
  });
}
