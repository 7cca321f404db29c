// What the browser itself can tell of a page: each function gives a list of what is wrong, in words. `checks.rs` runs
// them as the body of a function whose first argument names one.
"use strict";

/// An element as a reader of a failure finds it again. What is counted goes on while one looks, so figures are left out.
const name = (element) => {
  const text = (element.textContent || "").trim().replace(/\s+/g, " ").replace(/\p{N}+/gu, "#").slice(0, 40);
  return `<${element.localName}${element.id ? ` id=${element.id}` : ""}> “${text}”`;
};

/// Where an element stands; the same after the page was drawn anew.
const place = (element) => {
  const steps = [];
  for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
    steps.unshift([...at.parentElement.children].indexOf(at));
  }
  return `${steps.join("/")} ${name(element)}`;
};

const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const named = (element) =>
  [
    element.getAttribute("aria-label"),
    ...(element.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id)?.textContent),
    ...[...(element.labels || [])].map((label) => label.textContent),
    element.title,
  ].some((text) => text?.trim());

// Colours as four numbers, whatever notation the style sheet has.
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const brush = canvas.getContext("2d", { willReadFrequently: true });
const colours = new Map();
const colour = (css) => {
  if (!colours.has(css)) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = css;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
    colours.set(css, [red, green, blue, alpha / 255]);
  }
  return colours.get(css);
};
const over = ([red, green, blue, alpha], ground) =>
  [red, green, blue].map((part, at) => part * alpha + ground[at] * (1 - alpha));

/// What an element is painted on, from the root on.
const ground = (element) => {
  const probe = document.documentElement.appendChild(document.createElement("i"));
  probe.style.backgroundColor = "Canvas";
  let below = colour(getComputedStyle(probe).backgroundColor);
  probe.remove();
  const line = [];
  for (let at = element; at; at = at.parentElement) line.unshift(at);
  for (const at of line) below = over(colour(getComputedStyle(at).backgroundColor), below);
  return below;
};
const fading = (element) => {
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  return opacity;
};

// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((part) =>
    part <= 0.04045 * 255 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const INTERACTIVE =
  'a[href], button, input:not([type="hidden"]), select, textarea, summary, [contenteditable], [tabindex]:not([tabindex="-1"])';

