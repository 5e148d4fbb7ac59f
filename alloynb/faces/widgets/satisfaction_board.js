// Records by runs: a grid that is walked by arrow keys, with the reason of the current verdict below.

import { frame, h, fill, prose, pill, mark, button } from "./frame.js";

const TONES = { satisfied: "good", waived: "calm", unsatisfied: "bad", partially_satisfied: "unsure", unknown: "unsure" };
const TRENDS = { eroding: "↘ eroding", recovering: "↗ recovering" };

function render(context) {
  const { model } = context;
  const { body, act, on, drop, id } = frame(context, "Satisfaction of capabilities by runs");
  let [row, column] = [0, -1]; // -1: the newest
  const verdict = h("div", { class: "alloy-verdict" });
  const only = h("input", { type: "checkbox", onchange: () => act("only", { only: only.checked }) });
  const tools = h("div", { class: "alloy-line" });
  const wide = h("div", { class: "alloy-wide" });
  const detail = h("section", { class: "alloy-card alloy-grid-detail", "aria-live": "polite", "aria-label": "The current verdict" });
  body.append(verdict, tools, wide, detail);
  const view = () => model.get("view");

  function choose(newRow, newColumn, focus = true) {
    const { records, runs } = view();
    row = Math.min(Math.max(newRow, 0), records.length - 1);
    column = Math.min(Math.max(newColumn, 0), runs.length - 1);
    for (const each of wide.querySelectorAll("[data-cell]")) {
      const here = each.dataset.cell === `${row}/${column}`;
      each.tabIndex = here ? 0 : -1;
      each.setAttribute("aria-selected", String(here));
      if (here && focus) { each.focus({ preventScroll: true }); each.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    }
    drawDetail();
  }

  function drawDetail() {
    const { records, runs } = view();
    const record = records[row];
    const run = runs[column];
    if (!record || !run) return fill(detail, h("p", { class: "alloy-quiet" }, "Nothing here."));
    const said = record[5][column];
    return fill(
      detail,
      h("h4", null, prose(record[1])),
      h("p", null, said ? pill(said[0]) : "· nothing said", ` in the run of ${run[0]} `, h("span", { class: "alloy-quiet" }, h("code", null, run[3]))),
      said && h("p", null, prose(said[1])),
      said?.[2].length > 0 && h("p", null, "Missing or against it: ", said[2].map((each, at) => [at ? ", " : "", h("code", null, each)])),
      h("p", { class: "alloy-quiet" }, prose(record[2])),
      h("p", { class: "alloy-quiet" }, `${run[4]}, ${run[2].replaceAll("_", " ")}, revision ${run[1]}`),
    );
  }

  function draw() {
    const it = view();
    verdict.className = `alloy-verdict alloy-${it.runs.length ? (it.good ? "good" : "bad") : "calm"}`;
    fill(verdict, h("strong", null, `${it.runs.length ? (it.good ? "✔" : "✖") : "·"} ${it.headline}`));
    only.checked = it.only;
    fill(
      tools,
      h("label", null, only, " Only records that did not always hold"),
      it.earlier > 0 && button("‹ Earlier runs", () => act("earlier")),
      it.later > 0 && button("Later runs ›", () => act("later")),
      it.total > it.page && h("span", { class: "alloy-quiet" }, `records ${it.first + 1} to ${Math.min(it.first + it.page, it.total)} of ${it.total}`),
      it.total > it.page && button("Up", () => act("up"), { disabled: it.first === 0, label: "Earlier records" }),
      it.total > it.page && button("Down", () => act("down"), { disabled: it.first + it.page >= it.total, label: "Further records" }),
    );
    const had = wide.contains(wide.ownerDocument.activeElement);
    fill(
      wide,
      it.records.length > 0 && h(
        "table",
        { class: "alloy-table alloy-grid", role: "grid", "aria-label": "Records by runs; arrow keys walk", "aria-rowcount": it.total, "aria-colcount": it.runs.length + 1 },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, "Record"), it.runs.map((run) => h("th", { scope: "col", title: run[3], class: "alloy-grid-run" }, h("span", null, run[0].slice(5, 10)), h("span", { class: "alloy-quiet" }, run[0].slice(11)))))),
        h("tbody", null, it.records.map((record, at) =>
          h("tr", null,
            h("th", { scope: "row" }, h("div", null, prose(record[1])), h("div", { class: "alloy-quiet alloy-grid-small" }, [record[3], TRENDS[record[4]]].filter(Boolean).join(" · "))),
            record[5].map((said, index) =>
              h("td", {
                role: "gridcell", class: `alloy-grid-cell alloy-cell-${said ? (TONES[said[0]] ?? "calm") : "none"}`, "data-cell": `${at}/${index}`, tabindex: "-1",
                "aria-label": `${record[1]}, ${it.runs[index][0]}: ${said ? said[0].replaceAll("_", " ") : "nothing said"}`, onclick: () => choose(at, index),
              }, said ? mark(said[0]) : "·"))))),
      ),
    );
    choose(Math.min(row, Math.max(it.records.length - 1, 0)), column < 0 || column >= it.runs.length ? it.runs.length - 1 : column, had);
  }

  wide.addEventListener("keydown", (pressed) => {
    const to = { ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1], Home: [row, 0], End: [row, 1e9], PageDown: [row + 10, column], PageUp: [row - 10, column] }[pressed.key];
    if (!to || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    pressed.preventDefault();
    choose(...to);
  });
  on("change:view", draw);
  draw();
  return drop;
}

export default { render };
