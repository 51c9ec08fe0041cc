// The viewer of the API's description in the colours of all pages, light or dark as the system asks.

const viewer = document.querySelector("rapi-doc");
const dark = matchMedia("(prefers-color-scheme: dark)");

// Its attributes and the variables of zayavka.css that they take their colours from.
const COLOURS = {
  "bg-color": "--page",
  "text-color": "--ink",
  "primary-color": "--accent",
  "nav-bg-color": "--surface",
  "nav-text-color": "--ink",
  "nav-hover-bg-color": "--accent-soft",
  "nav-hover-text-color": "--ink",
  "nav-accent-color": "--accent",
  "nav-accent-text-color": "--on-accent",
};

// The viewer reckons with six digits.
const long = (colour) => (colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour);

function paint() {
  const style = getComputedStyle(document.documentElement);
  for (const [attribute, variable] of Object.entries(COLOURS)) {
    viewer.setAttribute(attribute, long(style.getPropertyValue(variable).trim()));
  }
  viewer.setAttribute("regular-font", style.getPropertyValue("--font").trim());
  viewer.setAttribute("mono-font", style.getPropertyValue("--mono").trim());
  viewer.setAttribute("theme", dark.matches ? "dark" : "light");
}

dark.addEventListener("change", paint);
paint();
