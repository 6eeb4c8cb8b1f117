import type { OpenInside } from '../control/options.js';
import { Agent } from './agent.js';

/** Opens the operations inside a command: it looks for peers and gets from them, but gives nothing and is not seen. */
export const openInside: OpenInside = (options) => Agent.open(options);
