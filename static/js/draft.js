// The draft: what was typed and how far the client came, stored in this browser until the report is sent or erased, for
// three days at most. One draft for a form of a site, in whatever language. Where storage is blocked (a private window,
// somebody else's page) it lies in the history entry, so that a reload loses nothing there either.

const PREFIX = "zayavka:";
const LIFETIME = 72 * 3600 * 1000;
const SENDING = `${PREFIX}sending`;
const LEFT = `${PREFIX}left:`;
const EXPORT_TIMEOUT = 2000;
const TICKET = /^\/[a-z]{2}\/tickets\/[\w-]+\/$/;

const form = document.querySelector("form[data-draft]");
const sent = document.querySelector("[data-sent]");
const onward = document.querySelector("[data-onward]");

function quietly(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function read(key) {
  const draft = quietly(() => JSON.parse(localStorage.getItem(PREFIX + key))) ?? history.state?.draft;
  return draft && Date.now() - draft.at < LIFETIME ? draft : null;
}

function write(key, draft) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(draft));
  } catch {
    history.replaceState({ ...history.state, draft }, "");
  }
}

function erase(key) {
  quietly(() => localStorage.removeItem(PREFIX + key));
  if (history.state?.draft) history.replaceState({ ...history.state, draft: null }, "");
}

// What this tab has sent, when it is of the form named.
function eraseSent(key) {
  if (quietly(() => sessionStorage.getItem(SENDING)) !== key) return;
  erase(key);
  quietly(() => sessionStorage.removeItem(SENDING));
}

// Drafts of forms to which nobody came back.
function sweep() {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    if (!read(key.slice(PREFIX.length))) localStorage.removeItem(key);
  }
}

function isTick(control) {
  return control.type === "checkbox" || control.type === "radio";
}

function controls() {
  const all = [...form.querySelectorAll("[data-question] :is(input, textarea)")];
  return all.filter((control) => control.name && control.type !== "file" && !("unkept" in control.dataset));
}

// What holds a secret says which words the server would keep in its place; what is typed over it is new to the server.
function kept(control) {
  const { masked } = control.dataset;
  return masked !== undefined && control.value === control.defaultValue ? masked : control.value;
}

function answers() {
  const given = controls().filter((control) => control.value && (!isTick(control) || control.checked));
  return given.map((control) => {
    // A file is known by its signed name; for people its own name and size stand beside it.
    const row = control.type === "hidden" && control.closest("li");
    const words = row ? [".kept-name", ".kept-size"].map((part) => row.querySelector(part).textContent) : [];
    return [control.name, kept(control), ...words];
  });
}

function leftOut() {
  return new FormData(form).getAll("leave_out");
}

function restoreLeftOut(facts = []) {
  for (const input of form.querySelectorAll("[name=leave_out]")) input.remove();
  for (const value of facts) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "leave_out", value }));
  }
}

// Words of a search go below the draft's.
function joined(older, newer) {
  if (newer.includes(older)) return newer;
  return older.includes(newer) ? older : `${older.trimEnd()}\n${newer}`;
}

function restoreFiles(given) {
  for (const [question, signed, name, size] of given) {
    const field = form.querySelector(`[data-question="${question}"]`);
    if (!name || !field || [...field.querySelectorAll("[type=hidden]")].some(({ value }) => value === signed)) continue;
    const row = field.querySelector("template").content.firstElementChild.cloneNode(true);
    const [hidden, remove] = row.querySelectorAll("input");
    Object.assign(hidden, { name: question, value: signed });
    Object.assign(remove, { name: `${question}_remove`, value: signed, id: `${question}-remove-${signed}` });
    row.querySelector("label").htmlFor = remove.id;
    for (const label of row.querySelectorAll(".kept-name")) label.textContent = name;
    row.querySelector(".kept-size").textContent = size;
    field.querySelector(".kept").append(row);
    field.querySelector(".kept").hidden = false;
  }
}

