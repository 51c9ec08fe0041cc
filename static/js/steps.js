// The form one step at a time. A script decides nothing here: each step is posted as it stands and the server answers
// with the form as it should look; what depends on another answer says so in the attributes that the server rendered.
//
// For others: the form says `zayavka:step` {step, number, count} when a step is shown, and a section that was drawn
// anew says `zayavka:redrawn`; both bubble. `data-at` of the form is the step at hand, `data-resume` where to begin.

const form = document.querySelector("form.report[data-draft]");
const find = (selector, within = form) => within.querySelector(selector);
const sections = () => [...form.querySelectorAll("[data-step]")];
const asking = () => sections().filter((section) => find("[data-question]:not([hidden])", section));
const shown = () => asking().find((section) => section.dataset.step === form.dataset.at);
const address = form.getAttribute("action"); // `form.action` is the button of that name.
const isElsewhere = new URL(address, location).origin !== location.origin; // In a static export of the page.
const LONGEST_WAIT = 30000;

const main = document.querySelector("main");
const away = find("[data-away]", main);
const back = find("[data-back]");
const goes = find("button[value=check]");

let onlyOne = false; // The client came from the check page to change one answer, and goes back there.
let leaving = false;
let asked = 0; // How many answers are settled or waited for; only to the last of them is listened.

function applies(field) {
  return Object.entries(JSON.parse(field.dataset.showWhen ?? "{}")).every(([other, wanted]) => {
    const asked = find(`[data-question="${other}"]`);
    return asked && applies(asked) && new FormData(form).getAll(other).some((answer) => wanted.includes(answer));
  });
}

function arrange() {
  for (const field of form.querySelectorAll("[data-show-when]")) field.hidden = !applies(field);
  const all = asking();
  const at = all.indexOf(shown());
  const progress = form.dataset.progress.replace("{number}", at + 1).replace("{count}", all.length + 1);
  for (const section of sections()) section.hidden = section !== all[at];
  const mark = find(".step", all[at]);
  mark.textContent = progress;
  mark.hidden = false;
  mark.removeAttribute("aria-hidden");
  const bar = find(".progress");
  bar.hidden = false;
  bar.style.setProperty("--at", at + 1);
  bar.style.setProperty("--of", all.length + 1);
  back.hidden = at === 0;
  find(".beside").hidden = at < all.length - 1;
  main.classList.add("stepwise");
  main.classList.toggle("is-later", at > 0);
  const fault = find(".errors:not([data-away])", main) ? `${form.dataset.error}: ` : "";
  document.title = `${fault}${progress}. ${find(".step-title", all[at]).textContent} — ${form.dataset.service}`;
  return { step: form.dataset.at, number: at + 1, total: all.length + 1 };
}

function show(step) {
  leaving = false;
  form.dataset.at = (asking().find((section) => section.dataset.step === step) ?? asking()[0]).dataset.step;
  const detail = arrange();
  form.dispatchEvent(new CustomEvent("zayavka:step", { bubbles: true, detail }));
}

function remember(how, depth) {
  history[how]({ ...history.state, step: form.dataset.at, depth }, "");
}

// A client who has moved on hears where they are; a page that has just been opened takes no focus.
function focusOn(element) {
  scrollTo(0, 0);
  element.focus({ preventScroll: true });
}

function moveTo(section) {
  if (section.dataset.step !== form.dataset.at) {
    show(section.dataset.step);
    remember("pushState", (history.state?.depth ?? 0) + 1);
  }
  focusOn(find("h2", section));
}

function dropErrors() {
  for (const error of main.querySelectorAll(".errors:not([data-away]), [value=cut_out]")) error.remove();
  away.hidden = true;
}

// What the server says to everything up to a step. `undefined`: it did not answer; `null`: with something else.
async function ask(step, action) {
  const data = new FormData(form);
  data.append("action", action);
  data.append("step", step);
  const later = sections().slice(sections().findIndex((section) => section.dataset.step === step) + 1);
  for (const section of later) for (const { name } of section.querySelectorAll("[type=file]")) data.delete(name);
  // A picture may take its time on a slow line; words may not.
  const isHeavy = [...data.values()].some((value) => value.size);
  try {
    const signal = isHeavy ? undefined : AbortSignal.timeout(LONGEST_WAIT);
    const answer = await fetch(address, { method: "POST", body: data, signal });
    if (answer.status >= 500 || [408, 429].includes(answer.status)) return undefined;
    if (answer.status !== 200 && answer.status !== 422) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return undefined;
  }
}

