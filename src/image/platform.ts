import { P2pimgError } from '../error.js';

/** What a platform is for OCI (image-index.md): operating system, architecture and, for ARM, its variant. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

const component = /^[A-Za-z0-9_.-]{1,64}$/;
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  aarch64: 'arm64',
  i386: '386',
  ia32: '386',
  armhf: 'arm',
};

/** Parses `os/architecture[/variant]`, with the usual other names of architectures; throws `PLATFORM_INVALID`. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  const [os, architecture, variant] = parts;
  if (
    os === undefined ||
    architecture === undefined ||
    parts.length > 3 ||
    !parts.every((p) => component.test(p))
  )
    throw new P2pimgError('PLATFORM_INVALID', 'a platform is os/architecture[/variant]', { platform: text });
  return normalisePlatform({ os, architecture, variant });
}

/** Lower case, `x86_64` as `amd64`, `aarch64` as `arm64`, and without the variant that is the default (containerd/platforms). */
export function normalisePlatform({ os, architecture, variant }: Platform): Platform {
  const lower = architecture.toLowerCase();
  const name = architectures[lower] ?? lower;
  const isDefault = variant === undefined || variant === '' || (name === 'arm64' && variant === 'v8');
  return isDefault
    ? { os: os.toLowerCase(), architecture: name }
    : { os: os.toLowerCase(), architecture: name, variant: variant.toLowerCase() };
}

/** `linux/arm/v7` */
export function platformText({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === ''
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/** Whether an image for `offered` is what was asked for; a variant counts only where both name one. */
export function platformMatches(offered: Platform, asked: Platform): boolean {
  const a = normalisePlatform(offered);
  const b = normalisePlatform(asked);
  if (a.os !== b.os || a.architecture !== b.architecture) return false;
  return a.variant === undefined || b.variant === undefined || a.variant === b.variant;
}

/** The platform of containers that this process's own machine runs: Linux, with this processor's architecture. */
export function localPlatform(): Platform {
  return normalisePlatform({ os: 'linux', architecture: process.arch });
}
