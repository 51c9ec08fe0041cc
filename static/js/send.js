// Sending from the check page, with retries and backoff, so that nothing is lost when the line breaks or the server is
// away: the answers stay on the page, and the same report goes out again by itself with the same single-use key, which
// makes it one ticket (idempotency).

const FIRST_WAIT = 2000;
const LONGEST_WAIT = 60000;
const LONGEST_PAUSE = 60; // Seconds: whom the server tells to wait longer, its own page tells why.
const PATIENCE = 30000;
const EXPORT_TIMEOUT = 2000;
const PROOF_PATIENCE = 10000;
const LONGEST_LINK = 2000; // Windows opens no longer address (ShellExecute takes 2083 signs).

const form = document.querySelector("form.check");
const unsent = form.querySelector("[data-unsent]");
const buttons = [...form.querySelectorAll("button[value=send]")];
const names = new Map(buttons.map((button) => [button, button.textContent]));

let isSending = false;
let wait = FIRST_WAIT;
let timer = 0;

function showBusy(isBusy) {
  isSending = isBusy;
  for (const button of buttons) {
    button.ariaDisabled = isBusy ? "true" : null;
    button.textContent = isBusy ? form.dataset.sending : names.get(button);
  }
}

// Whoever presses at once may have to wait for the proof of work (proof.js), if one was asked for.
function proofIsDone() {
  return form.proof && Promise.race([form.proof, new Promise((resolve) => setTimeout(resolve, PROOF_PATIENCE))]);
}

// The answer of the server, or null when there was none worth showing.
async function post() {
  await proofIsDone();
  const data = new FormData(form);
  data.append("action", "send");
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, signal });
    const pause = Number(answer.headers.get("Retry-After")) || 0;
    const isBusy = answer.status >= 500 || answer.status === 408 || (answer.status === 429 && pause <= LONGEST_PAUSE);
    if (!isBusy) return answer;
    wait = Math.max(wait, 1000 * pause);
  } catch {
    // No network, no server, or no answer in time.
  }
  return null;
}

// What the server says besides "accepted" only its own page can tell, and the key makes asking twice harmless.
function submitPlainly() {
  const action = document.createElement("input");
  Object.assign(action, { type: "hidden", name: "action", value: "send" });
  form.append(action);
  HTMLFormElement.prototype.submit.call(form);
}

// Of a form that was filled in on a static export the draft lies there: a page of the export erases it and leads on to
// the receipt. That the page is there it has found out itself; here only its server may turn out to be away. Then the draft
// stays, and the client sees the receipt all the same.
async function viaExport(receipt) {
  const returnUrl = form.querySelector("[name=copy]")?.value;
  if (!returnUrl) return receipt;
  try {
    const signal = AbortSignal.timeout(EXPORT_TIMEOUT);
    await fetch(returnUrl, { mode: "no-cors", cache: "no-store", credentials: "omit", signal });
    return `${returnUrl},${encodeURIComponent(receipt)}`;
  } catch {
    return receipt;
  }
}

function tryAgainLater() {
  const isFirst = unsent.hidden;
  unsent.hidden = false;
  form.querySelector("[data-send]").hidden = true;
  if (isFirst) {
    unsent.focus();
    form.dispatchEvent(new CustomEvent("zayavka:error", { bubbles: true }));
  }
  // Jitter, so that the clients of a server that was away do not all come back at once.
  timer = setTimeout(send, wait * (0.75 + Math.random() / 2));
  wait = Math.min(2 * wait, LONGEST_WAIT);
}

async function send() {
  if (isSending) return;
  clearTimeout(timer);
  showBusy(true);
  const answer = await post();
  if (answer?.redirected && answer.ok) {
    const receipt = new URL(answer.url);
    // The server knows the report of a try whose answer got lost; to the client, and to the page around us, it is news.
    if (!unsent.hidden) receipt.searchParams.delete("again");
    history.replaceState({ sent: receipt.href }, "");
    location.assign(await viaExport(receipt.href));
  } else if (answer) {
    submitPlainly();
  } else {
    showBusy(false);
    tryAgainLater();
  }
}

function written() {
  const rows = [...form.querySelectorAll(".answer")];
  return rows.map((row) => `${row.querySelector("dt").innerText}: ${row.querySelector(".words").innerText}`).join("\n");
}

function letter({ mail, subject, cut }) {
  const head = `mailto:${mail}?subject=${encodeURIComponent(subject)}&body=`;
  const room = LONGEST_LINK - head.length;
  const whole = written().replaceAll("\n", "\r\n");
  let body = encodeURIComponent(whole);
  let signs = [...whole];
  while (body.length > room) {
    signs = signs.slice(0, Math.min(signs.length - 1, Math.floor((signs.length * room) / body.length)));
    body = encodeURIComponent(`${signs.join("")}…\r\n\r\n${cut}`);
  }
  return head + body;
}

function offerMail() {
  const link = unsent.querySelector("[data-mail]");
  link.href = letter(link.dataset);
  const copyButton = unsent.querySelector("[data-copy]");
  copyButton.hidden = !navigator.clipboard;
  copyButton.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(written());
      copyButton.textContent = copyButton.dataset.copied;
    } catch {
      const rows = form.querySelectorAll(".answer");
      getSelection().setBaseAndExtent(rows[0], 0, rows[rows.length - 1], rows[rows.length - 1].childNodes.length);
    }
  });
}

form.addEventListener("submit", (event) => {
  // Pressed by Enter on a tick only: it would show this page once more.
  if (event.submitter?.value === "check") event.preventDefault();
  if (event.submitter && event.submitter.value !== "send") return;
  event.preventDefault();
  send();
});
addEventListener("online", () => timer && send());
addEventListener("pageshow", (event) => event.persisted && showBusy(false));
offerMail();
