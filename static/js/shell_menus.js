// Menus are <details class="menu-box"> with a <ul class="menu">: they open without JavaScript; here come arrows, first letters, Esc.
const items = (box) => [...box.querySelectorAll(".menu a, .menu button")].filter((item) => !item.disabled && item.offsetParent);

function close(box, giveBack = true) {
  box.open = false;
  if (giveBack) box.querySelector("summary").focus();
}

document.addEventListener("toggle", (event) => {
  const box = event.target;
  if (!box.matches?.("details.menu-box") || !box.open) return;
  for (const other of document.querySelectorAll("details.menu-box[open]")) if (other !== box) close(other, false);
  items(box)[0]?.focus();
}, true);

document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll("details.menu-box[open]")) {
    if (!box.contains(event.target)) close(box, false);
    else if (event.target.closest(".menu a, .menu button")) close(box, false);
  }
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("details.menu-box[open]");
  if (!box) return;
  const all = items(box);
  const at = all.indexOf(document.activeElement);
  const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (event.key === "Escape") { close(box); event.preventDefault(); }
  else if (move !== undefined) { all[(move + all.length) % all.length]?.focus(); event.preventDefault(); }
  else if (event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    rest.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    event.stopPropagation();
  }
});
