import { DmError, humanSize, volumeId } from '@dmthin/domain';
import type { Compression, PendingReceive } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';
import { counted } from '../output/progress.ts';
import { formatTable } from '../output/table.ts';
import { openInput } from './input.ts';

const COMPRESSIONS: readonly Compression[] = ['zstd', 'gzip', 'none'];

export const send: Command = {
  name: 'send',
  summary: 'write a layer to stdout as a stream of its blocks, for receive on another host',
  description:
    'Whole, or with --from only what differs from a layer that the other host has received or sent itself. The layer may ' +
    'not be in use, and has to stay so until its stream has arrived. The stream is described in docs/send-format.md.',
  arguments: [{ name: 'id', description: 'the layer; none with --resume', optional: true }],
  options: [
    { name: 'from', value: 'ID', description: 'send what differs from this layer' },
    { name: 'resume', value: 'TOKEN', description: 'send the rest of a stream that was cut off' },
    {
      name: 'compression',
      value: 'METHOD',
      description: 'how data are compressed; zstd where this Node has it (22.15 and later), else gzip',
      choices: COMPRESSIONS,
    },
  ],
  json: 'the stream itself; there is no JSON form',
  examples: [
    'dmthin send image | ssh other dmthin receive image',
    'dmthin send web-1 --from image | ssh other dmthin receive web-1',
  ],
  async run({ argument, option, output, signal, withDriver }) {
    const token = option('resume');
    const from = option('from');
    const compression = COMPRESSIONS.find((method) => method === option('compression'));
    const id = argument('id');
    if ((token === undefined) === (id === '') || (token !== undefined && from !== undefined))
      throw new DmError('INVALID_ARGUMENT', 'send takes a layer, with --from or without, or --resume alone', {
        remedy: 'Usage: dmthin send ID [--from ID], or dmthin send --resume TOKEN; see dmthin help send.',
      });
    await output.progress(token === undefined ? `send ${id}` : 'send the rest', (progress) =>
      withDriver((driver) => {
        const stream =
          token === undefined
            ? driver.send(volumeId(id), { from, compression }, signal)
            : driver.resumeSend(token, { compression }, signal);
        return output.stream(counted(stream, progress));
      }),
    );
  },
};

export const receive: Command = {
  name: 'receive',
  summary: 'make a layer of a stream of send from stdin',
  description:
    'It is there once all has come. Of a stream that is cut off or damaged, what came before is kept: go on with it by the ' +
    'resume token that is shown, or by the same stream once more; or give it up (dmthin rm). A stream that is based on ' +
    'another layer is refused unless a layer here has just that content.',
  arguments: [{ name: 'id', description: 'the new layer; none with --pending', optional: true }],
  options: [
    { name: 'base', value: 'ID', description: 'the layer here that it is based on; found by its content by default' },
    { name: 'pending', description: 'list what is half received, with its resume tokens' },
  ],
  json: 'the layer, as `ls` has it but for `mapped`; with --pending an array of `{id, size, received, token}`, sizes in bytes',
  examples: ['dmthin receive image < image.layer', 'dmthin receive --pending'],
  async run({ argument, option, flag, output, signal, withDriver }) {
    const id = argument('id');
    if (flag('pending') === (id !== ''))
      throw new DmError('INVALID_ARGUMENT', 'receive takes the id of a layer, or --pending alone', {
        remedy: 'Usage: dmthin receive ID [--base ID], or dmthin receive --pending; see dmthin help receive.',
      });
    if (flag('pending')) {
      const pending = await withDriver(async (driver) => driver.pendingReceives());
      return output.answer(pending, () => asTable(pending));
    }
    const base = option('base');
    const { chunks } = await openInput('-', signal);
    const layer = await output.progress(`receive ${id}`, (progress) =>
      withDriver((driver) => driver.receive(volumeId(id), counted(chunks, progress), { base }, signal)),
    );
    await output.answer(layer, () => id);
  },
};

function asTable(pending: readonly PendingReceive[]): string {
  if (pending.length === 0) return '';
  return formatTable(
    ['LAYER', 'RECEIVED', 'SIZE', 'TOKEN'],
    pending.map(({ id, received, size, token }) => [id, humanSize(received), humanSize(size), token]),
  );
}
