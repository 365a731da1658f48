/**
 * What documents do in the fake of a MongoDB server: comparison, filters, updates, projections. Holds no more than
 * the store needs, by the documentation of the operators; anything else is answered as an error, never ignored.
 * @see https://www.mongodb.com/docs/manual/reference/operator/
 * @module
 */

export type Document = Record<string, unknown>;

/** An error as the server answers it. */
export class MongodbFakeError extends Error {
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string) {
    super(message);
    this.code = code;
    this.codeName = codeName;
  }
}

const failedToParse = (message: string) => new MongodbFakeError(9, "FailedToParse", message);
const badValue = (message: string) => new MongodbFakeError(2, "BadValue", message);

/** Where a type stands among the others when values are ordered. */
function rankOf(value: unknown): number {
  if (value === null || value === undefined) return 1;
  if (typeof value === "number") return 2;
  if (typeof value === "string") return 3;
  if (Buffer.isBuffer(value)) return 6;
  if (typeof value === "object" && (value as Document)._bsontype === "ObjectId") return 7;
  if (typeof value === "boolean") return 8;
  if (value instanceof Date) return 9;
  throw failedToParse(`the fake compares no ${typeof value}`);
}

/** Order of BSON values: by type, then by value; binary by length, then byte by byte. */
export function compare(a: unknown, b: unknown): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.length - b.length || a.compare(b);
  if (typeof a === "number" || a instanceof Date) return Number(a) - Number(b);
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (rankA === 1) return 0;
  // UTF-8 order of the bytes, as without a collation.
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

const isOperators = (value: unknown): value is Document =>
  typeof value === "object" &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  Object.keys(value).some((name) => name.startsWith("$"));

/** Inequalities hold within one type only: a missing field is less than nothing. */
const ordered = (value: unknown, other: unknown, holds: (order: number) => boolean) =>
  rankOf(value) === rankOf(other) && holds(compare(value, other));

const operators: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  $eq: (value, operand) => compare(value, operand) === 0,
  $ne: (value, operand) => compare(value, operand) !== 0,
  $gt: (value, operand) => ordered(value, operand, (order) => order > 0),
  $gte: (value, operand) => ordered(value, operand, (order) => order >= 0),
  $lt: (value, operand) => ordered(value, operand, (order) => order < 0),
  $lte: (value, operand) => ordered(value, operand, (order) => order <= 0),
  $exists: (value, operand) => (value !== undefined) === Boolean(operand),
  $in(value, operand) {
    if (!Array.isArray(operand)) throw badValue("$in needs an array");
    return operand.some((each) => compare(value, each) === 0);
  },
};

function plainPath(path: string): string {
  if (path === "" || path.includes(".") || path.startsWith("$")) {
    throw failedToParse(`the fake has no path ${path}`);
  }
  return path;
}

export function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === "$or") {
      if (!Array.isArray(condition) || condition.length === 0) {
        throw badValue("$or must be a nonempty array");
      }
      return condition.some((each) => matches(document, each as Document));
    }
    const value = document[plainPath(name)];
    if (!isOperators(condition)) return compare(value, condition) === 0;
    return Object.entries(condition).every(([operator, operand]) => {
      const holds = operators[operator];
      if (holds === undefined) throw badValue(`unknown operator: ${operator}`);
      return holds(value, operand);
    });
  });
}

type Change = (present: unknown, operand: unknown, isInsert: boolean) => unknown;

const changes: Readonly<Record<string, Change>> = {
  $set: (_present, operand) => operand,
  $setOnInsert: (present, operand, isInsert) => (isInsert ? operand : present),
  $unset: () => undefined,
  $max: (present, operand) =>
    present === undefined || compare(operand, present) > 0 ? operand : present,
  $min: (present, operand) =>
    present === undefined || compare(operand, present) < 0 ? operand : present,
  $inc(present, operand) {
    if (present !== undefined && typeof present !== "number") {
      throw new MongodbFakeError(14, "TypeMismatch", "Cannot apply $inc to a non-numeric value");
    }
    return (present ?? 0) + Number(operand);
  },
};

/** The one pipeline that is known: `[{ $set: { field: { $min: ["$a", "$b"] } } }]`. */
function runPipeline(document: Document, [stage, ...others]: readonly Document[]): Document {
  const fields = stage?.$set;
  if (others.length > 0 || fields === undefined || Object.keys(stage ?? {}).length !== 1) {
    throw failedToParse("the fake knows pipelines of one $set only");
  }
  const next = { ...document };
  for (const [name, expression] of Object.entries(fields as Document)) {
    const { $min: paths, ...rest } = expression as Document;
    if (!Array.isArray(paths) || Object.keys(rest).length > 0) {
      throw failedToParse("the fake knows $min of an array only");
    }
    // Missing and null ones are left out.
    const values = paths
      .map((path: unknown) => document[plainPath(String(path).replace(/^\$/, ""))])
      .filter((value) => value !== undefined && value !== null);
    next[plainPath(name)] = values.length === 0 ? null : values.sort(compare)[0];
  }
  return next;
}

/** @returns The changed document; the given one stays as it is. */
export function update(
  document: Document,
  given: Document | readonly Document[],
  isInsert = false,
): Document {
  if (Array.isArray(given)) return runPipeline(document, given);
  const next = { ...document };
  const touched = new Set<string>();
  if (Object.keys(given).length === 0) throw failedToParse("the fake replaces no documents");
  for (const [operator, fields] of Object.entries(given)) {
    const change = changes[operator];
    if (change === undefined) throw failedToParse(`Unknown modifier: ${operator}`);
    for (const [name, operand] of Object.entries(fields as Document)) {
      if (touched.has(plainPath(name))) {
        const message = `Updating the path '${name}' would create a conflict at '${name}'`;
        throw new MongodbFakeError(40, "ConflictingUpdateOperators", message);
      }
      touched.add(name);
      const value = change(document[name], operand, isInsert);
      if (value === undefined) delete next[name];
      else next[name] = value;
    }
  }
  if (!isInsert && compare(next._id, document._id) !== 0) {
    const message = "Performing an update on the path '_id' would modify the immutable field '_id'";
    throw new MongodbFakeError(66, "ImmutableField", message);
  }
  return next;
}

/** What an upsert begins with: the fields that the filter says are equal to something. */
export function seedOf(filter: Document): Document {
  return Object.fromEntries(
    Object.entries(filter).filter(([name, value]) => plainPath(name) && !isOperators(value)),
  );
}

/** Inclusion only, and `_id` always. */
export function project(document: Document, projection: Document | undefined): Document {
  const names = Object.entries(projection ?? {});
  if (names.length === 0) return document;
  const chosen: Document = { _id: document._id };
  for (const [name, included] of names) {
    if (included !== 1) throw failedToParse("the fake knows projections that include fields only");
    const value = document[plainPath(name)];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

export function isSame(a: Document, b: Document): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => {
    const [one, other] = [a[name], b[name]];
    return (one === undefined) === (other === undefined) && compare(one, other) === 0;
  });
}
