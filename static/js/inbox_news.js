// Follows the news of an inbox: `heard()` is called when something may have changed, at most once a second. With sockets blocked it asks every 5 s.
const LONGEST_WAIT_MS = 15000;
const ASK_EVERY_MS = 5000;
const REST_MS = 1000;

export function follow(address, heard, said = () => {}) {
  let wait = 500;
  let asking = null;
  let resting = null;
  let again = false;

  function tell() {
    if (document.hidden) { again = true; return; }
    if (resting) { again = true; return; }
    heard();
    resting = setTimeout(() => { resting = null; if (again) { again = false; tell(); } }, REST_MS);
  }

  function ask() {
    if (asking) return;
    said("Checked every 5 s");
    asking = setInterval(tell, ASK_EVERY_MS);
  }

  function connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${address}`);
    let first = true;
    socket.addEventListener("open", () => { wait = 500; clearInterval(asking); asking = null; said(""); });
    socket.addEventListener("message", () => { if (first) first = false; else tell(); });
    socket.addEventListener("close", () => { ask(); setTimeout(connect, wait); wait = Math.min(LONGEST_WAIT_MS, wait * 2); });
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) { again = false; tell(); } });
  connect();
}
