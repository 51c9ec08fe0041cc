// Puts the support form into the page of somebody else. One classic script, no globals, no cookies:
//   <script async src="https://help.desk.example/embed.js" data-site="shop"></script>
// The attributes, the events and the messages are described in docs/embedding.md; the inner half is frame.js.
(() => {
  "use strict";
  // The server puts the words of wizard/texts/embed.yaml here.
  const WORDS = {};
  // In a static export the server puts its own origin here: frames are always the server's.
  const SERVICE = "";
  const SETTINGS = ["site", "category", "situation", "theme", "lang", "mode", "label", "title", "target", "page"];
  const PATIENCE = 2000; // milliseconds from the frame's loading to its first word

  const complain = (text) => console.error(`[zayavka] ${text}`);
  const script = document.currentScript;
  if (!script) {
    complain('Load embed.js as a classic script: <script async src="…/embed.js" data-site="…"></script>.');
    return;
  }
  const given = script.dataset;
  const service = new URL(SERVICE ? `${SERVICE}/` : ".", script.src);
  const pageLanguage = document.documentElement.lang.slice(0, 2);
  const language = [given.lang, pageLanguage].find((code) => Object.hasOwn(WORDS, code)) ?? Object.keys(WORDS)[0];
  const words = WORDS[language];
  const isButton = given.mode === "button";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const prefilled = {}; // what the page said after the start, with "zayavka:prefill"
  let frame, dialog, opener, lastNumber;
  let loads = 0;
  let isReady = false;

  // --- Addresses ------------------------------------------------------------------------------------------------

  const isName = (text) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text ?? "");
  function address(theme) {
    const steps = [given.category, given.category && given.situation].filter(isName);
    const url = new URL([language, ...steps, ""].join("/"), service);
    if (isName(given.site)) url.searchParams.set("site", given.site);
    if (theme) url.searchParams.set("embed", theme);
    return url.href;
  }

  /** Prefill: what the page says of the client. It travels in messages, never in an address. */
  function answers() {
    const names = Object.keys(given).filter((name) => name === "page" || !SETTINGS.includes(name));
    const dashed = (name) => name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
    return { ...Object.fromEntries(names.map((name) => [dashed(name), given[name]])), ...prefilled };
  }

  // --- Theme: the one that is set, or for "auto" that of the page around the form --------------------------------

  function theme() {
    if (["light", "dark"].includes(given.theme)) return given.theme;
    return given.theme === "auto" ? (isDarkAround(frame?.isConnected ? frame : script) ? "dark" : "light") : "auto";
  }

  function isDarkAround(element) {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const [, colour] = getComputedStyle(at).backgroundColor.match(/^rgba?\((.*)\)/) ?? [];
      const [red, green, blue, alpha = 1] = (colour ?? "0,0,0,0").split(",").map(Number);
      if (alpha > 0.5) return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
    }
    const scheme = getComputedStyle(document.documentElement).colorScheme;
    return scheme.includes("dark") && (dark.matches || !scheme.includes("light"));
  }

  // A frame whose scheme differs from that of its document gets an opaque background from the browser.
  function dress(scheme) {
    frame.style.colorScheme = scheme === "auto" ? "light dark" : scheme;
  }

  // --- The frame and what it says ---------------------------------------------------------------------------------

  function makeFrame() {
    const chosen = theme();
    frame = document.createElement("iframe");
    frame.title = given.title || words.title;
    frame.allow = "clipboard-write";
    frame.referrerPolicy = "no-referrer";
    frame.style.cssText = "display:block;width:100%;height:36rem;margin:0;border:0;max-width:none;border-radius:14px";
    dress(chosen);
    frame.src = address(chosen);
    frame.addEventListener("load", () => {
      loads += 1;
      greet();
      if (loads === 1) setTimeout(() => isReady || giveUp(), PATIENCE);
    });
    return frame;
  }

  function send(type, detail) {
    frame.contentWindow.postMessage({ zayavka: 1, type, ...detail }, service.origin);
  }

  function greet() {
    // A page may have taken the frame away.
    if (!loads || !frame.contentWindow) return;
    const chosen = theme();
    if (chosen !== "auto") dress(chosen);
    // The first page came by itself; every further one, and all of a dialog's, because the client acted.
    send("hello", { sized: !isButton, acted: isButton || loads > 1, theme: chosen });
    const isWeb = /^https?:$/.test(location.protocol);
    const page = answers().page ?? (isWeb ? location.origin + location.pathname : undefined);
    send("prefill", { answers: answers(), page });
  }

  const dispatch = (type, detail) =>
    script.dispatchEvent(new CustomEvent("zayavka:" + type, { bubbles: true, detail }));
  const isCount = (value) => Number.isInteger(value) && value >= 0 && value < 100000;
  const hear = new Map(
    Object.entries({
      ready({ scheme }) {
        isReady = true;
        if (["light", "dark", "light dark"].includes(scheme)) dress(scheme);
        dispatch("ready");
      },
      height({ height }) {
        if (!isCount(height)) return;
        if (!isButton) frame.style.height = height + "px";
        dispatch("height", { height });
      },
      step({ screen, number, total }) {
        if (isName(screen)) dispatch("step", { screen, number: isCount(number) ? number : null, total: isCount(total) ? total : null });
      },
      submitted({ number, fast_track }) {
        // A receipt that is loaded again is the same ticket.
        if (typeof number !== "string" || number.length > 40 || number === lastNumber) return;
        lastNumber = number;
        dispatch("submitted", { number, fast_track: fast_track === true });
      },
      error({ status }) {
        if (isCount(status)) dispatch("error", { status });
      },
      show({ top }) {
        if (isCount(top) && !isButton) bringIntoView(top);
      },
      close,
    }),
  );

  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== service.origin) return;
    if (typeof data === "object" && data !== null && data.zayavka === 1) hear.get(data.type)?.(data);
  });

  function bringIntoView(top) {
    const at = frame.getBoundingClientRect().top + top;
    if (at >= 0 && at < innerHeight - 80) return;
    frame.style.scrollMarginTop = `${16 - top}px`;
    frame.scrollIntoView({ block: "start" });
  }

  // --- Where it stands --------------------------------------------------------------------------------------------

  const style = (element, css) => {
    element.style.cssText = css;
    return element;
  };

  function link() {
    const anchor = document.createElement("a");
    Object.assign(anchor, { href: address(), target: "_blank", rel: "noopener", textContent: words.open });
    return anchor;
  }

  function place(element) {
    const target = given.target && document.querySelector(given.target);
    if (target) target.append(element);
    else if (document.body.contains(script)) script.after(element);
    else document.body.append(element);
  }

  // A browser says "load" of its own error page too: a form that may not be here and one without its script look alike.
  function giveUp() {
    complain(
      `The form did not answer. Either ${service.origin} is away, or its scripts are blocked, or ${location.origin} is ` +
        `not among the origins of the site "${given.site}" in sites.yaml. A link stands in place of the form.`,
    );
    frame.replaceWith(link());
  }

  function makeButton() {
    const holder = document.createElement("div");
    const room = holder.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    room.adoptedStyleSheets = [sheet];
    opener = document.createElement("button");
    opener.textContent = given.label || words.write;
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", open);
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", given.title || words.title);
    const closer = document.createElement("button");
    closer.textContent = words.close;
    closer.addEventListener("click", close);
    dialog.append(closer);
    // A click beside the dialog lands on the dialog itself.
    dialog.addEventListener("click", ({ target }) => target === dialog && close());
    room.append(opener, dialog);
    return holder;
  }

  function open() {
    if (!dialog || dialog.open) return;
    dialog.className = opener.className = theme();
    if (!frame) dialog.append(makeFrame());
    dialog.showModal();
    if (isReady) frame.focus();
  }

  function close() {
    dialog?.close();
  }

  const LOOK = `
    :host { all: initial; }
    button { font: 600 1rem/1.25 system-ui, sans-serif; cursor: pointer; color: #fff; background: #0d5c75;
      border: 2px solid #fff; border-radius: 9px; min-height: 44px; padding: .6rem 1.15rem; }
    button:hover { background: #083f52; }
    button:focus-visible { outline: 3px solid #0d5c75; outline-offset: 2px; }
    button[aria-haspopup] { position: fixed; right: max(1rem, env(safe-area-inset-right));
      bottom: max(1rem, env(safe-area-inset-bottom)); z-index: 2147483000; border-radius: 2rem;
      padding: .8rem 1.5rem; box-shadow: 0 4px 18px rgb(0 0 0 / .3); }
    dialog { position: fixed; inset: 0 0 0 auto; width: min(34rem, 100vw); height: 100dvh; max-width: none;
      max-height: none; margin: 0; padding: 0; border: 0; box-sizing: border-box; overflow: hidden;
      background: #f2f5f6; box-shadow: 0 0 40px rgb(0 0 0 / .35); }
    dialog[open] { display: flex; flex-direction: column; }
    dialog.dark { background: #10181c; }
    dialog::backdrop { background: rgb(8 20 26 / .45); }
    dialog > button { align-self: flex-end; margin: .6rem .6rem 0; border-color: #75868e; background: #fff; color: #0d5c75; }
    dialog > button:hover { background: #e4f0f4; }
    dialog.dark > button { border-color: #7c909a; background: #182227; color: #84cbe2; }
    dialog iframe { flex: 1 !important; min-height: 0; border-radius: 0 !important; }
    @media print { button { display: none; } }`;

  // --- Begin --------------------------------------------------------------------------------------------------------

  function begin() {
    if (!isName(given.site)) {
      complain('data-site is missing: name the site by its key in sites.yaml, such as data-site="shop".');
      place(link());
      return;
    }
    place(isButton ? makeButton() : makeFrame());
    script.addEventListener("zayavka:prefill", ({ detail }) => {
      Object.assign(prefilled, detail);
      greet();
    });
    script.addEventListener("zayavka:open", open);
    script.addEventListener("zayavka:close", close);
    // The page may say more later, or change its theme.
    new MutationObserver(greet).observe(script, { attributes: true });
    dark.addEventListener("change", greet);
  }
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
