// Whatever the length of a list, only what is in view is on the page, and the current row comes into view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";

// The files carry no package.json: node is told that they are ES modules.
const load = async (name) => {
  const folder = new URL("../../../../alloynb/faces/widgets/", import.meta.url);
  const bare = readFileSync(new URL(`${name}.js`, folder), "utf8").replace(/^import \{[^}]*\} from "\.\/[a-z_]+\.js";$/gm, "");
  return import(`data:text/javascript,${encodeURIComponent(bare)}`);
};
const { rowsInView, scrolledTo } = await load("rows");

test("a list of 2,000 rows puts a handful on the page", () => {
  for (let top = 0; top <= 2000 * 30 - 300; top += 777) {
    const [first, last] = rowsInView(top, 300, 30, 2000);
    assert.ok(last - first <= 24, `${last - first} rows`);
    assert.ok(first * 30 <= top && last * 30 >= top + 300, "everything in view is on the page");
  }
});

test("an empty list has no rows", () => {
  assert.deepEqual(rowsInView(0, 300, 30, 0), [0, 0]);
  assert.deepEqual(rowsInView(9000, 300, 30, 2), [294, 294]);
});

test("a row in view does not scroll, one outside comes just in", () => {
  assert.equal(scrolledTo(3, 60, 300, 30), 60);
  assert.equal(scrolledTo(1, 60, 300, 30), 30);
  assert.equal(scrolledTo(20, 60, 300, 30), 330);
});
