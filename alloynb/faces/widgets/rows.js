// A list of any length, of which only the rows in view are on the page; one row is current.

import { h, fill } from "./frame.js";

const BEYOND = 6;

/** Which rows are on the page: from the first to the one behind the last. */
export function rowsInView(scrollTop, height, rowHeight, count) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - BEYOND);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + BEYOND);
  return [first, Math.max(first, last)];
}

/** Where to scroll so that a row is in view: nowhere when it is already. */
export function scrolledTo(at, scrollTop, height, rowHeight) {
  if (at * rowHeight < scrollTop) return at * rowHeight;
  if ((at + 1) * rowHeight > scrollTop + height) return (at + 1) * rowHeight - height;
  return scrollTop;
}

/**
 * Make a list box with one current row.
 *
 * Args: `label`, `id` (unique on the page), `rowHeight` and `height` in pixels, `draw(at)` (children of a row),
 * `choose(at)` (called when somebody clicks a row or moves by arrow keys).
 *
 * Returns `element`, `show(count, current)`, which draws what is in view, and `redraw()`.
 */
export function rowList({ label, id, rowHeight, height, draw, choose }) {
  let count = 0;
  let current = 0;
  const space = h("div", { class: "alloy-rows-space", role: "presentation" });
  const element = h(
    "div",
    {
      class: "alloy-rows", role: "listbox", tabindex: "0", "aria-label": label, "data-focus": `${id}-rows`, style: `max-height:${height}px`,
      onscroll: () => redraw(),
      onkeydown: (pressed) => {
        const page = Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1);
        const to = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page, PageUp: current - page, Home: 0, End: count - 1 }[pressed.key];
        if (to === undefined || !count) return;
        pressed.preventDefault();
        choose(Math.min(Math.max(to, 0), count - 1));
      },
    },
    space,
  );
  const row = (at) =>
    h(
      "div",
      {
        class: "alloy-row", role: "option", id: `${id}-row-${at}`, "aria-selected": at === current ? "true" : "false",
        "aria-setsize": count, "aria-posinset": at + 1, style: `top:${at * rowHeight}px;height:${rowHeight}px`, onclick: () => choose(at),
      },
      draw(at),
    );
  const redraw = () => {
    const [first, last] = rowsInView(element.scrollTop, element.clientHeight || height, rowHeight, count);
    const rows = [];
    if (current < first || current >= last) { /* the current row stays on the page: `aria-activedescendant` names it */
      if (current < count) rows.push(row(current));
    }
    for (let at = first; at < last; at += 1) rows.push(row(at));
    fill(space, rows);
  };
  const show = (newCount, newCurrent) => {
    [count, current] = [newCount, newCurrent];
    space.style.height = `${count * rowHeight}px`;
    element.style.height = `${Math.min(height, count * rowHeight + 2)}px`;
    element.scrollTop = scrolledTo(current, element.scrollTop, element.clientHeight || height, rowHeight);
    if (count) element.setAttribute("aria-activedescendant", `${id}-row-${current}`);
    else element.removeAttribute("aria-activedescendant");
    redraw();
  };
  return { element, show, redraw };
}
