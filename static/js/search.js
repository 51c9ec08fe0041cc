// The search box as a combobox (ARIA Authoring Practices, list autocomplete with manual selection): while one types, the
// server suggests situations. The words go to the server in bodies only, and along to the form of what is chosen.

const PAUSE = 250; // Milliseconds without a key until the server is asked.
const SHORTEST = 3;

const form = document.querySelector(".search");
const input = form.querySelector("input");
const list = form.querySelector(".found");
const status = form.querySelector("[role=status]");

let timer = 0;
let asking = new AbortController();
let active = -1;

Object.entries({
  role: "combobox",
  "aria-autocomplete": "list",
  "aria-controls": list.id,
  "aria-expanded": "false",
}).forEach(([name, value]) => input.setAttribute(name, value));
list.setAttribute("role", "listbox");

function activate(at) {
  active = at;
  [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  if (at < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", list.children[at].id);
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function open(isOpen) {
  list.hidden = !isOpen;
  input.setAttribute("aria-expanded", String(isOpen));
  activate(-1);
}

function tell(text, isHidden) {
  status.textContent = text;
  status.classList.toggle("visually-hidden", isHidden);
}

// Whoever has gone on, or away, is not to be called back by an answer that comes late.
function stop() {
  clearTimeout(timer);
  asking.abort();
  open(false);
}

function clear() {
  list.replaceChildren();
  open(false);
  tell("", true);
}

function show(suggestions) {
  const options = suggestions.map(({ category, situation, label }, at) => {
    const option = document.createElement("li");
    Object.assign(option, { id: `${list.id}-${at}`, textContent: label });
    option.setAttribute("role", "option");
    option.dataset.begins = new URL(`${category}/${situation}/`, form.action);
    return option;
  });
  list.replaceChildren(...options);
  open(options.length > 0);
  if (options.length) tell(form.dataset.count.replace("{count}", options.length), true);
  else tell(form.dataset.none, false);
}

async function ask() {
  const text = input.value.trim();
  asking.abort();
  asking = new AbortController();
  if (text.length < SHORTEST) return clear();
  try {
    const body = JSON.stringify({ text, language: document.documentElement.lang });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(form.dataset.assess, { method: "POST", headers, body, signal: asking.signal });
    if (answer.ok) show((await answer.json()).suggestions);
    else clear();
  } catch (error) {
    // Without suggestions the button still leads to a page of them, and the topics are below.
    if (error.name !== "AbortError") clear();
  }
}

// The form of a situation, begun with these words; a storage might be blocked, and an address would be logged.
function begin(option) {
  const go = document.createElement("form");
  const action = option.dataset.begins + new URL(form.action).search;
  Object.assign(go, { method: "post", enctype: "multipart/form-data", hidden: true, action });
  const words = document.createElement("input");
  go.append(Object.assign(words, { type: "hidden", name: "text", value: input.value }));
  document.body.append(go);
  go.submit();
  go.remove();
}

function move(by) {
  const count = list.children.length;
  if (!count) return;
  const from = list.hidden ? -1 : active;
  if (list.hidden) open(true);
  activate(from < 0 ? (by > 0 ? 0 : count - 1) : (from + by + count) % count);
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    begin(list.children[active]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    const isOpen = !list.hidden;
    stop();
    tell("", true);
    if (isOpen) return;
    input.value = "";
    list.replaceChildren();
  }
});
input.addEventListener("blur", stop);
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", ({ target }) => target.closest("li") && begin(target.closest("li")));
form.addEventListener("submit", stop);
