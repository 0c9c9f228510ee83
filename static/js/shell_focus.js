// After a swap the focus stays on the same control (htmx does that by id); if the control is gone, it goes to the heading of its section.
let section = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  section = target.contains(document.activeElement) ? target.parentElement?.closest("section, main, [data-section]") : null;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!section || (document.activeElement && document.activeElement !== document.body)) return;
  const heading = section.querySelector("h1, h2, h3");
  if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); }
  section = null;
});

// A page that comes back with faults starts at their summary.
document.querySelector("[data-faults]")?.focus();
