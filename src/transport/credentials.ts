import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
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
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must be for, if it is not the endpoint's host. */
  readonly serverName?: string;
  /** Default true. False takes any certificate, so anyone can pose as the server. */
  readonly rejectUnauthorized?: boolean;
}

const tlsKinds: OptionKinds<TlsOptions> = { ca: "value", cert: "value", key: "value", serverName: "value", rejectUnauthorized: "flag" };

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * Nobody would see later why no connection comes about, so what can be told from the options alone is told here.
 * @throws {TypeError} for an option that is unknown or of the wrong type, for `cert` without `key` or `key` without `cert`, for what is no
 * PEM, and for a key that is not the certificate's
 */
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
  checkCertificates(ca, "ca");
  checkCertificates(cert, "cert");
  checkKey(cert, key);
}

/** Node takes a `ca` that is no certificate without a word, and then trusts nobody. */
function checkCertificates(value: string | Uint8Array | undefined, name: string): void {
  if (value === undefined) return;
  const certificates = text(value).match(CERTIFICATE);
  if (certificates === null) throw new TypeError(`tls.${name} holds no PEM certificate ("-----BEGIN CERTIFICATE-----")`);
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      const which = certificates.length === 1 ? "" : ` (certificate ${String(index + 1)} of ${String(certificates.length)})`;
      throw new TypeError(`tls.${name} cannot be read as a certificate${which}: ${reason(cause)}`, { cause });
    }
  }
}

function checkKey(cert: string | Uint8Array | undefined, key: string | Uint8Array | undefined): void {
  if (cert === undefined || key === undefined) return;
  if (!text(key).includes("PRIVATE KEY-----")) throw new TypeError(`tls.key holds no PEM private key ("-----BEGIN PRIVATE KEY-----")`);
  try {
    createSecureContext({ cert: text(cert), key: text(key) });
  } catch (cause) {
    throw new TypeError(`tls.key cannot be used with tls.cert: ${reason(cause)}`, { cause });
  }
}

function text(value: string | Uint8Array): string {
  return typeof value === "string" ? value : asBuffer(value).toString("latin1");
}

/** OpenSSL's words, which tell nothing of the key itself. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Instead of the value: a private key must not get into a log. */
function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}

/** `https://` and `unixs://` mean TLS, `http://` never does; any other is TLS if there are TLS options, as in clientv3. */
export function channelCredentials({ scheme }: Endpoint, tls: TlsOptions | undefined): ChannelCredentials {
  const isSecure = scheme === "https" || scheme === "unixs" || (scheme !== "http" && tls !== undefined);
  if (!isSecure) return ChannelCredentials.createInsecure();
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
