import { byId, element, events, guarded, post } from "./common.js";

const messages = [];
let running = null;

export function startChat() {
  byId("chat-form").addEventListener("submit", event => {
    event.preventDefault();
    const text = byId("prompt").value.trim();
    if (!text || running) return;
    byId("prompt").value = "";
    say({ role: "user", content: text });
  });
  byId("prompt").addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("chat-form").requestSubmit();
  });
  byId("stop").addEventListener("click", () => running?.abort());
  document.addEventListener("keydown", event => { if (event.key === "Escape") running?.abort(); });
  byId("clear").addEventListener("click", () => {
    running?.abort();
    messages.length = 0;
    byId("messages").replaceChildren();
    byId("prompt").focus();
  });
}

/** Adds a message and lets the model answer. */
function say(message) {
  messages.push(message);
  show(message.role === "user" ? "You" : "Result", message.role).text.textContent = message.content;
  guarded(answer);
}

async function answer() {
  running = new AbortController();
  byId("stop").disabled = false;
  byId("send").disabled = true;
  const view = show("Gemma", "assistant");
  const reply = { role: "assistant", content: "" };
  const started = performance.now();
  let first = 0;
  let usage = null;
  try {
    const response = await post("v1/chat/completions", request(), running.signal);
    for await (const chunk of events(response)) {
      usage = chunk.usage ?? usage;
      const delta = chunk.choices[0]?.delta;
      if (!delta) continue;
      if (!first && (delta.content || delta.reasoning_content || delta.tool_calls)) first = performance.now();
      add(view, reply, delta);
    }
  } finally {
    running = null;
    byId("stop").disabled = true;
    byId("send").disabled = false;
    if (reply.content || reply.tool_calls) messages.push(reply);
    view.stats.textContent = stats(started, first, usage);
  }
}

function request() {
  const body = { model: byId("chat-model").value, stream: true, stream_options: { include_usage: true } };
  const system = byId("system").value.trim();
  body.messages = system ? [{ role: "system", content: system }, ...messages] : messages;
  const numbers = { temperature: "temperature", "top-p": "top_p", "top-k": "top_k", seed: "seed", "max-tokens": "max_tokens" };
  for (const [id, name] of Object.entries(numbers)) {
    if (byId(id).value !== "") body[name] = Number(byId(id).value);
  }
  const tools = byId("tools").value.trim();
  if (tools) body.tools = JSON.parse(tools);
  return body;
}

function add(view, reply, delta) {
  if (delta.reasoning_content) {
    view.reasoning.hidden = false;
    view.thoughts.textContent += delta.reasoning_content;
  }
  if (delta.content) {
    reply.content += delta.content;
    view.text.textContent = reply.content;
  }
  for (const call of delta.tool_calls ?? []) {
    const { index, ...rest } = call;
    (reply.tool_calls ??= [])[index] = rest;
    showCall(view, rest);
  }
  const log = byId("messages");
  log.scrollTop = log.scrollHeight;
}

/** A call, and a place for what the function gives back. */
function showCall(view, call) {
  const box = element("form", "call");
  box.append(element("pre", "", `${call.function.name}(${call.function.arguments})`));
  const label = element("label", "", "Result ");
  const result = element("input");
  const send = element("button", "", "Send the result");
  label.append(result);
  box.append(label, send);
  box.addEventListener("submit", event => {
    event.preventDefault();
    if (running) return;
    send.disabled = true;
    say({ role: "tool", tool_call_id: call.id, content: result.value });
  });
  view.article.insertBefore(box, view.stats);
}

function show(who, role) {
  const article = element("article", `message ${role}`);
  const reasoning = element("details", "reasoning");
  const thoughts = element("p");
  const text = element("p", "text");
  const stats = element("p", "stats");
  reasoning.append(element("summary", "", "Reasoning"), thoughts);
  reasoning.hidden = true;
  article.append(element("div", "who", who), reasoning, text, stats);
  byId("messages").append(article);
  article.scrollIntoView({ block: "nearest" });
  return { article, reasoning, thoughts, text, stats };
}

function stats(started, first, usage) {
  if (!first) return "stopped";
  const wait = `first token after ${((first - started) / 1000).toFixed(2)} s`;
  if (!usage) return `stopped, ${wait}`;
  const tokens = usage.completion_tokens;
  const seconds = (performance.now() - first) / 1000;
  const speed = tokens > 1 && seconds > 0 ? `${((tokens - 1) / seconds).toFixed(1)} tokens/s, ` : "";
  return `${speed}${wait}, ${tokens} tokens, prompt ${usage.prompt_tokens} (${usage.prompt_tokens_details.cached_tokens} cached)`;
}
