/**
 * Names of elements that the HTML page links to.
 * @module
 */

/** An element's id; names of controls in a stored report may be anything. */
export function anchorOf(application: number, name: string): string {
  return `a${application}-${name.replace(/[^a-z0-9-]/gi, "-")}`;
}