function restore(given, replacing) {
  restoreFiles(given);
  const ticks = new Set(controls().filter(isTick).map((control) => `${control.name}=${control.value}`));
  for (const control of controls().filter(({ type }) => type !== "hidden")) {
    const own = given.filter(([name]) => name === control.name).map(([, value]) => value);
    if (isTick(control)) {
      if (replacing || own.includes(control.value)) control.checked = own.includes(control.value);
    } else if (replacing || !control.value) {
      const text = own.find((value) => !ticks.has(`${control.name}=${value}`)) ?? "";
      control.value = text;
      // A time in words does not fit the browser's own picker.
      if (control.value !== text) Object.assign(control, { type: "text", value: text });
    } else if ("begun" in form.dataset && control.type === "textarea") {
      control.value = joined(own[0] ?? "", control.value);
    }
    const folded = control.closest("details");
    if (folded && (isTick(control) ? control.checked : control.value)) folded.open = true;
  }
}

// Back from the receipt leads to it: nothing looks as if it could be sent once more.
function leadToReceipt() {
  const receipt = form && history.state?.sent && new URL(history.state.sent);
  if (!receipt) return;
  receipt.searchParams.set("again", 1);
  location.replace(receipt);
}

// A static export's own page on the way to the receipt, so that the draft is erased where it lies. A fragment is anybody's
// to write: it leads to a ticket of the service or nowhere, and erases only the draft whose mark it knows. Without a
// receipt the answers were erased at the service.
function eraseAndPassOn() {
  const { origin } = new URL(document.querySelector("meta[name=zayavka-api]").content);
  const [mark, target] = location.hash.slice(1).split(",");
  const left = quietly(() => JSON.parse(sessionStorage.getItem(LEFT + mark)));
  const eraseLeft = () => {
    if (!left) return;
    erase(left.key);
    quietly(() => sessionStorage.removeItem(LEFT + mark));
  };
  if (left && target === undefined) {
    eraseLeft();
    location.replace(left.form);
    return;
  }
  const url = quietly(() => new URL(decodeURIComponent(target)));
  if (url?.origin !== origin || !TICKET.test(url.pathname)) return;
  const receipt = origin + url.pathname + url.search;
  eraseLeft();
  document.querySelector("[data-stranded]").hidden = true;
  onward.hidden = false;
  onward.querySelector("[data-receipt]").href = receipt;
  location.replace(receipt);
}

// The return URL of an export is sent along only if the export has that page, and with a mark that this tab alone knows.
async function sendReturnUrl(input, key) {
  if (top !== self) return;
  const page = new URL(input.dataset.way, location).href;
  const answer = await fetch(page, { cache: "no-cache" });
  const isPage = answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html");
  // Some hosts answer 200 to what they do not have.
  if (!isPage || !(await answer.text()).includes("data-onward")) return;
  const mark = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const left = JSON.stringify({ key, form: location.origin + location.pathname });
  form.addEventListener("submit", () => {
    quietly(() => {
      sessionStorage.setItem(LEFT + mark, left);
      input.value = `${page}#${mark}`;
    });
  });
}

async function isReachable(address) {
  try {
    const signal = AbortSignal.timeout(EXPORT_TIMEOUT);
    await fetch(address, { mode: "no-cors", cache: "no-store", credentials: "omit", signal });
    return true;
  } catch {
    return false;
  }
}

// The service knows the return URL of an export from what was posted, and after a reload from the history entry.
function saveReturnUrl(input) {
  if (input) {
    history.replaceState({ ...history.state, copy: input.value }, "");
  } else if (history.state?.copy) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "copy", value: history.state.copy }));
  }
}

