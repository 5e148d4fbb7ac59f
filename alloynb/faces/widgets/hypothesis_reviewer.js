// Cards of hypotheses, decided by key or by click. The list knows titles alone; a card is fetched as it comes near.

import { frame, h, fill, button, pill, prose, mark, onKeys, table, calmly } from "./frame.js";
import { rowList } from "./rows.js";
import { recordFields } from "./record_fields.js";

const ROW_PX = 32;
const LIST_PX = 420;
const NEAR = 4;
const TEXTS = ["capability", "threat", "expectation", "strategy", "tradeoff"];
const STATUS = { accept: "accepted", reject: "rejected" };

function render({ model, el }) {
  const here = frame({ model, el }, "Hypothesis reviewer");
  const cards = new Map();
  let rows = [];
  let shown = [];
  let current = 0;
  let decided = {};
  let asking = null; // what the reason that is being written is for
  let editing = null;
  let lastReason = "";
  const selected = new Set();

  const progress = h("progress", { class: "alloy-progress", "aria-label": "Decided" });
  const counted = h("span", { class: "alloy-counted" });
  const search = h("input", { type: "search", placeholder: "Filter by title", "aria-label": "Filter by title", oninput: () => filter() });
  const bulk = h("div", { class: "alloy-line alloy-bulk" });
  const card = h("div", { class: "alloy-card alloy-hypothesis", tabindex: "-1", role: "region", "aria-label": "Hypothesis" });
  const bar = h("div", { class: "alloy-line alloy-acts", role: "toolbar", "aria-label": "Decision" });
  const reasonPlace = h("div");
  const foot = h("div", { class: "alloy-line alloy-review-foot" });
  const list = rowList({ label: "Hypotheses, most confident first", id: here.id("list"), rowHeight: ROW_PX, height: LIST_PX, choose: (at) => go(at), draw: (at) => drawRow(shown[at]) });
  const panes = h("div", { class: "alloy-panes" }, h("div", { class: "alloy-pane-list" }, search, list.element, bulk), h("div", { class: "alloy-pane-card" }, bar, reasonPlace, card));

  const verdictOf = (id) => decided[id]?.[0];
  const drawRow = ([id, title, confidence, edited]) => [
    h("span", { class: "alloy-verdict-mark", "aria-label": verdictOf(id) ? STATUS[verdictOf(id)] : "open" }, verdictOf(id) ? mark(STATUS[verdictOf(id)]) : "○"),
    selected.has(id) && h("span", { "aria-label": "selected" }, "☑"),
    h("span", { class: "alloy-cut" }, title.replaceAll("`", "")),
    edited && h("span", { "aria-label": "edited" }, "✎"),
    h("span", { class: "alloy-number" }, confidence.toFixed(2)),
  ];
  const id = () => shown[current]?.[0];

  const go = (at) => {
    if (!shown.length) return;
    current = Math.min(Math.max(at, 0), shown.length - 1);
    asking = null;
    editing = null;
    draw();
  };
  const fetchNear = async () => {
    const wanted = shown.slice(Math.max(0, current - NEAR), current + NEAR + 1).map(([each]) => each).filter((each) => !cards.has(each));
    if (!wanted.length) return;
    for (const each of wanted) cards.set(each, null);
    const found = await here.ask("cards", { ids: wanted });
    for (const each of wanted) found?.[each] ? cards.set(each, found[each]) : cards.delete(each);
    if (wanted.includes(id())) drawCard();
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const before = id();
    shown = words.length ? rows.filter(([, title]) => words.every((each) => title.toLowerCase().includes(each))) : rows;
    current = Math.max(0, shown.findIndex(([each]) => each === before));
    draw();
  };

  // Decisions: shown at once, and sent; the kernel's answer draws the same again.
  const chosen = () => (selected.size ? [...selected] : id() ? [id()] : []);
  const decide = async (verdict, why) => {
    const ids = chosen();
    if (!ids.length) return;
    const single = !selected.size;
    decided = { ...decided };
    for (const each of ids) verdict === "open" ? delete decided[each] : (decided[each] = [verdict, why]);
    const words = { accept: "will be accepted", reject: "will be rejected", open: "is open again" }[verdict];
    here.say(single ? `${words}: ${shown[current][1].replaceAll("`", "")}` : `${ids.length} hypotheses: ${words}`);
    selected.clear();
    asking = null;
    if (single && verdict !== "open") current = nextOpen();
    draw();
    panes.classList.contains("alloy-from-list") ? list.element.focus() : focusCard();
    await here.act("decide", { ids, verdict, why });
  };
  const nextOpen = () => {
    for (let step = 1; step <= shown.length; step += 1) {
      const at = (current + step) % shown.length;
      if (!verdictOf(shown[at][0])) return at;
    }
    return current;
  };
  const accept = () => decide("accept", "");
  const askReason = (verdict) => {
    if (!chosen().length) return;
    asking = verdict;
    drawReason();
    reasonPlace.querySelector("input")?.select();
  };
  const undo = async () => {
    if (!(await here.act("undo"))) here.say("taken back");
  };
  const toggle = () => {
    if (!id()) return;
    selected.has(id()) ? selected.delete(id()) : selected.add(id());
    draw();
  };
  const write = async () => {
    const refused = await here.act("write");
    const { written, refused: open } = model.get("view");
    if (!refused) here.say(`Written: ${written.accepted} accepted, ${written.rejected} rejected${Object.keys(open).length ? `, ${Object.keys(open).length} refused and still open` : ""}.`);
    focusCard();
  };
  const edit = () => {
    const found = cards.get(id());
    if (!found) return;
    asking = null;
    drawReason();
    editing = id();
    drawEditor(found);
  };

  const drawEditor = (found) => {
    const told = h("div", { class: "alloy-alert" });
    const read = calmly(250, async (fields) => {
      const answer = await here.ask("read", { fields });
      if (answer) fieldsHere.tell(answer);
    });
    const fieldsHere = recordFields({ plan: model.get("plan"), draft: { title: found.title, ...found.intent }, suggestions: model.get("suggestions"), id: here.id, changed: read, eager: true });
    const keep = async () => {
      const answer = await here.ask("edit", { id: editing, fields: fieldsHere.draft() });
      if (!answer) {
        fieldsHere.touchAll();
        read(fieldsHere.draft());
        return;
      }
      cards.set(editing, answer);
      leave("edited; a accepts it as it stands now");
    };
    const leave = (words) => {
      editing = null;
      draw();
      focusCard();
      here.say(words);
    };
    fill(card, h("h3", null, "Edit what it would say as a record"), fieldsHere.element, told,
      h("div", { class: "alloy-line" }, button("Keep the edit", keep, { tone: "main" }), button("Cancel", () => leave("nothing was changed"))));
    card.querySelector("textarea")?.focus();
    read(fieldsHere.draft());
  };

  const drawCard = () => {
    if (editing) return;
    const found = cards.get(id());
    const row = shown[current];
    if (!row) {
      fill(card, h("p", null, rows.length ? "No title fits the filter." : "No hypothesis is open. `alloynb discover` looks for more.".replaceAll("`", "")));
      return;
    }
    const verdict = decided[row[0]];
    const refused = model.get("view").refused?.[row[0]];
    fill(card,
      h("div", { class: "alloy-line" }, verdict ? pill(STATUS[verdict[0]], `will be ${STATUS[verdict[0]]}`) : pill("hypothesized", "open"), confidence(row[2]), h("span", { class: "alloy-quiet alloy-push" }, `${current + 1} of ${shown.length}`)),
      h("h3", null, prose(row[1])),
      refused && h("div", { class: "alloy-alert" }, `✖ ${refused}`),
      verdict?.[1] && h("p", { class: "alloy-quiet" }, "because: ", verdict[1]),
      !found ? h("p", { class: "alloy-quiet" }, "…") : [
        found.warnings.map((each) => h("p", null, "! ", prose(each))),
        h("dl", { class: "alloy-texts-told" }, TEXTS.map((name) => [h("dt", null, name), h("dd", { class: found.intent[name] ? null : "alloy-quiet" }, found.intent[name] ? prose(found.intent[name]) : "not known")]), evidence(found.intent.evidence)),
        found.questions.map((each) => h("p", null, "? ", prose(each))),
        weights(found),
      ]);
  };
  const drawReason = () => {
    if (!asking) {
      fill(reasonPlace);
      return;
    }
    const input = h("input", { type: "text", value: lastReason, placeholder: asking === "reject" ? "Why not? It is kept, and the hypothesis is not raised again" : "Why? The ledger keeps it", "aria-label": `Reason to ${asking}`, maxlength: 2000,
      onkeydown: (event) => {
        if (event.key === "Enter") confirm();
        else if (event.key === "Escape") {
          event.preventDefault();
          event.stopPropagation();
          asking = null;
          drawReason();
          focusCard();
        }
      } });
    const confirm = () => {
      if (asking === "reject" && !input.value.trim()) {
        here.say("a rejection needs a reason");
        return;
      }
      lastReason = input.value;
      decide(asking, input.value);
    };
    const number = chosen().length;
    fill(reasonPlace, h("div", { class: "alloy-reason" }, input, button(`${asking === "reject" ? "Reject" : "Accept"}${number > 1 ? ` ${number}` : ""}`, confirm, { key: "↵", tone: "main" })));
  };
  const drawBar = () => {
    const many = selected.size;
    const none = !shown.length;
    fill(bar,
      button(many ? `Accept ${many}` : "Accept", accept, { key: "a", disabled: none }),
      button(many ? `Reject ${many}` : "Reject", () => askReason("reject"), { key: "r", disabled: none }),
      button("Edit", edit, { key: "e", disabled: none || many > 0 }),
      verdictOf(id()) && button("Open again", () => decide("open", ""), { key: "o" }),
      button("Undo", undo, { key: "u", disabled: !model.get("view").can_undo, tone: "bare" }),
      h("span", { class: "alloy-push alloy-quiet" }, h("kbd", null, "j"), h("kbd", null, "k"), " next, back"));
  };
  const drawBulk = () => {
    fill(bulk,
      button(selected.size ? "Select none" : `Select all ${shown.length} shown`, () => {
        if (selected.size) selected.clear();
        else for (const [each] of shown) selected.add(each);
        draw();
      }, { tone: "bare", disabled: !shown.length }),
      h("span", { class: "alloy-quiet" }, h("kbd", null, "x"), selected.size ? ` ${selected.size} selected` : " selects one"));
  };
  const drawFoot = () => {
    const staged = Object.keys(decided).length;
    const { writing, written } = model.get("view");
    progress.max = Math.max(rows.length, 1);
    progress.value = staged;
    counted.textContent = `${staged} of ${rows.length} decided`;
    fill(foot, progress, counted,
      written.accepted + written.rejected > 0 && h("span", { class: "alloy-quiet" }, `written before: ${written.accepted} accepted, ${written.rejected} rejected`),
      h("span", { class: "alloy-push" }),
      writing ? h("span", { class: "alloy-pulse" }, `writing ${writing} …`) : button(staged ? `Write ${staged} decision${staged === 1 ? "" : "s"}` : "Nothing to write", write, { key: "w", tone: "main", disabled: !staged }));
  };
  const draw = () => {
    list.show(shown.length, current);
    drawBar();
    drawReason();
    drawCard();
    drawBulk();
    drawFoot();
    fetchNear();
  };
  const focusCard = () => card.focus({ preventScroll: true });

  onKeys(here.root, {
    j: () => go(current + 1), k: () => go(current - 1), a: accept, r: () => askReason("reject"), A: () => askReason("accept"), e: edit, u: undo, x: toggle, w: write,
    o: () => decide("open", ""),
  });
  list.element.addEventListener("focus", () => panes.classList.add("alloy-from-list"));
  card.addEventListener("focus", () => panes.classList.remove("alloy-from-list"));

  here.on("change:rows", () => {
    rows = model.get("rows");
    const known = new Set(rows.map(([each]) => each));
    for (const each of [...selected]) if (!known.has(each)) selected.delete(each);
    filter();
  });
  here.on("change:decided", () => {
    decided = model.get("decided");
    list.redraw();
    drawBar();
    drawCard();
    drawFoot();
  });
  here.on("change:view", () => {
    drawBar();
    drawCard();
    drawFoot();
  });
  here.body.append(panes, foot);
  rows = shown = model.get("rows");
  decided = model.get("decided");
  draw();
  return here.drop;
}

/** How sure archaeology is, as a bar and as a number. */
function confidence(value) {
  return h("span", { class: "alloy-confidence" }, h("meter", { min: 0, max: 1, value: String(value), "aria-label": "Confidence" }), `confidence ${value.toFixed(2)}`);
}

function evidence(definitions) {
  const told = (definitions ?? []).map((each) => h("div", null, prose(each.description ?? each.id), ` (${String(each.kind).replaceAll("_", " ")})`));
  return [h("dt", null, "evidence"), h("dd", { class: told.length ? null : "alloy-quiet" }, told.length ? told : "none yet")];
}

/** The named, weighted observations that the confidence is made of. */
function weights(found) {
  const rows = found.observed.map((each) => [
    h("span", { class: "alloy-number" }, each.supports ? "+ " : "− ", each.weight.toFixed(2), h("span", { class: "alloy-unseen" }, each.supports ? " supports" : " speaks against")),
    each.signal.replaceAll("_", " "),
    [prose(each.told), " ", h("code", { class: "alloy-quiet" }, each.place), each.text && h("pre", null, each.text)],
  ]);
  return table(`What it rests on: ${found.observed.length} observation${found.observed.length === 1 ? "" : "s"} (content of the repository, not an instruction)`, ["Weight", "Signal", "Observed"], rows);
}

export default { render };
