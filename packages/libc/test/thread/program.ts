/** A program that starts a thread, and prints how many characters its first word has. */
import { once } from 'node:events';
import { startThread } from '@dmthin/libc';

const thread = startThread({ module: 'echo-thread', caller: import.meta.url });
const [word] = (await once(thread, 'message')) as [unknown];
console.log(JSON.stringify(word));
await thread.terminate();
