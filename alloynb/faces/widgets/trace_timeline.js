// The time line of one run: verdict first, then the tree that is walked by keys.

import { frame, h, fill } from "./frame.js";
import { stepTree } from "./steps.js";

function render(context) {
  const { model } = context;
  const { body, act, say, on, drop, id } = frame(context, "Timeline of a run");
  const verdict = h("div", { class: "alloy-verdict" });
  const tree = stepTree({ label: "Steps of the run", id, height: 420, say, wants: (key) => act("tell", { key }) });
  body.append(verdict, tree.element);
  const draw = () => {
    const view = model.get("view");
    verdict.className = `alloy-verdict alloy-${view.good === null ? "calm" : view.good ? "good" : "bad"}`;
    fill(verdict, h("strong", null, `${view.mark} ${view.headline}`), h("div", { class: "alloy-quiet" }, view.circumstances));
    tree.show(view.rows, view.span);
  };
  on("change:view", draw);
  on("change:told", () => tree.detail(model.get("told").key, model.get("told").pairs));
  draw();
  return drop;
}

export default { render };
