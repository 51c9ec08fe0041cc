// What only the browser can tell of its surroundings: shown on the last look, where each fact can be left out. And the
// address that the server sees, offered where an address is asked for.

const form = document.querySelector("form.report, form.check");

const told = {
  screen: () => `${screen.width}×${screen.height} @${Math.round(devicePixelRatio * 100) / 100}x`,
  time_zone: () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
};

for (const input of form.querySelectorAll("[data-told]")) input.value = told[input.name]();

// What is ticked does not even leave this browser.
function leaveOut(tick) {
  const fact = form.querySelector(`[type=hidden][name="${tick.value}"]`);
  if (fact) fact.disabled = tick.checked;
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
  const ticks = [...form.querySelectorAll("[name=leave_out]")];
  for (const tick of ticks) {
    tick.addEventListener("change", () => leaveOut(tick));
    leaveOut(tick);
  }
  addEventListener("pageshow", () => ticks.forEach(leaveOut));
} else {
  // Without an answer the question stays as it was.
  offerAddress().catch(() => {});
  form.addEventListener("zayavka:redrawn", () => offerAddress().catch(() => {}));
}
