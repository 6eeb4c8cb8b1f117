import { startEngine } from '../advice.js';
import { type Check, fail, ok } from '../finding.js';

/** Whether the engine answers, and how it keeps images. */
export const engine: Check = ({ answers, engineSocket, platform }) => {
  if (answers.by === 'nobody') return undefined;
  const { engine: found } = answers.status;
  if (found.state === 'up') {
    const lane = found.lane === undefined ? '' : `, lane ${found.lane.name}`;
    return ok(`${found.description}${lane}, at ${found.address}`);
  }
  const { address, reason } = found;
  const means = 'no image of this machine is shared, and none can be brought here';
  if (found.code === 'ENGINE_DENIED')
    return fail(
      `no permission to use the engine at ${address}`,
      means,
      engineSocket?.access === 'denied'
        ? 'see permission, below'
        : 'see who may use its folder and its socket',
    );
  const asked = answers.by === 'agent' ? ' (asked by the agent, which may run as another user)' : '';
  return fail(
    `no engine answers at ${address}: ${reason}${engineSocket?.access === 'allowed' ? asked : ''}`,
    means,
    ...startEngine(platform),
    'or name another: --engine, or "engine" in config.json; --engine store needs none',
  );
};
