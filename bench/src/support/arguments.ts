/**
 * What the programs of this workspace share: reading numbers, and how a program ends.
 * @module
 */

/** @throws {Error} If the text is no whole number of at most nine digits. */
export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} must be a whole number, not ${text}`);
  return Number(text);
}

/**
 * Runs a program: its exit code is what `main` answers, or 2 and a message if it throws, which means that
 * nothing could be measured.
 */
export async function runProgram(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
