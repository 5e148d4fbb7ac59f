// A brief before it runs: the verdict, what changed, what it may do; and an approval that is signed.

import { frame, h, fill, button, pill, prose, table, keepingFocus } from "./frame.js";

function render({ model, el }) {
  const view = () => model.get("view");
  const here = frame({ model, el }, "Brief preview");
  const head = h("div");
  const approval = h("div");
  const details = h("div");
  let scopes = null; // what each scope would allow; asked for when somebody wants to approve
  const chosen = new Set(["dry_run"]);
  const written = { why: "", days: 7, bind: false };

  const perform = async (name, payload) => {
    const refused = await here.act(name, payload);
    if (!refused) here.say(view().said);
    return refused;
  };

  const drawHead = () => {
    const { verdict, ready, title, state, differences, lacks, source_changes: stale, approved_before: before, templates, template, objective, is_preview: isPreview, facts } = view();
    const changes = [...lacks, ...stale, ...differences];
    const which = h("select", { id: here.id("template"), "data-focus": "template" }, templates.map((each) => h("option", { value: each, selected: each === template }, each)));
    const aim = h("input", { type: "text", id: here.id("objective"), value: objective, "data-focus": "objective", placeholder: "the project's own objective", maxlength: 2000 });
    const again = () => perform("preview", { template: which.value, objective: aim.value });
    which.addEventListener("change", again);
    aim.addEventListener("keydown", (event) => event.key === "Enter" && again());
    fill(head,
      h("div", { class: `alloy-verdict ${ready ? "alloy-good" : "alloy-bad"}` }, h("strong", null, ready ? "✔ " : "✖ ", prose(verdict)), h("div", { class: "alloy-line" }, h("span", { class: "alloy-quiet" }, title), facts.length > 0 && pill(STATE[state] ?? "calm", state))),
      isPreview && h("div", { class: "alloy-line alloy-aim" }, h("label", { for: which.id }, "Template"), which, h("label", { for: aim.id }, "Objective"), aim, button("Preview", again, { "data-focus": "again" })),
      changes.length > 0 && h("section", { "aria-label": "What changed" }, h("h4", null, lacks.length || stale.length ? "What stands against it" : `What changed since it was last approved (${before})`),
        h("ul", { class: "alloy-changes" }, changes.map((each) => h("li", null, prose(each))))),
      h("dl", { class: "alloy-facts" }, facts.filter(([name]) => name !== "state").map(([name, told]) => [h("dt", null, name), h("dd", null, ["brief", "digest"].includes(name) ? h("code", null, told) : prose(told))])));
  };

  const look = async () => {
    scopes = await here.ask("scopes", { bind: written.bind });
    if (scopes && view().changes_code) chosen.add("mutation");
    drawApproval();
    approval.querySelector("input")?.focus();
  };
  const approve = async () => {
    const refused = await perform("approve", { scopes: [...chosen], why: written.why, days: Number(written.days), bind: written.bind });
    if (!refused) {
      scopes = null;
      written.why = "";
      drawApproval();
      approval.querySelector("button")?.focus();
    }
  };
  const drawApproval = () => keepingFocus(here.root, () => {
    const { approvals, key, closed, ready, state } = view();
    const standing = approvals.length > 0 && table("Approvals", ["Approved", "By", "Until", "For", "Why"], approvals.map((each) => [each.scopes.map((one) => one.replaceAll("_", " ")).join(", "), each.by, each.until.slice(0, 16).replace("T", " "), each.revision ? h("code", null, each.revision) : "any revision", each.why]));
    const compile = button(state === "compiled" ? "Compiled" : "Compile", () => perform("compile"), { tone: state === "compiled" ? "" : "main", disabled: closed || state === "compiled" || !ready, "data-focus": "compile" });
    if (!scopes) {
      fill(approval, standing, h("div", { class: "alloy-line alloy-decide" }, compile, button("Approve …", look, { disabled: closed || !ready, "data-focus": "look" }), button("Look again", () => perform("refresh"), { tone: "bare", "data-focus": "refresh" }),
        h("span", { class: "alloy-quiet" }, closed ? "This brief is closed." : "Dry runs need no approval; what changes code does.")));
      return;
    }
    const cautions = [...new Set(scopes.filter((each) => chosen.has(each.scope)).flatMap((each) => each.cautions))];
    const why = h("input", { type: "text", id: here.id("why"), value: written.why, "data-focus": "why", maxlength: 2000, oninput: (event) => { written.why = event.target.value; sign.disabled = blocked(); } });
    const days = h("input", { type: "number", id: here.id("days"), value: String(written.days), min: 0.01, max: 366, step: "any", class: "alloy-days", "data-focus": "days", oninput: (event) => (written.days = event.target.value) });
    const blocked = () => key.state !== "trusted" || !chosen.size || !written.why.trim();
    const sign = button("Sign the approval", approve, { tone: "main", disabled: blocked(), "data-focus": "sign" });
    fill(approval, standing, h("fieldset", { class: "alloy-gathered alloy-card" }, h("legend", { class: "alloy-unseen" }, "Approval"),
      h("h4", null, `Approve as ${key.person}`),
      scopes.map((each) => h("label", { class: `alloy-scope ${each.may ? "" : "alloy-quiet"}` },
        h("input", { type: "checkbox", checked: chosen.has(each.scope) && each.may, disabled: !each.may, "data-focus": `scope-${each.scope}`, onchange: (event) => { event.target.checked ? chosen.add(each.scope) : chosen.delete(each.scope); drawApproval(); } }),
        h("strong", null, each.scope.replaceAll("_", " ")), h("span", null, prose(each.told)))),
      cautions.map((each) => h("p", { class: "alloy-told alloy-unsure" }, "! ", prose(each))),
      h("div", { class: "alloy-line" }, h("label", { for: days.id }, "holds for"), days, "days",
        h("label", { class: "alloy-radio" }, h("input", { type: "checkbox", checked: written.bind, "data-focus": "bind", onchange: async (event) => { written.bind = event.target.checked; scopes = (await here.ask("scopes", { bind: written.bind })) ?? scopes; drawApproval(); } }), "only for the commit of today")),
      h("label", { for: why.id, class: "alloy-why-label" }, "Why (signed along)"), why,
      drawKey(key),
      h("div", { class: "alloy-line" }, sign, button("Not now", () => { scopes = null; drawApproval(); approval.querySelector('[data-focus="look"]')?.focus(); }, { tone: "bare", "data-focus": "not-now" }))));
  });
  const drawKey = (key) => {
    if (key.state === "trusted") return h("p", { class: "alloy-quiet" }, `Signed with your ${key.told}, which this project trusts.`);
    const told = { none: `${key.told}. Nothing can be signed before there is one.`, untrusted: `This project does not trust your ${key.told} yet.`, unusable: key.told }[key.state];
    return h("div", { class: "alloy-verdict alloy-unsure" }, h("p", null, "! ", told), key.state !== "unusable" && button(key.state === "none" ? "Make a key, and trust it here" : "Trust it here", () => perform("trust"), { "data-focus": "trust" }));
  };

  const drawDetails = () => {
    const { protects, gates, moves, tradeoffs, questions, reasons, phases } = view();
    const text = h("div");
    const show = async (phase) => {
      const found = await here.ask("prompt", { phase });
      if (found) fill(text, h("pre", { tabindex: "0", "aria-label": `Prompt of the phase ${phase}` }, found.text));
    };
    const phase = h("select", { "aria-label": "Phase", onchange: (event) => show(event.target.value) }, phases.map((each) => h("option", { value: each }, each.replaceAll("_", " "))));
    if (!protects.length) {
      fill(details);
      return;
    }
    fill(details,
      table("What this brief protects", ["Capability", "Severity", "Record"], protects.map(([severity, statement, record]) => [prose(statement), severity, h("code", null, record)])),
      questions.map((each) => h("p", null, "? ", prose(each))),
      gates.length > 0 && h("details", null, h("summary", null, `Gates it adds: ${gates.length}`), table("Gates it adds", ["Gate", "Mode", "Command"], gates.map(([name, mode, command]) => [name, mode, h("code", null, command)]))),
      tradeoffs.length > 0 && h("details", null, h("summary", null, "Prices that were accepted"), h("ul", null, tradeoffs.map(([, told]) => h("li", null, prose(told))))),
      moves.length > 0 && h("details", null, h("summary", null, "Moves it warns of, or stops"), h("ul", null, moves.map((each) => h("li", null, prose(each))))),
      reasons.length > 0 && h("details", null, h("summary", null, "Why these agents"), h("ul", null, reasons.map((each) => h("li", null, prose(each))))),
      phases.length > 0 && h("details", { ontoggle: (event) => event.target.open && !text.children.length && show(phase.value) }, h("summary", null, "What agents would be told"), phase, text));
  };

  const draw = () => {
    keepingFocus(here.root, drawHead);
    drawApproval();
  };
  let digest = "";
  here.on("change:view", () => {
    draw();
    const now = JSON.stringify([view().facts, view().protects]);
    if (now !== digest) drawDetails();
    digest = now;
  });
  here.body.append(head, approval, details);
  draw();
  drawDetails();
  digest = JSON.stringify([view().facts, view().protects]);
  return here.drop;
}

const STATE = { preview: "unknown", draft: "unknown", reviewable: "proposed", approved: "accepted", compiled: "active", rejected: "rejected" };

export default { render };
