// Proof of work in ALTCHA's protocol (version 2, PBKDF2), done while the client takes the last look. The page comes with
// a challenge only when much has been sent from this address. Where it cannot be solved the report goes without it.

const form = document.querySelector("form.check[data-challenge]");

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

function hexOf(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The browser derives keys in threads of its own: the page stays as quick as it was.
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const begun = performance.now();
  const start = bytesOf(nonce);
  const password = new Uint8Array([...start, 0, 0, 0, 0]);
  const place = new DataView(password.buffer, start.length);
  const method = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    place.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(method, key, 8 * keyLength));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey, time: performance.now() - begun };
  }
}

async function prove() {
  const challenge = JSON.parse(form.dataset.challenge);
  const proof = btoa(JSON.stringify({ challenge, solution: await solve(challenge.parameters) }));
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "altcha", value: proof }));
}

// Browsers have no crypto.subtle on pages without TLS. send.js waits for the promise, but not for long.
if (crypto.subtle) form.proof = prove().catch(() => undefined);
