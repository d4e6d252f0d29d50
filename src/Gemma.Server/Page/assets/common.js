export const byId = id => document.getElementById(id);

/** An element with a class and a text; text is never read as markup. */
export function element(name, className, text) {
  const created = document.createElement(name);
  if (className) created.className = className;
  if (text !== undefined) created.textContent = text;
  return created;
}

export function fill(select, values) {
  select.replaceChildren(...values.map(value => {
    const option = element("option", "", value);
    option.value = value;
    return option;
  }));
}

/** Runs something and shows what went wrong. */
export async function guarded(action) {
  const problem = byId("problem");
  problem.hidden = true;
  try {
    await action();
  } catch (error) {
    if (error.name === "AbortError") return;
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Error(body?.error?.message ?? `The server answered ${response.status}.`);
}

export const getJson = async route => (await checked(await fetch(route))).json();

export const post = async (route, body, signal) => checked(await fetch(route, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal,
}));

/** Yields the JSON objects of a stream of server-sent events, up to [DONE]. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The answer broke off.");
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      if (!frame.startsWith("data: ")) continue;
      const data = frame.slice(6);
      if (data === "[DONE]") return;
      const parsed = JSON.parse(data);
      if (parsed.error) throw new Error(parsed.error.message);
      yield parsed;
    }
  }
}
