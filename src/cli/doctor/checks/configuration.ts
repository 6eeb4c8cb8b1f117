import { type Check, fail, ok } from '../finding.js';

/** Whether the device's folders and `config.json` hold. */
export const configuration: Check = ({ answers }) => {
  if (answers.by !== 'nobody') return ok('config.json, the key and the team can be read');
  const { message } = answers.error;
  return fail(
    message,
    'p2pimg stops at this, and changes nothing',
    'mend it where it says; docs/configuration.md has every key and who may read which file',
  );
};
