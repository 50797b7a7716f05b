/** Numbers from 0 up to 1, the same ones for the same seed. Mulberry32: small, fast, and good enough to spread ids and jitter. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random unsigned number of 64 bits whose highest bit is set: no client may take it for a safe integer. */
export function randomId(random: () => number): bigint {
  const high = BigInt(Math.floor(random() * 2 ** 31) + 2 ** 31);
  const low = BigInt(Math.floor(random() * 2 ** 32));
  return (high << 32n) | low;
}
