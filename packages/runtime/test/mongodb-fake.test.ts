/**
 * The fake MongoDB server itself, where it could make the store look better than it is: each expectation is a
 * sentence of the documentation of the command or operator. Asked through the real driver.
 * @see https://www.mongodb.com/docs/manual/reference/
 * @module
 */
import { type Collection, type Db, type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type MongodbFake, startMongodbFake } from "./support/mongodb-fake.ts";

type Kept = Document & { readonly _id: number };

let fake: MongodbFake;
let client: MongoClient;
let db: Db;
let things: Collection<Kept>;
beforeAll(async () => {
  fake = await startMongodbFake();
  client = new MongoClient(fake.url);
  db = client.db("fake");
  things = db.collection<Kept>("things");
});
beforeEach(() => fake.data.collections.clear());
afterAll(async () => {
  await client.close();
  await fake.close();
});

const all = () => things.find({}, { sort: { _id: 1 } }).toArray();
const counts = ({
  matchedCount,
  modifiedCount,
  upsertedCount,
}: Readonly<Record<string, unknown>>) => `${matchedCount} ${modifiedCount} ${upsertedCount}`;

describe("the fake's updates", () => {
  const given = { _id: 1, n: 5, name: "a" };
  const cases: readonly [string, Document, Document, string][] = [
    ["$max changes nothing for a lower value", { $max: { n: 4 } }, given, "1 0 0"],
    ["$max changes nothing for an equal value", { $max: { n: 5 } }, given, "1 0 0"],
    ["$max takes a higher value", { $max: { n: 6 } }, { ...given, n: 6 }, "1 1 0"],
    ["$max sets a field that is missing", { $max: { m: -1 } }, { ...given, m: -1 }, "1 1 0"],
    ["$min takes a lower value", { $min: { n: 4 } }, { ...given, n: 4 }, "1 1 0"],
    ["$min changes nothing for a higher value", { $min: { n: 6 } }, given, "1 0 0"],
    ["$min sets a field that is missing", { $min: { m: 9 } }, { ...given, m: 9 }, "1 1 0"],
    ["$set of the present value modifies nothing", { $set: { n: 5 } }, given, "1 0 0"],
    ["$unset removes", { $unset: { n: "" } }, { _id: 1, name: "a" }, "1 1 0"],
    ["$unset of a missing field modifies nothing", { $unset: { m: "" } }, given, "1 0 0"],
    ["$setOnInsert does nothing to what is there", { $setOnInsert: { n: 9 } }, given, "1 0 0"],
    ["$inc adds", { $inc: { n: 2 } }, { ...given, n: 7 }, "1 1 0"],
    ["$max compares types before values", { $max: { n: "0" } }, { ...given, n: "0" }, "1 1 0"],
  ];
  for (const [title, change, expected, counted] of cases) {
    it(title, async () => {
      await things.insertOne({ ...given });
      expect(counts({ ...(await things.updateOne({ _id: 1 }, change)) })).toBe(counted);
      expect(await all()).toEqual([expected]);
    });
  }

  it("match nothing without an upsert, and insert nothing", async () => {
    expect(counts({ ...(await things.updateOne({ _id: 1 }, { $set: { n: 1 } })) })).toBe("0 0 0");
    expect(await all()).toEqual([]);
  });

  it("upsert with the filter's equal fields, $setOnInsert and the operators", async () => {
    const change = { $setOnInsert: { a: 1 }, $max: { b: 2 } };
    const filter = { _id: 1, kind: "x", n: { $gt: 3 } };
    expect(counts({ ...(await things.updateOne(filter, change, { upsert: true })) })).toBe("0 0 1");
    expect(await all()).toEqual([{ _id: 1, kind: "x", a: 1, b: 2 }]);
  });

  it("answer the upserted document, and another time the present one", async () => {
    const draw = (value: string) =>
      things.findOneAndUpdate(
        { _id: 1 },
        { $setOnInsert: { value } },
        { upsert: true, returnDocument: "after" },
      );
    expect(await draw("first")).toEqual({ _id: 1, value: "first" });
    expect(await draw("second")).toEqual({ _id: 1, value: "first" });
  });

  it("refuse an upsert whose _id is taken by a document that the filter leaves out", async () => {
    await things.insertOne({ ...given });
    const upsert = things.updateOne({ _id: 1, n: 9 }, { $set: { m: 1 } }, { upsert: true });
    await expect(upsert).rejects.toMatchObject({ code: 11_000 });
  });

  it("change one document, or all that match, by the command", async () => {
    await things.insertMany([1, 2, 3].map((_id) => ({ _id, n: 0 })));
    expect((await things.updateOne({ n: 0 }, { $set: { n: 1 } })).matchedCount).toBe(1);
    expect(
      (await things.updateMany({ n: 0 }, [{ $set: { n: { $min: ["$_id", "$n"] } } }])).matchedCount,
    ).toBe(2);
    expect((await things.deleteOne({})).deletedCount).toBe(1);
    expect((await things.deleteMany({})).deletedCount).toBe(2);
  });

  for (const [title, change] of [
    ["an unknown operator", { $rename: { n: "m" } }],
    ["one path in two operators", { $set: { n: 1 }, $max: { n: 2 } }],
    ["a change of _id", { $set: { _id: 2 } }],
    ["a path into a document", { $set: { "n.m": 2 } }],
    ["an unknown pipeline", [{ $unset: "n" }]],
  ] as const) {
    it(`refuse ${title}`, async () => {
      await things.insertOne({ ...given });
      await expect(things.updateOne({ _id: 1 }, change as Document)).rejects.toThrow();
      expect(await all()).toEqual([given]);
    });
  }
});

