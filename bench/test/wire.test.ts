/** Commands are told from the bytes on the wire. */
import { describe, expect, it } from "vitest";
import { commandsOf } from "../src/support/wire.ts";

const postgres = (type: string, body: string) => {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
};
const mysql = (sequence: number, body: Buffer) => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, body]);
};

describe("commands on the wire", () => {
  it("names Redis commands, whatever their arguments hold and however they are cut", () => {
    const bytes = Buffer.from(
      "*2\r\n$3\r\nget\r\n$8\r\n*1\r\n$4\r\n\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nDEL\r\n",
    );
    expect(commandsOf("redis", [bytes.subarray(0, 7), bytes.subarray(7)])).toEqual(["GET", "PING"]);
  });

  it("names PostgreSQL's queries and executions, and not what surrounds them", () => {
    const startUp = Buffer.concat([Buffer.from([0, 0, 0, 8]), Buffer.from([0, 3, 0, 0])]);
    const bytes = [
      startUp,
      postgres("P", "name\0select 1\0"),
      postgres("B", "x"),
      postgres("E", ""),
    ];
    expect(commandsOf("postgres", [...bytes, postgres("S", ""), postgres("Q", "BEGIN\0")])).toEqual(
      ["parse", "execute", "query"],
    );
  });

  it("names MySQL's commands, and not the packets of a log-in", () => {
    const bytes = [
      mysql(1, Buffer.of(3, 1, 2)),
      mysql(0, Buffer.of(22, 1)),
      mysql(0, Buffer.of(23)),
    ];
    expect(commandsOf("mysql", bytes)).toEqual(["prepare", "execute"]);
  });
});
