import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription } from '../../image/image.js';
import type { EngineIdentity } from '../port.js';
import type { DockerClient } from './client.js';

/**
 * Proves by the engine's own account that it has an image whole: the ID is the expected one, the layers are the described
 * ones, and in the containerd store every blob of the manifest is there. Throws `IMPORT_UNPROVED`.
 */
export async function prove(
  client: DockerClient,
  store: EngineIdentity['store'],
  id: Digest,
  image: ImageDescription,
  manifestDigest: Digest,
): Promise<void> {
  const { Id, RootFS, Manifests } = await client.inspect(id, store === 'containerd' ? 'manifests' : 'image');
  if (Id !== id) throw unproved(`the engine has it as ${Id}`, { wanted: id, got: Id });
  const manifest = Manifests?.find(({ Descriptor }) => Descriptor.digest === manifestDigest);
  if (Manifests && !manifest?.Available)
    throw unproved('the engine lacks some of its blobs', { wanted: manifestDigest });
  // An inspection shows the layers of the engine's own platform, which need not be this image's.
  const isOthers = Manifests !== undefined && Manifests !== null && Manifests.length > 1;
  const layers = isOthers ? (await client.inspect(id, image.platform)).RootFS.Layers : RootFS.Layers;
  const wanted = image.layers.map(({ diffId }) => diffId);
  if ((layers ?? []).join() !== wanted.join())
    throw unproved('the engine has other layers', { wanted, got: layers ?? [] });
}

function unproved(what: string, facts: P2pimgError['facts']): P2pimgError {
  return new P2pimgError('IMPORT_UNPROVED', `after the load, ${what}`, facts);
}
