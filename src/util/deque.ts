/** A queue with O(1) push at both ends, shift at the head, and iteration in order. A ring that doubles when it is full. */
export class Deque<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(8);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = value;
    this.#size++;
  }

  unshift(value: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = value;
    this.#size++;
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined; // or the ring would keep it alive
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    return value;
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(8);
    this.#head = 0;
    this.#size = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#size; index++) yield this.#slots[(this.#head + index) & (this.#slots.length - 1)] as T;
  }

  #grow(): void {
    const { length } = this.#slots;
    const grown = new Array<T | undefined>(length * 2);
    for (let index = 0; index < this.#size; index++) grown[index] = this.#slots[(this.#head + index) & (length - 1)];
    this.#slots = grown;
    this.#head = 0;
  }
}
