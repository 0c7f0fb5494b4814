// Runs before the first paint, so a stored theme never flashes the other one. External because the content security
// policy allows no inline script.
(function () {
  try {
    var theme = localStorage.getItem("linkpool.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (blocked) {
    // Storage can be refused by the browser; the system's preference then applies.
  }
})();
