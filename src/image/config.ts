import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import type { Digest } from './digest.js';
import { parseJson } from './json.js';
import { digestSchema, maximumHistory, maximumLayers, maximumMetadataSize } from './manifest.js';
import { normalisePlatform, type Platform } from './platform.js';

/** What this project reads of an image's config (OCI config.md); the bytes themselves are never rewritten. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly created?: string | undefined;
  readonly diffIds: readonly Digest[];
}

const text = v.pipe(v.string(), v.maxLength(64));
const schema = v.object({
  os: v.optional(text, 'linux'),
  architecture: v.optional(text, ''),
  variant: v.nullish(text),
  created: v.nullish(text),
  history: v.nullish(v.pipe(v.array(v.unknown()), v.maxLength(maximumHistory))),
  rootfs: v.object({ diff_ids: v.nullish(v.pipe(v.array(digestSchema), v.maxLength(maximumLayers))) }),
});

/** Reads an image config; throws `IMAGE_CONFIG_INVALID`. */
export function parseImageConfig(json: string): ImageConfig {
  if (json.length > maximumMetadataSize)
    throw new P2pimgError('IMAGE_CONFIG_INVALID', 'an image config over 4 MiB');
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (cause) {
    throw new P2pimgError('IMAGE_CONFIG_INVALID', 'an image config that is not JSON', {}, cause);
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success)
    throw new P2pimgError(
      'IMAGE_CONFIG_INVALID',
      `an image config with a fault: ${parsed.issues[0].message}`,
    );
  const { os, architecture, variant, created, rootfs } = parsed.output;
  return {
    platform: normalisePlatform({ os, architecture, variant: variant ?? undefined }),
    created: created ?? undefined,
    diffIds: rootfs.diff_ids ?? [],
  };
}
