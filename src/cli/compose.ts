import { parse } from 'yaml';
import { P2pimgError } from '../error.js';
import { interpolate, type Variables } from './compose-variables.js';

/** An image that a Compose file names, for the platform that its service asks for. */
export interface ComposeImage {
  readonly image: string;
  readonly platform?: string | undefined;
}

/**
 * The images of a Compose file's services, each once; those that are only built here, and those of profiles that are not
 * active, are left out. `extends` and `include` are not followed. Throws `CONFIG_INVALID` with the file.
 */
export function composeImages(
  file: string,
  text: string,
  variables: Variables,
  profiles: readonly string[],
): ComposeImage[] {
  const services = servicesOf(file, text);
  const found = new Map<string, ComposeImage>();
  for (const [service, described] of Object.entries(services)) {
    if (!isObject(described) || !isActive(described.profiles, profiles)) continue;
    const written = (key: 'image' | 'platform') => {
      const value = described[key];
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'string') throw invalid(file, `the ${key} of the service ${service} is no text`);
      return interpolate(value, variables, (why) => invalid(file, why));
    };
    const image = written('image');
    if (image === undefined || image === '') continue;
    const platform = written('platform') || undefined;
    found.set(`${image} ${platform}`, { image, platform });
  }
  return [...found.values()];
}

function servicesOf(file: string, text: string): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = parse(text, { merge: true, maxAliasCount: 1000 });
  } catch (cause) {
    throw invalid(file, (cause as Error).message.split('\n', 1)[0] ?? 'not YAML', cause);
  }
  const services = isObject(root) ? root.services : undefined;
  if (!isObject(services)) throw invalid(file, 'it has no services');
  return services;
}

function isActive(own: unknown, active: readonly string[]): boolean {
  if (!Array.isArray(own) || own.length === 0) return true;
  return active.includes('*') || own.some((profile) => active.includes(String(profile)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(file: string, why: string, cause?: unknown): P2pimgError {
  return new P2pimgError('CONFIG_INVALID', `${file}: ${why}`, { file, why }, cause);
}
