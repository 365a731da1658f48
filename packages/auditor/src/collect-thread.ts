/**
 * The thread that one application is collected in.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { type CollectTask, runTask } from "./collect-task.ts";

parentPort?.postMessage(runTask(workerData as CollectTask));
