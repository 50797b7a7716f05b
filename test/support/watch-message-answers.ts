import type { WatchMessage } from "../../src/codec/watch-message.ts";
import { Event_EventType, type KeyValue as WireKeyValue } from "../../src/gen/kv.ts";
import { ResponseHeader as WireHeader, WatchResponse } from "../../src/gen/rpc.ts";
import { asInt64 } from "../../src/model/int64.ts";
import type { KeyValue } from "../../src/model/key-value.ts";
import type { ResponseHeader } from "../../src/model/response-header.ts";
import type { WatchEvent } from "../../src/model/watch-event.ts";

/** What a getter gives, bytes as hex. */
export type Answer = string | number | bigint | boolean | undefined;

/** One thing that a reader can ask of a decoded message: a field, a getter or a method without arguments. */
export interface Question {
  /** Where it is asked: `events.0.kv.lease`. */
  readonly path: string;
  readonly ask: () => Answer;
}

/** All that can be asked of a message of ours, in any order. */
export function questionsOf(message: WatchMessage): Question[] {
  const { header, events } = message;
  return [
    { path: "watchId", ask: () => message.watchId },
    { path: "created", ask: () => message.created },
    { path: "canceled", ask: () => message.canceled },
    { path: "compactRevision", ask: () => message.compactRevision },
    { path: "cancelReason", ask: () => message.cancelReason },
    { path: "fragment", ask: () => message.fragment },
    { path: "lastRevision", ask: () => message.lastRevision },
    { path: "byteLength", ask: () => message.byteLength },
    { path: "fault", ask: () => message.fault },
    { path: "events.length", ask: () => events.length },
    ...headerQuestions(header),
    ...events.flatMap((event, index) => eventQuestions(`events.${index}`, event)),
  ];
}

function headerQuestions(header: ResponseHeader): Question[] {
  return [
    { path: "header.clusterId", ask: () => header.clusterId },
    { path: "header.memberId", ask: () => header.memberId },
    { path: "header.revision", ask: () => header.revision },
    { path: "header.revision64", ask: () => header.revision64 },
    { path: "header.raftTerm", ask: () => header.raftTerm },
    { path: "header.toJSON", ask: () => JSON.stringify(header) },
  ];
}

function eventQuestions(path: string, event: WatchEvent): Question[] {
  const { kv, prevKv } = event;
  return [
    { path: `${path}.type`, ask: () => event.type },
    { path: `${path}.isCreate`, ask: () => event.isCreate },
    { path: `${path}.isModify`, ask: () => event.isModify },
    { path: `${path}.toJSON`, ask: () => JSON.stringify(event) },
    ...keyValueQuestions(`${path}.kv`, kv),
    ...(prevKv === undefined ? [] : keyValueQuestions(`${path}.prevKv`, prevKv)),
  ];
}

/** Bytes must be the same Buffer each time, as the getters promise. */
export function keyValueQuestions(path: string, kv: KeyValue): Question[] {
  let [key, value]: [Buffer | undefined, Buffer | undefined] = [undefined, undefined];
  return [
    { path: `${path}.key`, ask: () => bytesText(kv.key, (key ??= kv.key)) },
    { path: `${path}.value`, ask: () => bytesText(kv.value, (value ??= kv.value)) },
    { path: `${path}.createRevision`, ask: () => kv.createRevision },
    { path: `${path}.modRevision`, ask: () => kv.modRevision },
    { path: `${path}.modRevision64`, ask: () => kv.modRevision64 },
    { path: `${path}.version`, ask: () => kv.version },
    { path: `${path}.lease`, ask: () => kv.lease },
    { path: `${path}.keyText`, ask: () => kv.keyText },
    { path: `${path}.valueText`, ask: () => kv.valueText },
    { path: `${path}.json`, ask: () => parsed(() => kv.json()) },
    { path: `${path}.toJSON`, ask: () => JSON.stringify(kv) },
  ];
}

function bytesText(bytes: Buffer, before: Buffer): string {
  if (bytes !== before) return "another Buffer than before";
  return Buffer.isBuffer(bytes) ? bytes.toString("hex") : "no Buffer";
}

function parsed(parse: () => unknown): string | undefined {
  try {
    return JSON.stringify(parse());
  } catch (error) {
    if (error instanceof SyntaxError) return "SyntaxError";
    throw error;
  }
}

/**
 * The answers that the generated codec's reading of the bytes leads to.
 * @throws {Error} if the generated codec refuses them
 */
export function answersOf(bytes: Uint8Array): Map<string, Answer> {
  return answersTo(WatchResponse.decode(bytes), bytes.length);
}

