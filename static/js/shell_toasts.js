// The result of a press: at most three at the bottom, for eight seconds, with Undo where there is one.
//
//   document.dispatchEvent(new CustomEvent("toast", {detail: {text: "Skipped “Pay invoice”", label: "Undo", act: () => …}}))
//   or from the server: HX-Trigger: {"toast": {"text": "Saved"}}
const STACK = 3;
const LASTS_MS = 8000;
const place = document.getElementById("toasts");

function leave(toast) {
  clearTimeout(toast.timer);
  toast.remove();
}

function live(toast) {
  const start = () => { toast.timer = setTimeout(() => leave(toast), LASTS_MS); };
  toast.addEventListener("mouseenter", () => clearTimeout(toast.timer));
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", () => clearTimeout(toast.timer));
  start();
  while (place.children.length > STACK) leave(place.firstElementChild);
}

export function toast({ text, label, act }) {
  const made = document.createElement("div");
  made.className = "toast";
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  made.append(words);
  if (act) {
    const button = document.createElement("button");
    button.className = "btn small";
    button.textContent = label || "Undo";
    button.addEventListener("click", () => { leave(made); act(); });
    made.append(button);
  }
  place.append(made);
  live(made);
}

// Politely says something to people who do not see it; the same words twice are said twice.
export function announce(text) {
  const region = document.getElementById("announce");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

if (place) for (const each of place.querySelectorAll("[data-toast]")) live(each);
document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("announce", (event) => announce(event.detail.text));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const plain = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
  toast({ text: plain ? xhr.responseText : "That did not work. Reload the page and try again." });
});
document.addEventListener("htmx:sendError", () => toast({ text: "No connection. What you typed is still here." }));
