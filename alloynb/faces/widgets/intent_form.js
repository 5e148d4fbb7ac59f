// A form that writes one intent record; its questions are asked while somebody writes.

import { frame, h, fill, button, pill, calmly, keepingFocus } from "./frame.js";
import { slugOf } from "./draft_value.js";
import { recordFields } from "./record_fields.js";
import { difference } from "./difference.js";

const PAUSE_MS = 250;

function render({ model, el }) {
  const view = () => model.get("view");
  const reading = () => model.get("reading");
  const here = frame({ model, el }, "Intent form");
  const head = h("header", { class: "alloy-line alloy-form-head" });
  const conflict = h("div", { class: "alloy-conflict" });
  const place = h("div");
  const foot = h("footer", { class: "alloy-form-foot" });
  let fields = null;
  let slugWritten = false;

  const slug = h("input", { type: "text", id: here.id("slug"), class: "alloy-slug", spellcheck: "false", "data-focus": "slug", maxlength: 120, oninput: () => (slugWritten = slug.value !== "") });
  const why = h("input", { type: "text", id: here.id("why"), "data-focus": "why", placeholder: "for the ledger, kept for good" });

  const send = (draft) => {
    model.set("draft", draft);
    model.save_changes();
  };
  const sendCalmly = calmly(PAUSE_MS, send);
  const changed = (draft) => {
    if (view().is_new && !slugWritten) slug.value = slugOf(draft.title ?? "");
    sendCalmly(draft);
  };

  const perform = async (name) => {
    fields.touchAll();
    const refused = await here.act(name, { fields: fields.draft(), slug: slug.value, why: why.value });
    tell();
    if (!refused) {
      why.value = "";
      here.say(view().said);
    } else if (view().conflict) {
      conflict.querySelector('[data-focus="merge"]')?.focus();
    } else if (reading().faults.length) {
      here.root.querySelector('[aria-invalid="true"]')?.focus();
    }
  };

  const drawHead = () => {
    const { status, id, is_new: isNew, file } = view();
    fill(head, h("h3", null, isNew ? "New intent record" : "Intent record"), pill(status, isNew ? "not saved yet" : status),
      isNew ? h("label", { class: "alloy-line", for: slug.id }, h("span", null, "id ", h("code", null, `${view().project}.intent.`)), slug) : h("code", null, id),
      file && h("span", { class: "alloy-quiet" }, file));
  };
  const drawFoot = () => {
    const { may } = view();
    const { lacks_to_propose: toPropose, lacks_to_accept: toAccept, unsaved, faults } = reading();
    const step = faults.length ? `${faults.length === 1 ? "One thing is" : `${faults.length} things are`} still missing or wrong above.` : toPropose.length ? `Before it can be proposed it lacks: ${toPropose.join(", ")}.` : toAccept.length ? `Before it can be accepted it lacks: ${toAccept.join(", ")}.` : "";
    fill(foot,
      step && h("p", { class: "alloy-lacks" }, step),
      h("label", { for: why.id }, "Why"), why,
      h("div", { class: "alloy-line" },
        may.includes("save") && button(unsaved ? "Save" : "Saved", () => perform("save"), { tone: may.includes("accept") || may.includes("propose") ? "" : "main", disabled: !unsaved, "data-focus": "save" }),
        may.includes("propose") && button("Propose", () => perform("propose"), { disabled: toPropose.length > 0, "data-focus": "propose" }),
        may.includes("accept") && button("Accept", () => perform("accept"), { tone: "main", disabled: toAccept.length > 0, "data-focus": "accept" }),
        h("span", { class: "alloy-quiet" }, explained(may))));
  };
  const explained = (may) => (may.includes("accept") ? "Accepted intent guides runs; the reason stands in its ledger." : may.length ? "" : "This record is history; write a new one that supersedes it.");
  const drawConflict = () => {
    const found = view().conflict;
    fill(conflict, found && h("div", { class: "alloy-verdict alloy-bad", role: "group", "aria-label": "Conflict" },
      h("strong", null, "✖ Somebody else changed this record; nothing was written"),
      h("p", null, found.theirs.length ? ["Only they changed: ", h("code", null, found.theirs.join(", ")), ". "] : "", found.both.length ? ["You both changed: ", h("code", null, found.both.join(", ")), "."] : "Your changes do not touch theirs."),
      difference(found.difference),
      h("div", { class: "alloy-line" },
        button("Put mine on top of theirs", () => here.act("merge", { fields: fields.draft() }).then(() => here.say(view().said)), { tone: "main", "data-focus": "merge" }),
        button("Take theirs, drop mine", () => here.act("take_theirs").then(() => here.say(view().said)), { "data-focus": "take-theirs" }))));
  };
  const tell = () => {
    const left = fields.tell(reading());
    here.refuse(left.filter((each) => each.tone === "bad").map((each) => each.text).join("\n"));
  };
  const draw = () => {
    fields = recordFields({ plan: model.get("plan"), draft: model.get("draft"), suggestions: model.get("suggestions"), id: here.id, changed, eager: !view().is_new });
    fill(place, fields.element);
    slugWritten = !view().is_new || (view().slug !== "" && view().slug !== slugOf(model.get("draft").title ?? ""));
    slug.value = view().slug;
    drawHead();
    drawConflict();
    drawFoot();
    fields.tell(reading());
  };

  let generation = view().generation;
  here.on("change:view", () => {
    if (view().generation !== generation) {
      generation = view().generation;
      keepingFocus(here.root, draw);
      return;
    }
    drawHead();
    drawConflict();
    drawFootKeepingFocus();
  });
  const drawFootKeepingFocus = () => {
    const focused = here.root.ownerDocument.activeElement?.getAttribute?.("data-focus");
    const [start, end] = [why.selectionStart, why.selectionEnd];
    drawFoot();
    if (focused && ["why", "save", "propose", "accept"].includes(focused)) {
      foot.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
      if (focused === "why") why.setSelectionRange(start, end);
    }
  };
  here.on("change:reading", () => {
    fields.tell(reading());
    drawFootKeepingFocus();
  });
  here.body.append(head, conflict, place, foot);
  draw();
  return here.drop;
}

export default { render };
