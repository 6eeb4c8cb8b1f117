import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import { canonical, type Reference } from '../../image/reference.js';
import { readIndex, withName, writeIndex } from './index-file.js';
import type { Layout } from './layout.js';
import { withLock } from './lock.js';

/**
 * Names an image; what had the name stays, and its ID is told. Nothing where the image had the name itself.
 * Throws `IMAGE_UNKNOWN`, and `REFERENCE_INVALID` for a name without a tag.
 */
export function tagImage(
  layout: Layout,
  id: Digest,
  { domain, path, tag }: Reference,
): Promise<Digest | undefined> {
  return withLock(layout.ingest, async () => {
    if (tag === undefined)
      throw new P2pimgError('REFERENCE_INVALID', 'an image is named with a tag', {
        reference: canonical({ domain, path }),
      });
    const before = await readIndex(layout);
    const { index, replaced } = withName(before, id, { domain, path, tag });
    if (index !== before) await writeIndex(layout, index);
    return replaced;
  });
}
