import { agent } from './checks/agent.js';
import { clock } from './checks/clock.js';
import { configuration } from './checks/configuration.js';
import { disk } from './checks/disk.js';
import { engine } from './checks/engine.js';
import { firewall } from './checks/firewall.js';
import { identity } from './checks/identity.js';
import { interfaces } from './checks/interfaces.js';
import { isolation } from './checks/isolation.js';
import { multicast } from './checks/multicast.js';
import { permission } from './checks/permission.js';
import { port } from './checks/port.js';
import { team } from './checks/team.js';
import { versions } from './checks/versions.js';
import { vpn } from './checks/vpn.js';
import { type Check, type CheckName, checkNames, type Finding } from './finding.js';
import type { Observations } from './observations.js';

/** A finding, and which check it is of. */
export type NamedFinding = { readonly check: CheckName } & Finding;

const checks: Readonly<Record<CheckName, Check>> = {
  configuration,
  agent,
  engine,
  permission,
  disk,
  port,
  interfaces,
  vpn,
  multicast,
  isolation,
  firewall,
  team,
  identity,
  versions,
  clock,
};

/** All findings that there are, in the order of `checkNames`. */
export function examine(seen: Observations): NamedFinding[] {
  return checkNames.flatMap((check) => {
    const finding = checks[check](seen);
    return finding === undefined ? [] : [{ check, ...finding }];
  });
}
