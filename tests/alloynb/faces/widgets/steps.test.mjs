// Of a long run only what is unfolded is listed, its activity is counted, and lists are found and told in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";

const load = async (name) => {
  const folder = new URL("../../../../alloynb/faces/widgets/", import.meta.url);
  const bare = readFileSync(new URL(`${name}.js`, folder), "utf8").replace(/^import \{[^}]*\} from "\.\/[a-z_]+\.js";$/gm, "");
  return import(`data:text/javascript,${encodeURIComponent(bare)}`);
};
const { activity, duration, stepOf, unfolded } = await load("steps");
const { matching } = await load("relation_graph");
const { pageWords } = await load("board");

const step = (depth, key, tone = "good", began = 0, took = 10) => stepOf([depth, "block", key, "✔", tone, "completed", began, took, key, ""]);

test("what lies below a folded step is not listed, however deep", () => {
  const steps = [step(0, "run"), step(1, "a"), step(2, "b"), step(3, "c"), step(1, "d")];
  assert.deepEqual(unfolded(steps, new Set()), [0, 1, 2, 3, 4]);
  assert.deepEqual(unfolded(steps, new Set(["a"])), [0, 1, 4]);
  assert.deepEqual(unfolded(steps, new Set(["a", "b"])), [0, 1, 4]);
  assert.deepEqual(unfolded(steps, new Set(["run"])), [0]);
});

test("a problem is seen however many good steps share its moment", () => {
  const busy = activity([...Array(50).fill(step(1, "x")), step(1, "y", "bad")], 10, 4);
  assert.ok(busy.every((each) => each.count === 51 && each.tone === "bad"));
});

test("nothing at work is counted as nothing", () => {
  const busy = activity([step(1, "x", "good", 90, 10)], 100, 10);
  assert.deepEqual(busy.map((each) => each.count), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("durations read as people say them", () => {
  assert.deepEqual([duration(9.6), duration(1500), duration(180000)], ["10 ms", "1.5 s", "3.0 min"]);
});

test("a record is found by every word, in its id or its title", () => {
  const records = [["shop.intent.a", "Leave the vendor"], ["shop.intent.b", "Pay the total"]];
  assert.deepEqual(matching(records, "the INTENT.b"), [1]);
  assert.deepEqual(matching(records, ""), [0, 1]);
});

test("a page says where it is", () => {
  assert.deepEqual([pageWords(0, 0, 50), pageWords(3, 7, 50), pageWords(120, 130, 50)], ["Nothing to show", "7", "101 to 130 of 130"]);
});