describe("the fake's filters", () => {
  const cases: readonly [Document, readonly number[]][] = [
    [{ n: { $gt: 0 } }, [2, 3]],
    [{ n: { $gte: 1 } }, [2, 3]],
    [{ n: { $lt: 2 } }, [1, 2]],
    [{ n: { $lte: 2 } }, [1, 2, 3]],
    // `$ne` and an equal null are true of a missing field, an inequality never.
    [{ n: { $ne: 1 } }, [1, 3, 4, 5]],
    [{ n: null }, [4]],
    [{ n: { $exists: false } }, [4]],
    [{ n: { $gt: "" } }, [5]],
    [{ n: { $in: [0, "x"] } }, [1, 5]],
    [{ $or: [{ n: 0 }, { _id: 5 }] }, [1, 5]],
    [{ n: { $gt: 0, $lt: 2 } }, [2]],
  ];
  for (const [filter, expected] of cases) {
    it(`find by ${JSON.stringify(filter)}`, async () => {
      const values = [{ n: 0 }, { n: 1 }, { n: 2 }, {}, { n: "x" }];
      await things.insertMany(values.map((value, i) => ({ _id: i + 1, ...value })));
      expect(
        (await things.find(filter, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id),
      ).toEqual(expected);
    });
  }

  it("refuse an operator that they do not know", async () => {
    await things.insertOne({ _id: 1 });
    await expect(things.findOne({ _id: { $mod: [2, 1] } as never })).rejects.toThrow("$mod");
    await expect(things.findOne({ $nor: [{}] })).rejects.toThrow("$nor");
  });

  it("order bytes by length, then by value", async () => {
    const bytes = ["ff", "0001", "00ff", "0100"].map((hex) => Buffer.from(hex, "hex"));
    const boxes = db.collection<{ _id: Buffer }>("boxes", { promoteBuffers: true });
    await boxes.insertMany([3, 1, 0, 2].map((i) => ({ _id: bytes[i] ?? Buffer.alloc(0) })));
    const found = await boxes.find({}, { sort: { _id: 1 } }).toArray();
    expect(found.map(({ _id }) => _id.toString("hex"))).toEqual(["ff", "0001", "00ff", "0100"]);
    const after = await boxes.find({ _id: { $gt: bytes[1] ?? Buffer.alloc(0) } }).toArray();
    expect(after).toHaveLength(2);
  });
});

describe("the fake's commands", () => {
  it("insert one _id once", async () => {
    await things.insertOne({ _id: 1, n: 1 });
    await expect(things.insertOne({ _id: 1, n: 2 })).rejects.toMatchObject({ code: 11_000 });
    expect(await all()).toEqual([{ _id: 1, n: 1 }]);
  });

  it("answer in batches of 101 unless asked for others, and up to the limit", async () => {
    await things.insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })));
    fake.commands.length = 0;
    expect(await all()).toHaveLength(250);
    expect(fake.commands.map((command) => Object.keys(command)[0])).toEqual(["find", "getMore"]);
    expect(await things.find({}, { limit: 120 }).toArray()).toHaveLength(120);
    expect(await things.find({}, { batchSize: 100 }).toArray()).toHaveLength(250);
  });

  it("leave out what a projection does not name", async () => {
    await things.insertOne({ _id: 1, a: 1, b: 2 });
    expect(await things.find({}, { projection: { b: 1, c: 1 } }).toArray()).toEqual([
      { _id: 1, b: 2 },
    ]);
  });

  it("are answered as unknown if they are, and if a field of theirs is", async () => {
    await expect(db.command({ mapReduce: "things" })).rejects.toMatchObject({ code: 59 });
    await expect(db.command({ find: "things", tailable: true })).rejects.toMatchObject({
      code: 40_415,
    });
    await expect(things.updateOne({}, { $set: { a: 1 } }, { hint: "b" })).rejects.toMatchObject({
      code: 40_415,
    });
  });

  it("happen once when the driver sends a retryable write again", async () => {
    await things.insertOne({ _id: 1, n: 0 });
    fake.cutAfter("update");
    expect((await things.updateOne({ _id: 1 }, { $inc: { n: 1 } })).modifiedCount).toBe(1);
    expect(await all()).toEqual([{ _id: 1, n: 1 }]);
  });

  it("list the indexes that were created, and no collection that is not there", async () => {
    await expect(db.command({ listIndexes: "none" })).rejects.toMatchObject({ code: 26 });
    await things.createIndex({ n: 1 }, { name: "by_n", sparse: true });
    const { cursor } = await db.command({ listIndexes: "things" });
    expect(cursor.firstBatch).toMatchObject([{ name: "_id_" }, { name: "by_n", sparse: true }]);
  });

  it("take nothing on a secondary", async () => {
    fake.role = "secondary";
    const direct = new MongoClient(`mongodb://127.0.0.1:${fake.port}/?directConnection=true`);
    await expect(direct.db("fake").collection("things").insertOne({})).rejects.toMatchObject({
      code: 10_107,
    });
    await direct.close();
    fake.role = "primary";
  });
});
