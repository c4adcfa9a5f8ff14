export { callLibc, cString, ffi, type LibcArgument, type LibcReply } from './libc/call-libc.ts';
export { makeNode, type NodeType } from './libc/make-node.ts';
export type { Hop, HopArguments, HopResult } from './thread/messages.ts';
export { type PackedError, packError, unpackError } from './thread/packed-error.ts';
export { onProcessExit } from './thread/process-exit.ts';
export { type Served, serve } from './thread/serve.ts';
export type { StartedThread } from './thread/service-thread.ts';
export { type StartOptions, startThread } from './thread/start-thread.ts';
export { ThreadPool, type ThreadPoolOptions } from './thread/thread-pool.ts';
