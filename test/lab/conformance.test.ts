import { DockerEngine } from '../../src/engine/docker/docker-engine.js';
import type { LaneChoice } from '../../src/engine/port.js';
import { describeEngine } from '../engine/conformance.js';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, bob, cleo, dan, eve } = workstations;

const choice = (process.env.LAB_LANE ?? 'auto') as LaneChoice;

async function open(workstation: Workstation) {
  await bringUpLab();
  await workstation.removeImages();
  const engine = new DockerEngine(
    { address: `unix://${workstation.engineSocket}`, namedBy: 'lab' },
    { choice, secret: 'lab' },
  );
  return { engine, cleanup: () => engine.close() };
}

for (const [workstation, other] of [
  [ada, bob],
  [cleo, dan],
  [dan, cleo],
  [eve, dan],
] as const)
  describeEngine(`the port on ${workstation.name} (${workstation.engine})`, () => open(workstation), {
    openOther: () => open(other),
    timeout: 180_000,
  });
