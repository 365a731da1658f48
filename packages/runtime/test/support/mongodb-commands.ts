/**
 * The commands of the fake MongoDB server, by their documentation. A command, a field of one or an operator that it
 * does not know is answered as an error.
 * @see https://www.mongodb.com/docs/manual/reference/command/
 * @module
 */
import { BSON } from "mongodb";
import {
  compare,
  type Document,
  isSame,
  MongodbFakeError,
  matches,
  project,
  seedOf,
  update,
} from "./mongodb-documents.ts";

/** Fields that any command may have. */
const GENERIC = [
  ...["$db", "lsid", "$clusterTime", "$readPreference", "readConcern", "writeConcern"],
  ...["txnNumber", "maxTimeMS", "comment", "ordered", "bypassDocumentValidation"],
];
const DEFAULT_BATCH = 101;

interface Collection {
  /** In the order of insertion, by the bytes of `_id`. */
  readonly documents: Map<string, Document>;
  readonly indexes: Map<string, Document>;
}

interface Cursor {
  readonly rest: Document[];
  readonly namespace: string;
}

type Handler = (command: Document, namespace: string) => Document;

const idText = (id: unknown) => BSON.EJSON.stringify({ id }, { relaxed: false });

function duplicate(namespace: string, id: unknown) {
  return {
    code: 11_000,
    keyPattern: { _id: 1 },
    keyValue: { _id: id },
    errmsg: `E11000 duplicate key error collection: ${namespace} index: _id_ dup key`,
  };
}

/** One database server's data. */
export class MongodbFakeData {
  readonly collections: Map<string, Collection> = new Map();
  /** Answers of retryable writes, by session and number: a command sent again happens once. */
  readonly #answered = new Map<string, Document>();
  readonly #cursors = new Map<string, Cursor>();
  #cursorNumber = 0;

  run(command: Document): Document {
    const [name = ""] = Object.keys(command);
    const known = this.#commands[name];
    if (known === undefined) {
      throw new MongodbFakeError(59, "CommandNotFound", `no such command: '${name}'`);
    }
    const [handler, fields] = known;
    for (const field of Object.keys(command)) {
      if (field === name || fields.includes(field) || GENERIC.includes(field)) continue;
      const message = `BSON field '${name}.${field}' is an unknown field.`;
      throw new MongodbFakeError(40_415, "Location40415", message);
    }
    const attempt =
      command.txnNumber === undefined
        ? undefined
        : `${idText(command.lsid)} ${idText(command.txnNumber)}`;
    const before = attempt === undefined ? undefined : this.#answered.get(attempt);
    if (before !== undefined) return before;
    const answer = { ...handler(command, `${command.$db}.${command[name]}`), ok: 1 };
    if (attempt !== undefined) this.#answered.set(attempt, answer);
    return answer;
  }

