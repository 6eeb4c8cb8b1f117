import { isIPv6 } from 'node:net';

/** An address that can be dialled, in its two parts. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` or `[ipv6]:port`; `undefined` for anything else. */
export function readAddress(text: string): Target | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (parts?.[1] !== undefined && !isIPv6(parts[1])) return undefined;
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Writes `host:port` or `[ipv6]:port`; an IPv4 address that came over a dual-stack socket is shown as such. */
export function writeAddress(host: string | undefined, port: number | undefined): string {
  const plain = plainHost(host ?? 'unknown');
  return `${isIPv6(plain) ? `[${plain}]` : plain}:${port ?? 0}`;
}

/** A socket's remote address without the `::ffff:` of IPv4 on a dual-stack socket. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=[\d.]+$)/i, '');
}
