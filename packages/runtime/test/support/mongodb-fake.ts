/**
 * A stand-in for a MongoDB server where none can be had: one member of a replica set that speaks the documented wire
 * protocol to the real driver. It is our reading of the documentation, and no proof of what a server does.
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 * @module
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { BSON } from "mongodb";
import { MongodbFakeData } from "./mongodb-commands.ts";
import { type Document, MongodbFakeError } from "./mongodb-documents.ts";

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

export interface MongodbFake {
  readonly port: number;
  /** Connection string of a driver that is to find the replica set. */
  readonly url: string;
  readonly data: MongodbFakeData;
  /** Every command but the driver's own upkeep, in the order of arrival. */
  readonly commands: Document[];
  /** What it says it is. */
  role: "primary" | "secondary";
  /** Writes happen, and no majority confirms them in time. */
  unconfirmed: boolean;
  /** Commands that are answered as an error, by name. */
  readonly failing: Map<string, MongodbFakeError>;
  /** Takes the next command of this name and cuts the connection instead of the answer. */
  cutAfter(name: string): void;
  /** Cuts every connection; new ones are served. */
  cut(): void;
  /** Takes no new connections, and cuts those there are. */
  away(): void;
  /** Undoes {@link away}, at the same port. */
  back(): Promise<void>;
  close(): Promise<void>;
}

/** The driver sends these by itself. */
const UPKEEP = new Set(["hello", "ismaster", "isMaster", "ping", "endSessions"]);

const WRITES = new Set(["insert", "update", "delete", "findAndModify"]);

const writeConcernError = {
  code: 64,
  codeName: "WriteConcernTimeout",
  errmsg: "waiting for replication timed out",
  errInfo: { wtimeout: true },
};

interface Message {
  readonly id: number;
  readonly command: Document;
  readonly isLegacy: boolean;
  readonly wantsReply: boolean;
}

const decode = (bytes: Buffer): Document => BSON.deserialize(bytes, { promoteBuffers: true });

/** `flags, full collection name, skip, return, query`: only the handshake still comes like this. */
function readQuery(id: number, body: Buffer): Message {
  const nameEnd = body.indexOf(0, 4);
  const $db = body.toString("utf8", 4, nameEnd).replace(/\.\$cmd$/, "");
  const command = { ...decode(body.subarray(nameEnd + 9)), $db };
  return { id, command, isLegacy: true, wantsReply: true };
}

/** `flags, sections`: one document of kind 0, and sequences of documents of kind 1. */
function readMsg(id: number, body: Buffer): Message {
  const flags = body.readUInt32LE(0);
  const end = body.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4);
  let command: Document = {};
  const sequences: Document = {};
  for (let at = 4; at < end; ) {
    const kind = body[at];
    at += 1;
    const size = body.readInt32LE(at);
    const section = body.subarray(at, at + size);
    if (kind === 0) command = decode(section);
    else if (kind === 1) {
      const nameEnd = section.indexOf(0, 4);
      const documents: Document[] = [];
      for (let from = nameEnd + 1; from < size; from += section.readInt32LE(from)) {
        documents.push(decode(section.subarray(from, from + section.readInt32LE(from))));
      }
      sequences[section.toString("utf8", 4, nameEnd)] = documents;
    } else throw new Error(`a section of kind ${kind}`);
    at += size;
  }
  const wantsReply = (flags & MORE_TO_COME) === 0;
  return { id, command: { ...command, ...sequences }, isLegacy: false, wantsReply };
}

function writeReply(message: Message, number: number, answer: Document): Buffer {
  const document = BSON.serialize(answer, { ignoreUndefined: true });
  // OP_REPLY: flags, cursor id, starting from, number returned. OP_MSG: flags, kind of the section.
  const fields = Buffer.alloc(message.isLegacy ? 20 : 5);
  if (message.isLegacy) fields.writeInt32LE(1, 16);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + fields.length + document.length, 0);
  header.writeInt32LE(number, 4);
  header.writeInt32LE(message.id, 8);
  header.writeInt32LE(message.isLegacy ? OP_REPLY : OP_MSG, 12);
  return Buffer.concat([header, fields, document]);
}

export async function startMongodbFake(): Promise<MongodbFake> {
  const data = new MongodbFakeData();
  const commands: Document[] = [];
  const failing = new Map<string, MongodbFakeError>();
  const sockets = new Set<Socket>();
  let cutting: string | undefined;
  let replies = 0;

  function hello(): Document {
    const isWritablePrimary = fake.role === "primary";
    return {
      helloOk: true,
      ismaster: isWritablePrimary,
      isWritablePrimary,
      secondary: !isWritablePrimary,
      setName: "fake",
      setVersion: 1,
      hosts: [`127.0.0.1:${fake.port}`],
      me: `127.0.0.1:${fake.port}`,
      ...(isWritablePrimary && { primary: `127.0.0.1:${fake.port}` }),
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
      ok: 1,
    };
  }

  function answer(command: Document): Document {
    const [name = ""] = Object.keys(command);
    if (name === "hello" || name.toLowerCase() === "ismaster") return hello();
    try {
      const failure = failing.get(name);
      if (failure !== undefined) throw failure;
      if (fake.role !== "primary" && !UPKEEP.has(name)) {
        throw new MongodbFakeError(10_107, "NotWritablePrimary", "not primary");
      }
      const done = data.run(command);
      return fake.unconfirmed && WRITES.has(name) ? { ...done, writeConcernError } : done;
    } catch (error) {
      if (!(error instanceof MongodbFakeError)) throw error;
      const { code, codeName, message } = error;
      return { ok: 0, errmsg: message, code, codeName };
    }
  }

  function take(socket: Socket, message: Message): void {
    const [name = ""] = Object.keys(message.command);
    if (!UPKEEP.has(name)) commands.push(message.command);
    const reply = answer(message.command);
    if (name === cutting) {
      cutting = undefined;
      socket.resetAndDestroy();
    } else if (message.wantsReply) {
      replies += 1;
      socket.write(writeReply(message, replies, reply));
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // A driver that goes away is no news.
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        const body = received.subarray(HEADER_BYTES, length);
        const [id, code] = [received.readInt32LE(4), received.readInt32LE(12)];
        received = received.subarray(length);
        if (code !== OP_QUERY && code !== OP_MSG) throw new Error(`the fake knows no code ${code}`);
        take(socket, code === OP_QUERY ? readQuery(id, body) : readMsg(id, body));
      }
    });
  });

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const fake: MongodbFake = {
    port,
    url: `mongodb://127.0.0.1:${port}/?replicaSet=fake`,
    data,
    commands,
    role: "primary",
    unconfirmed: false,
    failing,
    cutAfter(name) {
      cutting = name;
    },
    cut,
    away() {
      server.close();
      cut();
    },
    back: () => listen(port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
  return fake;
}
