// Prints the dump of a pool of 1,000 devices with 5,000 mappings each, for timing the metadata verbs beside the tools:
//   node test/bench/large-pool-xml.mjs [range|single] > pool.xml; truncate -s 600M pool
//   time dmthin metadata restore -i pool.xml -o pool; time dmthin metadata check pool; time thin_check pool
// Mappings come in runs of 1 to 15 blocks (`range`, the default), or one by one (`single`).
import { writeSync } from 'node:fs';

const DEVICES = 1000;
const MAPPINGS = 5000;
const isSingle = process.argv[2] === 'single';

let state = 12_345;
const below = (limit) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};

writeSync(
  1,
  '<superblock uuid="" time="1" transaction="1000" flags="0" version="2" data_block_size="128" nr_data_blocks="6000000">\n',
);
let data = 0;
for (let device = 0; device < DEVICES; device++) {
  let text = `  <device dev_id="${device}" mapped_blocks="${MAPPINGS}" transaction="${device}" creation_time="0" snap_time="1">\n`;
  let block = 0;
  for (let mapped = 0; mapped < MAPPINGS; ) {
    const length = isSingle ? 1 : Math.min(MAPPINGS - mapped, 1 + below(15));
    block += 1 + below(10);
    text +=
      length === 1
        ? `    <single_mapping origin_block="${block}" data_block="${data}" time="0"/>\n`
        : `    <range_mapping origin_begin="${block}" data_begin="${data}" length="${length}" time="0"/>\n`;
    block += length;
    data += length;
    mapped += length;
  }
  writeSync(1, `${text}  </device>\n`);
}
writeSync(1, '</superblock>\n');
