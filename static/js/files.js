// Files go to the server as soon as they are chosen, dropped anywhere on the step or pasted, while the client goes on.
// The answer is the signed name that the form would have come to by itself: it lies in a row of the list of the files,
// so that the draft, the steps and the check page know it. Only leaving the form waits for what is still under way.

const form = document.querySelector("form.report");
const panel = form.querySelector("[data-uploads]");
const status = panel.querySelector("[role=status]");
const choice = panel.querySelector(".actions");
const again = panel.querySelector("[data-again]");
const words = JSON.parse(panel.dataset.words);
const maxBytes = Number(panel.dataset.maxBytes);

const uploads = new Set(); // Those under way, and those that failed and are still listed.
const previews = new Map(); // Addresses of pictures, by what their rows say: the server draws rows anew.
let held = null; // The press on "Continue" that waits.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const pickers = () => [...form.querySelectorAll("[data-picker]")];
const underWay = () => [...uploads].filter(({ request }) => request);
const leftBehind = () => [...uploads].filter(({ request, isKnown }) => !request && !isKnown);
const named = (all) => all.map(({ file }) => file.name).join(", ");
const listOf = (picker) => picker.querySelector(".kept");
const labelOf = (row) => [".kept-name", ".kept-size"].map((part) => row.querySelector(part).textContent).join("/");

function sizeText(size) {
  const [, bytes, text] = words.units.find(([least]) => size >= least);
  return fill(text, { size: String(Math.round((size * 10) / bytes) / 10).replace(".", words.mark) });
}

function tell(text) {
  status.textContent = text;
}

function describe(row, name, size) {
  for (const label of row.querySelectorAll(".kept-name")) label.textContent = name;
  row.querySelector(".kept-size").textContent = sizeText(size);
}

