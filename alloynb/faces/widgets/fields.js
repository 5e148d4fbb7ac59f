// Controls for a plan of fields: every control has a label, an explanation, and a place for what is wrong with it.

import { h, fill, prose, button } from "./frame.js";
import { branchOf, freeId, turnedInto, isEmpty } from "./draft_value.js";

/**
 * Draw the controls of one field.
 *
 * `form` offers `get(place)`, `set(place, value)`, `id(name)` and `suggestions(name)` (the id of a data list, or null).
 * What is wrong or worth asking is written into the elements with `data-slot`, by `tellPlaces`.
 */
export function field(plan, place, form) {
  return CONTROLS[plan.control](plan, place, form);
}

/** The fields of a group: what is needed first, the rest folded away. */
export function fieldsOf(plan, place, form) {
  const draw = (each) => field(each, [...place, each.name], form);
  const aside = plan.fields.filter((each) => each.aside);
  return [
    plan.fields.filter((each) => !each.aside).map(draw),
    aside.length && h("details", { class: "alloy-aside", "data-aside": true, open: aside.some((each) => !isEmpty(form.get([...place, each.name]))) },
      h("summary", null, `More: ${aside.map((each) => each.label).join(", ")}`), aside.map(draw)),
  ];
}

/** Write what is told beside the fields. Args: entries of `{place, tone, text, more}`; `place` such as `evidence.0.id`. */
export function tellPlaces(root, entries, nearest) {
  const slots = new Map([...root.querySelectorAll("[data-slot]")].map((each) => [each.dataset.slot, each]));
  const by = new Map();
  for (const entry of entries) {
    const found = nearest(entry.place, slots);
    if (found) by.set(found, [...(by.get(found) ?? []), entry]);
  }
  for (const [place, slot] of slots) {
    const here = by.get(place) ?? [];
    const wrong = here.some((each) => each.tone === "bad");
    const said = here.map((each) => `${each.tone}${each.text}${each.more ?? ""}`).join("\n");
    if (slot.dataset.said !== said) {
      slot.dataset.said = said;
      fill(slot, here.map((each) => h("div", { class: `alloy-told alloy-${each.tone}` },
        `${{ bad: "✖", unsure: "?", calm: "·" }[each.tone]} `, prose(each.text), each.more && h("span", { class: "alloy-asks" }, " ", prose(each.more)))));
    }
    const control = root.ownerDocument.getElementById(slot.dataset.of);
    if (control) wrong ? control.setAttribute("aria-invalid", "true") : control.removeAttribute("aria-invalid");
    if (wrong) for (let up = slot.closest("details"); up && root.contains(up); up = up.parentElement?.closest("details")) up.open = true;
  }
  return entries.filter((each) => !nearest(each.place, slots));
}

function name(place) {
  return place.join(".");
}

function ids(place, form) {
  const id = form.id(name(place).replaceAll(".", "-"));
  return { id, help: `${id}-help`, slot: `${id}-slot` };
}

function slot(place, form) {
  const { id, slot: own } = ids(place, form);
  return h("div", { class: "alloy-slot", id: own, "data-slot": name(place), "data-of": id });
}

function labelled(plan, place, form, control) {
  const { id, help } = ids(place, form);
  return h("div", { class: `alloy-field alloy-of-${plan.control}` },
    h("label", { for: id }, plan.label, plan.required && h("span", { class: "alloy-quiet" }, " (needed)")),
    plan.help && h("div", { class: "alloy-help", id: help }, prose(plan.help)),
    control,
    slot(place, form));
}

function described(plan, place, form) {
  const { id, help, slot: own } = ids(place, form);
  return { id, "aria-describedby": plan.help ? `${help} ${own}` : own, "data-focus": name(place), "aria-required": plan.required ? "true" : null };
}

function gathered(plan, place, form, ...children) {
  const { id, help, slot: own } = ids(place, form);
  return h("fieldset", { id, class: "alloy-gathered", "aria-describedby": own },
    plan.label && h("legend", null, plan.label, plan.required && h("span", { class: "alloy-quiet" }, " (needed)")),
    plan.help && h("div", { class: "alloy-help", id: help }, prose(plan.help)),
    children,
    slot(place, form));
}

function text(plan, place, form) {
  const write = (event) => form.set(place, event.target.value);
  const value = String(form.get(place) ?? "");
  const own = { ...described(plan, place, form), oninput: write, maxlength: plan.most, spellcheck: plan.long ? "true" : "false", placeholder: plan.default ?? null };
  return labelled(plan, place, form, plan.long ? h("textarea", { ...own, rows: 1, value }) : h("input", { ...own, type: "text", value }));
}

