import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import { mediaTypes } from '../../image/manifest.js';
import { normalisePlatform, type Platform, platformMatches, platformText } from '../../image/platform.js';
import type { DockerClient } from './client.js';

/**
 * Describes an image of the classic store or of Podman by inspection alone: the ID is the config digest, and what
 * `save` holds for a layer is the uncompressed tar, whose digest is the diffID.
 */
export async function describeClassic(
  client: DockerClient,
  id: Digest,
  asked: Platform,
): Promise<ImageDescription> {
  const { Id, Os, Architecture, Variant, Created, Size, RootFS } = await client.inspect(id);
  const platform = normalisePlatform({ os: Os, architecture: Architecture, variant: Variant });
  if (!platformMatches(platform, asked)) throw otherPlatform(id, asked, [platform]);
  return {
    id: Id,
    configDigest: Id,
    platform,
    created: Created,
    size: Size,
    layers: (RootFS.Layers ?? []).map((diffId) => ({
      diffId,
      digest: diffId,
      mediaType: mediaTypes.ociLayer,
    })),
  };
}

/** `OTHER_PLATFORM`, with what there is. */
export function otherPlatform(id: Digest, asked: Platform, offered: readonly Platform[]): P2pimgError {
  const asText = offered.map(platformText);
  return new P2pimgError('OTHER_PLATFORM', `${id} is for ${asText.join(', ')}, not ${platformText(asked)}`, {
    platform: platformText(asked),
    offered: asText,
  });
}
