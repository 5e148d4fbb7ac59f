// The fields of a record as controls, with what is wrong and what is worth asking beside each of them.

import { h } from "./frame.js";
import { valueAt, withValue, withoutBlanks, nearest } from "./draft_value.js";
import { field, tellPlaces } from "./fields.js";

/**
 * Draw the fields of a record.
 *
 * Args: `plan`, `draft` (the fields as JSON), `suggestions` (lists by the name of a field), `id(name)`, and
 * `changed(draft)`, called at each change. With `eager`, questions about fields that nobody touched are told too.
 *
 * Returns `element`, `draft()` as it is sent, `tell(reading)`, which writes faults and questions beside the fields and
 * answers those that have no place, and `touchAll()`.
 */
export function recordFields({ plan, draft, suggestions, id, changed, eager = false }) {
  let value = draft ?? {};
  let everything = false; // nobody is told that something is missing while it is only begun
  const touched = new Set();
  const lists = Object.entries(suggestions ?? {}).map(([name, options]) => h("datalist", { id: id(`list-${name}`) }, options.map((each) => h("option", { value: each }))));
  const form = {
    get: (place) => valueAt(value, place),
    set: (place, wanted) => {
      touched.add(String(place[0]));
      value = withValue(value, place, wanted) ?? {};
      changed(withoutBlanks(value));
    },
    id,
    suggestions: (name) => (suggestions?.[name] ? id(`list-${name}`) : null),
  };
  const element = h("div", { class: "alloy-fields" }, lists, plan.fields.filter((each) => !each.aside).map((each) => field(each, [each.name], form)),
    h("details", { class: "alloy-aside", "data-aside": true }, h("summary", null, "More: ", plan.fields.filter((each) => each.aside).map((each) => each.label).join(", ")),
      plan.fields.filter((each) => each.aside).map((each) => field(each, [each.name], form))));
  const tell = (reading) => {
    const asked = (reading.questions ?? []).filter((each) => eager || everything || touched.has(each.place));
    return tellPlaces(element, [
      ...(reading.faults ?? []).filter((each) => everything || (touched.has(each.place.split(".")[0]) && !each.missing)).map((each) => ({ ...each, tone: "bad" })),
      ...asked.map((each) => ({ ...each, tone: "unsure" })),
      ...Object.entries(reading.notes ?? {}).map(([place, text]) => ({ place, text, tone: "calm" })),
    ], nearest);
  };
  return { element, draft: () => withoutBlanks(value), tell, touchAll: () => (everything = true) };
}

