import { ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { asBuffer } from "../util/bytes.ts";
import { checkOptions, type OptionKinds, showValue } from "../util/option-check.ts";
import type { Endpoint } from "./endpoints.ts";

/** How to trust the server, and how to be trusted by it. Certificates and keys are PEM. */
export interface TlsOptions {
  /** Whose signature on the server's certificate to trust. Default: the system's roots. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate. With `key`, or not at all. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must be for, if it is not the endpoint's host. */
  readonly serverName?: string;
  /** Default true. False takes any certificate, so anyone can pose as the server. */
  readonly rejectUnauthorized?: boolean;
}

const tlsKinds: OptionKinds<TlsOptions> = { ca: "value", cert: "value", key: "value", serverName: "value", rejectUnauthorized: "flag" };

/** @throws {TypeError} for an option that is unknown or of the wrong type, and if `cert` is given without `key`, or `key` without `cert` */
export function checkTlsOptions(tls: TlsOptions | undefined): void {
  if (tls === undefined) return;
  checkOptions(tls, tlsKinds, "tls", typeName);
  const { ca, cert, key, serverName } = tls;
  for (const [name, value] of Object.entries({ ca, cert, key })) {
    if (value !== undefined && typeof value !== "string" && !((value as unknown) instanceof Uint8Array))
      throw new TypeError(`tls.${name} must be a string or a Uint8Array, got ${typeName(value)}`);
  }
  if (serverName !== undefined && typeof serverName !== "string")
    throw new TypeError(`tls.serverName must be a string, got ${showValue(serverName)}`);
  if ((cert === undefined) !== (key === undefined))
    throw new TypeError(`tls.cert and tls.key go together, got only ${cert === undefined ? "key" : "cert"}`);
}

/** Instead of the value: a private key must not get into a log. */
function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}

/** `https://` means TLS, `http://` never does; without a scheme it is TLS if there are TLS options, as in clientv3. */
export function channelCredentials({ scheme }: Endpoint, tls: TlsOptions | undefined): ChannelCredentials {
  if (scheme === "http" || scheme === "unix" || (scheme === "none" && tls === undefined)) return ChannelCredentials.createInsecure();
  const { ca, cert, key, rejectUnauthorized = true } = tls ?? {};
  return ChannelCredentials.createSsl(pem(ca), pem(key), pem(cert), { rejectUnauthorized });
}

export function tlsChannelOptions(tls: TlsOptions | undefined): ChannelOptions {
  if (tls?.serverName === undefined) return {};
  return { "grpc.ssl_target_name_override": tls.serverName, "grpc.default_authority": tls.serverName };
}

function pem(value: string | Uint8Array | undefined): Buffer | null {
  if (value === undefined) return null;
  return typeof value === "string" ? Buffer.from(value) : asBuffer(value);
}
