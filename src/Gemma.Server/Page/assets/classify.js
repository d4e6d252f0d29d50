import { byId, element, guarded, post } from "./common.js";

export function startClassify() {
  byId("classify-form").addEventListener("submit", event => {
    event.preventDefault();
    const texts = byId("texts").value.split("\n").map(text => text.trim()).filter(text => text);
    const labels = byId("labels").value.split(",").map(label => label.trim()).filter(label => label);
    if (texts.length === 0) return;
    guarded(async () => {
      const body = labels.length > 0 ? { model: byId("chat-model").value, input: texts, labels } : { model: byId("head").value, input: texts };
      const answer = await (await post("v1/classify", body)).json();
      byId("results").replaceChildren(...answer.data.map(item => show(texts[item.index], item)));
    });
  });
}

function show(text, item) {
  const box = element("article", "result");
  box.append(element("h2", "", item.label ?? item.selected_labels.join(", ")), element("p", "", text));
  const scores = Object.entries(item.scores);
  const largest = Math.max(1, ...scores.map(([, score]) => Math.abs(score)));
  for (const [label, score] of scores.sort((a, b) => b[1] - a[1])) {
    const row = element("div", label === item.label ? "score best" : "score");
    const track = element("div", "track");
    const bar = element("div", "bar");
    bar.style.width = `${100 * Math.max(0, score) / largest}%`;
    track.setAttribute("aria-hidden", "true");
    track.append(bar);
    row.append(element("span", "label", label), element("span", "number", score.toFixed(3)), track);
    box.append(row);
  }
  if (item.truncated) box.append(element("p", "", "The text was too long and was cut."));
  return box;
}
