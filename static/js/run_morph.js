// Makes an element equal to a fresh copy while keeping every node that stays: focus, scroll, open menus and what is being typed survive.
const OWNED = new Set(["tabindex", "open", "data-live", "data-stale"]);   // set by the page after it was made

const key = (node) => (node.nodeType === Node.ELEMENT_NODE && node.id) || "";
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);

function attributes(old, fresh) {
  for (const { name, value } of [...fresh.attributes]) {
    if (OWNED.has(name) && old.hasAttribute(name)) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !OWNED.has(name)) old.removeAttribute(name);
}

export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
  if (old.matches("input, textarea, select") && old === document.activeElement) return;
  attributes(old, fresh);
  children(old, fresh);
}

function children(old, fresh) {
  const named = new Map([...old.children].filter(key).map((child) => [child.id, child]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = key(wanted) ? named.get(wanted.id) : null;
    if (known && known.nodeName === wanted.nodeName) {
      if (known !== at) old.insertBefore(known, at); else at = at.nextSibling;
      morph(known, wanted);
    } else if (at && alike(at, wanted) && !key(at)) {
      const next = at.nextSibling;
      morph(at, wanted);
      at = next;
    } else {
      old.insertBefore(wanted, at);
    }
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}
