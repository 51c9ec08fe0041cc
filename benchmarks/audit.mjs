// Lighthouse's mobile profile on the start, form and check pages of a running service: prints a JSON object a run.
//   CHROME_PATH=/usr/bin/chromium node audit.mjs http://127.0.0.1:8000 /ru/pricing/pricing_all/ '{"question": "answer"}'

import { navigation } from "lighthouse";
import puppeteer from "puppeteer-core";

const [origin, form, answers] = process.argv.slice(2);
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const CATEGORIES = ["performance", "accessibility", "best-practices"];

/** The check page answers to a POST: the form is filled in beforehand and sent as Lighthouse looks on. */
async function ready(page) {
  await page.goto(origin + form);
  await page.evaluate((given) => {
    const report = document.querySelector("form.report");
    for (const [name, answer] of Object.entries(given)) {
      for (const input of report.querySelectorAll(`[name="${name}"]`)) {
        if (["radio", "checkbox"].includes(input.type)) input.checked = [answer].flat().includes(input.value);
        else if (answer !== "unknown") input.value = answer;
      }
    }
    const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action", value: "check" });
    report.append(action);
  }, JSON.parse(answers));
  // The step that waits for the answer would never come: the page is gone by then.
  return () => void page.evaluate(() => HTMLFormElement.prototype.submit.call(document.querySelector("form.report")));
}

async function audit(browser, name, selector, prepare, tries = 3) {
  const page = await browser.newPage();
  const requestor = await prepare(page);
  // `bf-cache` counts for nothing and would go back to a page that answered to a POST, which no browser can.
  const flags = { onlyCategories: CATEGORIES, logLevel: "error", skipAudits: ["bf-cache"] };
  const { lhr } = await navigation(page, requestor, { flags });
  if (!(await page.$(selector))) throw new Error(`${name}: what was audited is not the page that was meant`);
  // On a busy machine the browser sometimes loses its own record of the load: that is no score, so it is done again.
  if (CATEGORIES.some((category) => lhr.categories[category].score === null) && tries > 1) {
    await page.close();
    return audit(browser, name, selector, prepare, tries - 1);
  }
  const scores = CATEGORIES.map((category) => [category, Math.round(lhr.categories[category].score * 100)]);
  const refs = CATEGORIES.flatMap((category) => lhr.categories[category].auditRefs);
  const marked = new Set(refs.filter(({ weight }) => weight).map(({ id }) => id));
  const flaws = Object.values(lhr.audits).filter(({ id, score }) => marked.has(id) && score !== null && score < 0.9);
  const shown = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index"];
  console.log(
    JSON.stringify({
      page: name,
      ...Object.fromEntries(scores),
      metrics: shown.map((id) => (lhr.audits[id].displayValue ?? `no ${id}`).replaceAll("\u00a0", " ")),
      flaws: flaws.map(({ id, title, details }) => `${id}: ${title} ${JSON.stringify(details?.items ?? []).slice(0, 600)}`),
    }),
  );
  return page.close();
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROME_PATH, args: FLAGS, headless: true });
try {
  // The first page in a browser that has just been started pays for the browser's own start, not for itself.
  await (await browser.newPage()).goto(`${origin}/healthz`);
  await audit(browser, "start", "a.card", () => `${origin}/ru/`);
  await audit(browser, "form", "form.report", () => origin + form);
  await audit(browser, "check", "form.check", ready);
} finally {
  await browser.close();
}
