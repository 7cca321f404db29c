// Keeps the page fresh: asks for the snapshot, and when it is another one, for the page, which the server has escaped.
"use strict";

const interval = 5000;
let shown = null;

async function refresh() {
  try {
    const status = await (await fetch("/api/v1/status")).json();
    // Without a change the page is still drawn anew now and then, for "3 min ago" to stay true.
    if (status.at !== shown || Date.now() % 30000 < interval) {
      const page = await (await fetch("/")).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("page");
      const selecting = String(document.getSelection()) !== "";
      if (fresh && !selecting) {
        document.getElementById("page").replaceWith(document.adoptNode(fresh));
        shown = status.at;
      }
    }
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
  }
}

setInterval(() => { if (!document.hidden) refresh(); }, interval);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
