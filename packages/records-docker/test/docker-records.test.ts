import { type RecordsFixture, recordsConformance } from '@dmthin/conformance';
import { MemoryDisk, nodeDisk, openDockerRecords, type PowerCut } from '@dmthin/records-docker';
import { MortalDisk } from './mortal-disk.ts';
import { TemporaryRoot } from './root.ts';

recordsConformance('docker, killed', onHost());
for (const how of ['loses everything', 'loses nothing', 'loses some'] as const)
  recordsConformance(`docker, a power cut ${how} that was not synced`, unplugged(how));

/** On the host's own file system, by processes that die. */
function onHost(): RecordsFixture {
  return {
    create: async () => {
      const root = await TemporaryRoot.make();
      const mortal = new MortalDisk(nodeDisk(false));
      return {
        open: () => openDockerRecords({ directory: root.directory, disk: mortal.disk }),
        crash: {
          after: (steps) => mortal.dieAfter(steps),
          get hasHappened() {
            return mortal.isDead;
          },
          recover: async () => {
            mortal.revive();
            await root.forgetLock();
          },
        },
        dispose: () => root[Symbol.asyncDispose](),
      };
    },
  };
}

/** On a disk that is unplugged. */
function unplugged(how: PowerCut): RecordsFixture {
  return {
    create: async () => {
      const root = await TemporaryRoot.make();
      const memory = new MemoryDisk();
      const mortal = new MortalDisk(memory);
      return {
        open: () => openDockerRecords({ directory: root.directory, disk: mortal.disk }),
        crash: {
          after: (steps) => mortal.dieAfter(steps),
          get hasHappened() {
            return mortal.isDead;
          },
          recover: async () => {
            mortal.revive();
            memory.cutPower(how);
            await root.forgetLock();
          },
        },
        dispose: () => root[Symbol.asyncDispose](),
      };
    },
  };
}
