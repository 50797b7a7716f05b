/** So many puts, in turn to so many keys. */
export interface PutLoad {
  readonly puts: number;
  readonly keys: number;
  readonly valueBytes: number;
}

export function keyOf(index: number): Buffer {
  return Buffer.from(`bench/${String(index).padStart(6, "0")}`);
}

export function valueOf({ valueBytes }: PutLoad): Buffer {
  return Buffer.alloc(valueBytes, "v");
}
