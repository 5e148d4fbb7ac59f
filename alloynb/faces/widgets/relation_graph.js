// The map of records: a list to choose from, the drawing around the chosen one, and its relations as buttons.

import { frame, h, s, fill, prose, button, calmly } from "./frame.js";
import { rowList } from "./rows.js";

/** Positions of the records whose id or title holds every word. */
export function matching(records, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return records.flatMap(([node, title], at) => (wanted.every((each) => `${node} ${title}`.toLowerCase().includes(each)) ? [at] : []));
}

/** Names of links with their places: one that would cover an earlier one moves below it. */
export function apart(links, [wide, high] = [84, 13]) {
  const placed = [];
  for (const [, x, at, name] of links) {
    let y = at;
    for (let hit; (hit = placed.find((each) => Math.abs(each[0] - x) < wide && Math.abs(each[1] - y) < high)); ) y = hit[1] + high;
    placed.push([x, y, name]);
  }
  return placed;
}

function render(context) {
  const { model } = context;
  const { body, act, say, on, drop, id } = frame(context, "Relations of records");
  const view = () => model.get("view");
  let found = [];
  const verdict = h("div", { class: "alloy-verdict" });
  const search = h("input", { type: "search", placeholder: "Find a record", "aria-label": "Find a record", oninput: calmly(80, () => narrow()) });
  const focus = (node, steps = view().steps) => act("focus", { node, steps });
  const list = rowList({
    label: "Records", id: id("records"), rowHeight: 28, height: 330,
    draw: (at) => { const [, title, , mark] = model.get("listed")[found[at]]; return [h("span", null, mark), h("span", { class: "alloy-cut" }, title)]; },
    choose: (at) => focus(model.get("listed")[found[at]][0]),
  });
  const wider = button("Wider", () => focus(view().focus, view().steps + 1));
  const nearer = button("Nearer", () => focus(view().focus, view().steps - 1));
  const whole = button("Everything", () => focus(""));
  const told = h("span", { class: "alloy-quiet" });
  const picture = h("div", { class: "alloy-map-picture", tabindex: "0", role: "group", "aria-label": "Drawing; the relations of the current record are listed below" });
  const around = h("section", { class: "alloy-map-around", "aria-label": "The current record", "aria-live": "polite" });
  body.append(
    verdict,
    h("div", { class: "alloy-map" },
      h("div", { class: "alloy-map-list" }, search, list.element),
      h("div", { class: "alloy-map-main" }, h("div", { class: "alloy-line" }, nearer, wider, whole, told), picture, around)),
  );

  function narrow() {
    found = matching(model.get("listed"), search.value);
    const at = found.findIndex((each) => model.get("listed")[each][0] === view().focus);
    list.show(found.length, Math.max(at, 0));
  }

  function draw() {
    const it = view();
    verdict.className = `alloy-verdict alloy-${it.good ? "good" : "bad"}`;
    fill(verdict, h("strong", null, `${it.good ? "✔" : "✖"} ${it.headline}`), it.faults.map((each) => h("div", null, each)));
    nearer.disabled = !it.focus || it.steps <= 1;
    wider.disabled = !it.focus || it.steps >= 3;
    whole.hidden = !it.whole;
    whole.disabled = !it.focus;
    told.textContent = it.focus ? `${it.nodes.length} within ${it.steps} step${it.steps === 1 ? "" : "s"}` : it.nodes.length ? `${it.nodes.length} that are linked` : "No relations yet, or too many to draw: choose a record.";
    const [wide, high] = it.box;
    const arrow = id("arrow");
    fill(picture, it.nodes.length > 0 && s(
      "svg",
      { viewBox: `0 0 ${it.width} ${it.height}`, width: it.width, height: it.height, "aria-hidden": "true" },
      s("defs", null, s("marker", { id: arrow, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto-start-reverse" }, s("path", { d: "M0 0L8 4L0 8z", class: "alloy-map-arrow" }))),
      it.links.map(([path, , , , kind, open, arrows]) =>
        s("path", { d: path, class: `alloy-map-link ${kind === "conflicts_with" ? "alloy-map-conflict" : ""} ${open ? "alloy-map-open" : ""}`, "marker-end": arrows.includes("end") ? `url(#${arrow})` : null, "marker-start": arrows.includes("start") ? `url(#${arrow})` : null })),
      apart(it.links).map(([x, y, name]) => s("text", { x, y, class: "alloy-map-name" }, name)),
      it.nodes.map(([node, x, y, title, tone, status]) =>
        s("g", { class: `alloy-map-node alloy-map-${tone} ${node === it.focus ? "alloy-map-focus" : ""}`, transform: `translate(${x} ${y})`, onclick: () => focus(node) },
          s("title", null, `${title} (${node})`),
          s("rect", { width: wide, height: high, rx: 5 }),
          s("text", { x: 10, y: 19 }, title.length > 27 ? `${title.slice(0, 26)}…` : title),
          s("text", { x: 10, y: 36, class: "alloy-map-status" }, status))),
    ));
    if (it.focus) {
      const at = it.nodes.find(([node]) => node === it.focus);
      if (at) { picture.scrollLeft = at[1] - picture.clientWidth / 2 + wide / 2; picture.scrollTop = at[2] - picture.clientHeight / 2 + high / 2; }
    }
    drawAround(it.around);
    narrow();
  }

  function drawAround(it) {
    if (!it) return fill(around);
    return fill(
      around,
      h("h4", null, prose(it.title)),
      h("p", { class: "alloy-quiet" }, h("code", null, it.id), `, ${it.status}`),
      it.links.length === 0 && h("p", null, "Stands alone: it refers to no record, and none refers to it."),
      h("ul", { class: "alloy-map-links" }, it.links.map(([direction, name, node, title, notes, open]) =>
        h("li", null, open && h("strong", null, "! "), `${direction} ${name} `, button(title, () => { focus(node); say(`Now at ${title}`); }, { tone: "bare", label: `${name} ${title}: go there` }), notes && h("span", { class: "alloy-quiet" }, prose(notes))))),
    );
  }
  on("change:view", draw);
  on("change:listed", narrow);
  draw();
  return drop;
}

export default { render };
