import { startChat } from "./chat.js";
import { startClassify } from "./classify.js";
import { startLive } from "./live.js";
import { startTokens } from "./tokens.js";
import { byId, fill, getJson, guarded } from "./common.js";

const tabs = [...document.querySelectorAll("[role=tab]")];
const live = startLive();

function select(tab, focus) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  history.replaceState(null, "", "#" + tab.getAttribute("aria-controls"));
  live.show(tab.id === "tab-live");
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => select(tab, false));
  tab.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -index, End: tabs.length - 1 - index }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    select(tabs[(index + step + tabs.length) % tabs.length], true);
  });
}

select(tabs.find(tab => "#" + tab.getAttribute("aria-controls") === location.hash) ?? tabs[0], false);
startChat();
startClassify();
startTokens();
guarded(async () => {
  const { models } = await getJson("page/live");
  fill(byId("chat-model"), models.filter(model => model.chats).map(model => model.id));
  fill(byId("tokens-model"), models.map(model => model.id));
  fill(byId("head"), models.flatMap(model => model.heads));
});
