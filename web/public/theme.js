// Runs before the first paint, so that no page flashes the other theme: the stored choice, else the system's preference.
// External because the content security policy allows no inline script.
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem("linkpool.theme");
  } catch (blocked) {
    // Storage can be refused by the browser; the system's preference then applies.
  }
  var system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = stored === "light" || stored === "dark" ? stored : system;
})();
