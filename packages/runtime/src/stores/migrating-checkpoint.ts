/**
 * The checkpoint of two stores as one text, so that a sign-in may begin on a process of one phase and end
 * on one of the other.
 * @module
 */

/** What each store answered. */
export interface Checkpoints {
  readonly from: string;
  readonly to: string;
}

const JOINED = /^both\.(\d{1,4})\./;

export function joinCheckpoints({ from, to }: Checkpoints): string {
  return `both.${from.length}.${from}${to}`;
}

/** @returns `undefined` if the text is not two joined: then it comes from a process that knows one store. */
export function splitCheckpoints(text: string): Checkpoints | undefined {
  const [head, length] = JOINED.exec(text) ?? [];
  if (head === undefined || length === undefined) return undefined;
  const values = text.slice(head.length);
  if (Number(length) > values.length) return undefined;
  return { from: values.slice(0, Number(length)), to: values.slice(Number(length)) };
}
