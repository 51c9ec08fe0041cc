// The page that composes the snippet: what is chosen is shown at once, and the snippet is copied by a button.

const form = document.getElementById("compose");
let asking = new AbortController();

// In a static export of the page nothing answers to a choice: there the button leads to the service's own page.
if (new URL(form.action).origin === location.origin) {
  form.querySelector(".actions").remove();
  form.addEventListener("change", show);
}
offerToCopy();

async function show() {
  // Of two choices in quick succession the answer to the first may come last.
  asking.abort();
  const { signal } = (asking = new AbortController());
  const address = `?${new URLSearchParams(new FormData(form))}`;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(address, { signal })).text(), "text/html");
    const composed = page.getElementById("composed");
    // Read as a text it holds what is meant for those without scripts.
    for (const plain of composed.querySelectorAll("noscript")) plain.remove();
    document.getElementById("composed").replaceWith(composed);
    runScripts(composed);
    history.replaceState(null, "", address);
    offerToCopy();
  } catch {
    if (!signal.aborted) form.submit();
  }
}

// A script that came as text does not run; one that is made does.
function runScripts(part) {
  for (const idle of part.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of idle.attributes) script.setAttribute(name, value);
    idle.replaceWith(script);
  }
}

function offerToCopy() {
  const button = document.getElementById("copy");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const snippet = document.getElementById("snippet");
    try {
      await navigator.clipboard.writeText(snippet.textContent);
      document.getElementById("copy-status").textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(snippet);
    }
  });
}
