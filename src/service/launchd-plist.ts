import { readFileSync } from 'node:fs';
import type { FolderNote } from './placed-file.js';
import type { AgentCommand } from './port.js';

const shipped = new URL('../../launchd/io.github.p2pimg.agent.plist', import.meta.url);
const byHand = /^<!--[\s\S]*?-->\n/m;
const programArguments = /( {2}<key>ProgramArguments<\/key>\n) {2}<array>[\s\S]*?<\/array>\n/;

/** The LaunchAgent as it is shipped, but that it runs this command and writes its log to this file (launchd.plist(5)). */
export function plistFor({ words, environment }: AgentCommand, log: string): string {
  const array = words.map((word) => `    <string>${escaped(word)}</string>\n`).join('');
  const variables = Object.entries(environment)
    .map(([name, value]) => `    <key>${name}</key>\n    <string>${escaped(value)}</string>\n`)
    .join('');
  const output = ['StandardOutPath', 'StandardErrorPath']
    .map((key) => `  <key>${key}</key>\n  <string>${escaped(log)}</string>\n`)
    .join('');
  const dictionary = variables && `  <key>EnvironmentVariables</key>\n  <dict>\n${variables}  </dict>\n`;
  return readFileSync(shipped, 'utf8')
    .replace(byHand, '<!-- Written by p2pimg service install; p2pimg service uninstall takes it away. -->\n')
    .replace(
      programArguments,
      (_, key: string) => `${key}  <array>\n${array}  </array>\n${dictionary}${output}`,
    );
}

/** A comment after the property list. */
export const plistFolderNote: FolderNote = {
  write: (folder) => `<!-- made: ${encodeURI(folder)} -->\n`,
  read: (text) => {
    const [, folder] = /^<!-- made: (.+) -->$/m.exec(text) ?? [];
    return folder && decodeURI(folder);
  },
};

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