const checks = {
  /// Text is told from its ground by 4.5 to 1, small or large; so are words that the style sheet adds.
  contrast() {
    const wrong = [];
    const check = (element, part) => {
      const style = getComputedStyle(element, part);
      const below = ground(element);
      const own = part ? over(colour(style.backgroundColor), below) : below;
      const [red, green, blue, alpha] = colour(style.color);
      const ratio = contrast(over([red, green, blue, alpha * fading(element)], own), own);
      if (ratio < 4.5) wrong.push(`${name(element)}${part || ""}: ${style.color} has a contrast of ${ratio.toFixed(2)}`);
    };
    for (const element of all("body, body *")) {
      if (!shown(element) || element.closest(":disabled")) continue;
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      if (own || element.matches("input, textarea, select")) check(element);
      for (const part of ["::before", "::after"]) {
        if (/[\p{L}\p{N}]/u.test(getComputedStyle(element, part).content.replace(/^(none|normal)$/, ""))) {
          check(element, part);
        }
      }
    }
    return wrong;
  },

  /// Nothing makes the page wider than its view; the elements that do are named.
  width() {
    const width = document.documentElement.clientWidth;
    const scrolling = document.scrollingElement.scrollWidth;
    if (scrolling <= width) return [];
    const wide = all("body *").filter((element) => shown(element) && element.getBoundingClientRect().right > width + 1);
    return [`${scrolling} px in a view of ${width} px`, ...wide.slice(0, 5).map(name)];
  },

  /// The elements that a keyboard must reach. Of a group of radio buttons it reaches the chosen one.
  interactive() {
    return all(INTERACTIVE)
      .filter((element) => shown(element) && !element.matches(":disabled, [inert] *, [type=radio]:not(:checked)"))
      .map(place);
  },

  /// Where the focus is, and whether one sees it there.
  focus() {
    const element = document.activeElement;
    if (!element || element === document.body) return [];
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return [place(element), outlined || style.boxShadow !== "none" ? "seen" : "unseen"];
  },

  /// What assistive programs rest on.
  markup() {
    const wrong = [];
    const expect = (well, ...what) => well || wrong.push(what.join(" "));
    expect(document.documentElement.lang, "the document says no language");
    expect(document.title.trim(), "the document has no title");
    expect(document.doctype, "the document has no doctype");
    const viewport = document.querySelector("meta[name=viewport]")?.content || "";
    expect(viewport.includes("width=device-width"), "the view is not as wide as the device");
    expect(!/user-scalable=(no|0)|maximum-scale=1\b/.test(viewport), "the reader cannot enlarge the page");
    for (const single of ["main", "h1"]) expect(all(single).length === 1, all(single).length, "elements", single);
    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6").filter(shown)) {
      const next = Number(heading.localName[1]);
      expect(next <= level + 1, name(heading), "skips a level after", `h${level}`);
      level = next;
    }
    const ids = new Set();
    for (const element of all("[id]")) {
      expect(!ids.has(element.id), name(element), "has an id that another has");
      ids.add(element.id);
    }
    for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
      for (const element of all(`[${attribute}]`)) {
        for (const id of element.getAttribute(attribute).split(/\s+/)) {
          expect(ids.has(id), name(element), `points with ${attribute} at “${id}”, which is not there`);
        }
      }
    }
    for (const table of all("table")) {
      expect(table.caption?.textContent.trim() || named(table), name(table), "has neither caption nor label");
      expect(table.querySelector("th"), name(table), "has no heads");
    }
    for (const head of all("th")) expect(head.scope, name(head), "has no scope");
    for (const image of all("img")) expect(image.hasAttribute("alt"), image.src, "has no alt");
    for (const image of all("svg")) {
      const said = named(image) || image.querySelector("title")?.textContent.trim();
      expect(image.closest("[aria-hidden=true]") || said, name(image), "has no name and is not hidden");
    }
    for (const element of all("a[href], button, summary")) {
      expect(element.textContent.trim() || named(element) || element.querySelector("img[alt]:not([alt=''])"), place(element), "has no name");
    }
    for (const field of all("input:not([type=hidden], [type=submit]), select, textarea")) {
      expect(named(field), place(field), "has no label");
    }
    for (const region of all("nav, [role=region]")) expect(named(region), name(region), "has no label");
    for (const element of all("[tabindex]")) expect(element.tabIndex <= 0, name(element), "jumps the order of Tab");
    return wrong;
  },

  /// What text from outside would have made of itself: anything that runs, loads or frames, but our own files.
  foreign() {
    const wrong = [];
    const ours = (address) => URL.parse(address, location.href)?.origin === location.origin;
    for (const element of all("*")) {
      for (const { name: attribute, value } of element.attributes) {
        if (/^on|^style$|^srcdoc$/.test(attribute)) wrong.push(`${name(element)} has ${attribute}=${value}`);
        if (/^(src|data|action|formaction|poster|background)$/.test(attribute) && !ours(value)) wrong.push(`${name(element)} loads ${value}`);
      }
      if (element.matches("iframe, frame, object, embed, base, script:not([src]), style")) wrong.push(`there is ${name(element)}`);
      if (element.matches("link") && !ours(element.href)) wrong.push(`there is a link to ${element.href}`);
      const leads = element.matches("a[href]") ? URL.parse(element.getAttribute("href"), location.href) : null;
      if (element.matches("a[href]") && !["http:", "https:"].includes(leads?.protocol)) wrong.push(`${name(element)} leads to ${element.getAttribute("href")}`);
      if (element.matches("a[href]") && !ours(element.getAttribute("href")) && !element.relList.contains("noreferrer")) wrong.push(`${name(element)} tells where the reader came from`);
    }
    // Marks that turn the direction of writing, and characters that are none.
    if (/[\u0000\u202a-\u202e\u2066-\u2069]/.test(document.documentElement.textContent)) wrong.push("text can turn the direction of writing");
    return wrong;
  },
};
return checks[arguments[0]]();
