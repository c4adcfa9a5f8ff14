import { DmError, volumeId } from '@dmthin/domain';
import type { Command } from '../command/command.ts';

export const rm: Command = {
  name: 'rm',
  summary: 'remove a layer; its copies stay whole',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: '`{id, removed: true}`',
  async run({ argument, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    await withDriver(async (driver) => {
      if (!driver.exists(id) && !driver.pendingReceives().some((pending) => pending.id === id))
        throw new DmError('NOT_FOUND', `there is no layer "${id}"`, {
          subject: id,
          remedy: 'See which layers there are (dmthin ls).',
        });
      await driver.remove(id, signal);
    });
    await output.answer({ id, removed: true }, () => id);
  },
};