  #collection(namespace: string): Collection {
    const known = this.collections.get(namespace);
    if (known !== undefined) return known;
    const indexes = new Map([["_id_", { v: 2, key: { _id: 1 }, name: "_id_" }]]);
    const added = { documents: new Map<string, Document>(), indexes };
    this.collections.set(namespace, added);
    return added;
  }

  #found(namespace: string, filter: Document, sort: Document = {}): Document[] {
    const { documents } = this.collections.get(namespace) ?? { documents: new Map() };
    const found = [...documents.values()].filter((document) => matches(document, filter));
    const [[field, direction] = [], ...others] = Object.entries(sort);
    if (field === undefined) return found;
    if (direction !== 1 || others.length > 0) {
      throw new MongodbFakeError(9, "FailedToParse", "the fake sorts by one field, upwards");
    }
    return found.sort((a, b) => compare(a[field], b[field]));
  }

  #store(namespace: string, document: Document): void {
    this.#collection(namespace).documents.set(idText(document._id), document);
  }

  #page(id: string, { rest, namespace }: Cursor, name: string, count: number): Document {
    const batch = rest.splice(0, count);
    const isOver = rest.length === 0;
    if (isOver) this.#cursors.delete(id);
    else this.#cursors.set(id, { rest, namespace });
    return {
      cursor: { [name]: batch, id: BSON.Long.fromString(isOver ? "0" : id), ns: namespace },
    };
  }

  readonly #find: Handler = (command, namespace) => {
    const { filter = {}, sort, limit = 0, projection, batchSize, singleBatch } = command;
    const found = this.#found(namespace, filter as Document, sort as Document | undefined);
    const most = Number(limit) === 0 ? found.length : Number(limit);
    const rest = found
      .slice(0, most)
      .map((each) => project(each, projection as Document | undefined));
    this.#cursorNumber += 1;
    const count = singleBatch === true ? rest.length : Number(batchSize ?? DEFAULT_BATCH);
    return this.#page(String(this.#cursorNumber), { rest, namespace }, "firstBatch", count);
  };

  readonly #getMore: Handler = ({ getMore, batchSize }) => {
    const id = String(getMore);
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) {
      throw new MongodbFakeError(43, "CursorNotFound", `cursor id ${id} not found`);
    }
    const count = batchSize === undefined ? cursor.rest.length : Number(batchSize);
    return this.#page(id, cursor, "nextBatch", count);
  };

  readonly #insert: Handler = ({ documents }, namespace) => {
    let n = 0;
    for (const [index, document] of (documents as Document[]).entries()) {
      if (this.#collection(namespace).documents.has(idText(document._id))) {
        return { n, writeErrors: [{ index, ...duplicate(namespace, document._id) }] };
      }
      this.#store(namespace, document);
      n += 1;
    }
    return { n };
  };

  #upsert(namespace: string, filter: Document, change: Document): Document {
    const seed = update(seedOf(filter), change, true);
    const inserted = { _id: seed._id ?? new BSON.ObjectId(), ...seed };
    if (this.#collection(namespace).documents.has(idText(inserted._id))) {
      const { code, errmsg } = duplicate(namespace, inserted._id);
      throw new MongodbFakeError(code, "DuplicateKey", errmsg);
    }
    this.#store(namespace, inserted);
    return inserted;
  }

  readonly #update: Handler = ({ updates }, namespace) => {
    let [n, nModified] = [0, 0];
    const upserted: Document[] = [];
    for (const [index, each] of (updates as Document[]).entries()) {
      const { q, u, multi = false, upsert = false, ...unknown } = each as Record<string, Document>;
      refuse("update.updates", unknown);
      if (q === undefined || u === undefined) throw new Error("an update without q or u");
      const found = this.#found(namespace, q);
      for (const document of multi ? found : found.slice(0, 1)) {
        const next = update(document, u);
        n += 1;
        if (isSame(document, next)) continue;
        nModified += 1;
        this.#store(namespace, next);
      }
      if (found.length === 0 && upsert) {
        upserted.push({ index, _id: this.#upsert(namespace, q, u)._id });
        n += 1;
      }
    }
    return { n, nModified, ...(upserted.length === 0 ? {} : { upserted }) };
  };

  readonly #findAndModify: Handler = (command, namespace) => {
    const { query = {}, update: change, upsert = false, new: isAfter = false } = command;
    if (command.remove)
      throw new MongodbFakeError(9, "FailedToParse", "the fake removes nothing so");
    const [document] = this.#found(namespace, query as Document);
    if (document === undefined) {
      const lastErrorObject: Document = { n: 0, updatedExisting: false };
      if (!upsert) return { lastErrorObject, value: null };
      const inserted = this.#upsert(namespace, query as Document, change as Document);
      const value = isAfter ? inserted : null;
      return { lastErrorObject: { ...lastErrorObject, n: 1, upserted: inserted._id }, value };
    }
    const next = update(document, change as Document);
    this.#store(namespace, next);
    return {
      lastErrorObject: { n: 1, updatedExisting: true },
      value: isAfter ? next : document,
    };
  };

  readonly #delete: Handler = ({ deletes }, namespace) => {
    let n = 0;
    for (const each of deletes as Document[]) {
      const { q, limit, ...unknown } = each;
      refuse("delete.deletes", unknown);
      const found = this.#found(namespace, q as Document);
      for (const { _id } of limit === 1 ? found.slice(0, 1) : found) {
        this.collections.get(namespace)?.documents.delete(idText(_id));
        n += 1;
      }
    }
    return { n };
  };

  readonly #createIndexes: Handler = ({ indexes }, namespace) => {
    const known = this.#collection(namespace).indexes;
    const numIndexesBefore = known.size;
    for (const { key, name, sparse, ...unknown } of indexes as Document[]) {
      refuse("createIndexes.indexes", unknown);
      known.set(String(name), { v: 2, key, name, ...(sparse === true && { sparse }) });
    }
    return { numIndexesBefore, numIndexesAfter: known.size };
  };

  readonly #listIndexes: Handler = (_command, namespace) => {
    const known = this.collections.get(namespace);
    if (known === undefined) {
      throw new MongodbFakeError(26, "NamespaceNotFound", `ns does not exist: ${namespace}`);
    }
    const cursor = { rest: [...known.indexes.values()], namespace };
    return this.#page("-1", cursor, "firstBatch", cursor.rest.length);
  };

  /** With the fields that each may have. */
  readonly #commands: Readonly<Record<string, readonly [Handler, readonly string[]]>> = {
    ping: [() => ({}), []],
    endSessions: [() => ({}), []],
    find: [this.#find, ["filter", "sort", "limit", "projection", "batchSize", "singleBatch"]],
    getMore: [this.#getMore, ["collection", "batchSize"]],
    insert: [this.#insert, ["documents"]],
    update: [this.#update, ["updates"]],
    delete: [this.#delete, ["deletes"]],
    findAndModify: [this.#findAndModify, ["query", "update", "upsert", "new", "remove"]],
    createIndexes: [this.#createIndexes, ["indexes"]],
    listIndexes: [this.#listIndexes, ["cursor"]],
  };
}

function refuse(where: string, unknown: Document): void {
  for (const field of Object.keys(unknown)) {
    const message = `BSON field '${where}.${field}' is an unknown field.`;
    throw new MongodbFakeError(40_415, "Location40415", message);
  }
}
