// A board: verdict, filters, a list of which one page is here, the current thing beside it, and the answers to it.

import { frame, h, fill, prose, pill, button, onKeys, keepingFocus, calmly } from "./frame.js";

/** Which page of a list a position is on, and how many there are, in words. */
export function pageWords(at, total, page) {
  if (!total) return "Nothing to show";
  const first = Math.floor(at / page) * page;
  return total <= page ? `${total}` : `${first + 1} to ${Math.min(first + page, total)} of ${total}`;
}

function render(context) {
  const { model } = context;
  const { body, act, say, refuse, on, drop, id } = frame(context, model.get("view").label);
  let answering = null; // name of the answer whose fields are open
  let written = {}; // what was written into them
  let about = null; // the thing that they are about

  const verdict = h("div", { class: "alloy-verdict" });
  const filters = h("div", { class: "alloy-line alloy-board-filters", role: "search", "aria-label": "Narrow the list" });
  const tools = h("div", { class: "alloy-line" });
  const counted = h("span", { class: "alloy-quiet", role: "status" });
  const pages = h("div", { class: "alloy-line alloy-board-pages" });
  const list = h("div", { class: "alloy-board-list", role: "listbox", tabindex: "0", "data-focus": id("list") });
  const detail = h("section", { class: "alloy-card alloy-board-detail", "aria-label": "The current one" });
  const notice = h("p", { class: "alloy-board-notice", role: "status" });
  const both = h("div", { class: "alloy-board-both" }, h("div", null, pages, list), detail);
  body.append(verdict, notice, filters, both);

  const view = () => model.get("view");
  const go = (at) => {
    const bounded = Math.min(Math.max(at, 0), view().total - 1);
    if (bounded >= 0 && bounded !== view().at) act("go", { at: bounded });
  };
  const narrow = calmly(180, (name, value) => act("filter", { [name]: value }));

  function drawFilters() {
    const { filters: known } = view();
    if (filters.childElementCount) { // built once: nobody loses what is being written
      for (const [name, , options, , value] of known) {
        const field = filters.querySelector(`[name="${name}"]`);
        if (field !== field.ownerDocument.activeElement) field.value = value;
        if (options.length && field.options.length !== options.length) fill(field, options.map(([each, words]) => h("option", { value: each, selected: each === value }, words)));
      }
      return;
    }
    fill(
      filters,
      known.map(([name, label, options, hint, value]) =>
        h("label", null, h("span", null, label),
          options.length
            ? h("select", { name, onchange: (changed) => act("filter", { [name]: changed.target.value }) }, options.map(([each, words]) => h("option", { value: each, selected: each === value }, words)))
            : h("input", { type: "search", name, value, placeholder: hint, oninput: (changed) => narrow(name, changed.target.value) }))),
      tools,
    );
    fill(tools, view().tools.map(([name, words]) => button(words, async (clicked) => { clicked.currentTarget.disabled = true; const pressed = clicked.currentTarget; if (!(await act(name))) say(`${words}: done.`); pressed.disabled = false; })));
  }

  function drawList() {
    const { rows, first, at, total, page, label } = view();
    list.setAttribute("aria-label", `${label}, ${total}`);
    counted.textContent = pageWords(at, total, page);
    fill(
      pages,
      counted,
      total > page && [
        button("‹ Earlier", () => go(first - page), { disabled: first === 0, label: "Earlier page", "data-focus": id("earlier") }),
        button("Later ›", () => go(first + page), { disabled: first + page >= total, label: "Later page", "data-focus": id("later") }),
      ],
    );
    fill(
      list,
      rows.map(([key, status, head, told, side, word], index) =>
        h(
          "div",
          {
            class: "alloy-board-row", role: "option", id: id(`row-${first + index}`), "aria-selected": first + index === at ? "true" : "false",
            "aria-setsize": total, "aria-posinset": first + index + 1, "data-key": key, onclick: () => go(first + index),
          },
          h("div", { class: "alloy-board-top" }, pill(status, word), h("code", null, head), side && h("span", { class: "alloy-quiet alloy-push" }, side)),
          h("div", { class: "alloy-board-told" }, prose(told)),
        )),
    );
    if (total) list.setAttribute("aria-activedescendant", id(`row-${at}`));
    else list.removeAttribute("aria-activedescendant");
    const row = list.querySelector('[aria-selected="true"]');
    if (row) {
      if (row.offsetTop < list.scrollTop) list.scrollTop = row.offsetTop;
      else if (row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = row.offsetTop + row.offsetHeight - list.clientHeight;
    }
  }

  function open(name) {
    const known = view().detail?.answers ?? [];
    const found = known.find((each) => each.name === name);
    if (!found) return false;
    answering = name;
    drawDetail();
    detail.querySelector(".alloy-board-fields :is(input, textarea)")?.focus();
    return true;
  }

  async function submit(answer) {
    const missing = answer.fields.find(([name, , , needed]) => needed && !(written[name] ?? "").trim());
    if (missing) {
      refuse(`${missing[1]} is missing`);
      detail.querySelector(`[name="${missing[0]}"]`)?.focus();
      return;
    }
    const fields = Object.fromEntries(answer.fields.map(([name]) => [name, written[name] ?? ""]));
    if (await act("answer", { key: about, answer: answer.name, fields })) return;
    [answering, written] = [null, {}];
    draw();
    list.focus();
  }

  function drawDetail() {
    const { detail: it, key } = view();
    if (key !== about) [about, answering, written] = [key, null, {}];
    if (!it) return fill(detail, h("p", { class: "alloy-quiet" }, "Nothing here."));
    const chosen = it.answers.find((each) => each.name === answering);
    return keepingFocus(detail, () => fill(
      detail,
      h("h4", null, prose(it.title)),
      h("p", null, pill(it.status, it.word), " ", prose(it.lead)),
      h("dl", { class: "alloy-board-facts" }, it.facts.map(([name, value]) => [h("dt", null, name), h("dd", null, prose(value))])),
      it.answers.length && h("div", { class: "alloy-line", role: "group", "aria-label": "Your answer" },
        it.answers.map((each) => button(each.words, () => open(each.name), { key: each.key, "aria-pressed": each.name === answering ? "true" : "false", "aria-expanded": each.name === answering ? "true" : "false", "data-focus": id(`answer-${each.name}`) }))),
      chosen && h("form", { class: "alloy-board-fields", onsubmit: (event) => { event.preventDefault(); submit(chosen); } },
        h("p", { class: "alloy-quiet" }, chosen.told),
        chosen.fields.map(([name, label, hint, needed]) =>
          h("label", null, h("span", null, label, needed ? "" : " (may be empty)"),
            h("input", { type: "text", name, value: written[name] ?? "", placeholder: hint, "aria-required": needed ? "true" : null, "data-focus": id(`field-${name}`), oninput: (changed) => { written[name] = changed.target.value; } }))),
        h("div", { class: "alloy-line" },
          h("button", { type: "submit", class: "alloy-button alloy-main", "data-focus": id("submit") }, `Answer: ${chosen.words.toLowerCase()}`),
          button("Not now", () => { answering = null; drawDetail(); list.focus(); }, { "data-focus": id("not-now") }))),
    ));
  }

  function draw() {
    const it = view();
    const tone = it.verdict.good === null ? "unsure" : it.verdict.good ? "good" : "bad";
    verdict.className = `alloy-verdict alloy-${tone}`;
    fill(verdict, h("strong", null, `${it.verdict.good === null ? "!" : it.verdict.good ? "✔" : "✖"} ${it.verdict.headline}`), it.verdict.told && h("div", { class: "alloy-quiet" }, prose(it.verdict.told)));
    notice.textContent = it.notice;
    notice.hidden = !it.notice;
    drawFilters();
    drawList();
    drawDetail();
  }

  list.addEventListener("keydown", (pressed) => {
    const { at, total, page } = view();
    const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: total - 1 }[pressed.key];
    if (to === undefined || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    pressed.preventDefault();
    go(to);
  });
  const letters = Object.fromEntries((view().letters ?? "abcdefghilmnopqrstuvwxyz".split("")).map((letter) => [letter, () => {
    const found = (view().detail?.answers ?? []).find((each) => each.key === letter);
    return found ? open(found.name) : false;
  }]));
  onKeys(body, letters);
  on("change:view", draw);
  draw();
  return drop;
}

export default { render };
