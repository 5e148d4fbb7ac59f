// The value of a form is plain JSON: what is empty is absent, what was not touched stays, a kind can be changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";

const file = new URL("../../../../alloynb/faces/widgets/draft_value.js", import.meta.url);
const draft = await import(`data:text/javascript,${encodeURIComponent(readFileSync(file, "utf8"))}`);
const { valueAt, withValue, withoutBlanks, branchOf, turnedInto, nearest, slugOf } = draft;

test("writing leaves the value that was there, and everything else, as it was", () => {
  const before = { title: "a", evidence: [{ id: "x", rule: { sources: ["m"] } }] };
  const after = withValue(before, ["evidence", 0, "rule", "sources", 0], "n");
  assert.equal(valueAt(before, ["evidence", 0, "rule", "sources", 0]), "m");
  assert.deepEqual(after, { title: "a", evidence: [{ id: "x", rule: { sources: ["n"] } }] });
});

test("what becomes empty is absent, up to the group that held it", () => {
  assert.deepEqual(withValue({ title: "a", scope: { paths: ["x"] } }, ["scope", "paths"], []), { title: "a" });
  assert.deepEqual(withValue({ title: "a", owner: "b" }, ["owner"], ""), { title: "a" });
});

test("an entry of a list that becomes empty keeps its place until somebody removes it", () => {
  assert.deepEqual(withValue({ evidence: [{ id: "x" }, { id: "y" }] }, ["evidence", 0, "id"], ""), { evidence: [{}, { id: "y" }] });
});

test("blank rows are not sent, false and zero are", () => {
  assert.deepEqual(withoutBlanks({ a: ["x", " ", ""], b: [""], c: false, d: 0, e: [{ f: ["", "y"] }] }), { a: ["x"], c: false, d: 0, e: [{ f: ["y"] }] });
});

const byKind = { by: "kind", branches: [{ tag: "gate", control: "group", fields: [{ name: "id" }, { name: "gate" }] }, { tag: "human_review", control: "group", fields: [{ name: "id" }, { name: "role" }] }] };
const byShape = { by: null, branches: [{ tag: "by name", control: "choice", options: ["every_run"] }, { tag: "every_days", control: "group", fields: [{ name: "every_days" }] }] };

test("the branch of a union is told by its word, or by its shape", () => {
  assert.equal(branchOf(byKind, { kind: "human_review" }), 1);
  assert.equal(branchOf(byKind, { kind: "guess" }), -1);
  assert.equal(branchOf(byShape, "every_run"), 0);
  assert.equal(branchOf(byShape, { every_days: 3 }), 1);
  assert.equal(branchOf(byShape, undefined), -1);
});

test("a change of kind keeps what both kinds know", () => {
  assert.deepEqual(turnedInto(byKind, byKind.branches[1], { kind: "gate", id: "x", gate: { name: "g" } }), { kind: "human_review", id: "x" });
  assert.equal(turnedInto(byShape, byShape.branches[0], { every_days: 3 }), "every_run");
});

test("a fault is told at the nearest place that is shown", () => {
  const shown = new Map([["evidence", 1], ["evidence.0", 1]]);
  assert.equal(nearest("evidence.0.rule.sources.3", shown), "evidence.0");
  assert.equal(nearest("evidence.1", shown), "evidence");
  assert.equal(nearest("status", shown), "");
});

test("a title makes the name of a record", () => {
  assert.equal(slugOf("We can leave our payment vendor!"), "we-can-leave-our-payment-vendor");
  assert.equal(slugOf("  Größe & Maß  "), "große-maß".replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""));
  assert.equal(slugOf("…"), "");
});
