import type { Digest } from '../../image/digest.js';
import { type Platform, platformText } from '../../image/platform.js';
import { familiarRepository, type Reference } from '../../image/reference.js';
import type { PullProgress } from '../port.js';
import type { DockerClient } from './client.js';
import { reportedError } from './failure.js';
import { type JsonLine, jsonLines } from './json-lines.js';

interface PullLine extends JsonLine {
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/**
 * `docker pull` of one image, without credentials; resolves to the ID that the engine gave it. What has come is told as
 * the engine counts it: by layer, in bytes of what is downloaded.
 */
export async function pullFromRegistry(
  client: DockerClient,
  reference: Reference,
  platform: Platform,
  signal: AbortSignal,
  tell: (progress: PullProgress) => void,
): Promise<Digest> {
  const { tag, digest } = reference;
  const repository = familiarRepository(reference);
  const name = digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`;
  const answer = await client.pull(repository, digest ?? tag ?? 'latest', signal, platformText(platform));
  const layers = new Map<string, PullProgress>();
  for await (const line of jsonLines(answer, client.endpoint)) {
    const said = line.errorDetail?.message ?? line.error;
    if (said !== undefined) throw reportedError(said, client.endpoint);
    const { id, status, progressDetail } = line as PullLine;
    if (id === undefined || status !== 'Downloading' || !progressDetail?.total) continue;
    layers.set(id, { received: progressDetail.current ?? 0, total: progressDetail.total });
    tell(sumOf([...layers.values()]));
  }
  signal.throwIfAborted();
  return (await client.inspect(name)).Id;
}

function sumOf(parts: readonly PullProgress[]): PullProgress {
  return parts.reduce((sum, { received, total }) => ({
    received: sum.received + received,
    total: sum.total + total,
  }));
}
