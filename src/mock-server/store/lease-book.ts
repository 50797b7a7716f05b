/** Told of keys that gain and lose a lease. */
export interface LeaseBook {
  has(lease: bigint): boolean;
  attach(lease: bigint, key: string): void;
  detach(lease: bigint, key: string): void;
}
