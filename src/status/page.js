// Keeps the page fresh: hears that something has changed, and asks for the same page again, which the server has escaped.
// What was open, scrolled to or focused stays so.
"use strict";

const soonest = 1500;
const latest = 30000;
let paused = false;
let asked = 0;
let waiting = null;

function state(root) {
  const focusable = [...root.querySelectorAll("a, button, summary, input, [tabindex='0']")];
  return {
    focused: focusable.indexOf(document.activeElement),
    open: [...root.querySelectorAll("details")].map((part) => part.open),
    scrolled: [...root.querySelectorAll(".frame, pre")].map((part) => [part.scrollLeft, part.scrollTop]),
    focusable,
  };
}

function restore(root, before) {
  const now = state(root);
  root.querySelectorAll("details").forEach((part, index) => {
    if (before.open.length === now.open.length) part.open = before.open[index];
  });
  root.querySelectorAll(".frame, pre").forEach((part, index) => {
    if (before.scrolled[index]) [part.scrollLeft, part.scrollTop] = before.scrolled[index];
  });
  if (before.focused >= 0) now.focusable[before.focused]?.focus({ preventScroll: true });
}

// The button works only here, so only here is it shown.
function arm() {
  const button = document.getElementById("pause");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  button.onclick = () => {
    paused = !paused;
    arm();
    if (!paused) refresh();
  };
}

async function refresh() {
  waiting = null;
  asked = Date.now();
  if (paused || document.hidden || String(document.getSelection()) !== "") return;
  try {
    const answer = await fetch(location.pathname + location.search);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    const shown = document.getElementById("page");
    if (fresh && shown && !paused) {
      const before = state(shown);
      shown.replaceChildren(...document.adoptNode(fresh).childNodes);
      restore(shown, before);
      arm();
    }
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
  }
}

function soon() {
  waiting ??= setTimeout(refresh, Math.max(0, asked + soonest - Date.now()));
}

// A record stays as it is; everything else moves on.
if (location.pathname !== "/record") {
  const changes = new EventSource("/api/v1/events");
  changes.addEventListener("changed", soon);
  changes.addEventListener("error", () => document.body.classList.add("stale"));
  changes.addEventListener("open", () => document.body.classList.remove("stale"));
  // "3 min ago" is true only for a minute.
  setInterval(() => { if (Date.now() - asked > latest) soon(); }, latest);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
}
asked = Date.now();
arm();