function number(plan, place, form) {
  const whole = plan.control === "integer";
  const write = (event) => {
    const said = event.target.value.trim();
    form.set(place, said === "" ? undefined : Number.isFinite(Number(said)) ? Number(said) : said);
  };
  return labelled(plan, place, form, h("input", { ...described(plan, place, form), type: "number", step: whole ? 1 : "any", min: plan.least ?? plan.above, max: plan.most ?? plan.below,
    placeholder: plan.default ?? null, value: String(form.get(place) ?? ""), oninput: write }));
}

function choice(plan, place, form) {
  const value = form.get(place) ?? plan.default;
  if (plan.options.length <= 4) {
    const group = ids(place, form).id;
    return gathered(plan, place, form, h("div", { class: "alloy-line", role: "radiogroup", "aria-label": plan.label }, plan.options.map((each) =>
      h("label", { class: "alloy-radio" },
        h("input", { type: "radio", name: group, value: each, checked: each === value, "data-focus": `${name(place)}-${each}`, onchange: () => form.set(place, each) }), each.replaceAll("_", " ")))));
  }
  return labelled(plan, place, form, h("select", { ...described(plan, place, form), onchange: (event) => form.set(place, event.target.value || undefined) },
    value === undefined && h("option", { value: "", selected: true }, "choose …"),
    plan.options.map((each) => h("option", { value: each, selected: each === value }, each.replaceAll("_", " ")))));
}

function flag(plan, place, form) {
  const { id, help, slot: own } = ids(place, form);
  return h("div", { class: "alloy-field" },
    h("label", { class: "alloy-radio" },
      h("input", { type: "checkbox", id, checked: form.get(place) ?? plan.default ?? false, "data-focus": name(place), "aria-describedby": `${help} ${own}`,
        onchange: (event) => form.set(place, event.target.checked === plan.default ? undefined : event.target.checked) }),
      plan.label, plan.help && h("span", { class: "alloy-help", id: help }, " ", prose(plan.help))),
    slot(place, form));
}

function choices(plan, place, form) {
  const chosen = () => form.get(place) ?? [];
  return gathered(plan, place, form, h("div", { class: "alloy-line" }, plan.item.options.map((each) =>
    h("label", { class: "alloy-radio" },
      h("input", { type: "checkbox", checked: chosen().includes(each), "data-focus": `${name(place)}-${each}`,
        onchange: (event) => form.set(place, event.target.checked ? [...chosen(), each] : chosen().filter((other) => other !== each)) }), each))));
}

/** A list of short texts: Enter begins the next one, a pasted list becomes as many, Backspace takes an empty one away. */
function texts(plan, place, form) {
  const rows = h("div", { class: "alloy-texts" });
  const box = gathered(plan, place, form, rows);
  const list = form.suggestions?.(plan.suggests ?? plan.name) ?? null;
  const all = () => {
    const found = form.get(place);
    return Array.isArray(found) ? found : [];
  };
  const put = (values, focus) => {
    form.set(place, values);
    draw();
    if (focus !== undefined) rows.querySelectorAll("input")[Math.min(Math.max(focus, 0), Math.max(values.length - 1, 0))]?.focus();
  };
  const written = (at, value) => {
    const values = all().length ? [...all()] : [""];
    values[at] = value;
    form.set(place, values.length === 1 && !value ? [] : values);
  };
  const row = (value, at) => {
    const spot = [...place, at];
    const { id, slot: own } = ids(spot, form);
    return h("div", { class: "alloy-text-row" },
      h("input", {
        id, type: "text", value, list, "aria-label": `${plan.label} ${at + 1}`, "aria-describedby": own, "data-focus": name(spot), spellcheck: "false", autocomplete: "off",
        oninput: (event) => written(at, event.target.value),
        onpaste: (event) => {
          const lines = (event.clipboardData?.getData("text") ?? "").split(/\r?\n/).map((each) => each.trim()).filter(Boolean);
          if (lines.length < 2) return;
          event.preventDefault();
          put([...all().slice(0, at), ...lines, ...all().slice(at + 1)], at + lines.length - 1);
        },
        onkeydown: (event) => {
          if (event.key === "Enter" && event.target.value.trim()) {
            event.preventDefault();
            put([...all().slice(0, at + 1), "", ...all().slice(at + 1)], at + 1);
          } else if (event.key === "Backspace" && !event.target.value && all().length > 1) {
            event.preventDefault();
            put(all().filter((_, other) => other !== at), at - 1);
          }
        },
      }),
      all().length > 0 && button("✕", () => put(all().filter((_, other) => other !== at), at - 1), { tone: "bare", label: `Remove ${plan.label} ${at + 1}` }),
      slot(spot, form));
  };
  const draw = () => {
    const values = all();
    fill(rows, (values.length ? values : [""]).map(row),
      button("+ one more", () => put([...(values.length ? all() : [""]), ""], values.length || 1), { tone: "bare", label: `Add to ${plan.label}` }));
  };
  draw();
  return box;
}

