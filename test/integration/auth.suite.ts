import { setTimeout as delay } from "node:timers/promises";
import { type EtcdClient, isWatchCanceledError, type WatchOptions } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import { startProxy } from "../support/proxies.ts";
import type { ServerNeeds, ServerUnderTest, Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

/** The shortest that etcd takes. It looks for old tokens once a second. */
export const authNeeds: ServerNeeds = { authTokenTtlSeconds: 1 };
const TOKEN_IS_GONE_MS = 2_500;

const ROOT = { username: "root", password: "the root password" };
const READER = { username: "reader", password: "the reader's password" };

async function turnOn({ auth }: EtcdClient): Promise<void> {
  if (!(await auth.roleList()).roles.includes("root")) await auth.roleAdd("root"); // etcd 3.4 keeps it
  await auth.userAdd(ROOT.username, ROOT.password);
  await auth.userGrantRole(ROOT.username, "root");
  await auth.enable();
}

async function turnOff({ auth }: EtcdClient): Promise<void> {
  await auth.disable();
  for (const user of (await auth.userList()).users) await auth.userDelete(user);
  for (const role of (await auth.roleList()).roles) await auth.roleDelete(role);
}

/** Authentication is on until the test is over. Returns a client that is root. */
async function asRoot(server: ServerUnderTest): Promise<EtcdClient> {
  const client = connect(server.endpoint, { auth: ROOT });
  onTestFinished(() => turnOff(connect(server.endpoint, { auth: ROOT })));
  await turnOn(client);
  return client;
}

/** A client of a user who may read what begins with `prefix`. */
async function asReader(server: ServerUnderTest, { auth }: EtcdClient, prefix: string): Promise<EtcdClient> {
  await auth.roleAdd("reading");
  await auth.roleGrantPermission("reading", "read", prefix, { prefix: true });
  await auth.userAdd(READER.username, READER.password);
  await auth.userGrantRole(READER.username, "reading");
  return connect(server.endpoint, { auth: READER });
}

/** What `etcd` says when it refuses a watch. */
async function refusalOf(client: EtcdClient, key: string, options: WatchOptions = {}): Promise<{ code: string; reason: string }> {
  const outcome = await observe(client.watch(key, options)).ended;
  if (!isWatchCanceledError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
  return { code: outcome.code, reason: outcome.reason };
}

export const auth: Suite = (server) => {
  it("[147] a user who may read watches", async () => {
    const root = await asRoot(server);
    const prefix = uniquePrefix();
    const reader = await asReader(server, root, prefix);
    const watches = [root, reader].map((client) => client.watch(prefix, { prefix: true }));
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    await put(root, `${prefix}a`, "1");
    for (const each of seen) expect((await each.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}a=1`]);
  });

  it("[148] a watch beyond the user's rights is refused with the server's words and a code, and its siblings live", async () => {
    const root = await asRoot(server);
    const prefix = uniquePrefix();
    const reader = await asReader(server, root, prefix);
    const sibling = reader.watch(prefix, { prefix: true });
    const seen = observe(sibling);
    await sibling.created;
    const { code, reason } = await refusalOf(reader, "elsewhere");
    expect(code).toBe("PERMISSION_DENIED");
    expect(reason).toContain("etcdserver: permission denied");
    expect(await server.current.streams()).toBe(1);
    await put(root, `${prefix}a`, "alive");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}a=alive`]);
  });

  it("[149] a range that is partly beyond the user's rights is refused as a whole, and one within them is not", async () => {
    const root = await asRoot(server);
    const prefix = uniquePrefix();
    const reader = await asReader(server, root, prefix);
    const permitted: readonly [string, WatchOptions][] = [
      [prefix, { prefix: true }],
      [`${prefix}a`, {}],
      [`${prefix}a`, { rangeEnd: `${prefix}b` }],
    ];
    for (const [key, options] of permitted) await reader.watch(key, options).created;
    const denied: readonly [string, WatchOptions][] = [
      [prefix.slice(0, -1), { prefix: true }],
      [prefix, { rangeEnd: "test~" }],
      ["test", { rangeEnd: `${prefix}b` }],
      ["", { prefix: true }],
    ];
    for (const [key, options] of denied) expect(await refusalOf(reader, key, options)).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("[150] without a token, or with a wrong one, a watch is refused, and one that ran before with the id 0 is left alone", async () => {
    const key = `${uniquePrefix()}a`;
    const stranger = connect(server.endpoint);
    const before = stranger.watch(key);
    const seen = observe(before);
    await before.created;
    expect(before.status.watchId).toBe(0n);
    const root = await asRoot(server);
    const { code, reason } = await refusalOf(stranger, key);
    expect(reason).toMatch(/user name is empty|permission denied/);
    expect(["INVALID_ARGUMENT", "PERMISSION_DENIED"]).toContain(code);
    expect(await refusalOf(stranger, key, { metadata: { token: "wrong.1" } })).toMatchObject({ code: "UNAUTHENTICATED" });
    await put(root, key, "alive");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=alive`]);
    expect(before.status.watchId).toBe(0n);
  });

  it.each([
    ["151", "a running watch outlives its token, and has a new one after a cut"],
    ["152", "a second watch on a stream whose token is gone is created all the same, and the first one goes on"],
  ])("[%s] %s", async (number) => {
    const root = await asRoot(server);
    const proxy = await startProxy(server.endpoint);
    const client = connect(proxy.endpoint, { auth: ROOT });
    const key = `${uniquePrefix()}a`;
    const first = client.watch(key);
    const seen = observe(first);
    await first.created;
    await delay(TOKEN_IS_GONE_MS);
    if (number === "152") {
      const second = client.watch(key);
      const seenSecond = observe(second);
      await within(5_000, "the second watch", second.created);
      await put(root, key, "1");
      expect((await seenSecond.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
    } else await put(root, key, "1");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
    proxy.cut();
    await put(root, key, "2");
    expect((await seen.waitForEvents(2)).map(brief)).toEqual([`put ${key}=1`, `put ${key}=2`]);
  });

  it("[153] where authentication is turned on under way, a watch from before goes on and a new one has a token", async () => {
    const client = connect(server.endpoint, { auth: ROOT });
    const key = `${uniquePrefix()}a`;
    const before = client.watch(key);
    const seenBefore = observe(before);
    await before.created;
    const root = await asRoot(server);
    const after = client.watch(key);
    const seenAfter = observe(after);
    await within(5_000, "the watch after", after.created);
    await put(root, key, "1");
    for (const seen of [seenBefore, seenAfter]) expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=1`]);
  });

  it("[154] where authentication is turned off under way, watches go on, new ones too, and a cut harms none", async () => {
    const root = await asRoot(server);
    const proxy = await startProxy(server.endpoint);
    const client = connect(proxy.endpoint, { auth: ROOT });
    const key = `${uniquePrefix()}a`;
    const before = client.watch(key);
    const seenBefore = observe(before);
    await before.created;
    await root.auth.disable();
    const after = client.watch(key);
    const seenAfter = observe(after);
    await within(5_000, "the watch after", after.created);
    await put(client, key, "1");
    proxy.cut();
    await put(connect(server.endpoint), key, "2");
    const expected = [`put ${key}=1`, `put ${key}=2`];
    for (const seen of [seenBefore, seenAfter]) expect((await seen.waitForEvents(2)).map(brief)).toEqual(expected);
  });

  it("[155] while roles change all the time, watches go on and new ones are created", async () => {
    const root = await asRoot(server);
    const prefix = uniquePrefix();
    const reader = await asReader(server, root, prefix);
    const changing = (async () => {
      for (let index = 0; index < 30; index++) await root.auth.roleGrantPermission("reading", "read", `${prefix}${String(index)}`);
    })();
    const watches = [];
    for (let index = 0; index < 30; index++) {
      const watch = reader.watch(`${prefix}a`, { metadata: { stream: String(index % 7) } });
      watches.push(watch);
      await within(5_000, `watch ${String(index)}`, watch.created);
    }
    await changing;
    const seen = watches.map(observe);
    await put(root, `${prefix}a`, "1");
    for (const each of seen) expect((await each.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}a=1`]);
  });

  it("[157] watches that are refused hold up nothing else on their stream", async () => {
    const root = await asRoot(server);
    const prefix = uniquePrefix();
    const reader = await asReader(server, root, prefix);
    const denied = Array.from({ length: 50 }, (_, index) => observe(reader.watch(`elsewhere ${String(index)}`)));
    const allowed = reader.watch(`${prefix}a`);
    const seen = observe(allowed);
    await within(5_000, "the watch behind them", allowed.created);
    await put(root, `${prefix}a`, "1");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}a=1`]);
    for (const { ended } of denied) expect(await ended).toSatisfy(isWatchCanceledError);
    expect(await server.current.streams()).toBe(1);
  });
};
