// The inner half of an embedded form: tells the page around it how high it is and what has happened, and takes what
// that page knows of the client. The outer half is embed.js; the messages are described in docs/embedding.md.

const root = document.documentElement;
const origins = new Set([...root.dataset.origins.split(" "), location.origin]);
const LONGEST = 2000;

/** The origin of the page around us. Unknown, and sent nothing, until that page has said hello. */
let host = null;
/** Whether the page around us makes the frame as high as its content. */
let isSized = false;
/** The height that was last sent. */
let height = -1;
/** Where the client is within the form; the form may have said so before the page around us says hello. */
let step = { number: null, total: null };

function tell(type, detail = {}) {
  if (host) parent.postMessage({ zayavka: 1, type, ...detail }, host);
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || source === window || !origins.has(origin)) return;
  if (typeof data !== "object" || data === null || data.zayavka !== 1) return;
  if (data.type === "hello") meet(origin, data);
  if (data.type === "prefill") fillIn(data);
});

function meet(origin, { sized, acted, theme }) {
  const isFirst = host === null;
  host = origin;
  isSized = sized === true;
  root.toggleAttribute("data-sized", isSized);
  if (theme === "light" || theme === "dark") wear(theme);
  if (!isFirst) return;
  tell("ready", { scheme: document.querySelector("meta[name=color-scheme]").content });
  // Browsers let a frame that is out of view sleep, and with it the observer.
  sendHeight();
  new ResizeObserver(sendHeight).observe(root);
  tell("step", { screen: root.dataset.screen, ...step });
  const status = Number(root.dataset.status);
  if (status >= 400) tell("error", { status });
  const receipt = document.querySelector("[data-just-sent]");
  if (receipt) {
    tell("submitted", { number: receipt.dataset.justSent, fast_track: receipt.dataset.fastTrack === "yes" });
  }
  if (acted === true) lookAtWhatIsNew();
  document.addEventListener("focusin", follow);
}

function wear(theme) {
  root.dataset.theme = theme;
  document.querySelector("meta[name=color-scheme]").content = theme;
}

// scrollHeight never shrinks below the frame itself; the box of the root element does.
function sendHeight() {
  const now = Math.ceil(root.getBoundingClientRect().height);
  if (now !== height) tell("height", { height: (height = now) });
}

// A frame of another origin may not take the focus by `autofocus`, and one without a scroll bar cannot show an anchor.
function lookAtWhatIsNew() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const [alert, heading] = ["[role=alert]", "h1"].map((selector) => document.querySelector(selector));
  const focused = document.activeElement.matches("main *") ? document.activeElement : null;
  const target = alert ?? focused ?? (named || heading);
  if (!target) return;
  if (!target.matches("a, button, input, textarea, [tabindex]")) target.tabIndex = -1;
  target.focus({ preventScroll: isSized });
  show(target === heading ? root : (target.closest(".field") ?? target));
}

// What a script gives the focus to is to be seen; errors that a script has found are reported like those of a page.
function follow({ target }) {
  if (target.matches(".errors, h2")) show(target);
  if (target.matches(".errors")) tell("error", { status: target.matches("[role=alert]") ? 422 : 0 });
}

function show(element) {
  if (isSized) tell("show", { top: Math.max(0, Math.round(element.getBoundingClientRect().top)) });
}

document.addEventListener("click", ({ target }) => {
  const link = target.closest?.('a[href^="#"]');
  const named = link && document.getElementById(link.getAttribute("href").slice(1));
  if (named) show(named.closest(".field") ?? named);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !isSized) tell("close");
});

document.addEventListener("zayavka:step", ({ detail: { number, total } }) => {
  step = { number, total };
  tell("step", { screen: root.dataset.screen, ...step });
  show(root);
});

// Anything may be claimed here: it is shown in blank lines of text, for the client to leave or change, once; what they
// have emptied stays empty. Choices, by which the queue is decided, are made by nobody but the client.
document.addEventListener("input", ({ target, isTrusted }) => isTrusted && target.removeAttribute("data-prefill"));

function fillIn({ answers, page }) {
  if (typeof answers === "object" && answers !== null) {
    for (const field of document.querySelectorAll("[data-prefill]")) {
      const answer = Object.hasOwn(answers, field.dataset.prefill) ? answers[field.dataset.prefill] : null;
      if (typeof answer !== "string" || !answer || field.value) continue;
      field.removeAttribute("data-prefill");
      field.value = answer.slice(0, LONGEST);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      const folded = field.closest("details");
      if (folded) folded.open = true;
    }
  }
  if (typeof page === "string" && /^https?:/.test(page)) addPage(page.slice(0, LONGEST));
}

function addPage(value) {
  for (const form of document.querySelectorAll("form.report")) {
    if (form.elements.namedItem("page")) continue;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "page", value }));
  }
  // Left out before, and so not sent to the check page either.
  for (const input of document.querySelectorAll("form.check [name=page][data-told]")) {
    input.value = value;
    const fact = input.closest("li");
    fact.querySelector(".fact-text").textContent = value;
    fact.hidden = false;
  }
}
