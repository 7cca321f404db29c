// Keeps the page fresh: hears that something has changed, and asks for the same page again, which the server has escaped.
// What was open, scrolled to or focused stays so.
"use strict";

const soonest = 1500;
const latest = 30000;
let paused = false;
let asked = 0;
let waiting = null;

const handled = "details, .frame, pre, a, button, summary, input, [tabindex='0']";

// What a part is known by once others have come before it: its section and row, and where it leads.
function label(part) {
  const section = part.closest("section")?.querySelector("h2")?.id;
  const row = part.closest("tr")?.querySelector("a")?.getAttribute("href");
  return [section, row, part.localName, part.id, part.getAttribute("href")].join();
}

function state(root) {
  return [...root.querySelectorAll(handled)].map((part) => ({
    label: label(part),
    open: part.open,
    scrolled: [part.scrollLeft, part.scrollTop],
    focused: part === document.activeElement,
  }));
}

function restore(root, before) {
  const parts = [...root.querySelectorAll(handled)];
  const labelled = Map.groupBy(parts, label);
  before.forEach((was, index) => {
    const part = labelled.get(was.label)?.shift();
    if (part && was.open !== undefined) part.open = was.open;
    if (part && was.scrolled.some(Boolean)) [part.scrollLeft, part.scrollTop] = was.scrolled;
    // Where the part has gone, the reader goes on where it was.
    if (was.focused) (part ?? parts[index])?.focus({ preventScroll: true });
  });
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
