import type { DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Snapshotter } from 'dmthin';
import type { Snapshots } from './generated/snapshots_pb.ts';
import { infoMessage, mountMessages, textOf } from './snapshot-messages.ts';

type Methods = (typeof Snapshots)['method'];
/** The methods that answer once, by the names and messages of the protocol. */
export type UnaryMethods = {
  readonly [Name in keyof Methods as Methods[Name] extends DescMethodUnary ? Name : never]: (
    request: MessageShape<Methods[Name]['input']>,
    signal: AbortSignal,
  ) => Promise<MessageInitShape<Methods[Name]['output']>>;
};

/** containerd's methods, all but `List`, as the snapshotter's. Which snapshotter is named makes no difference: there is one. */
export function unaryMethods(snapshotter: Snapshotter): UnaryMethods {
  return {
    async prepare({ key, parent, labels }, signal) {
      return { mounts: mountMessages(await snapshotter.prepare(key, textOf(parent), labels, signal)) };
    },
    async view({ key, parent, labels }, signal) {
      return { mounts: mountMessages(await snapshotter.view(key, textOf(parent), labels, signal)) };
    },
    async mounts({ key }, signal) {
      return { mounts: mountMessages(await snapshotter.mounts(key, signal)) };
    },
    async commit({ name, key, labels, parent }, signal) {
      await snapshotter.commit(name, key, { labels, parent: textOf(parent) }, signal);
      return {};
    },
    async remove({ key }, signal) {
      await snapshotter.remove(key, signal);
      return {};
    },
    async stat({ key }) {
      return { info: infoMessage(snapshotter.stat(key)) };
    },
    async update({ info, updateMask }) {
      const updated = await snapshotter.update(info?.name ?? '', info?.labels ?? {}, updateMask?.paths ?? []);
      return { info: infoMessage(updated) };
    },
    async usage({ key }) {
      return { size: (await snapshotter.usage(key)).size, inodes: 0n };
    },
    async cleanup(_request, signal) {
      await snapshotter.cleanUp(signal);
      return {};
    },
  };
}
