import { reportOf } from '../../control/report.js';
import type { WayEvent } from '../../control/ways.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { jsonLine } from './clean.js';
import { writeFailure } from './failure.js';
import type { WayPresenter } from './way.js';
import { WayScreen } from './way-screen.js';
import { WayText } from './way-text.js';

/** The presenter for a style: redrawn in place on a screen, else one line a moment. */
export function presentWay(
  style: 'moments' | 'quiet' | 'json',
  output: Terminal,
  errors: Terminal,
): WayPresenter {
  switch (style) {
    case 'json':
      return {
        event: (event) => output.write(`${jsonLine(event)}\n`),
        failed: (error) => output.write(`${jsonLine(reportOf(error))}\n`),
        stopping: () => undefined,
        close: () => undefined,
      };
    case 'quiet':
      return {
        event: (event) =>
          output.write(
            quietLines(event)
              .map((line) => `${output.symbols.text(line)}\n`)
              .join(''),
          ),
        failed: (error) => writeFailure(describeFailure(error), errors),
        stopping: () => undefined,
        close: () => undefined,
      };
    case 'moments':
      return output.kind === 'screen' ? new WayScreen(output, errors) : new WayText(output, errors);
  }
}

function quietLines(event: WayEvent): string[] {
  if (event.type === 'done') return [`${event.image} ${event.configDigest}`];
  if (event.type === 'written')
    return event.images.map(({ image, configDigest }) => `${image} ${configDigest}`);
  return [];
}
