/**
 * A binary heap of things by the instant at which they are next worth looking at.
 * It knows nothing of sessions, and reads no clock.
 * @module
 */

/** What the queue needs to know of an item; it alone writes `position`. */
export interface QueueItem {
  /**
   * Earliest instant at which the item may be due. It may lag behind the truth: raising it here only
   * when the item comes to the front keeps a renewal free of any queue work.
   */
  dueAt: number;
  /** Index in the heap. */
  position: number;
}

/** Items with the smallest `dueAt` come first. Looking is O(1); everything else is O(log n). */
export class DueQueue<Item extends QueueItem> {
  readonly #heap: Item[] = [];

  get first(): Item | undefined {
    return this.#heap[0];
  }

  add(item: Item): void {
    item.position = this.#heap.length;
    this.#heap.push(item);
    this.#rise(item);
  }

  remove(item: Item): void {
    const last = this.#heap.pop();
    if (last === undefined || last === item) return;
    this.#place(last, item.position);
    this.#rise(last);
    this.#sink(last);
  }

  /** Gives an item of the queue another `dueAt`. */
  move(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    this.#rise(item);
    this.#sink(item);
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #place(item: Item, position: number): void {
    this.#heap[position] = item;
    item.position = position;
  }

  #rise(item: Item): void {
    while (item.position > 0) {
      const above = (item.position - 1) >> 1;
      const parent = this.#heap[above] as Item;
      if (parent.dueAt <= item.dueAt) return;
      this.#place(parent, item.position);
      this.#place(item, above);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = item.position * 2 + 1;
      const leftChild = this.#heap[left];
      if (leftChild === undefined) return;
      const rightChild = this.#heap[left + 1];
      const child =
        rightChild !== undefined && rightChild.dueAt < leftChild.dueAt ? rightChild : leftChild;
      if (child.dueAt >= item.dueAt) return;
      const below = child.position;
      this.#place(child, item.position);
      this.#place(item, below);
    }
  }
}