// A small picture of a picture, or the ending of the file's name.
function picture(row) {
  const address = previews.get(labelOf(row));
  const tile = document.createElement(address ? "img" : "span");
  if (address) Object.assign(tile, { src: address, alt: "" });
  else Object.assign(tile, { textContent: labelOf(row).match(/\.(\w{1,4})\//)?.[1] ?? "", ariaHidden: "true" });
  tile.className = "thumb";
  row.prepend(tile);
}

// The rows that the server or the draft has put there: a button removes at once what the tick removes later.
function dress() {
  for (const row of form.querySelectorAll(".kept > li:has(label)")) {
    row.querySelector("label").remove();
    row.querySelector("[data-remove]").hidden = false;
    picture(row);
  }
}

function show(picker) {
  listOf(picker).hidden = !listOf(picker).children.length;
}

function fail(upload, text, mayRetry) {
  const { row } = upload;
  Object.assign(upload, { request: null, mayRetry });
  row.querySelector(".fault").textContent = text;
  row.querySelector(".fault").hidden = false;
  row.querySelector("progress").hidden = true;
  row.querySelector("[data-retry]").hidden = !mayRetry;
  tell(text);
  goOn();
}

function attach(upload, { id, name, size }) {
  const { row, question } = upload;
  const picker = row.closest("[data-picker]");
  const attached = picker.querySelector("template").content.firstElementChild.cloneNode(true);
  const hadFocus = row.contains(document.activeElement);
  const hidden = attached.querySelector("[type=hidden]");
  Object.assign(hidden, { name: question, value: id });
  describe(attached, name, size);
  if (upload.preview) previews.set(labelOf(attached), upload.preview);
  row.replaceWith(attached);
  uploads.delete(upload);
  dress();
  if (hadFocus) attached.querySelector("[data-remove]").focus();
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
  tell(fill(words.attached, { name }));
  goOn();
}

function settle(upload) {
  // While a step is being asked about, the server draws it anew: what is put there meanwhile would be lost.
  if (form.inert) return setTimeout(settle, 100, upload);
  const { status: code, response } = upload.request;
  if (code === 201) return attach(upload, response);
  const message = Object.values(response?.errors ?? {}).flat()[0] ?? response?.detail;
  return fail(upload, message ?? fill(words.failed, upload.file), !code || code >= 500 || code === 429);
}

function send(upload) {
  const { row, file } = upload;
  const bar = row.querySelector("progress");
  const request = new XMLHttpRequest();
  Object.assign(upload, { request, isKnown: false });
  row.querySelector(".fault").hidden = true;
  row.querySelector("[data-retry]").hidden = true;
  bar.hidden = false;
  bar.value = 0;
  request.open("POST", row.closest("[data-picker]").dataset.upload);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => (bar.value = loaded / total);
  request.onload = request.onerror = () => settle(upload);
  const data = new FormData();
  data.append("file", file, file.name);
  request.send(data);
  addEventListener("beforeunload", warn);
}

// The draft knows files that have arrived: what is still under way, a reload would lose.
function warn(event) {
  if (underWay().length) event.preventDefault();
}

function take(picker, files) {
  picker.closest("details")?.setAttribute("open", "");
  for (const file of files) {
    const row = picker.querySelectorAll("template")[1].content.firstElementChild.cloneNode(true);
    const upload = { file, row, question: picker.dataset.picker };
    describe(row, file.name, file.size);
    row.querySelector("progress").ariaLabel = fill(words.progress, file);
    if (file.type.startsWith("image/")) {
      upload.preview = URL.createObjectURL(file);
      previews.set(labelOf(row), upload.preview);
    }
    picture(row);
    listOf(picker).append(row);
    uploads.add(upload);
    const count = listOf(picker).querySelectorAll("li:not(:has(.fault:not([hidden])))").length;
    const max = picker.dataset.maxFiles;
    if (file.size > maxBytes) fail(upload, fill(words.tooLarge, file), false);
    else if (count > max) fail(upload, fill(words.tooMany, { name: file.name, max }), false);
    else send(upload);
  }
  show(picker);
}

function drop(upload) {
  upload.request?.abort();
  upload.row.remove();
  uploads.delete(upload);
}

function remove(row) {
  const picker = row.closest("[data-picker]");
  const upload = [...uploads].find((upload) => upload.row === row);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (upload) drop(upload);
  else row.remove();
  show(picker);
  (next?.querySelector("[data-remove]") ?? picker.querySelector("[type=file]")).focus();
  tell(fill(words.removed, { name: row.querySelector(".kept-name").textContent }));
  form.dispatchEvent(new Event("change", { bubbles: true }));
  goOn();
}

// --- Leaving waits for what is under way, and says once what was left behind -------------------------------------

function hold(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  held = { submitter: event.submitter };
  panel.classList.add("is-held");
  goOn();
}

function letGo() {
  held = null;
  choice.hidden = true;
  panel.classList.remove("is-held");
  tell("");
}

function release() {
  const submitter = held.submitter?.isConnected ? held.submitter : null;
  letGo();
  form.requestSubmit(submitter);
}

function goOn() {
  if (!held) return;
  const behind = leftBehind();
  choice.hidden = false;
  again.hidden = true;
  if (underWay().length) tell(fill(words.waiting, { names: named(underWay()) }));
  else if (behind.length) {
    for (const upload of behind) upload.isKnown = true;
    held.isReported = true;
    again.hidden = !behind.some(({ mayRetry }) => mayRetry);
    tell(fill(words.leftBehind, { names: named(behind) }));
  } else if (!held.isReported || !uploads.size) release();
}

// A step whose file is required is not asked about before the file is there.
form.addEventListener(
  "submit",
  (event) => {
    const isAwaited = ({ row }) => row.closest("[data-required]") && !row.closest("[hidden]");
    if (underWay().some(isAwaited)) hold(event);
  },
  true,
);
// Whoever else looks at the form first has let it go: now it leaves the page.
document.addEventListener("submit", (event) => {
  if (event.target === form && !event.defaultPrevented && (underWay().length || leftBehind().length)) hold(event);
});
again.addEventListener("click", () => {
  for (const upload of uploads) if (upload.mayRetry) send(upload);
  goOn();
});
panel.querySelector("[data-without]").addEventListener("click", () => {
  for (const upload of uploads) drop(upload);
  pickers().forEach(show);
  release();
});

// --- Where files come from ---------------------------------------------------------------------------------------

function pickerFor(target) {
  const own = target.closest?.("[data-picker]") ?? target.closest?.("[data-step]")?.querySelector("[data-picker]");
  return own ?? pickers().find((picker) => !picker.closest("[hidden]"));
}

function mark(picker) {
  for (const other of pickers()) other.classList.toggle("is-over", other === picker);
}

form.addEventListener("change", ({ target }) => {
  if (target.type !== "file" || !target.files.length) return;
  const files = [...target.files];
  target.value = "";
  take(target.closest("[data-picker]"), files);
});
form.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-remove], [data-retry]");
  const row = button?.closest(".kept > li");
  if (row && "remove" in button.dataset) remove(row);
  else if (row) {
    row.querySelector("[data-remove]").focus();
    send([...uploads].find((upload) => upload.row === row));
  }
});
for (const type of ["dragenter", "dragover", "drop"]) {
  addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    // A file that is dropped beside must not open in place of the form.
    event.preventDefault();
    const picker = pickerFor(event.target);
    event.dataTransfer.dropEffect = picker ? "copy" : "none";
    mark(type === "drop" ? null : picker);
    if (type === "drop" && picker) take(picker, event.dataTransfer.files);
  });
}
addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || mark(null));
document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  const picker = pickerFor(event.target);
  // Cells of a table come as text and as a picture: into a line of text goes the text.
  const isText = types.includes("text/plain") && event.target.matches?.("input, textarea");
  if (!files.length || !picker || isText) return;
  event.preventDefault();
  take(picker, [...files].map((file) => renamed(file, picker)));
});

// Every pasted picture is called `image.png`: a number tells them apart.
function renamed(file, picker) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const taken = [...picker.querySelectorAll(".kept-name")].map(({ textContent }) => textContent);
  let number = 1;
  const name = () => file.name.replace("image", `${words.pasted}-${number}`);
  while (taken.includes(name())) number += 1;
  return new File([file], name(), { type: file.type });
}

form.addEventListener("zayavka:redrawn", ({ target }) => {
  dress();
  for (const upload of uploads) {
    const picker = target.querySelector(`[data-picker="${upload.question}"]`);
    if (!picker) continue;
    listOf(picker).append(upload.row);
    show(picker);
  }
  for (const hint of target.querySelectorAll(".paste")) hint.hidden = false;
});
form.addEventListener("zayavka:step", letGo);
addEventListener("online", () => {
  for (const upload of uploads) if (upload.mayRetry && !upload.request) send(upload);
});
for (const hint of form.querySelectorAll(".paste")) hint.hidden = false;
dress();
