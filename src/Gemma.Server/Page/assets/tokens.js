import { byId, element, guarded, post } from "./common.js";

export function startTokens() {
  byId("tokens-form").addEventListener("submit", event => {
    event.preventDefault();
    guarded(async () => {
      const body = { model: byId("tokens-model").value, content: byId("text").value, add_special: true, with_pieces: true };
      const { tokens } = await (await post("tokenize", body)).json();
      byId("count").textContent = `${tokens.length} tokens`;
      byId("pieces").replaceChildren(...tokens.map(token => {
        const item = element("li");
        item.append(element("span", "piece", token.piece.replaceAll("\n", "⏎")), element("span", "id", String(token.id)));
        return item;
      }));
    });
  });
}
