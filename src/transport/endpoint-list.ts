import type { Endpoint } from "./endpoints.ts";

/** The endpoints of a client and which of them is in use, for streams and requests alike. */
export class EndpointList {
  #endpoints: readonly Endpoint[];
  #index = 0;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  get names(): readonly string[] {
    return this.#endpoints.map(({ name }) => name);
  }

  get current(): Endpoint {
    const endpoint = this.#endpoints[this.#index];
    if (endpoint === undefined) throw new RangeError("There is no endpoint"); // parseEndpoints() lets no empty list through
    return endpoint;
  }

  has(name: string): boolean {
    return this.#endpoints.some((endpoint) => endpoint.name === name);
  }

  /** `from` has failed: the next one is used from now on. What fails with it does not move on once more. */
  moveOn(from: Endpoint): void {
    if (this.current.name === from.name) this.#index = (this.#index + 1) % this.#endpoints.length;
  }

  replace(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    this.#index = 0;
  }
}