function list(plan, place, form) {
  const rows = h("div", { class: "alloy-list" });
  const thing = plan.item.thing ?? "entry";
  const all = () => form.get(place) ?? [];
  const put = (values, focus) => {
    form.set(place, values);
    draw();
    const target = focus === undefined ? null : rows.children[focus]?.querySelector("input, textarea, select");
    (target ?? rows.querySelector(".alloy-adds button"))?.focus();
  };
  const add = (value) => put([...all(), value], all().length);
  const begun = (branch) => ({ ...turnedInto(plan.item, branch, undefined), ...(branch.fields?.some((each) => each.name === "id") ? { id: freeId(branch.tag, all()) } : {}) });
  const draw = () => {
    const item = plan.item;
    const kinds = item.control === "union" ? item.branches : null;
    fill(rows,
      all().map((_, at) => h("div", { class: "alloy-card alloy-item", role: "group", "aria-label": `${thing} ${at + 1}` },
        h("div", { class: "alloy-item-head" }, h("strong", null, `${thing} ${at + 1}`),
          button("Remove", () => put(all().filter((_, other) => other !== at)), { tone: "bare", label: `Remove ${thing} ${at + 1}` })),
        field(item, [...place, at], form))),
      h("div", { class: "alloy-line alloy-adds" }, h("span", { class: "alloy-quiet" }, `Add ${thing}:`),
        kinds ? kinds.map((each) => button(each.label, () => add(each.control === "group" ? begun(each) : turnedInto(item, each, undefined)), { label: `Add ${thing}: ${each.label}${each.help ? `. ${each.help}` : ""}`, title: each.help ?? null }))
          : button(`+ ${thing}`, () => add({}), { label: `Add ${thing}` })));
  };
  draw();
  return gathered(plan, place, form, rows);
}

function group(plan, place, form) {
  if (!plan.label) return h("div", { class: "alloy-group" }, fieldsOf(plan, place, form), slot(place, form));
  return gathered(plan, place, form, fieldsOf(plan, place, form));
}

function union(plan, place, form) {
  const inside = h("div", { class: "alloy-group" });
  const kind = form.id(`${name(place)}-kind`.replaceAll(".", "-"));
  const chosen = () => {
    const value = form.get(place);
    return branchOf(plan, value === undefined ? plan.default : value);
  };
  const draw = () => {
    const at = chosen();
    const branch = plan.branches[at];
    const bare = branch && branch.control !== "group" ? { ...branch, label: branch.control === "choice" ? "which" : "name", help: branch.help, default: plan.default } : null;
    fill(inside, bare ? field(bare, place, form) : branch && fieldsOf(branch, place, form));
  };
  const select = h("select", {
    id: kind, "data-focus": `${name(place)}-kind`,
    onchange: (event) => {
      const branch = plan.branches[Number(event.target.value)];
      form.set(place, turnedInto(plan, branch, form.get(place)));
      draw();
    },
  }, chosen() < 0 && h("option", { value: "", selected: true, disabled: true }, "choose …"),
    plan.branches.map((each, at) => h("option", { value: at, selected: at === chosen() }, each.help ? `${each.label}: ${each.help.replaceAll("`", "")}` : each.label)));
  draw();
  const body = [h("div", { class: "alloy-kind" }, h("label", { for: kind }, plan.by ?? "kind"), select), inside];
  return plan.label ? gathered(plan, place, form, body) : h("div", null, body, slot(place, form));
}

function date(plan, place, form) {
  return labelled(plan, place, form, h("input", { ...described(plan, place, form), type: "date", value: String(form.get(place) ?? ""), oninput: (event) => form.set(place, event.target.value || undefined) }));
}

function moment(plan, place, form) {
  return text({ ...plan, long: false, default: "2026-01-31T12:00:00Z" }, place, form);
}

const CONTROLS = { text, number, integer: number, choice, flag, choices, texts, list, group, union, date, moment };