// The step at hand, and any other that the server finds fault with: only what the client sees may be filled in for them.
function redraw(page) {
  for (const section of sections()) {
    const drawn = find(`[data-step="${section.dataset.step}"]`, page);
    if (!drawn || (section !== shown() && !find(".has-error", drawn))) continue;
    section.replaceWith(drawn);
    drawn.dispatchEvent(new CustomEvent("zayavka:redrawn", { bubbles: true }));
  }
  const cutOut = find("[value=cut_out]", page);
  if (cutOut) goes.after(cutOut);
}

// To a page that it does not know the server may refuse to be read, though it is there and answers with pages.
async function isThere() {
  try {
    await fetch(address, { method: "HEAD", mode: "no-cors", signal: AbortSignal.timeout(LONGEST_WAIT) });
    return true;
  } catch {
    return false;
  }
}

function wait(isBusy) {
  form.inert = isBusy;
  form.ariaBusy = isBusy ? "true" : null;
}

function leave() {
  leaving = true;
  form.requestSubmit(goes);
}

async function goOn(action) {
  const all = asking();
  const last = all.at(-1);
  const through = onlyOne ? last : shown();
  const own = ++asked;
  wait(true);
  const page = await ask(through.dataset.step, action);
  if (own !== asked) return;
  wait(false);
  if (page === null) return leave();
  dropErrors();
  if (page) redraw(page);
  const errors = page && find(".errors:not([data-away])", page);
  if (errors) {
    const faulty = asking().find((section) => find(".has-error", section));
    find("h1", main).before(errors);
    if (faulty && faulty.dataset.step !== form.dataset.at) moveTo(faulty);
    arrange();
    return focusOn(errors);
  }
  arrange();
  // Whatever could not be asked now is asked at the last step: a line that broke stops nobody on the way.
  if (through.dataset.step !== last.dataset.step) return moveTo(asking()[asking().indexOf(shown()) + 1]);
  const isReached = page || (isElsewhere && (await isThere()));
  if (own !== asked) return;
  if (isReached) return leave();
  away.hidden = false;
  form.dispatchEvent(new CustomEvent("zayavka:error", { bubbles: true }));
  return focusOn(away);
}

function goBack() {
  dropErrors();
  if (history.state?.depth) return history.back();
  // This page began in the middle: there is no earlier entry of ours to go back to.
  show(asking()[asking().indexOf(shown()) - 1].dataset.step);
  remember("replaceState", 0);
  return focusOn(find("h2", shown()));
}

function begin() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  const target = named && named.closest("[data-step]") ? named : null;
  const faulty = sections().find((section) => find(".has-error", section));
  const step = faulty?.dataset.step ?? target?.closest("[data-step]").dataset.step ?? form.dataset.resume;
  for (const field of form.querySelectorAll("[data-show-when]")) field.hidden = !applies(field);
  show(step);
  // The place in the page is used up: a later reload comes back to the step, not to this question.
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  remember("replaceState", history.state?.depth ?? 0);
  if (target && !faulty) {
    onlyOne = "filledIn" in form.dataset;
    target.focus();
    target.closest("[data-question]")?.scrollIntoView();
  }
}

form.addEventListener("submit", (event) => {
  if (leaving) return;
  event.preventDefault();
  if (!form.inert) goOn(event.submitter?.value ?? "check");
});
form.addEventListener("change", () => arrange());
back.addEventListener("click", goBack);
main.addEventListener("click", (event) => {
  const link = event.target.closest(".errors a[href^='#']");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  show(target.closest("[data-step]").dataset.step);
  target.closest("details")?.setAttribute("open", "");
  target.closest("[data-question]").scrollIntoView();
  target.focus({ preventScroll: true });
});
addEventListener("popstate", (event) => {
  if (!event.state?.step) return remember("replaceState", history.state?.depth ?? 0);
  // The browser's own Back or Forward has led elsewhere: there the answer to this step says nothing.
  asked += 1;
  wait(false);
  dropErrors();
  show(event.state.step);
  return focusOn(find("h2", shown()));
});
addEventListener("pageshow", () => {
  leaving = false;
  arrange(); // A browser may have put answers back by itself.
});
begin();
