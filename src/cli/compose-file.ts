import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { P2pimgError } from '../error.js';
import { type ComposeImage, composeImages } from './compose.js';
import { parseEnvFile } from './compose-variables.js';

const usual = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

/**
 * The images of this Compose file, or of the one that Compose would take here: in this folder, or in one above it. The
 * environment goes before the `.env` file beside it.
 */
export function readCompose(
  named: string | undefined,
  profiles: readonly string[],
  env: NodeJS.ProcessEnv,
): ComposeImage[] {
  const file = named ?? findFile(process.cwd());
  if (file === undefined || !existsSync(file)) {
    const why = named === undefined ? `there is no ${usual[0]} here, or above` : 'there is no such file';
    throw new P2pimgError('CONFIG_INVALID', why, { file: named ?? process.cwd(), why });
  }
  const beside = path.join(path.dirname(file), '.env');
  const written = existsSync(beside) ? parseEnvFile(readFileSync(beside, 'utf8')) : {};
  const variables = { ...written, ...env };
  const active = [...profiles, ...(variables.COMPOSE_PROFILES ?? '').split(',')].filter((one) => one !== '');
  return composeImages(file, readFileSync(file, 'utf8'), variables, active);
}

function findFile(folder: string): string | undefined {
  const found = usual.map((name) => path.join(folder, name)).find((file) => existsSync(file));
  const above = path.dirname(folder);
  return found ?? (above === folder ? undefined : findFile(above));
}
