// Security keys and passkeys: shows what needs them where the browser has them, and says why a key did not work.

const words = {
  NotAllowedError: "The key was not used in time, or you chose not to. Try again.",
  InvalidStateError: "This key is known already.",
  SecurityError: "Keys work on a secure address with a name only (https, or localhost).",
  NotSupportedError: "This browser or key cannot do that.",
};

if (window.PublicKeyCredential) for (const part of document.querySelectorAll("[data-needs-keys]")) part.hidden = false;

document.addEventListener("allauth.error", (event) => {
  const place = document.querySelector("[data-key-fault]");
  if (!place) return;
  event.preventDefault();
  place.textContent = words[event.detail.exception?.name] ?? "That did not work. Try again, or use another way.";
  place.hidden = false;
});
