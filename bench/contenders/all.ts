import type { Candidate } from './contender.js';
import { p2pimg } from './p2pimg.js';
import { registry } from './registry.js';
import { plain, withBzip2, withZstd } from './save-load.js';
import { skopeo } from './skopeo.js';

/** Ours, by the name that tables show. */
export const ours = p2pimg;

/** The rivals, by the names that `--rivals` takes. */
export const rivals: Readonly<Record<string, Candidate>> = {
  ssh: plain,
  zstd: withZstd,
  bzip2: withBzip2,
  registry,
  skopeo,
};
