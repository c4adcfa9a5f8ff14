// Writes the docs that are made from tables; with --check, fails where one of them is not as it would be written.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { COMMANDS, cliMarkdown, manPage, optionsMarkdown, VERSION } from '@dmthin/cli';
import { LAYER_OPTION_ROWS, OPTION_ROWS } from '@dmthin/domain';

const pages = {
  'cli.md': cliMarkdown(COMMANDS),
  'options.md': optionsMarkdown(OPTION_ROWS, LAYER_OPTION_ROWS),
  'man/dmthin.1': manPage(COMMANDS, OPTION_ROWS, VERSION),
};

const isCheck = process.argv.includes('--check');
for (const [file, text] of Object.entries(pages)) {
  const url = new URL(`./${file}`, import.meta.url);
  if (isCheck) {
    const present = await readFile(url, 'utf8').catch(() => '');
    if (present === text) continue;
    console.error(`docs/${file} is not up to date: pnpm docs:generate`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(url.pathname), { recursive: true });
    await writeFile(url, text);
  }
}
