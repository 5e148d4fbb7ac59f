// The name of a relation is never covered by the name of another one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";

// The files carry no package.json: node is told that they are ES modules.
const file = new URL("../../../../alloynb/faces/widgets/relation_graph.js", import.meta.url);
const bare = readFileSync(file, "utf8").replace(/^import \{[^}]*\} from "\.\/[a-z_]+\.js";$/gm, "");
const { apart } = await import(`data:text/javascript,${encodeURIComponent(bare)}`);
const link = (x, y, name) => ["M0 0", x, y, name, "supports", false, []];

test("names that have room stay where they are", () => {
  assert.deepEqual(apart([link(10, 20, "supports"), link(10, 40, "depends on"), link(200, 20, "blocks")]), [
    [10, 20, "supports"], [10, 40, "depends on"], [200, 20, "blocks"],
  ]);
});

test("names in one place stand below each other", () => {
  const placed = apart(Array.from({ length: 40 }, (_, at) => link(100 + (at % 7) * 5, 50 + (at % 5), `${at}`)));

  assert.equal(placed.length, 40);
  placed.forEach(([x, y], at) => {
    for (const [otherX, otherY] of placed.slice(at + 1)) assert.ok(Math.abs(x - otherX) >= 84 || Math.abs(y - otherY) >= 13);
  });
});
