// Launch and watch: the form, the preview, the tree that fills, the verdict. Python decides; this draws.

import { frame, h, fill, prose, pill, button, table } from "./frame.js";
import { stepTree } from "./steps.js";

const THROTTLES = [
  ["dry_run", "Dry run", "looks; plays what would change"],
  ["audit_only", "Audit only", "changes, and stops there"],
  ["full", "Full", "needs an approval"],
];

function render(context) {
  const { model } = context;
  const { body, act, say, refuse, on, drop, id } = frame(context, "Launch and watch");
  const first = model.get("view");

  // ---- the form: built once, so that nobody loses what is being written
  const template = h("select", { id: id("template"), onchange: () => outline() }, first.choices.map(([name, title]) => h("option", { value: name, selected: name === first.form.template }, title === name ? name : `${name}: ${title}`)));
  const throttle = h(
    "div",
    { class: "alloy-launch-field", role: "radiogroup", "aria-labelledby": id("throttle-name") },
    h("span", { id: id("throttle-name") }, "Throttle"),
    h("div", { class: "alloy-launch-radios" }, THROTTLES.map(([name, words, told]) =>
      h("label", null, h("input", { type: "radio", name: id("throttle"), value: name, checked: name === first.form.throttle }), ` ${words} `, h("span", { class: "alloy-quiet" }, told)))),
  );
  const objective = h("textarea", { id: id("objective"), rows: 1 });
  objective.value = first.form.objective;
  const again = h("input", { type: "checkbox", id: id("again"), onchange: () => { whyLine.hidden = !again.checked; } });
  const why = h("input", { type: "text", id: id("why"), placeholder: "Reason; it is recorded" });
  const whyLine = h("label", { hidden: true, class: "alloy-launch-field" }, "Why again? ", why);
  const outline = () => { objective.placeholder = first.choices.find(([name]) => name === template.value)?.[2] ?? ""; };
  outline();
  const form = () => ({
    template: template.value, throttle: throttle.querySelector("input:checked")?.value ?? "dry_run", objective: objective.value,
    again: again.checked, why: again.checked ? why.value : "",
  });
  const busy = async (pressed, name) => {
    pressed.disabled = true;
    refuse("");
    const refused = await act(name, form());
    pressed.disabled = false;
    if (!refused && name === "launch") { setup.open = false; say("Launched."); cancel.focus(); }
    if (!refused && name === "preview") say("Preview: see what would be run.");
  };
  const look = button("Preview", () => busy(look, "preview"));
  const launch = button("Launch", () => busy(launch, "launch"), { tone: "main" });
  const previewed = h("div", { class: "alloy-launch-preview", "aria-live": "polite" });
  const setup = h(
    "details",
    { class: "alloy-card alloy-launch-form", open: !first.run },
    h("summary", null, h("strong", null, "What to run")),
    h("div", { class: "alloy-launch-field" }, h("label", { for: id("template") }, "Template"), template),
    throttle,
    h("div", { class: "alloy-launch-field" }, h("label", { for: id("objective") }, "Objective"), objective),
    h("label", null, again, " Run it again although the same was run before"),
    whyLine,
    h("div", { class: "alloy-line" }, look, launch),
    previewed,
  );

  // ---- the run
  const verdict = h("div", { class: "alloy-verdict", role: "status" });
  const notice = h("p", { class: "alloy-launch-notice" });
  const cancel = button("Cancel the run", async () => { cancel.disabled = true; if (!(await act("cancel"))) say("Asked to stop."); cancel.disabled = false; asked = true; draw(); });
  const end = button("End it at once", () => act("end"));
  const controls = h("div", { class: "alloy-line" }, cancel, end);
  const tree = stepTree({ label: "Progress of the run: events, blocks and gates", id, height: 360, say, wants: (key) => act("tell", { key }) });
  const meaning = h("div");
  const whole = h("div", { class: "alloy-launch-run" }, verdict, notice, controls, meaning, tree.element);
  body.append(whole, setup);
  let asked = false;
  let watched = null;
  let phase = first.phase;

  function drawPreview(view) {
    const it = view.preview;
    if (!it) return fill(previewed);
    return fill(
      previewed,
      h("h4", null, it.title),
      h("dl", { class: "alloy-steps-said" }, [["runs", it.runs], ["digest", it.digest], ["gates it adds", it.gates.join(", ") || "none"], ["evidence", `${it.evidence} definitions, pinned`]].map(([name, value]) => [h("dt", null, name), h("dd", null, h("code", null, value))])),
      table(`Protects ${it.protects.length}`, ["Capability", "Severity", "Record"], it.protects.map(([what, severity, record]) => [prose(what), severity, h("code", null, record)])),
      it.questions.map((each) => h("p", null, "? ", prose(each))),
    );
  }

  function drawVerdict(view) {
    const { run, report } = view;
    const good = report ? report.good : run ? run.good : null;
    const over = view.phase === "ended" || view.phase === "died";
    const tone = view.phase === "died" ? "bad" : good === null || !over ? "calm" : good ? "good" : "bad";
    const headline = report ? report.headline : run && view.phase !== "starting" ? run.headline : view.told.split("\n")[0];
    const mark = view.phase === "died" ? "✖" : over ? (good ? "✔" : "✖") : "…";
    const text = `${mark} ${headline}`;
    verdict.className = `alloy-verdict alloy-${tone}`;
    const more = [report && run ? `${run.headline}` : null, run?.circumstances, view.phase === "ended" || view.phase === "running" ? null : view.told].filter(Boolean);
    if (verdict.dataset.told !== text + more.join()) {
      verdict.dataset.told = text + more.join();
      fill(verdict, h("strong", null, text), more.map((each) => (each.includes("\n") ? h("pre", null, each) : h("div", { class: "alloy-quiet" }, each))));
    }
  }

  function drawReport(report) {
    if (!report) return fill(meaning);
    return fill(
      meaning,
      table("What it meant for each record", ["Record", "Verdict", "Why"], report.records.map(([title, status, reason]) => [prose(title), pill(status), prose(reason)])),
      report.drifted.length ? table("Where it drifted", ["Place", "What deviates", "Seen"], report.drifted.map(([place, message, status]) => [h("code", null, place), prose(message), pill(status)])) : null,
      report.more_drifted ? h("p", { class: "alloy-quiet" }, `and ${report.more_drifted} more: the drift board shows all`) : null,
      h("dl", { class: "alloy-steps-said" }, [["executed notebook", report.notebook], ["HTML report", report.html]].map(([name, value]) => [h("dt", null, name), h("dd", null, h("code", null, value))])),
    );
  }

  function draw() {
    const view = model.get("view");
    drawPreview(view);
    const active = view.phase !== "";
    whole.hidden = !active;
    if (!active) return;
    if (view.run?.run_id !== watched) { tree.forget(); asked = false; watched = view.run?.run_id ?? null; }
    drawVerdict(view);
    notice.textContent = view.notice;
    notice.hidden = !view.notice;
    controls.hidden = !view.ours;
    end.hidden = !asked;
    tree.element.hidden = !view.run;
    if (view.run) tree.show(view.run.rows, view.run.span, { follow: view.phase === "running" });
    drawReport(view.report);
    if (view.phase !== phase) {
      phase = view.phase;
      if (phase === "ended" && view.report) say(view.report.headline);
    }
  }
  on("change:view", draw);
  on("change:told", () => tree.detail(model.get("told").key, model.get("told").pairs));
  draw();
  return drop;
}

export default { render };
