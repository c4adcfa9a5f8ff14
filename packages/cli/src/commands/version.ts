import type { Command } from '../command/command.ts';
import { VERSION } from '../version.ts';

export const version: Command = {
  name: 'version',
  summary: 'print the version of dmthin and of what it runs on',
  json: '`{dmthin, node, platform}`',
  async run({ output }) {
    const versions = { dmthin: VERSION, node: process.version, platform: `${process.platform}-${process.arch}` };
    await output.answer(versions, () => `dmthin ${VERSION} (node ${process.version}, ${versions.platform})`);
  },
};
