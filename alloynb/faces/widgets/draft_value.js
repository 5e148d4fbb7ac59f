// The value of a form: plain JSON, in which what is empty is absent. Nothing here touches the page.

/** What stands at a place (a list of keys and positions), or undefined. */
export function valueAt(value, place) {
  return place.reduce((found, step) => (found === null || found === undefined ? undefined : found[step]), value);
}

/** A copy with something else at a place; groups that become empty go, entries of lists stay where they are. */
export function withValue(value, place, wanted) {
  if (!place.length) return wanted;
  const [step, ...rest] = place;
  if (typeof step === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    const inner = withValue(list[step], rest, wanted);
    list[step] = inner === undefined && rest.length ? {} : inner ?? "";
    return list;
  }
  const group = value !== null && typeof value === "object" && !Array.isArray(value) ? { ...value } : {};
  const inner = withValue(group[step], rest, wanted);
  if (isEmpty(inner)) delete group[step];
  else group[step] = inner;
  return Object.keys(group).length ? group : undefined;
}

/** Whether a value says nothing: then its field is absent. */
export function isEmpty(value) {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return !value.length;
  return typeof value === "object" && !Object.keys(value).length;
}

/** A copy without blank entries of lists of texts, as it is sent: a row that nobody filled in is no entry. */
export function withoutBlanks(value) {
  if (Array.isArray(value)) return value.filter((each) => !(typeof each === "string" && !each.trim())).map(withoutBlanks);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutBlanks(each)]).filter(([, each]) => !(Array.isArray(each) && !each.length)));
}

/** Which branch of a union a value is of: by its discriminator, else by its shape; -1 when it is of none yet. */
export function branchOf(plan, value) {
  if (plan.by) return plan.branches.findIndex((each) => each.tag === value?.[plan.by]);
  const isGroup = value !== null && typeof value === "object";
  if (value === undefined) return -1;
  if (!isGroup) return plan.branches.findIndex((each) => each.control !== "group");
  const names = Object.keys(value);
  const fits = (each) => each.control === "group" && names.every((name) => each.fields.some((field) => field.name === name));
  return plan.branches.findIndex(fits);
}

/** A value of another branch that keeps what both know: the id and the description of evidence survive its kind. */
export function turnedInto(plan, branch, value) {
  if (branch.control !== "group") return branch.options?.[0] ?? "";
  const known = new Set(branch.fields.map((each) => each.name));
  const kept = Object.entries(value !== null && typeof value === "object" ? value : {}).filter(([name]) => known.has(name));
  return { ...Object.fromEntries(kept), ...(plan.by ? { [plan.by]: branch.tag } : {}) };
}

/** The nearest place at or above `place` that is shown: where a fault is told. Places are texts such as `a.0.b`. */
export function nearest(place, shown) {
  const steps = place.split(".");
  for (let length = steps.length; length > 0; length -= 1) {
    const found = steps.slice(0, length).join(".");
    if (shown.has(found)) return found;
  }
  return "";
}

/** A name for an id: small letters, digits and `-`. */
export function slugOf(title) {
  return title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 48).replace(/^-+|-+$/g, "");
}

/** An id near `wanted` that no entry has yet. */
export function freeId(wanted, entries) {
  const taken = new Set(entries.map((each) => each?.id));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
}
