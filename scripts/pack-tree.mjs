// Packs directories into a tar.gz: pack-tree.mjs FILE DIRECTORY=NAME-IN-THE-TAR...
import { createWriteStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as createPack } from 'tar-stream';

const [file, ...trees] = process.argv.slice(2);
const pack = createPack();
const written = pipeline(pack, createGzip({ level: 1 }), createWriteStream(file));
let count = 0;
for (const tree of trees) {
  const [directory, name] = tree.split('=');
  await add(directory, name);
}
pack.finalize();
await written;
console.log(`  packed ${count} files into ${file}`);

async function add(path, name) {
  const stat = await lstat(path);
  const header = { name, mode: stat.mode & 0o7777, mtime: stat.mtime };
  if (stat.isSymbolicLink()) return entry({ ...header, type: 'symlink', linkname: await readlink(path) });
  if (stat.isFile()) {
    count++;
    return entry(header, await readFile(path));
  }
  await entry({ ...header, type: 'directory' });
  for (const child of (await readdir(path)).sort()) await add(join(path, child), `${name}/${child}`);
}

function entry(header, content) {
  return new Promise((resolve, reject) => pack.entry(header, content, (error) => (error ? reject(error) : resolve())));
}
