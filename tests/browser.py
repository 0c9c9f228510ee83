"""Finds a Chromium for the browser tests: an installed one, else Playwright's own, else Debian's package when we are root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
MISSING = "no Chromium: install one (Debian: apt install chromium), or run .venv/bin/playwright install chromium"
DOWNLOAD_SECONDS = 300
PATIENCE_MILLISECONDS = 30_000  # how long `expect` waits for what must come: on a busy machine Playwright's five seconds are too short


def installed() -> str | None:
    """Path of this machine's own Chromium; None when it has none."""
    return next((found for found in map(shutil.which, (*NAMES, *MACS)) if found), None)


def downloaded() -> str | None:
    """Path of the one that Playwright downloaded earlier."""
    script = "from playwright.sync_api import sync_playwright as s; p = s().start(); print(p.chromium.executable_path); p.stop()"
    path = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip()
    return path if path and os.path.exists(path) else None


def provide() -> str | None:
    """Find or fetch one, and say which. None when there is no way to get one."""
    found = installed() or downloaded()
    if found is None and _fetch([sys.executable, "-m", "playwright", "install", "chromium"]):
        found = downloaded()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _fetch(["sh", "-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium"])
        found = installed()
    print(f"Browser tests use {found}." if found else f"Browser tests are skipped: {MISSING}.", flush=True)
    return found


def _fetch(command: list[str]) -> bool:
    print(f"No Chromium yet, trying: {' '.join(command[-3:])}", flush=True)
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, timeout=DOWNLOAD_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False
