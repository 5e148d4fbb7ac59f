// A unified difference, each line with its mark; colour repeats what the mark says.

import { h } from "./frame.js";

/** A unified difference: what stands, what is wanted, each line with its mark. */
export function difference(text) {
  const tone = { "+": "alloy-added", "-": "alloy-removed", "@": "alloy-quiet" };
  return h("pre", { class: "alloy-difference", tabindex: "0", "aria-label": "Difference from the file as it stands to yours" },
    text.split("\n").filter((each) => !/^(---|\+\+\+)/.test(each)).map((each) => h("span", { class: tone[each[0]] ?? null }, `${each}\n`)));
}
