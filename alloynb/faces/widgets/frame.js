// What every widget stands on: elements built without reading markup, a frame with a name, a guard against the notebook's keys,
// an announcement for those who do not see, and acts that Python answers.

const MARKS = {
  satisfied: "✔", partially_satisfied: "◐", unsatisfied: "✖", unknown: "?", waived: "–",
  new: "✖", known: "✖", regressed: "✖", exception: "–", resolved: "✔",
  active: "●", accepted: "◉", proposed: "○", hypothesized: "?", contradicted: "!",
  deprecated: "–", superseded: "–", rejected: "✖", passed: "✔", failed: "✖",
};
const GOOD = new Set(["satisfied", "resolved", "active", "accepted", "passed", "good"]);
const BAD = new Set(["unsatisfied", "new", "known", "regressed", "rejected", "contradicted", "failed", "bad"]);
const UNSURE = new Set(["partially_satisfied", "unknown", "hypothesized", "warning"]);
const SVG = "http://www.w3.org/2000/svg"; // a name, not an address
const PATIENCE_MS = 8000;
const MODIFIERS = ["ctrlKey", "metaKey", "altKey"];

/** Build an element. Attributes that are functions become listeners (`onclick`); null, undefined and false are left out. */
export function h(tag, attributes, ...children) {
  return built(document.createElement(tag), attributes, children);
}

/** Build an element of a drawing (SVG), as `h` does. */
export function s(tag, attributes, ...children) {
  return built(document.createElementNS(SVG, tag), attributes, children);
}

function built(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "hidden", "open", "selected", "indeterminate"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((each) => each !== null && each !== undefined && each !== false && each !== ""));
  return element;
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

