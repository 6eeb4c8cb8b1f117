import type { Target } from '../target.js';
import { packets, txt } from './adverts.js';
import { archives } from './archives.js';
import { configuration } from './configuration.js';
import { frames } from './frames.js';
import { lane } from './lane.js';
import { manifests } from './manifests.js';
import { messages } from './messages.js';
import { references, selectors, words } from './words.js';

/** Every reader that is fed with what others wrote. */
export const targets: readonly Target[] = [
  references,
  selectors,
  words,
  messages,
  frames,
  manifests,
  txt,
  packets,
  archives,
  lane,
  configuration,
];