function draftForm() {
  const key = form.dataset.draft;
  const draft = "filledIn" in form.dataset ? null : read(key);
  // A reload or a step back of the browser goes on where it was; a new visit is shown that there is a draft.
  const isSameVisit = Boolean(history.state?.step);
  const notice = form.querySelector("[data-kept]");
  const returnInput = form.querySelector("[name=copy]");
  const isExport = Boolean(returnInput?.dataset.way);
  let hasDraft = Boolean(draft);

  if (isExport) sendReturnUrl(returnInput, key).catch(() => undefined);
  else saveReturnUrl(returnInput);
  const save = () => {
    const given = answers();
    hasDraft = given.length > 0;
    notice.hidden = !hasDraft;
    if (hasDraft) write(key, { at: Date.now(), step: form.dataset.at, answers: given, leaveOut: leftOut() });
    else erase(key);
  };
  if (draft) {
    restore(draft.answers, isSameVisit);
    restoreLeftOut(draft.leaveOut);
    const last = [...form.querySelectorAll("[data-step]")].at(-1).dataset.step;
    form.dataset.resume = history.state?.step === "check" ? last : (history.state?.step ?? draft.step);
    document.querySelector("[data-restored]").hidden = isSameVisit;
    notice.hidden = false;
  }
  for (const event of ["input", "change", "zayavka:redrawn"]) form.addEventListener(event, save);
  form.addEventListener("zayavka:step", () => hasDraft && save());
  if ("filledIn" in form.dataset || "begun" in form.dataset) save();
  for (const button of document.querySelectorAll("[data-erase]")) {
    button.addEventListener("click", async () => {
      // Of a form that came from an export a draft lies there too.
      const returnUrl = isExport ? "" : returnInput?.value;
      form.inert = Boolean(returnUrl);
      const leadsToExport = returnUrl && (await isReachable(returnUrl));
      erase(key);
      history.replaceState(null, "");
      // An export is sent elsewhere and begins anew where it is.
      const { href, origin } = new URL(form.getAttribute("action"), location);
      const here = origin === location.origin ? href : location.pathname;
      location.replace(leadsToExport ? returnUrl : here);
    });
  }
  addEventListener("pageshow", (event) => {
    quietly(() => sessionStorage.removeItem(SENDING));
    // Back to what was sent or erased meanwhile: nothing of it is shown again.
    if (event.persisted && hasDraft && !read(key)) location.reload();
    const latest = event.persisted && read(key);
    if (latest) {
      restoreLeftOut(latest.leaveOut);
      // The server may have masked a secret meanwhile.
      restore(latest.answers, true);
    }
    // Nor does the browser put answers back by itself where there is no draft any more.
    if (!event.persisted && !hasDraft && isSameVisit) form.reset();
  });
}

function draftCheckPage() {
  const key = form.dataset.draft;
  const draft = read(key);
  if (draft) {
    // What the server has masked or cut out is not stored here either.
    const now = (name) => [...form.querySelectorAll("[type=hidden]")].filter((input) => input.name === name);
    const answers = draft.answers.map(([name, value, ...words]) => {
      const [input, ...more] = now(name);
      return [name, input && !more.length ? kept(input) : value, ...words];
    });
    write(key, { ...draft, answers, leaveOut: leftOut() });
    // A reload and Forward lead to the form with its answers, not to a question about resending.
    const copy = form.querySelector("[name=copy]")?.value;
    history.replaceState({ ...history.state, step: "check", copy }, "");
  }
  form.addEventListener("change", () => {
    const latest = read(key);
    if (latest) write(key, { ...latest, leaveOut: leftOut() });
  });
  addEventListener("pageshow", () => quietly(() => sessionStorage.removeItem(SENDING)));
  form.addEventListener("submit", ({ submitter }) => {
    if (submitter?.value === "send") quietly(() => sessionStorage.setItem(SENDING, key));
  });
}

addEventListener("pageshow", leadToReceipt);
if (form?.classList.contains("report")) draftForm();
else if (form) draftCheckPage();
else if (sent) eraseSent(sent.dataset.sent);
else if (onward) eraseAndPassOn();
quietly(sweep);
