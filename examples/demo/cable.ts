import { ChaosProxy } from "etcd-watch/mock-server";

/** What runs between the watching client and the servers: a TCP proxy before each, all cut at once. */
export class Cable implements AsyncDisposable {
  readonly #proxies: readonly ChaosProxy[];
  #state: "whole" | "cut" = "whole";
  #cuts = 0;

  private constructor(proxies: readonly ChaosProxy[]) {
    this.#proxies = proxies;
  }

  static async to(endpoints: readonly string[]): Promise<Cable> {
    return new Cable(await Promise.all(endpoints.map((target) => ChaosProxy.start({ target }))));
  }

  /** What the watching client connects to. */
  get endpoints(): string[] {
    return this.#proxies.map(({ endpoint }) => endpoint);
  }

  get cuts(): number {
    return this.#cuts;
  }

  /** Connections that stand now. */
  get connections(): number {
    return this.#proxies.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** Cuts every connection, at once or after this many bytes more for the client. Nothing gets through until `mend()`. */
  cut({ afterBytes = 0 }: { afterBytes?: number } = {}): void {
    if (this.#state === "whole") this.#cuts++;
    this.#state = "cut";
    for (const proxy of this.#proxies) {
      proxy.refuse();
      proxy.cutAfterBytes(afterBytes);
    }
  }

  mend(): void {
    this.#state = "whole";
    for (const proxy of this.#proxies) proxy.accept();
  }

  slow(bytesPerSecond: number): void {
    for (const proxy of this.#proxies) proxy.slow({ bytesPerSecond });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }
}
