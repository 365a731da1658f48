/** The database that fits, by its own types. */
import type { Collection, Db, MongoClient } from "mongodb";
import { expectTypeOf } from "vitest";
import type { MongodbDatabase } from "./mongodb.ts";

expectTypeOf<Db>().toExtend<MongodbDatabase>();
expectTypeOf<MongoClient>().not.toExtend<MongodbDatabase>();
expectTypeOf<Collection>().not.toExtend<MongodbDatabase>();
