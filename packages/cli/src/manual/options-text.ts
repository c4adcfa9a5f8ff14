import { OPTION_ROWS } from '@dmthin/domain';

/** `dmthin help options`: a paragraph an option. */
export function optionsText(): string {
  return OPTION_ROWS.map(({ key, syntax, effect, default: preset, defaultNote }) => {
    const shown = preset ?? defaultNote;
    return [`${key}=${syntax}`, `    ${effect}`, ...(shown === undefined ? [] : [`    Default: ${shown}`])].join('\n');
  }).join('\n\n');
}
