// The steps of a run: a tree of any length beside its time line; only what is in view is on the page; walked by keys.

import { h, s, fill, button, isWriting } from "./frame.js";
import { rowsInView, scrolledTo } from "./rows.js";

const ROW = 26; // pixels
const BUCKETS = 160;
const RANK = { dim: 0, good: 1, calm: 2, warn: 3, bad: 4 };

/** A row as Python sends it. */
export function stepOf([depth, kind, name, mark, tone, words, began, took, key, note]) {
  return { depth, kind, name, mark, tone, words, began, took, key, note };
}

/** Positions of the steps that are on show: what lies below a folded step is not. */
export function unfolded(steps, folded) {
  const found = [];
  let hiddenBelow = Infinity;
  for (let at = 0; at < steps.length; at += 1) {
    if (steps[at].depth > hiddenBelow) continue;
    hiddenBelow = folded.has(steps[at].key) ? steps[at].depth : Infinity;
    found.push(at);
  }
  return found;
}

/** For every bucket of the time line how many steps were at work, and the gravest tone among them. */
export function activity(steps, span, buckets) {
  const counts = new Array(buckets).fill(0);
  const tones = new Array(buckets).fill("dim");
  for (const step of steps) {
    if (step.kind === "run" || step.kind === "event") continue;
    const first = Math.min(buckets - 1, Math.floor((step.began / span) * buckets));
    const last = Math.min(buckets - 1, Math.floor(((step.began + (step.took ?? 0)) / span) * buckets));
    for (let at = first; at <= last; at += 1) {
      counts[at] += 1;
      if (RANK[step.tone] > RANK[tones[at]]) tones[at] = step.tone;
    }
  }
  return counts.map((count, at) => ({ count, tone: tones[at] }));
}

/** Milliseconds for people. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60000).toFixed(1)} min`;
}

/** Milliseconds between others that are near. */
function moment(ms, near) {
  return near < 1000 ? `${(ms / 1000).toFixed(near < 20 ? 4 : 3)} s` : duration(ms);
}

/**
 * Make the tree with its time line and the detail of the current step beside it.
 *
 * Args: `label`, `id(name)` (unique ids), `height` in pixels, `wants(key)` (called when more about a step is wanted),
 * `say(text)`.
 *
 * Returns `element`, `show(rows, span, now)` and `detail(key, pairs)`.
 */
