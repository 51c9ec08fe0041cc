// The viewer of the API's description in the colours of all pages, light or dark as the system asks.

const viewer = document.querySelector("rapi-doc");
const dark = matchMedia("(prefers-color-scheme: dark)");
const hasDark = CSS.supports("color", "light-dark(#000, #fff)");

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

/** What a variable comes to in the theme at hand, in six digits: with those the viewer reckons. */
function colour(variable) {
  viewer.style.color = `var(${variable})`;
  const shares = getComputedStyle(viewer).color.match(/\d+/g).slice(0, 3);
  return "#" + shares.map((share) => Number(share).toString(16).padStart(2, "0")).join("");
}

function paint() {
  for (const [attribute, variable] of Object.entries(COLOURS)) viewer.setAttribute(attribute, colour(variable));
  viewer.style.removeProperty("color");
  const style = getComputedStyle(document.documentElement);
  viewer.setAttribute("regular-font", style.getPropertyValue("--font").trim());
  viewer.setAttribute("mono-font", style.getPropertyValue("--mono").trim());
  viewer.setAttribute("theme", hasDark && dark.matches ? "dark" : "light");
}

dark.addEventListener("change", paint);
paint();
