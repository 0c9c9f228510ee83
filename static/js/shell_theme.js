// Light, dark, or as the system has it. The server reads the cookie, so that no page flashes in the wrong theme.
const YEAR = 31536000;

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${value ? YEAR : 0}; samesite=lax`;
}

document.addEventListener("change", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) {
    if (choice.value) document.documentElement.dataset.theme = choice.value;
    else delete document.documentElement.dataset.theme;
    remember("theme", choice.value);
  }
  const keys = event.target.closest("[data-keys-choice]");
  if (keys) {
    document.documentElement.dataset.keys = keys.checked ? "on" : "off";
    remember("keys", keys.checked ? "" : "off");
  }
});
