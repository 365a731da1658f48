/**
 * A binary heap: the item of the smallest rank comes first.
 * @module
 */

export class MinHeap<Item> {
  readonly #items: Item[] = [];
  readonly #rankOf: (item: Item) => number;

  constructor(rankOf: (item: Item) => number) {
    this.#rankOf = rankOf;
  }

  /** The smallest, which stays. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#rankAt(parent) <= this.#rankOf(item)) break;
      items[at] = items[parent] as Item;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the smallest out. */
  pop(): Item | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#rankAt(child + 1) < this.#rankAt(child)) child++;
      if (this.#rankAt(child) >= this.#rankOf(last)) break;
      items[at] = items[child] as Item;
      at = child;
    }
    items[at] = last;
    return first;
  }

  #rankAt(at: number): number {
    return this.#rankOf(this.#items[at] as Item);
  }
}
