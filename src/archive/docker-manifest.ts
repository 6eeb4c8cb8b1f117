import * as v from 'valibot';
import { maximumLayers } from '../image/manifest.js';
import { archiveInvalid } from './failure.js';

/** One image of Docker's manifest.json: the entries that hold its config and its layers, in chain order. */
export interface DockerManifestItem {
  readonly config: string;
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

const path = v.pipe(v.string(), v.maxLength(255));
const schema = v.array(
  v.pipe(
    v.object({
      Config: path,
      RepoTags: v.nullish(v.array(path)),
      Layers: v.nullish(v.pipe(v.array(path), v.maxLength(maximumLayers))),
    }),
    v.transform(({ Config, RepoTags, Layers }) => ({
      config: Config,
      names: RepoTags ?? [],
      layers: Layers ?? [],
    })),
  ),
);

/** Reads manifest.json; throws `ARCHIVE_INVALID`. */
export function parseDockerManifest(json: string): DockerManifestItem[] {
  const parsed = v.safeParse(schema, JSON.parse(json));
  if (parsed.success) return parsed.output;
  throw archiveInvalid(`it does not describe images: ${parsed.issues[0].message}`, 'manifest.json');
}

/** The text of manifest.json. */
export function writeDockerManifest(items: readonly DockerManifestItem[]): string {
  return JSON.stringify(
    items.map(({ config, names, layers }) => ({
      Config: config,
      RepoTags: names.length === 0 ? null : names,
      Layers: layers,
    })),
  );
}