/** Text in which what stands between backticks is code. */
export function prose(text) {
  return String(text ?? "").split(/`([^`\n]+)`/).map((each, at) => (at % 2 ? h("code", null, each) : each));
}

/** A status with its mark and its word; the colour repeats what they say. */
export function pill(status, word) {
  const tone = GOOD.has(status) ? "good" : BAD.has(status) ? "bad" : UNSURE.has(status) ? "unsure" : "calm";
  return h("span", { class: `alloy-pill alloy-${tone}` }, `${MARKS[status] ?? "·"} ${word ?? status.replaceAll("_", " ")}`);
}

/** The mark that stands for a status. */
export function mark(status) {
  return MARKS[status] ?? "·";
}

/** A button; `key` is shown beside its words, and told to screen readers. */
export function button(words, onclick, { key = "", tone = "", label = null, ...more } = {}) {
  return h(
    "button",
    { type: "button", class: `alloy-button ${tone && `alloy-${tone}`}`, onclick, "aria-label": label, "aria-keyshortcuts": key || null, ...more },
    words,
    key && h("kbd", { "aria-hidden": "true" }, key),
  );
}

/** A table that a screen reader can tell: caption, column heads, and the first cell of a row as its head. */
export function table(caption, heads, rows) {
  return h(
    "div",
    { class: "alloy-wide", role: "group", "aria-label": caption, tabindex: "0" },
    h(
      "table",
      { class: "alloy-table" },
      h("caption", null, caption),
      h("thead", null, h("tr", null, heads.map((each) => h("th", { scope: "col" }, each)))),
      h("tbody", null, rows.map(([first, ...others]) => h("tr", null, h("th", { scope: "row" }, first), others.map((each) => h("td", null, each))))),
    ),
  );
}

let frames = 0;

/**
 * Make the frame of one view.
 *
 * Returns `root` and `body` (elements), `say(text)` (told to screen readers, and shown), `refuse(text)` (an alert; an
 * empty text takes it away), `act(name, payload)` (resolves to the reason of a refusal, or "" when it was done),
 * `ask(name, payload)` (resolves to what the act answers, or null when it was refused),
 * `id(name)` (an id that is unique on the page), `on(event, listener)` (of the model, until the view is gone) and
 * `drop()`, which `render` returns.
 */
export function frame({ model, el }, label) {
  const number = (frames += 1);
  const seed = `alloy-${number}-${Math.random().toString(36).slice(2, 7)}`;
  const status = h("div", { class: "alloy-status", role: "status", "aria-live": "polite" });
  const alert = h("div", { class: "alloy-alert", role: "alert" });
  const body = h("div", { class: "alloy-body" });
  const root = h("section", { class: "alloy", "aria-label": label }, body, alert, status);
  el.append(root);
  const unguard = guardKeys(root);
  const waiting = new Map();
  const listening = [];
  const on = (event, listener) => {
    model.on(event, listener);
    listening.push([event, listener]);
  };
  const say = (text) => {
    status.textContent = "";
    setTimeout(() => (status.textContent = text), 20); // the same text said twice is told twice
  };
  const refuse = (text) => {
    alert.textContent = text ? `✖ ${text}` : "";
  };
  const send = (name, payload = {}) =>
    new Promise((resolve) => {
      const id = `${seed}-${waiting.size}-${Math.random().toString(36).slice(2)}`;
      const late = setTimeout(
        () => say("Still waiting for the kernel. If it was restarted, run this cell again."),
        PATIENCE_MS,
      );
      waiting.set(id, { resolve, late });
      root.setAttribute("aria-busy", "true");
      model.send({ act: name, id, payload });
    });
  on("msg:custom", (message) => {
    const found = waiting.get(message?.done);
    if (!found) return;
    clearTimeout(found.late);
    waiting.delete(message.done);
    if (!waiting.size) root.removeAttribute("aria-busy");
    refuse(message.refused);
    found.resolve(message);
  });
  const act = async (name, payload) => (await send(name, payload)).refused ?? "";
  const ask = async (name, payload) => (await send(name, payload)).answer ?? null;
  const drop = () => {
    unguard();
    for (const [event, listener] of listening) model.off(event, listener);
    for (const each of waiting.values()) clearTimeout(each.late);
  };
  return { root, body, say, refuse, act, ask, on, drop, id: (name) => `${seed}-${name}` };
}

/**
 * Keep a notebook's shortcuts away: with the focus on one of our buttons, `dd` would delete the cell.
 *
 * JupyterLab listens as keys bubble up, and is stopped there. Notebook 7 listens before any element hears of a key, and
 * minds an attribute of the focused element alone: it is set, even earlier, for keys that are ours. Keys with Ctrl, Alt
 * or the command key pass, and so does Escape, which leads back to the notebook. Returns what takes the guard away.
 */
export function guardKeys(root) {
  const passes = (pressed) => pressed.key === "Escape" || MODIFIERS.some((each) => pressed[each]);
  const early = (pressed) => {
    if (pressed.target instanceof Element && root.contains(pressed.target)) pressed.target.toggleAttribute("data-lm-suppress-shortcuts", !passes(pressed));
  };
  for (const event of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(event, (pressed) => {
      if (!passes(pressed)) pressed.stopPropagation();
    });
  }
  window.addEventListener("keydown", early, true);
  return () => window.removeEventListener("keydown", early, true);
}

/** Whether somebody is writing: single letters are text then, not commands. */
export function isWriting(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type)));
}

/** Listen to single keys below an element while nobody is writing; a listener that answers false lets the key pass. */
export function onKeys(element, listeners) {
  element.addEventListener("keydown", (pressed) => {
    if (isWriting(pressed.target) || MODIFIERS.some((each) => pressed[each])) return;
    const listener = listeners[pressed.key];
    if (listener && listener(pressed) !== false) pressed.preventDefault();
  });
}

/** Draw anew without losing the focus: what had it is found again by its `data-focus`, with the place of the cursor. */
export function keepingFocus(root, draw) {
  const before = root.ownerDocument.activeElement;
  const name = before && root.contains(before) ? before.getAttribute("data-focus") : null;
  const [start, end] = name && "selectionStart" in before ? [before.selectionStart, before.selectionEnd] : [null, null];
  draw();
  if (!name) return;
  const after = root.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  if (!after) return;
  after.focus({ preventScroll: true });
  if (start !== null && "setSelectionRange" in after && /^(text|search|textarea)$/.test(after.type)) after.setSelectionRange(start, end);
}

/** Call the last of many calls, once nothing came for a while. */
export function calmly(milliseconds, call) {
  let due = 0;
  return (...given) => {
    clearTimeout(due);
    due = setTimeout(() => call(...given), milliseconds);
  };
}
