// One question at a time; what is said so far stands beside it, and at the end there is a draft to edit and save.

import { frame, h, fill, button, prose, calmly, pill } from "./frame.js";
import { recordFields } from "./record_fields.js";

const TEXTS = ["title", "capability", "threat", "expectation", "strategy", "tradeoff"];

function render({ model, el }) {
  const view = () => model.get("view");
  const here = frame({ model, el }, "Interview");
  const place = h("div");
  here.body.append(place);

  const act = async (name, payload, words) => {
    if (words) here.say(words);
    const refused = await here.act(name, payload);
    if (!refused && view().cut) here.say(`I kept the beginning; ${view().cut} characters were too many.`);
    return refused;
  };

  const choose = () => {
    const { modes, unfinished, saved, about } = view();
    const places = [...(model.get("suggestions").modules ?? []), ...(model.get("suggestions").paths ?? []).map((each) => each.replace(/\/\*\*$/, ""))];
    const list = here.id("places");
    const thing = h("input", { type: "text", id: here.id("about"), value: about ?? "", list, placeholder: "left open: the interview chooses", "data-focus": "about", maxlength: 500 });
    return [
      saved && h("div", { class: "alloy-verdict alloy-good" }, h("strong", null, `✔ ${saved.id}`), " ", pill(saved.status), h("br"),
        h("span", { class: "alloy-quiet" }, saved.status === "proposed" ? "It binds nobody until somebody accepts it: " : "Texts are missing; write them in the form: "), h("code", null, `IntentForm(workspace, "${saved.slug}")`)),
      h("h3", null, "How shall I ask?"),
      h("div", { class: "alloy-modes" }, modes.map((each) => button([h("strong", null, each.name.replaceAll("_", " ")), h("span", { class: "alloy-quiet" }, each.title)],
        () => act("begin", { mode: each.name, about: thing.value }, "Looking at the repository …"), { "data-focus": each.name, tone: "mode" }))),
      h("label", { for: thing.id }, "About what? A path, module, library, hypothesis or finding"), thing, h("datalist", { id: list }, places.map((each) => h("option", { value: each }))),
      unfinished.length > 0 && h("p", { class: "alloy-quiet" }, "Stopped in the middle, and remembered: ", unfinished.join(", "), ". The same way of asking about the same thing goes on from there."),
    ];
  };

  const ask = () => {
    const { title, question, transcript, resumed, draft } = view();
    const answer = h("textarea", { id: here.id("answer"), rows: 3, "data-focus": "answer", "aria-describedby": here.id("why"), placeholder: question.suggestion ? "blank takes the suggestion" : "",
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          send();
        }
      } });
    const send = () => act("answer", { text: answer.value.trim() ? answer.value : question.suggestion });
    return [
      h("div", { class: "alloy-line" }, h("span", { class: "alloy-quiet" }, title), h("span", { class: "alloy-push alloy-quiet" }, question.follow_up ? "a follow-up" : `question ${question.number} of ${question.of}`)),
      resumed && transcript.length > 0 && h("p", { class: "alloy-quiet" }, "We were in the middle of this; I remember what you said."),
      h("div", { class: "alloy-talk" },
        h("div", null,
          h("label", { for: answer.id, class: "alloy-question" }, question.follow_up && "↳ ", prose(question.text)),
          h("details", { class: "alloy-why" }, h("summary", null, "Why do you ask?"), h("div", { id: here.id("why") }, prose(question.why))),
          question.suggestion && h("p", null, h("span", { class: "alloy-quiet" }, "Suggested: "), prose(question.suggestion)),
          answer,
          h("div", { class: "alloy-line alloy-answer-bar" },
            button("Answer", send, { key: "↵", tone: "main" }),
            button("Leave it open", () => act("answer", { text: "" })),
            transcript.length > 0 && button("Back", () => act("back")),
            button("Draft what there is", () => act("stop"), { tone: "bare" }),
            button("Another way of asking", () => act("choose"), { tone: "bare" })),
          transcript.length > 0 && h("details", { class: "alloy-said" }, h("summary", null, `What was said: ${transcript.length}`), said(transcript))),
        soFar(draft)),
    ];
  };

  const draft = () => {
    const { draft: fields, slug, transcript, next_steps: steps, assistant, confirm } = view();
    const word = () => act("word", { confirmed: true }, "The assistant is writing …");
    const name = h("input", { type: "text", id: here.id("slug"), value: slug, class: "alloy-slug", spellcheck: "false", maxlength: 120 });
    const why = h("input", { type: "text", id: here.id("why-saved"), placeholder: "said in an interview" });
    const read = calmly(250, async (value) => {
      const reading = await here.ask("read", { fields: value });
      if (reading) shown.tell(reading);
    });
    const shown = recordFields({ plan: model.get("plan"), draft: fields, suggestions: model.get("suggestions"), id: here.id, changed: read, eager: true });
    const save = async () => {
      const refused = await act("save", { fields: shown.draft(), slug: name.value, why: why.value });
      if (refused) {
        shown.touchAll();
        read(shown.draft());
      } else here.say(`Saved: ${view().saved.id} is ${view().saved.status}.`);
    };
    read(fields);
    return [
      h("h3", null, "The draft"),
      h("p", { class: "alloy-quiet" }, "In your words; change what is not right. Nothing is a record before you save it."),
      steps.length > 0 && h("p", null, "It also suggests: ", steps.map((each) => [h("code", null, each), " "])),
      assistant && h("div", { class: "alloy-line" }, button("Let the assistant word it", word), h("span", { class: "alloy-quiet" }, confirm ? `This runs the command ${assistant}, which ${confirm} names.` : `This runs ${assistant}; read what it writes before you save.`)),
      shown.element,
      h("div", { class: "alloy-form-foot" },
        h("label", { for: name.id }, "Name of the record"), name,
        h("label", { for: why.id }, "Why"), why,
        h("div", { class: "alloy-line" }, button("Save the record", save, { tone: "main" }), button("Back to the questions", () => act("back")), button("Discard", () => act("discard"), { tone: "bare" }))),
      h("details", { class: "alloy-said" }, h("summary", null, `What was said: ${transcript.length}`), said(transcript)),
    ];
  };

  const draw = () => {
    fill(place, { choose, ask, draft }[view().stage]());
  };
  here.on("change:view", () => {
    const hadFocus = here.root.contains(here.root.ownerDocument.activeElement);
    draw();
    if (hadFocus) place.querySelector(view().stage === "choose" ? "button" : "textarea")?.focus({ preventScroll: true });
  });
  draw();
  return here.drop;
}

function said(transcript) {
  return h("dl", { class: "alloy-transcript" }, transcript.map(([asked, answered]) => [h("dt", null, prose(asked)), h("dd", { class: answered ? null : "alloy-quiet" }, answered ? prose(answered) : "left open")]));
}

function soFar(fields) {
  return h("aside", { class: "alloy-card", "aria-label": "The draft so far" }, h("h4", null, "The draft so far"),
    TEXTS.map((name) => h("p", null, h("span", { class: "alloy-quiet" }, `${fields[name] ? "✔" : "○"} ${name} `), fields[name] ? prose(fields[name]) : "")),
    fields.evidence?.length > 0 && h("p", null, h("span", { class: "alloy-quiet" }, "✔ evidence "), fields.evidence.map((each) => prose(each.description ?? each.id))));
}

export default { render };
