import { reportOf } from '../../control/report.js';
import type { Terminal } from '../terminal.js';
import { describeFailure } from '../words.js';
import { clean, jsonLine } from './clean.js';
import { writeFailure } from './failure.js';
import type { GetPresenter } from './get-presenter.js';
import { GetScreen } from './get-screen.js';
import { GetText } from './get-text.js';

/** How the caller wants it. */
export type GetStyle = 'moments' | 'quiet' | 'json';

/** The presenter for a style: redrawn in place on a screen, else one line a moment. */
export function presentGet(style: GetStyle, output: Terminal, errors: Terminal): GetPresenter {
  switch (style) {
    case 'json':
      return jsonPresenter(output);
    case 'quiet':
      return quietPresenter(output, errors);
    case 'moments':
      return output.kind === 'screen' ? new GetScreen(output, errors) : new GetText(output, errors);
  }
}

function jsonPresenter(output: Terminal): GetPresenter {
  return {
    event: (event) => output.write(`${jsonLine(event)}\n`),
    failed: (error) => output.write(`${jsonLine(reportOf(error))}\n`),
    stopping: () => undefined,
    close: () => undefined,
  };
}

function quietPresenter(output: Terminal, errors: Terminal): GetPresenter {
  return {
    event: (event) => {
      if (event.type !== 'done') return;
      output.write(`${output.symbols.text(clean(event.image))} ${event.configDigest}\n`);
    },
    failed: (error) => writeFailure(describeFailure(error), errors),
    stopping: () => undefined,
    close: () => undefined,
  };
}