export function stepTree({ label, id, height, wants, say }) {
  let steps = [];
  let span = 1;
  let visible = [];
  let current = null; // a key
  let led = true; // the current step follows what runs, until somebody walks
  let told = { key: null, pairs: [] };
  let wanting = 0;
  let frame = null; // [from, to] in milliseconds, or the whole
  const folded = new Set();

  const overview = s("svg", { class: "alloy-steps-overview", viewBox: `0 0 ${BUCKETS} 24`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const scale = h("div", { class: "alloy-steps-scale", "aria-hidden": "true" });
  const space = h("div", { class: "alloy-rows-space", role: "presentation" });
  const tree = h("div", { class: "alloy-rows alloy-steps-tree", role: "tree", tabindex: "0", "aria-label": label, "data-focus": id("tree"), onscroll: () => redraw() }, space);
  const detail = h("div", { class: "alloy-steps-detail", role: "region", "aria-label": "The current step" });
  const zoomed = h("span", { class: "alloy-quiet" });
  const tools = h(
    "div",
    { class: "alloy-line alloy-steps-tools" },
    button("Next problem", () => seek(1), { key: "n" }),
    button("Previous", () => seek(-1), { key: "p", label: "Previous problem" }),
    button("Zoom to step", () => zoom(true), { key: "z" }),
    button("Whole run", () => zoom(false), { key: "0" }),
    zoomed,
  );
  const element = h(
    "div",
    { class: "alloy-steps" },
    tools,
    h("div", { class: "alloy-steps-head" }, h("span", { class: "alloy-quiet" }, "Steps"), h("div", { class: "alloy-steps-time" }, overview, scale)),
    h("div", { class: "alloy-steps-both" }, tree, detail),
  );

  const at = () => Math.max(0, visible.findIndex((each) => steps[each].key === current));
  const shown = () => steps[visible[at()]];
  const [from, to] = [() => (frame ? frame[0] : 0), () => (frame ? frame[1] : span)];
  const place = (ms) => ((ms - from()) / (to() - from() || 1)) * 100;
  const hasBelow = (position) => position + 1 < steps.length && steps[position + 1].depth > steps[position].depth;

  const row = (index) => {
    const position = visible[index];
    const step = steps[position];
    const opens = hasBelow(position);
    const begins = Math.max(place(step.began), 0);
    const ends = Math.min(place(step.began + (step.took ?? Math.max(span - step.began, 0))), 100);
    const seen = ends >= 0 && begins <= 100;
    return h(
      "div",
      {
        class: `alloy-row alloy-step alloy-step-${step.kind}`, role: "treeitem", id: id(`step-${position}`), style: `top:${index * ROW}px;height:${ROW}px`,
        "aria-level": step.depth + 1, "aria-selected": step.key === current ? "true" : "false", "aria-expanded": opens ? String(!folded.has(step.key)) : null,
        "aria-label": `${step.kind} ${step.name}${step.words && `, ${step.words}`}`, title: step.note || null,
        onclick: () => { led = false; choose(step.key); if (opens && folded.has(step.key)) fold(step.key, false); },
      },
      h(
        "span",
        { class: "alloy-step-name", style: `padding-left:${Math.min(step.depth, 12) * 14}px` },
        h("span", { class: "alloy-step-fold" }, opens ? (folded.has(step.key) ? "▸" : "▾") : ""),
        h("span", { class: `alloy-step-mark ${step.words.startsWith("running") ? "alloy-pulse" : ""}` }, step.mark),
        h("code", null, step.name),
        h("span", { class: "alloy-quiet alloy-step-words" }, step.words),
      ),
      h("span", { class: "alloy-step-lane" }, seen && h("span", { class: `alloy-step-bar alloy-ground-${step.tone}`, style: `left:${begins.toFixed(2)}%;width:${Math.max(ends - begins, 0).toFixed(2)}%` })),
    );
  };

  function redraw() {
    const [first, last] = rowsInView(tree.scrollTop, tree.clientHeight || height, ROW, visible.length);
    const rows = [];
    const here = at();
    if (visible.length && (here < first || here >= last)) rows.push(row(here)); // the active descendant stays on the page
    for (let index = first; index < last; index += 1) rows.push(row(index));
    fill(space, rows);
  }

  function layOut() {
    visible = unfolded(steps, folded);
    space.style.height = `${visible.length * ROW}px`;
    tree.style.height = `${Math.min(height, visible.length * ROW + 2)}px`;
  }

  function choose(key, scroll = true) {
    current = key;
    const index = at();
    if (visible.length) tree.setAttribute("aria-activedescendant", id(`step-${visible[index]}`));
    if (scroll) tree.scrollTop = scrolledTo(index, tree.scrollTop, tree.clientHeight || height, ROW);
    redraw();
    drawDetail();
    clearTimeout(wanting);
    wanting = setTimeout(() => current && wants(current), 150);
  }

  function fold(key, yes) {
    if (yes) folded.add(key);
    else folded.delete(key);
    layOut();
    choose(current ?? key);
  }

  function seek(way) {
    led = false;
    const start = visible[at()] ?? 0;
    for (let turn = 1; turn <= steps.length; turn += 1) {
      const position = (start + way * turn + steps.length * 2) % steps.length;
      if (steps[position].kind !== "run" && ["bad", "warn"].includes(steps[position].tone)) {
        for (let above = position, depth = steps[position].depth; above >= 0; above -= 1) {
          if (steps[above].depth < depth) { folded.delete(steps[above].key); depth = steps[above].depth; }
        }
        layOut();
        choose(steps[position].key);
        say(`${steps[position].kind} ${steps[position].name}, ${steps[position].words}`);
        return;
      }
    }
    say("No problem in this run.");
  }

  function zoom(near) {
    const step = shown();
    if (near && step) {
      const took = Math.max(step.took ?? span - step.began, span / 5000, 1);
      frame = [Math.max(step.began - took * 0.1, 0), Math.min(step.began + took * 1.1, span)];
    } else frame = null;
    drawOverview();
    redraw();
    say(frame ? `Showing ${duration(frame[1] - frame[0])} from ${moment(frame[0], 1)} on.` : "Showing the whole run.");
  }

  function drawOverview() {
    const busy = activity(steps, span, BUCKETS);
    const most = Math.max(1, ...busy.map((each) => each.count));
    fill(
      overview,
      busy.map((each, index) => each.count && s("rect", { x: index, y: 24 - Math.max((each.count / most) * 22, 3), width: 1.02, height: Math.max((each.count / most) * 22, 3), class: `alloy-fill-${each.tone}` })).filter(Boolean),
      frame && s("rect", { class: "alloy-steps-window", x: (frame[0] / span) * BUCKETS, y: 0, width: Math.max(((frame[1] - frame[0]) / span) * BUCKETS, 0.6), height: 24 }),
    );
    fill(scale, [0, 0.5, 1].map((part) => h("span", null, frame ? moment(from() + (to() - from()) * part, to() - from()) : duration(span * part))));
    zoomed.textContent = frame ? `zoomed to ${duration(to() - from())}` : "";
  }

  function drawDetail() {
    const step = shown();
    if (!step) return fill(detail, h("p", { class: "alloy-quiet" }, "Nothing has happened yet."));
    const pairs = [["began after", duration(step.began)], ...(step.took === null || step.kind === "event" ? [] : [["took", duration(step.took)]]), ...(told.key === step.key ? told.pairs : [])];
    return fill(
      detail,
      h("h4", null, h("span", { class: "alloy-quiet" }, `${step.kind} `), h("code", null, step.name)),
      step.words && h("p", null, h("span", { class: `alloy-pill alloy-${{ good: "good", bad: "bad", warn: "unsure" }[step.tone] ?? "calm"}` }, `${step.mark} ${step.words.split(", ")[0]}`), ` ${step.words.split(", ").slice(1).join(", ")}`),
      step.note && h("p", null, step.note),
      h("dl", { class: "alloy-steps-said" }, pairs.map(([name, value]) => [h("dt", null, name), h("dd", null, String(value).includes("\n") ? h("pre", null, value) : h("code", null, value))])),
    );
  }

  tree.addEventListener("keydown", (pressed) => {
    if (isWriting(pressed.target) || pressed.ctrlKey || pressed.metaKey || pressed.altKey || !visible.length) return;
    const here = at();
    const position = visible[here];
    const page = Math.max(1, Math.floor(tree.clientHeight / ROW) - 1);
    const move = (index) => choose(steps[visible[Math.min(Math.max(index, 0), visible.length - 1)]].key);
    const acts = {
      ArrowDown: () => move(here + 1), ArrowUp: () => move(here - 1), PageDown: () => move(here + page), PageUp: () => move(here - page),
      Home: () => move(0), End: () => move(visible.length - 1),
      ArrowRight: () => (hasBelow(position) && folded.has(steps[position].key) ? fold(steps[position].key, false) : hasBelow(position) && move(here + 1)),
      ArrowLeft: () => {
        if (hasBelow(position) && !folded.has(steps[position].key)) return fold(steps[position].key, true);
        for (let index = here - 1; index >= 0; index -= 1) if (steps[visible[index]].depth < steps[position].depth) return move(index);
        return undefined;
      },
      n: () => seek(1), p: () => seek(-1), z: () => zoom(true), 0: () => zoom(false),
    };
    if (!acts[pressed.key]) return;
    pressed.preventDefault();
    led = false;
    acts[pressed.key]();
  });

  const show = (rows, newSpan, { follow = false } = {}) => {
    steps = rows.map(stepOf);
    span = Math.max(newSpan, 1);
    layOut();
    drawOverview();
    const running = follow && led ? steps.findLast((each) => each.words.startsWith("running") && each.kind !== "run") : null;
    const key = running?.key ?? (steps.some((each) => each.key === current) ? current : steps[0]?.key ?? null);
    if (key !== current) choose(key);
    else { redraw(); drawDetail(); }
  };
  const forget = () => {
    [current, led, frame, told] = [null, true, null, { key: null, pairs: [] }];
    folded.clear();
  };
  return { element, show, forget, detail: (key, pairs) => { told = { key, pairs }; drawDetail(); } };
}
