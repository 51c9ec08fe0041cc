// Evidence that only the browser has of its surroundings: sent to the check page, where each fact can be left out. And
// the address that the server sees, offered where an address is asked for.

const form = document.querySelector("form.report, form.check");
const facts = form.querySelectorAll("[data-told]");

const clientFacts = {
  screen: () => `${screen.width}×${screen.height} @${Math.round(devicePixelRatio * 100) / 100}x`.replace(/ @1x$/, ""),
  time_zone: () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
};

let isLeaving = false;

function isLeftOut(fact) {
  return Boolean(form.querySelector(`[name=leave_out][value=${fact}]`));
}

function fillIn(isLeavingNow) {
  isLeaving = isLeavingNow;
  for (const input of facts) input.value = isLeaving && !isLeftOut(input.name) ? clientFacts[input.name]() : "";
}

// What is ticked does not even leave this browser. An answer of the same name (ip) does.
function leaveOut({ value, checked }) {
  if (value === "page" || value in clientFacts) form.querySelector(`[type=hidden][name="${value}"]`).disabled = checked;
}

let seen = null;

async function offerAddress() {
  for (const offer of form.querySelectorAll("[data-seen]")) {
    const input = offer.parentElement.querySelector("input");
    seen ??= fetch(offer.dataset.seen).then((answer) => answer.json());
    const { public_ip: address } = await seen;
    const words = offer.querySelector("span");
    words.textContent = words.textContent.replace("{address}", address);
    offer.hidden = !address || Boolean(input.value);
    offer.querySelector("button").addEventListener("click", () => {
      input.value = address;
      offer.hidden = true;
      input.focus();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

if (form.classList.contains("check")) {
  // Left out before, and so not sent to this page either.
  for (const input of facts) {
    if (!(input.name in clientFacts)) continue; // The page around us says so itself.
    input.value = clientFacts[input.name]();
    const fact = input.closest("li");
    fact.querySelector(".fact-text").textContent = input.value;
    fact.hidden = false;
  }
  const ticks = [...form.querySelectorAll("[name=leave_out]")];
  for (const tick of ticks) {
    tick.addEventListener("change", () => leaveOut(tick));
    leaveOut(tick);
  }
  addEventListener("pageshow", () => ticks.forEach(leaveOut));
} else {
  // Steps are posted without them, and without the page around us.
  form.addEventListener("formdata", ({ formData }) => {
    if (!isLeaving || isLeftOut("page")) formData.delete("page");
  });
  // Behind all who may hold the form back.
  addEventListener("submit", (event) => event.target === form && !event.defaultPrevented && fillIn(true));
  addEventListener("pageshow", () => fillIn(false));
  // Without an answer the question stays as it was.
  offerAddress().catch(() => {});
  form.addEventListener("zayavka:redrawn", () => offerAddress().catch(() => {}));
}