/** The answers that somebody's reading of so many bytes leads to. */
export function answersTo(response: WatchResponse, byteLength: number): Map<string, Answer> {
  const { header = NO_HEADER, events: all, watchId, ...rest } = response;
  const { created, canceled, compactRevision, cancelReason, fragment } = rest;
  // An event without its key is left out and told of; one of a type that we do not know is left out, and its revision counts.
  const keyed = all.flatMap(({ kv, ...event }) => (kv === undefined ? [] : [{ ...event, kv }]));
  const known = keyed.filter(({ type }) => [Event_EventType.PUT, Event_EventType.DELETE].includes(type));
  const fault = keyed.length < all.length ? "A watch event came without its key" : disorder(keyed.map(({ kv }) => kv.modRevision));
  const answers = new Map<string, Answer>([
    ["watchId", asInt64(watchId)],
    ["created", created],
    ["canceled", canceled],
    ["compactRevision", asInt64(compactRevision)],
    ["cancelReason", cancelReason],
    ["fragment", fragment],
    ["lastRevision", asInt64(keyed.at(-1)?.kv.modRevision ?? 0n)],
    ["byteLength", byteLength],
    ["fault", fault],
    ["events.length", known.length],
    ["header.clusterId", header.clusterId],
    ["header.memberId", header.memberId],
    ["header.revision", header.revision],
    ["header.revision64", asInt64(header.revision)],
    ["header.raftTerm", header.raftTerm],
    ["header.toJSON", JSON.stringify(headerJson(header))],
  ]);
  for (const [index, { type, kv, prevKv }] of known.entries()) {
    const path = `events.${index}`;
    const isPut = type === Event_EventType.PUT;
    const json = { ...(isPut ? {} : { type: 1 }), kv: keyValueJson(kv), prev_kv: prevKv && keyValueJson(prevKv) };
    answers.set(`${path}.type`, isPut ? "put" : "delete");
    answers.set(`${path}.isCreate`, kv.createRevision === kv.modRevision);
    answers.set(`${path}.isModify`, kv.createRevision !== 0n && kv.createRevision !== kv.modRevision);
    answers.set(`${path}.toJSON`, JSON.stringify(json));
    answerKeyValue(answers, `${path}.kv`, kv);
    if (prevKv !== undefined) answerKeyValue(answers, `${path}.prevKv`, prevKv);
  }
  return answers;
}

const NO_HEADER: WireHeader = { clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n };

function answerKeyValue(answers: Map<string, Answer>, path: string, kv: WireKeyValue): void {
  const [key, value] = [Buffer.from(kv.key), Buffer.from(kv.value)];
  answers.set(`${path}.key`, key.toString("hex"));
  answers.set(`${path}.value`, value.toString("hex"));
  answers.set(`${path}.createRevision`, kv.createRevision);
  answers.set(`${path}.modRevision`, kv.modRevision);
  answers.set(`${path}.modRevision64`, asInt64(kv.modRevision));
  answers.set(`${path}.version`, kv.version);
  answers.set(`${path}.lease`, kv.lease);
  answers.set(`${path}.keyText`, key.toString());
  answers.set(`${path}.valueText`, value.toString());
  answers.set(
    `${path}.json`,
    parsed(() => JSON.parse(value.toString()) as unknown),
  );
  answers.set(`${path}.toJSON`, JSON.stringify(keyValueJson(kv)));
}

/** What is said of revisions that go down, or are none. */
function disorder(revisions: readonly bigint[]): string | undefined {
  const index = revisions.findLastIndex((revision, at) => revision <= 0n || revision < (revisions[at - 1] ?? 0n));
  if (index === -1) return undefined;
  return `An event of revision ${String(revisions[index])} came after one of ${String(revisions[index - 1] ?? 0n)} in one watch response`;
}

// As etcdctl prints them: what is zero or empty is left out, ids and leases are strings, other integers numbers while they are exact.

function headerJson({ clusterId, memberId, revision, raftTerm }: WireHeader): object {
  return {
    ...(clusterId === 0n ? {} : { cluster_id: String(clusterId) }),
    ...(memberId === 0n ? {} : { member_id: String(memberId) }),
    ...integerJson("revision", revision),
    ...integerJson("raft_term", raftTerm),
  };
}

function keyValueJson({ key, value, createRevision, modRevision, version, lease }: WireKeyValue): object {
  return {
    ...(key.length === 0 ? {} : { key: Buffer.from(key).toString("base64") }),
    ...integerJson("create_revision", createRevision),
    ...integerJson("mod_revision", modRevision),
    ...integerJson("version", version),
    ...(value.length === 0 ? {} : { value: Buffer.from(value).toString("base64") }),
    ...(lease === 0n ? {} : { lease: String(lease) }),
  };
}

function integerJson(name: string, value: bigint): object {
  const isExact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return value === 0n ? {} : { [name]: isExact ? Number(value) : String(value) };
}
