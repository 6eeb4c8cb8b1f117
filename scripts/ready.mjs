// Makes a fresh clone ready: installs what package-lock.json names, unless that is done, and builds.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`p2pimg needs Node 20.19 or later; this is ${process.versions.node}`);
  process.exit(1);
}

const installed = 'node_modules/.package-lock.json';
const isStale = !existsSync(installed) || statSync(installed).mtimeMs < statSync('package-lock.json').mtimeMs;
if (isStale) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
rmSync('dist', { recursive: true, force: true });
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
chmodSync('dist/cli/main.js', 0o755);
await writeManPage();

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error !== undefined) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

async function writeManPage() {
  const { manPage } = await import('../dist/cli/man.js');
  const { makeProgram } = await import('../dist/cli/program.js');
  const { version } = await import('../dist/version.js');
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  writeFileSync(
    'dist/p2pimg.1',
    manPage(
      makeProgram(() => {}),
      version,
      date,
    ),
  );
}
