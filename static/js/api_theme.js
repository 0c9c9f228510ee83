// The reference of the API wears the colours of the page around it: Swagger UI is dark under `html.dark-mode`.
(() => {
  const page = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const wear = () => page.classList.toggle("dark-mode", (page.dataset.theme || (system.matches ? "dark" : "light")) === "dark");
  wear();
  system.addEventListener("change", wear);
  new MutationObserver(wear).observe(page, { attributeFilter: ["data-theme"] });
})();
